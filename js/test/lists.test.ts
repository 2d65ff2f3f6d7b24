/** The rows of lists that are too long to be made. */

import { describe, expect, it, vi } from "vitest";
import { ceiling, columns, groupLook, groupTally } from "../src/density";
import { treeOf } from "../src/outline";
import { packed } from "../src/packed";
import { PAGE } from "../src/pages";
import { rollOf } from "../src/roll";
import { followed, panned, percentIn, zoomed } from "../src/span";
import { ticks } from "../src/ticks";
import type { Group, Run } from "../src/wire";
import { delta, flow, group, groups, oneRun, type Raw, snapshot, state, T0, task } from "./builders";
import { modelOf } from "./page";

const tasks = (count: number, g: number, name = "Completed", from = 2): Raw[] =>
	Array.from({ length: count }, (_, i) => task(from + i, name, { g }));

/** What is drawn of a run, one line a row; "*" for what is unfolded, "?" for what has not come. */
function told(tree: ReturnType<typeof treeOf>): string[] {
	return Array.from({ length: tree.count }, (_, i) => {
		const line = tree.at(i);
		if (!line) return "";
		const name = line.kind === "run" ? (line.run?.name ?? "?") : `${line.kind} ${line.group.of} ${line.group.total}`;
		const open = line.kind === "rule" ? null : line.open;
		return `${" ".repeat(line.depth)}${name}${open ? " *" : ""}`;
	});
}

function shown(of: Raw[], rows: Raw[], open: string[] = [], more: Raw = {}) {
	const { model, sent } = modelOf(snapshot(1, [flow()], rows, { groups: of, ...more }));
	const tree = () => {
		const root = model.picture.value?.roots.get(1) as Run;
		return treeOf(root, model.members.value, new Map(open.map((key) => [key, true])));
	};
	return { model, sent, tree, told: () => told(tree()) };
}

