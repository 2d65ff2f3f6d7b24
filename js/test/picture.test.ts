import { describe, expect, it } from "vitest";
import { descendants, fromSnapshot, type Picture, withDelta } from "../src/picture";
import { readMessage, readSnapshot } from "../src/read";
import type { Delta } from "../src/wire";
import { delta, flow, group, type Raw, snapshot, task } from "./builders";

function pictureOf(raw: Raw): Picture {
	const read = readSnapshot(raw);
	if (!read) throw new Error("unreadable");
	return fromSnapshot(read);
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

	it("takes the newest of each group, at the place where the group first was", () => {
		const start = pictureOf(snapshot(1, [flow()], [], { groups: [group(1, 4), group(2, 4, "Pending")] }));
		const changed = { groups: [group(3, 1), group(1, 5), group(4, 1, "Running", { root: 77 })] };
		const next = follow(start, delta(2, [], changed));
		expect([...next.groups.values()].map(({ g, total }) => [g, total])).toEqual([
			[1, 5],
			[2, 4],
			[3, 1],
		]);
		expect(next.groups.get(2)).toBe(start.groups.get(2));
	});

	it("has the questions of the last message, and the layout of the snapshot", () => {
		const asked = { id: 1, at: 5, subject: "s", text: "t", answer: null, answered: null };
		const start = pictureOf(snapshot(1, [flow()], [], { questions: [asked], look: { layout: "log" } }));
		const next = follow(start, delta(2, [], { questions: [], more_questions: 3 }));
		expect([start.questions.length, start.moreQuestions]).toEqual([1, 0]);
		expect([next.questions.length, next.moreQuestions, next.layout]).toEqual([0, 3, "log"]);
	});
});
