/** A kernel that was restarted or has died tells nothing: the view says so, and takes it back when it is heard again. */

import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { RunModel } from "../src/model";
import { Board } from "../src/views/Board";
import { delta, flow, type Raw, snapshot, T0, task } from "./builders";
import { atOnce, change, draw, find, texts, wait } from "./page";

let model: RunModel;

const begin = (more: Raw = {}): void => {
	model = new RunModel(() => {}, atOnce);
	model.watchKernel();
	model.join(snapshot(1, [flow()], [task(2)], more));
};

beforeEach(() => begin());
afterEach(() => model.close());

it("is lost when nothing was heard for fifteen seconds", () => {
	vi.advanceTimersByTime(14_999);
	expect(model.lostSince.value).toBeNull();
	vi.advanceTimersByTime(1);
	expect(model.lostSince.value).toBe(T0 * 1000);
});

it.each([
	["a delta", () => model.hear(delta(2, [task(2, "Completed")]))],
	["a snapshot", () => model.renew(snapshot(2, [flow()], [task(2)]))],
	["a word that it is alive", () => model.hear({ type: "alive" })],
	["an answer", () => model.hear({ type: "reply", id: 9, ok: true, text: "" })],
])("is found again by %s", (_, tell) => {
	vi.advanceTimersByTime(45_000);
	expect(model.lostSince.value).toBe(T0 * 1000);
	tell();
	expect(model.lostSince.value).toBeNull();
	vi.advanceTimersByTime(15_000);
	expect(model.lostSince.value).toBe((T0 + 45) * 1000);
});

it("is never lost while it says that it is alive, and that changes nothing", () => {
	const before = model.picture.value;
	for (let i = 0; i < 20; i++) {
		vi.advanceTimersByTime(5000);
		model.hear({ type: "alive" });
		expect(model.lostSince.value).toBeNull();
	}
	expect(model.picture.value).toBe(before);
});

it("is lost sooner when the page itself has lost it", () => {
	vi.advanceTimersByTime(2000);
	model.reconnect();
	vi.advanceTimersByTime(6000);
	expect(model.lostSince.value).toBe(T0 * 1000);
});

it("is not missed in a view of what has ended", () => {
	model.close();
	begin({ live: false });
	model.reconnect();
	vi.advanceTimersByTime(60_000);
	expect(model.lostSince.value).toBeNull();
});

it("is not missed once the run has ended, or the view is gone, whatever comes late", () => {
	model.hear(delta(2, [], { live: false }));
	expect(vi.getTimerCount()).toBe(0);
	begin();
	model.close();
	model.hear(delta(2, []));
	vi.advanceTimersByTime(60_000);
	expect([model.lostSince.value, vi.getTimerCount()]).toEqual([null, 0]);
});

it("has been lost since what was found was told, when a page is loaded much later", () => {
	model.close();
	begin({ now: T0 - 86_400 });
	vi.advanceTimersByTime(15_000);
	expect(model.lostSince.value).toBe((T0 - 86_400) * 1000);
});

it("is listened for anew after the computer has slept", () => {
	vi.advanceTimersByTime(14_000);
	vi.setSystemTime((T0 + 3600) * 1000);
	vi.advanceTimersByTime(1000);
	expect(model.lostSince.value).toBeNull();
	vi.advanceTimersByTime(15_000);
	expect(model.lostSince.value).toBe(T0 * 1000);
});

it("stops the clock where it was heard last", () => {
	const end = model.clock.now.subscribe(() => {});
	vi.advanceTimersByTime(16_000);
	expect(model.clock.now.value).toBe(T0);
	model.hear(delta(2, [], { now: T0 + 16 }));
	vi.advanceTimersByTime(1000);
	expect(model.clock.now.value).toBe(T0 + 17);
	end();
});

it("is told in the view with the time, in words and a sign", () => {
	const el = draw(<Board model={model} dark={signal(false)} />);
	expect(find(el, ".lost").getAttribute("role")).toBe("status");
	expect(texts(el, ".lost")).toEqual([""]);
	wait(15_000);
	const at = new Date(T0 * 1000).toTimeString().slice(0, 8);
	expect(texts(el, ".lost")).toEqual([
		`⚠No word from the kernel since ${at}: it was restarted, has ended, or is stuck. Shown is how things stood then.`,
	]);
	change(() => model.hear(delta(2, [])));
	expect(texts(el, ".lost")).toEqual([""]);
});

it("is told with the day if that is another", () => {
	model.close();
	begin({ now: T0 - 86_400 });
	const el = draw(<Board model={model} dark={signal(false)} />);
	wait(15_000);
	expect(texts(el, ".lost")[0]).toMatch(/since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d: it was/);
});
