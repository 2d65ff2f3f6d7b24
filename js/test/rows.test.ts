import { describe, expect, it } from "vitest";
import { failureOf } from "../src/failure";
import { horizon, marks, stretches } from "../src/lane";
import { aside, countsText, doing, folded, hookTally, hookWords, retryText, runningNow } from "../src/words";
import { ERROR, flow, group, groups, hook, oneRun, type Raw, runs, state, T0, task } from "./builders";

describe("counts", () => {
	it("have those between two tries among those that retry", () => {
		const counts = new Map(Object.entries({ AwaitingRetry: 2, Completed: 1, Retrying: 3 }));
		expect([...folded(counts)]).toEqual([
			["Retrying", 5],
			["Completed", 1],
		]);
		expect(countsText(counts)).toBe("5 Retrying, 1 Completed");
	});
});

describe("what a run is doing", () => {
	it.each([
		[task(2, "Running"), ""],
		[task(2, "Completed"), ""],
		[task(2, "Pending"), ""],
		[task(2, "Pending", { waits: "score, load" }), "waits for score, load"],
		[task(2, "NotReady"), "NotReady"],
		[task(2, "Retrying", { attempt: 2, attempts: 3 }), "try 2 of 3"],
		[task(2, "Cached"), "cached"],
		[task(2, "Failed", { attempt: 1 }), "Failed"],
		[task(2, "Failed", { attempt: 3, attempts: 3 }), "Failed after 3 tries"],
		[task(2, "Crashed"), "Crashed"],
		[task(2, "Cancelled", { waits: "load" }), "Cancelled"],
	])("is said in a few words", (raw, words) => expect(doing(oneRun(raw))).toBe(words));

	it("is said beside a row's name only where it matters more than the time", () => {
		const said = (raw: Raw) => aside(oneRun(raw));
		expect(said(task(2, "Pending", { waits: "score" }))).toBe("waits for score");
		expect(said(task(2, "Retrying", { attempt: 2, attempts: 3 }))).toBe("try 2 of 3");
		expect(said(task(2, "Cached"))).toBe("cached");
		expect(["Failed", "Crashed", "Completed", "Running"].map((name) => said(task(2, name)))).toEqual(["", "", "", ""]);
		expect(said(task(2, "Cancelled"))).toBe("Cancelled");
	});

	it("is told of all groups at work, by their names", () => {
		const all = groups(group(1, 9, "Running"), group(2, 1, "Running", { of: "report" }), group(3, 4, "Completed"));
		expect(runningNow(all)).toBe("score × 9, report");
	});

	it("counts down to a retry and stops at nothing", () => {
		expect(retryText(T0 + 1.2, T0)).toBe("retry in 1.2 s");
		expect(retryText(T0, T0 + 3)).toBe("retry in 0.0 s");
	});

	it("and how its hooks went is a tally", () => {
		expect(hookTally(1, 0)).toEqual(["1 hook ✓", ""]);
		expect(hookTally(2, 1)).toEqual(["2 hooks ✓", "1 ✕"]);
		expect(hookTally(0, 2)).toEqual(["", "2 hooks ✕"]);
	});

	it("which is said in words to those who hear the page", () => {
		expect(hookWords(1, 0)).toBe("1 hook ok");
		expect(hookWords(1200, 1)).toBe("1,200 hooks ok, 1 hook failed");
		expect(hookWords(0, 2)).toBe("2 hooks failed");
	});
});

