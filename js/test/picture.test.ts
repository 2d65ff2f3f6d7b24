import { describe, expect, it } from "vitest";
import { descendants, fromSnapshot, type Picture, withDelta } from "../src/picture";
import { type Delta, readMessage, readSnapshot } from "../src/wire";
import { delta, flow, type Raw, snapshot, task } from "./builders";

function pictureOf(raw: Raw, before: Picture | null = null): Picture {
	const read = readSnapshot(raw);
	if (!read) throw new Error("unreadable");
	return fromSnapshot(read, before);
}

const follow = (picture: Picture, raw: Raw): Picture => withDelta(picture, readMessage(raw) as Delta);
const numbers = (picture: Picture): number[] => [...picture.tasks.keys()];
const drawn = (picture: Picture): number[] => (descendants(picture).get(1) ?? []).map((run) => run.n);

describe("a picture", () => {
	it("keeps every row at its place when rows change", () => {
		const start = pictureOf(snapshot(1, [flow()], [task(2), task(3), task(4)]));
		const next = follow(start, delta(2, [task(4, "Completed"), task(2, "Failed"), task(5, "Pending")]));
		expect(numbers(next)).toEqual([2, 3, 4, 5]);
		expect(next.tasks.get(2)?.state.name).toBe("Failed");
	});

	it("is not changed by making the next one, and shares what stayed the same", () => {
		const start = pictureOf(snapshot(1, [flow()], [task(2), task(3)]));
		const next = follow(start, delta(2, [task(3, "Completed")]));
		expect(start.tasks.get(3)?.state.name).toBe("Running");
		expect(next.tasks.get(2)).toBe(start.tasks.get(2));
	});

	it("takes roots and their tasks from one delta in any order", () => {
		const next = follow(pictureOf(snapshot(1, [])), delta(2, [task(2), flow(1)]));
		expect([...next.roots.keys(), ...numbers(next)]).toEqual([1, 2]);
	});

	it("leaves out roots beyond the fiftieth, and their tasks", () => {
		const rows = Array.from({ length: 60 }, (_, i) => flow(i + 1));
		const next = follow(
			pictureOf(snapshot(1, [])),
			delta(2, [...rows, task(100, "Running", { root: 55, parent: 55 })]),
		);
		expect([next.roots.size, next.tasks.size]).toEqual([50, 0]);
	});

	it("draws each run below its parent, whichever came first", () => {
		const sub = (n: number) => task(n, "Running", { kind: "flow" });
		const inside = (n: number, parent: number) => task(n, "Running", { parent, depth: 2 });
		const tasks = [sub(2), sub(3), inside(4, 2), inside(5, 3), inside(6, 2), inside(7, 99)];
		expect(drawn(pictureOf(snapshot(1, [flow()], tasks)))).toEqual([2, 4, 6, 3, 5, 7]);
	});

	it("forgets finished runs beyond two thousand, but neither the first rows nor what is not over", () => {
		const rows = Array.from({ length: 3000 }, (_, i) => task(i + 2, i % 10 === 9 ? "Failed" : "Completed"));
		const next = follow(pictureOf(snapshot(1, [flow()])), delta(2, [...rows, task(9000)]));
		const kept = numbers(next);
		expect(kept).toHaveLength(2000);
		expect(kept.slice(0, 500)).toEqual(rows.slice(0, 500).map((row) => row.n));
		expect(kept).toContain(9000);
		expect([...next.tasks.values()].filter((run) => run.state.name === "Failed")).toHaveLength(300);
	});

	it("believes a snapshot that holds everything", () => {
		const before = pictureOf(snapshot(1, [flow()], [task(2), task(3, "Completed")]));
		expect(numbers(pictureOf(snapshot(9, [flow()], [task(2)]), before))).toEqual([2]);
	});

	it("keeps ended runs that a full snapshot had no room for, and drops those that may have changed", () => {
		const before = pictureOf(snapshot(1, [flow()], [task(900, "Completed"), task(901)]));
		const full = Array.from({ length: 500 }, (_, i) => task(i + 2));
		const next = pictureOf(snapshot(9, [flow()], full), before);
		expect([next.tasks.has(900), next.tasks.has(901)]).toEqual([true, false]);
		expect(pictureOf(snapshot(9, [flow()], full, { board: 4 }), before).tasks.has(900)).toBe(false);
	});
});