describe("the tree of a run", () => {
	it("has a row for each run of which there are few, and one for many", () => {
		const of = [group(1, 1, "Completed", { of: "extract" }), group(2, 3), group(3, 1200)];
		const rows = [task(2, "Completed", { g: 1, name: "extract" }), ...tasks(3, 2, "Running", 3)];
		expect(shown(of, rows).told()).toEqual(["extract", "score[3]", "score[4]", "score[5]", "group score 1200"]);
	});

	it("has the run itself where nothing is below it", () => {
		expect(shown([], []).told()).toEqual(["crimson-fox"]);
	});

	it("has runs whose group was never heard of", () => {
		expect(shown([], [task(2), task(3, "Running", { parent: 2 })]).told()).toEqual(["score[2] *", " score[3]"]);
	});

	it("unfolds many: those in trouble first, then all, though they have not come", () => {
		const rows = [...tasks(400, 1), task(900, "Failed", { g: 1 }), task(950, "Crashed", { g: 1 })];
		const all = shown([group(1, 1200, "Running", { trouble: 2 })], rows, ["g1"]).told();
		expect(all.slice(0, 5)).toEqual([
			"group score 1200 *",
			" score[900]",
			" score[950]",
			" rule score 1200",
			" score[2]",
		]);
		expect([all.length, all[4 + 399], all[4 + 400]]).toEqual([4 + 1200, " score[401]", " ?"]);
	});

	it("gives those in trouble no place of their own where all are seen at a glance", () => {
		const rows = [...tasks(4, 1), task(9, "Failed", { g: 1 })];
		expect(shown([group(1, 5)], rows, ["g1"]).told()).toHaveLength(6);
	});

	it("orders trouble by when it began, whatever became of it", () => {
		const tried = (n: number, at: number, name: string) =>
			task(n, name, {
				g: 1,
				attempt: 2,
				story: [
					["Pending", "PENDING", T0],
					["Running", "RUNNING", T0 + 1],
					["AwaitingRetry", "SCHEDULED", T0 + at],
					[name, state(name).type, T0 + 9],
				],
			});
		const rows = [...tasks(30, 1), tried(50, 5, "Completed"), tried(51, 3, "Retrying")];
		const all = shown([group(1, 32)], rows, ["g1"]).told();
		expect(all.slice(1, 3)).toEqual([" score[51]", " score[50]"]);
	});

	it("has each subflow with what is below it, folded where there are many of them", () => {
		const of = [
			group(1, 1, "Running", { kind: "flow", of: "day" }),
			group(2, 1, "Running", { parent: 2, of: "load" }),
			group(3, 5, "Running", { kind: "flow", of: "week" }),
			group(4, 1, "Running", { parent: 10, of: "save" }),
		];
		const weeks = Array.from({ length: 5 }, (_, i) =>
			task(10 + i, "Running", { g: 3, kind: "flow", name: `week ${i}` }),
		);
		const rows = [
			task(2, "Running", { g: 1, kind: "flow", name: "day" }),
			task(3, "Running", { g: 2, parent: 2, name: "load" }),
			...weeks,
			task(20, "Running", { g: 4, parent: 10, name: "save" }),
		];
		expect(shown(of, rows).told()).toEqual(["day *", " load", "group week 5"]);
		expect(shown(of, rows, ["g3", "r10"]).told().slice(2, 6)).toEqual([
			"group week 5 *",
			" week 0 *",
			"  save",
			" week 1",
		]);
	});

	it("has what is below too many subflows to be told apart inside their one row", () => {
		const of = [
			group(1, 9000, "Running", { kind: "flow", of: "day" }),
			group(2, 9000, "Running", { parent: null, in: 1, of: "load", depth: 2 }),
		];
		expect(shown(of, [], ["g1"]).told().slice(0, 3)).toEqual(["group day 9000 *", " group load 9000", " ?"]);
	});

	it("does not run in circles when a run is said to be below itself", () => {
		const rows = [task(2, "Running", { g: 1 }), task(3, "Running", { g: 2, parent: 2 })];
		const of = [group(1, 1), group(2, 1, "Running", { parent: 2 }), group(3, 1, "Running", { parent: 3 })];
		expect(shown(of, [...rows, task(4, "Running", { g: 3, parent: 3 })]).told()).toHaveLength(3);
	});

	it("finds a row again when others have come above it, and its parent", () => {
		const rows = [...tasks(30, 1), task(90, "Failed", { g: 1 })];
		const { model, tree } = shown([group(1, 31)], rows, ["g1"]);
		const key = tree().at(10)?.key ?? "";
		model.hear(delta(2, [task(91, "Failed", { g: 1 })], { groups: [group(1, 32)] }));
		expect([tree().indexOf(key), tree().at(11)?.key]).toEqual([11, key]);
		expect([tree().parentOf(11, 1), tree().parentOf(0, 0), tree().indexOf("g77.0")]).toEqual([0, -1, -1]);
	});

	it("has no more rows than a browser has room for", () => {
		const { tree } = shown([group(1, 2_000_000), group(2, 5)], [], ["g1"]);
		expect([tree().count, tree().at(599_999)?.kind]).toEqual([600_000, "run"]);
	});

	it("says nothing of rows that are not there", () => {
		const { tree } = shown([], [task(2)]);
		expect([tree().at(-1), tree().at(1), tree().at(Number.NaN)]).toEqual([null, null, null]);
	});
});

