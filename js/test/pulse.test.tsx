/** A kernel that was restarted or has died tells nothing: the view says so, and takes it back when it is heard again. */

import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { RunModel } from "../src/model";
import { Board } from "../src/views/Board";
import type { Outgoing } from "../src/wire";
import { delta, flow, type Raw, snapshot, T0, task } from "./builders";
import { atOnce, change, click, draw, find, has, texts, wait } from "./page";

let sent: Outgoing[];
let model: RunModel;

const asked = (): number => sent.filter(({ type }) => type === "alive").length;
const begin = (more: Raw = {}): void => {
	sent = [];
	model = new RunModel((message) => sent.push(message), atOnce);
	model.watchKernel();
	model.join(snapshot(1, [flow()], [task(2)], more));
};

beforeEach(() => begin());
afterEach(() => model.close());

it("asks after ten quiet seconds, and is lost five seconds later", () => {
	vi.advanceTimersByTime(9999);
	expect(asked()).toBe(0);
	vi.advanceTimersByTime(1);
	expect(sent).toEqual([{ type: "alive", id: 1 }]);
	vi.advanceTimersByTime(4999);
	expect(model.lostSince.value).toBeNull();
	vi.advanceTimersByTime(1);
	expect(model.lostSince.value).toBe(T0 * 1000);
});

it("goes on asking, and is found again by whatever comes", () => {
	vi.advanceTimersByTime(45_000);
	expect([asked(), model.lostSince.value]).toEqual([3, T0 * 1000]);
	model.hear(delta(2, [task(2, "Completed")]));
	expect(model.lostSince.value).toBeNull();
});

it("asks again ten seconds after an answer, and is never lost while answers come", () => {
	for (let i = 1; i <= 5; i++) {
		vi.advanceTimersByTime(10_500);
		model.hear({ type: "reply", id: i, ok: true, text: "" });
		expect([asked(), model.lostSince.value]).toEqual([i, null]);
	}
});

it("asks nothing while messages come", () => {
	for (let seq = 2; seq < 40; seq++) {
		vi.advanceTimersByTime(2000);
		if (seq % 2) model.hear(delta(seq, []));
		else model.renew(snapshot(seq, [flow()], [task(2)]));
	}
	expect(asked()).toBe(0);
});

it("asks at once when the page has lost its kernel", () => {
	vi.advanceTimersByTime(2000);
	model.reconnect();
	vi.advanceTimersByTime(5000);
	expect([asked(), model.lostSince.value]).toEqual([1, T0 * 1000]);
});

it.each([
	["of what has ended", { live: false }],
	["of a kernel that cannot hear while it is busy", { hint: "use Interrupt" }],
])("asks nothing in a view %s", (_, more) => {
	model.close();
	begin(more);
	model.reconnect();
	vi.advanceTimersByTime(60_000);
	expect([asked(), model.lostSince.value]).toEqual([0, null]);
});

it("stops with the end of the run, and with the view", () => {
	model.hear(delta(2, [], { live: false }));
	vi.advanceTimersByTime(60_000);
	expect(asked()).toBe(0);
	begin();
	model.close();
	vi.advanceTimersByTime(60_000);
	expect(asked()).toBe(0);
});

it("stops the clock where the kernel was heard last", () => {
	const end = model.clock.now.subscribe(() => {});
	vi.advanceTimersByTime(16_000);
	expect(model.clock.now.value).toBe(T0);
	model.hear(delta(2, [], { now: T0 + 16 }));
	vi.advanceTimersByTime(1000);
	expect(model.clock.now.value).toBe(T0 + 17);
	end();
});

it("is told in the view with the time, in words and a sign, without a button that nobody would hear", () => {
	const el = draw(<Board model={model} dark={signal(false)} />);
	click(find(el, ".head.line"));
	expect(find(el, ".lost").getAttribute("role")).toBe("status");
	expect([texts(el, ".lost"), has(el, ".cancel")]).toEqual([[""], true]);
	wait(15_000);
	const at = new Date(T0 * 1000).toTimeString().slice(0, 8);
	expect(texts(el, ".lost")).toEqual([
		`⚠No word from the kernel since ${at}: it was restarted, has ended, or is stuck. Shown is how things stood then.`,
	]);
	expect(has(el, ".cancel")).toBe(false);
	change(() => model.hear(delta(2, [])));
	expect([texts(el, ".lost"), has(el, ".cancel")]).toEqual([[""], true]);
});
