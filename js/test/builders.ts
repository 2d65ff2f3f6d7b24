/** Runs, snapshots and deltas as the kernel writes them. Times are seconds after T0, the browser's time in tests. */

import { readSnapshot } from "../src/read";
import { type Group, type Run, VERSION } from "../src/wire";

export const T0 = 1_763_680_000;

export type Raw = Record<string, unknown>;

export const TYPES: Record<string, string> = {
	Pending: "PENDING",
	NotReady: "PENDING",
	Scheduled: "SCHEDULED",
	AwaitingRetry: "SCHEDULED",
	Running: "RUNNING",
	Retrying: "RUNNING",
	Paused: "PAUSED",
	Cancelling: "CANCELLING",
	Completed: "COMPLETED",
	Cached: "COMPLETED",
	Failed: "FAILED",
	TimedOut: "FAILED",
	Cancelled: "CANCELLED",
	Crashed: "CRASHED",
};

const ENDED = ["COMPLETED", "FAILED", "CANCELLED", "CRASHED"];

export function state(name: string, at = 0, message: string | null = null): Raw {
	return { type: TYPES[name], name, message, at: T0 + at };
}

/** A task run of root 1 in the named state: started at 0, and ended at 0.4 if that state is final. */
export function task(n: number, name = "Running", more: Raw = {}): Raw {
	const type = TYPES[name] ?? "";
	const started = type !== "PENDING" && type !== "SCHEDULED";
	return {
		n,
		g: null,
		root: 1,
		parent: 1,
		depth: 1,
		kind: "task",
		name: `score[${n}]`,
		of: "score",
		state: state(name),
		created: T0,
		start: started ? T0 : null,
		end: ENDED.includes(type) ? T0 + 0.4 : null,
		attempt: started ? 1 : 0,
		attempts: 1,
		waits: null,
		after: [],
		retry_at: null,
		counts: {},
		total: 0,
		hooks: [],
		hooks_ok: 0,
		hooks_failed: 0,
		error: null,
		story: [[name, type, T0]],
		logged: 0,
		notes: [],
		background: false,
		...more,
	};
}

export function flow(n = 1, name = "Running", more: Raw = {}): Raw {
	return task(n, name, { root: n, parent: null, depth: 0, kind: "flow", name: "crimson-fox", of: "nightly", ...more });
}

/** A group of root 1's runs, all in the named state. */
export function group(g: number, total: number, name = "Completed", more: Raw = {}): Raw {
	return {
		g,
		root: 1,
		parent: 1,
		depth: 1,
		kind: "task",
		of: "score",
		total,
		counts: { [name]: total },
		first: T0,
		start: T0,
		end: ENDED.includes(TYPES[name] ?? "") ? T0 + 0.4 : null,
		hooks_ok: 0,
		hooks_failed: 0,
		retries: 0,
		trouble: 0,
		in: null,
		after: [],
		bins: null,
		...more,
	};
}

export function hook(more: Raw = {}): Raw {
	return {
		kind: "on_failure",
		name: "notify",
		outcome: "ok",
		at: T0,
		seconds: 0.0004,
		printed: "",
		error: null,
		...more,
	};
}

/** One that is not answered. */
export function question(more: Raw = {}): Raw {
	return {
		id: 1,
		at: T0,
		run: 2,
		by: "deploy[0]",
		subject: "nightly",
		text: "Deploy?",
		answer: null,
		answered: null,
		...more,
	};
}

const stamp = (seq: number): Raw => ({
	session: "a1b2c3d4",
	board: 3,
	seq,
	now: T0,
	live: true,
	hint: null,
	more_runs: {},
	questions: [],
	more_questions: 0,
	can: ["cancel", "again", "retry"],
});

export function snapshot(seq: number, runs: Raw[], tasks: Raw[] = [], more: Raw = {}): Raw {
	return { v: VERSION, ...stamp(seq), runs, tasks, groups: [], look: { layout: "timeline" }, ...more };
}

export function delta(seq: number, rows: Raw[], more: Raw = {}): Raw {
	return { type: "delta", ...stamp(seq), rows, groups: [], ...more };
}

export const ERROR = { title: "ValueError: price must be positive", where: ["Cell In[7], line 4", "----> 4  raise"] };

/** Runs as the view holds them. */
export function runs(...raw: Raw[]): Run[] {
	return [...(readSnapshot(snapshot(1, raw))?.runs ?? [])];
}

export function oneRun(raw: Raw): Run {
	const [run] = runs(raw);
	if (!run) throw new Error("the builder made a run that cannot be read");
	return run;
}

/** Groups as the view holds them. */
export function groups(...raw: Raw[]): Group[] {
	return [...(readSnapshot(snapshot(1, [], [], { groups: raw }))?.groups ?? [])];
}
