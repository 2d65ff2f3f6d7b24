/** What is asked for while somebody looks: details and logs. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { joined, type Log } from "../src/logs";
import type { RunModel } from "../src/model";
import type { Outgoing } from "../src/wire";
import { delta, flow, group, type Raw, snapshot, T0, task } from "./builders";
import { modelOf } from "./page";

let model: RunModel;
let sent: Outgoing[];
const stops: (() => void)[] = [];

beforeEach(() => {
	const groups = [group(1, 900, "Running")];
	({ model, sent } = modelOf(
		snapshot(1, [flow(1, "Running", { logged: 3 })], [task(2, "Running", { g: 1 })], { groups }),
	));
});

afterEach(() => {
	for (const stop of stops.splice(0)) stop();
	expect(vi.getTimerCount()).toBe(0);
});

const look = <T>(at: { subscribe: (heard: (value: T) => void) => () => void }): T[] => {
	const seen: T[] = [];
	stops.push(at.subscribe((value) => seen.push(value)));
	return seen;
};
const asks = (type: string) => sent.filter((message) => message.type === type);
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Answers the last question of a kind. */
async function answer(type: string, more: Raw): Promise<void> {
	model.hear({ ...asks(type).at(-1), ...more });
	await pass(0);
}

describe("a detail", () => {
	const DETAIL = { id: "0199", tags: ["nightly"], code: "score(1)" };

	it("is asked for when somebody looks, and only then", async () => {
		const detail = model.detailOf(2);
		expect(sent).toEqual([]);
		const seen = look(detail);
		expect(sent).toEqual([{ type: "detail", id: 1, run: 2 }]);
		await answer("detail", { detail: DETAIL });
		expect(seen).toMatchObject(["loading", DETAIL]);
		await pass(5000);
		expect(asks("detail")).toHaveLength(1);
	});

	it("is asked for again while the run changes, at most twice a second, and in the end once more", async () => {
		look(model.detailOf(2));
		for (let seq = 2; seq <= 26; seq += 1) {
			model.hear(delta(seq, [task(2, "Running", { g: 1, attempt: seq })], { groups: [group(1, 900, "Running")] }));
			await answer("detail", { detail: DETAIL });
			await pass(40);
		}
		expect(asks("detail").length).toBeLessThanOrEqual(3);
		await pass(600);
		await answer("detail", { detail: { ...DETAIL, code: "last" } });
		expect(model.detailOf(2).value).toMatchObject({ code: "last" });
		const before = asks("detail").length;
		await pass(5000);
		expect(asks("detail")).toHaveLength(before);
	});

	it("that nobody answers is unheard after one and a half seconds, and is taken when it comes later", async () => {
		const seen = look(model.detailOf(2));
		await pass(1500);
		expect(seen).toEqual(["loading", "unheard"]);
		await answer("detail", { detail: DETAIL });
		expect(seen.at(-1)).toMatchObject(DETAIL);
	});

	it("of a run that the kernel has forgotten is unheard", async () => {
		const seen = look(model.detailOf(2));
		await answer("detail", { detail: null });
		expect(seen.at(-1)).toBe("unheard");
	});

	it("that was refused is unheard, but what was heard before stays", async () => {
		const seen = look(model.detailOf(2));
		await answer("detail", { detail: DETAIL });
		await pass(600);
		model.hear(delta(2, [task(2, "Failed", { g: 1 })]));
		await answer("detail", { type: "reply", ok: false, text: "no such run" });
		expect(seen.at(-1)).toMatchObject(DETAIL);
		expect(asks("detail")).toHaveLength(2);
		await pass(600);
	});

	it("asks for nothing more once nobody looks", async () => {
		look(model.detailOf(2));
		for (const stop of stops.splice(0)) stop();
		await answer("detail", { detail: DETAIL });
		model.hear(delta(2, [task(2, "Failed", { g: 1 })]));
		await pass(5000);
		expect(asks("detail")).toHaveLength(1);
	});
});

describe("a log", () => {
	const lines = (from: number, count: number) =>
		Array.from({ length: count }, (_, i) => [T0 + from + i, "INFO", "score", `line ${from + i}`]);
	const texts = () => {
		const log = model.logOf(1).value;
		return typeof log === "string" ? log : [log.from, log.total, log.lines.map(({ text }) => text.slice(5)).join(" ")];
	};

	it("is the newest lines, to which those that come are added", async () => {
		look(model.logOf(1));
		expect(sent).toEqual([{ type: "log", id: 1, run: 1, before: null, count: 200 }]);
		await answer("log", { from: 7, total: 10, lines: lines(7, 3) });
		expect(texts()).toEqual([7, 10, "7 8 9"]);
		await pass(600);
		model.hear(delta(2, [flow(1, "Running", { logged: 12 })]));
		await answer("log", { from: 9, total: 12, lines: lines(9, 3) });
		expect(texts()).toEqual([7, 12, "7 8 9 10 11"]);
		await pass(600);
	});

	it("has older lines when they are asked for", async () => {
		look(model.logOf(1));
		await answer("log", { from: 7, total: 10, lines: lines(7, 3) });
		const older = model.olderLog(1);
		expect(sent.at(-1)).toEqual({ type: "log", id: 2, run: 1, before: 7, count: 200 });
		await answer("log", { from: 5, total: 10, lines: lines(5, 2) });
		await older;
		expect(texts()).toEqual([5, 10, "5 6 7 8 9"]);
		await pass(600);
	});

	it("does not pretend to be whole where lines in between never came", () => {
		const log = (from: number, n: number): Log => ({
			from,
			total: from + n,
			lines: Array.from({ length: n }, (_, i) => ({ at: T0, level: "INFO", run: "", text: String(from + i) })),
		});
		expect(joined(log(0, 3), log(9, 2))).toEqual(log(9, 2));
		expect(joined(log(5, 3), log(0, 2))).toEqual(log(0, 2));
		expect(joined(log(0, 3), log(2, 2))).toEqual(log(0, 4));
		expect(joined(log(0, 4999), log(4999, 10)).lines).toHaveLength(5000);
	});
});