describe("a page", () => {
	const many = (more: Raw = {}) => shown([group(1, 100_000, "Running", more)], tasks(400, 1), ["g1"]);
	const page = (from: number, more: Raw = {}): Raw => {
		const rows = Array.from({ length: PAGE }, (_, i) => task(2 + from + i, "Running", { g: 1 }));
		return { type: "page", id: 1, group: 1, part: "all", from, total: 100_000, rows, ...more };
	};
	const asked = (sent: readonly object[]) => sent.filter((message) => Reflect.get(message, "type") === "page");

	it("is asked for when it comes into sight, once, and then is there", async () => {
		const { model, sent, tree, told: now } = many();
		tree().want(5190, 5230);
		tree().want(5195, 5235);
		expect(asked(sent)).toEqual([
			{ type: "page", id: 1, group: 1, part: "all", from: 5150, count: 50 },
			{ type: "page", id: 2, group: 1, part: "all", from: 5200, count: 50 },
		]);
		model.hear(page(5200, { id: 2 }));
		await vi.advanceTimersByTimeAsync(0);
		expect([now()[5200], now()[5201], now()[5250]]).toEqual([" ?", " score[5202]", " score[5251]"]);
		tree().want(5210, 5220);
		expect(asked(sent)).toHaveLength(2);
	});

	it("is asked for again when its group has changed, at most twice a second", async () => {
		const { model, sent, tree } = many();
		const look = () => tree().want(1001, 1002);
		const stop = model.members.subscribe(look);
		model.hear(page(1000));
		await vi.advanceTimersByTimeAsync(0);
		for (let seq = 2; seq <= 21; seq += 1) {
			model.hear(delta(seq, [], { groups: [group(1, 100_000)] }));
			model.hear(page(1000, { id: asked(sent).length }));
			await vi.advanceTimersByTimeAsync(40);
		}
		expect(asked(sent).length).toBe(2);
		await vi.advanceTimersByTimeAsync(600);
		model.hear(page(1000, { id: asked(sent).length }));
		await vi.advanceTimersByTimeAsync(5000);
		expect(asked(sent).length).toBe(3);
		stop();
	});

	it("is asked for again later when the kernel did not hear", async () => {
		const { sent, tree } = many();
		tree().want(1001, 1002);
		await vi.advanceTimersByTimeAsync(10_000);
		tree().want(1001, 1002);
		expect(asked(sent)).toHaveLength(1);
		await vi.advanceTimersByTimeAsync(3100);
		tree().want(1001, 1002);
		expect(asked(sent)).toHaveLength(2);
	});

	it("does not replace what a delta has told since", () => {
		const { model, told: now } = many();
		model.hear(delta(2, [task(5, "Running", { g: 1, name: "newer" })]));
		model.hear(page(0));
		expect(now()[4]).toBe(" newer");
	});

	it("is not needed for a group that is known whole", () => {
		const { sent, tree } = shown([group(1, 40)], tasks(40, 1), ["g1"]);
		tree().want(0, 40);
		expect(sent).toEqual([]);
	});

	it("is forgotten when there are many others, and with its board", async () => {
		const { model, told: now } = many();
		for (let from = 1000; from < 8000; from += PAGE) model.hear(page(from));
		expect([now()[1001], now()[7901]]).toEqual([" ?", " score[7902]"]);
		expect([model.runOf(1002), model.runOf(7902)?.n]).toEqual([null, 7902]);
		model.renew(snapshot(1, [flow()], [], { session: "beef", groups: [group(1, 100_000)] }));
		expect(now()[7901]).toBe(" ?");
	});
});