describe("a lane", () => {
	const story = (...names: [string, number][]): Raw => ({
		story: names.map(([name, at]) => [name, state(name).type, T0 + at]),
	});
	const shape = (raw: Raw) =>
		stretches(oneRun(raw)).map(({ look, waiting, from, to }) => [
			look,
			waiting,
			from - T0,
			to === null ? null : to - T0,
		]);

	it("is dashed before the start and between tries, and each try has the colour of its end", () => {
		const raw = task(
			2,
			"Completed",
			story(["Pending", 0], ["Running", 1], ["AwaitingRetry", 2], ["Retrying", 4], ["Completed", 5]),
		);
		expect(shape(raw)).toEqual([
			["Pending", true, 0, 1],
			["Failed", false, 1, 2],
			["AwaitingRetry", true, 2, 4],
			["Completed", false, 4, 5],
		]);
	});

	it("grows while the run works, waits without end, or until the known retry", () => {
		expect(shape(task(2, "Running", story(["Pending", 0], ["Running", 1]))).at(-1)).toEqual([
			"Running",
			false,
			1,
			null,
		]);
		expect(shape(task(2, "Pending", story(["Pending", 0])))).toEqual([["Pending", true, 0, null]]);
		const waiting = task(2, "AwaitingRetry", { ...story(["Running", 0], ["AwaitingRetry", 1]), retry_at: T0 + 3 });
		expect(shape(waiting).at(-1)).toEqual(["AwaitingRetry", true, 1, 3]);
	});

	it("ends with a run that never began", () => {
		const raw = task(2, "NotReady", { ...story(["Pending", 0], ["NotReady", 2]), end: T0 + 2 });
		expect(shape(raw)).toEqual([["Pending", true, 0, 2]]);
	});

	it("draws no wait that took no time, whether the run works or has ended", () => {
		const began = story(["Pending", 1], ["Running", 1]);
		expect(shape(task(2, "Running", began))).toEqual([["Running", false, 1, null]]);
		const again = story(["Pending", 0], ["Running", 0], ["AwaitingRetry", 2], ["Retrying", 2], ["Completed", 3]);
		expect(shape(task(2, "Completed", again))).toEqual([
			["Failed", false, 0, 2],
			["Completed", false, 2, 3],
		]);
		const notReady = task(2, "NotReady", { ...story(["Pending", 2], ["NotReady", 2]), end: T0 + 2 });
		expect(shape(notReady)).toEqual([]);
	});

	it("marks where a run ended at once that never worked", () => {
		expect(shape(task(2, "Cached", story(["Pending", 2], ["Cached", 2])))).toEqual([["Cached", true, 2, 2]]);
	});

	it("is hatched where a run was cancelled", () => {
		const raw = task(2, "Cancelled", story(["Running", 0], ["Cancelling", 1], ["Cancelled", 2]));
		expect(shape(raw)).toEqual([
			["Cancelling", false, 0, 1],
			["Cancelled", false, 1, 2],
		]);
	});

	it("shows the state alone when there is no story", () => {
		expect(shape(task(2, "Running", { story: [] }))).toEqual([["Running", false, 0, null]]);
	});

	it("spans a time that grows in steps", () => {
		expect([0, 0.5, 1.1, 1.4, 11.9, 61].map((s) => horizon(s, true))).toEqual([1, 1, 1.25, 1.5, 12.5, 70]);
		expect(horizon(0.0123, false)).toBeCloseTo(0.015);
		expect(horizon(0, false)).toBeGreaterThan(0);
	});

	it("has its hooks as marks that do not hide one another and stay inside", () => {
		const hooks = oneRun(
			task(2, "Running", { hooks: Array.from({ length: 12 }, (_, i) => hook({ name: `h${i}`, at: T0 + 99 })) }),
		).hooks;
		const placed = marks(hooks, () => 99);
		expect(placed.map(({ hook: { name } }) => name)).toEqual(["h4", "h5", "h6", "h7", "h8", "h9", "h10", "h11"]);
		expect(placed.at(-1)?.percent).toBeCloseTo(100);
		for (const [i, { percent }] of placed.entries())
			if (i > 0) expect(percent - (placed[i - 1]?.percent ?? 0)).toBeCloseTo(2.7);
	});
});