describe("the list of all tasks", () => {
	const roll = (of: Raw[], rows: Raw[], filter: { state: string | null; text: string }) => {
		const { model } = modelOf(snapshot(1, [flow()], rows, { groups: of }));
		const root = model.picture.value?.roots.get(1) as Run;
		const { outline, unseen } = rollOf(root, model.members.value.ofRoot(1), model.members.value, filter);
		return { names: told(outline), unseen };
	};
	const of = [group(1, 1, "Completed", { of: "load" }), group(2, 9000, "Running", { counts: { Running: 7 } })];
	const rows = [
		task(2, "Completed", { g: 1, name: "load" }),
		task(3, "AwaitingRetry", { g: 2 }),
		task(4, "Running", { g: 2, name: "SCORE of Łódź" }),
	];

	it("has every run, also those that have not come", () => {
		const { names } = roll(of, rows, { state: null, text: "" });
		expect([names.length, names[0], names[1], names[3]]).toEqual([9001, "load", "score[3]", "?"]);
	});

	it("has as many of a state as the group counts", () => {
		expect(roll(of, rows, { state: "Running", text: "" }).names).toEqual(["SCORE of Łódź", ...Array(6).fill("?")]);
	});

	it("looks for a text among those it knows, and says how many it does not know", () => {
		expect(roll(of, rows, { state: null, text: " łódź " })).toEqual({ names: ["SCORE of Łódź"], unseen: 8998 });
		expect(roll(of, rows, { state: "Retrying", text: "score" }).names).toEqual(["score[3]"]);
	});
});

describe("a few runs on one lane", () => {
	const run = (n: number, from: number, to: number | null) =>
		oneRun(
			task(n, to === null ? "Running" : "Completed", {
				start: T0 + from,
				end: to === null ? null : T0 + to,
				story: [["Running", "RUNNING", T0 + from], ...(to === null ? [] : [["Completed", "COMPLETED", T0 + to]])],
			}),
		);
	const floors = (...runs: Run[]) => packed(runs)?.pieces.map(({ floor }) => floor);

	it("that follow one another lie in one line, those at the same time above it", () => {
		expect(floors(run(2, 0, 1), run(3, 1, 2), run(4, 2, null))).toEqual([0, 0, 0]);
		expect(floors(run(2, 0, 5), run(3, 1, 2), run(4, 2, null))).toEqual([0, 1, 1]);
	});

	it("are looked at as a density when they are many, or many at once", () => {
		expect(packed(Array.from({ length: 61 }, (_, i) => run(i + 2, i, i + 1)))).toBeNull();
		expect(packed(Array.from({ length: 7 }, (_, i) => run(i + 2, 0, 1)))).toBeNull();
		expect(packed(Array.from({ length: 6 }, (_, i) => run(i + 2, 0, 1)))?.floors).toBe(6);
		expect(packed([])).toBeNull();
	});
});

describe("the density of many runs", () => {
	const bins = {
		from: T0,
		step: 1,
		started: [10, 5, 0],
		ended: { Completed: [4, 6, 2], Cached: [0, 1, 0], Failed: [0, 1, 0] },
	};
	const one = (more: Raw = {}): Group => groups(group(1, 15, "Running", { bins, end: null, ...more }))[0] as Group;
	const drawn = (now: number) => columns(one().bins as never, T0 + now);

	it("counts in each step what ended how, and what was at work when it ended", () => {
		expect(drawn(3).map(({ done, running, wrong }) => [done, running, wrong])).toEqual([
			[4, 6, 0],
			[7, 3, 1],
			[2, 1, 0],
		]);
	});

	it("reaches to now, and does not droop where a step has only begun", () => {
		const last = drawn(2.5).at(-1);
		expect([last?.to, last?.done]).toEqual([T0 + 2.5, 4]);
		expect(drawn(5).at(-1)).toEqual({ from: T0 + 3, to: T0 + 5, done: 0, running: 1, wrong: 0 });
	});

	it("grows in steps", () => expect([ceiling(drawn(3)), ceiling([])]).toEqual([20, 1]));

	it.each([
		[{ Running: 3, Failed: 2 }, "Running"],
		[{ AwaitingRetry: 3, Completed: 2 }, "Retrying"],
		[{ Completed: 3, Pending: 2 }, "Running"],
		[{ Paused: 1, Completed: 2 }, "Paused"],
	])("has one look while it goes on: %o is %s", (counts, look) => expect(groupLook(one({ counts }))).toBe(look));

	it.each([
		[{ Completed: 9, Failed: 1 }, "Failed"],
		[{ Completed: 9, Failed: 1, Crashed: 1 }, "Crashed"],
		[{ Completed: 9, Cancelled: 1 }, "Cancelled"],
		[{ Cached: 9, Completed: 1 }, "Completed"],
		[{ Cached: 9 }, "Cached"],
		[{}, "Pending"],
	])("has the worst look once it is over: %o is %s", (counts, look) => {
		expect(groupLook(one({ counts, end: T0 + 9 }))).toBe(look);
	});

	it("has not begun before anything has", () =>
		expect(groupLook(one({ counts: { Pending: 3 }, start: null }))).toBe("Pending"));

	it("tells how many ended well", () => {
		expect(groupTally(one({ counts: { Completed: 3, Cached: 2, TimedOut: 1, Running: 5 } }))).toEqual({
			ok: 5,
			wrong: 1,
		});
	});
});

describe("the time shown", () => {
	const whole = { from: T0, seconds: 10 };

	it("comes nearer about what is pointed at, and is the whole again when it is far enough", () => {
		const near = zoomed(whole, 2, 0.2, whole);
		expect(near).toEqual({ from: T0 + 1, seconds: 5 });
		expect(percentIn(near ?? whole, T0 + 2)).toBeCloseTo(percentIn(whole, T0 + 2));
		expect(zoomed(near ?? whole, 0.5, 0.5, whole)).toBeNull();
	});

	it("stays inside the run however it is moved, and is never nothing", () => {
		expect(panned({ from: T0 + 1, seconds: 5 }, -3, whole)).toEqual({ from: T0, seconds: 5 });
		expect(panned({ from: T0 + 1, seconds: 5 }, 3, whole)).toEqual({ from: T0 + 5, seconds: 5 });
		expect(zoomed(whole, 1e12, 0.5, whole)?.seconds).toBeGreaterThan(0);
	});

	it("follows now by steps", () => {
		const span = { from: T0, seconds: 10 };
		expect(followed(span, T0 + 9.6, T0)).toBe(span);
		expect(followed(span, T0 + 9.8, T0).from - T0).toBeCloseTo(2.8);
		expect(followed({ from: T0 + 50, seconds: 10 }, T0 + 1, T0).from).toBe(T0);
	});
});

describe("the axis", () => {
	const texts = (from: number, seconds: number) => ticks({ from: T0 + from, seconds }, T0).map(({ text }) => text);

	it.each([
		[0, 13, ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s", "12 s"]],
		[0, 0.8, ["0 ms", "200 ms", "400 ms", "600 ms", "800 ms"]],
		[8.1, 3.95, ["9 s", "10 s", "11 s", "12 s"]],
		[0, 300, ["0:00", "1:00", "2:00", "3:00", "4:00", "5:00"]],
		[3590, 20, ["59:50", "59:55", "1:00:00", "1:00:05", "1:00:10"]],
		[61, 1, ["1:01.0", "1:01.2", "1:01.4", "1:01.6", "1:01.8", "1:02.0"]],
		[0, 200_000, ["0:00", "12:00:00", "24:00:00", "36:00:00", "48:00:00"]],
	])("from %d s, %d s long, has round moments", (from, seconds, all) => expect(texts(from, seconds)).toEqual(all));

	it("keeps them so far apart that the last one, moved to end with the lane, hides no other", () => {
		for (let seconds = 0.01; seconds < 60; seconds *= 1.07) {
			const places = ticks({ from: T0, seconds }, T0).map(({ percent }) => percent);
			for (const [i, at] of places.slice(1).entries()) expect(at - (places[i] ?? 0)).toBeGreaterThan(15);
		}
	});

	it("has few of them, whatever the span", () => {
		for (const seconds of [1e-5, 0.004, 1, 59, 3601, 1e6, 1e8]) {
			expect(texts(0, seconds).length).toBeGreaterThan(1);
			expect(texts(0, seconds).length).toBeLessThan(12);
		}
	});
});