describe("the failure that is told first", () => {
	const failed = (n: number, end: number, more: Raw = {}) =>
		task(n, "Failed", { end: T0 + end, error: ERROR, ...more });

	it("is the earliest one of the tasks, by name and number of tries", () => {
		const below = runs(failed(2, 9), failed(3, 5, { attempt: 3 }), task(4));
		expect(failureOf(oneRun(flow()), below)).toEqual({ error: ERROR, of: "score[3] failed after 3 tries" });
	});

	it("names the task whose error ended the flow", () => {
		const other = { title: "KeyError: 'x'", where: [] };
		const below = runs(failed(2, 1, { error: other }), failed(3, 5));
		expect(failureOf(oneRun(flow(1, "Failed", { error: ERROR })), below)?.of).toBe("score[3] failed after 1 try");
	});

	it("is the flow's own when no task had it", () => {
		const own = { title: "RuntimeError: nothing to do", where: [] };
		expect(failureOf(oneRun(flow(1, "Failed", { error: own })), runs(failed(2, 1)))).toEqual({ error: own, of: "" });
	});

	const upstream = (name: string, of: Raw = ERROR, is = "Failed"): Raw => ({
		title: `UpstreamTaskError: Upstream task run ${name} did not reach a 'COMPLETED' state: it is ${is}. ${of.title}`,
		where: ["Cell In[7], line 9"],
	});
	const report = (error: Raw) => task(9, "NotReady", { name: "report", end: T0 + 9, error });

	it("is the task that really failed, not the one that therefore did not start", () => {
		const below = runs(failed(2, 1), failed(7, 5, { attempt: 3 }), report(upstream("'score[7]'")));
		const root = oneRun(flow(1, "Failed", { error: upstream("'score[7]'") }));
		expect(failureOf(root, below)).toEqual({ error: ERROR, of: "score[7] failed after 3 tries" });
	});

	it("is found by its error at the end of a chain, and by its name when the error was cut short", () => {
		const root = (error: Raw) => oneRun(flow(1, "Failed", { error }));
		const below = runs(failed(7, 5), report(upstream("'score[7]'")));
		expect(failureOf(root(upstream("'report'", ERROR, "NotReady")), below)?.of).toBe("score[7] failed after 1 try");
		expect(failureOf(root(upstream('"it\'s"', { title: "ValueError: pri…" })), below)?.of).toBe("");
		const named = runs(failed(7, 5, { name: "it's" }));
		expect(failureOf(root(upstream('"it\'s"', { title: "ValueError: pri…" })), named)?.of).toBe(
			"it's failed after 1 try",
		);
	});

	it("is the one that did not start, when nothing failed before it", () => {
		const error = upstream("'load'", { title: "CancelledRun: Task run was cancelled." }, "Cancelled");
		expect(failureOf(oneRun(flow(1, "Completed")), runs(report(error)))).toEqual({ error, of: "report did not start" });
		const root = oneRun(flow(1, "Failed", { error }));
		expect(failureOf(root, runs(report(error)))).toEqual({ error, of: "report did not start" });
	});

	it("is a task's before that of the flow inside which it failed, though their ends are one clock reading", () => {
		const below = runs(failed(2, 5, { kind: "flow", name: "amber-lynx" }), failed(3, 5, { parent: 2, depth: 2 }));
		expect(failureOf(oneRun(flow(1, "Failed", { error: ERROR })), below)?.of).toBe("score[3] failed after 1 try");
	});

	it("is named by its flow, too, when it is a subflow's own", () => {
		const below = runs(failed(2, 5, { kind: "flow", name: "amber-lynx", of: "inner" }));
		expect(failureOf(oneRun(flow()), below)?.of).toBe("inner amber-lynx failed after 1 try");
	});

	it("says that a run crashed", () => {
		const below = runs(task(2, "Crashed", { error: ERROR }));
		expect(failureOf(oneRun(flow()), below)?.of).toBe("score[2] crashed after 1 try");
	});

	it("is none where nothing failed", () => expect(failureOf(oneRun(flow()), runs(task(2)))).toBeNull());
});
