/** What is known of one board at one moment. Plain data and pure functions: a delta makes a new picture. */

import type { Question } from "./questions";
import type { Counts, Delta, Group, Layout, Run, Snapshot, StateType } from "./wire";

const MOST_ROOTS = 50;

const ENDED: ReadonlySet<StateType> = new Set(["COMPLETED", "FAILED", "CANCELLED", "CRASHED"]);

/** Also by its end: a run that was not ready ends without ever leaving Pending. */
export const hasEnded = (run: Run): boolean => run.end !== null || ENDED.has(run.state.type);
export const wentWrong = (run: Run): boolean => run.state.type === "FAILED" || run.state.type === "CRASHED";

export interface Picture {
	readonly session: string;
	readonly board: number;
	readonly seq: number;
	readonly live: boolean;
	readonly hint: string | null;
	readonly moreRuns: Counts;
	/** Oldest first. */
	readonly questions: readonly Question[];
	readonly moreQuestions: number;
	/** What this kernel can do: a button stands only for what is in here. */
	readonly can: ReadonlySet<string>;
	readonly layout: Layout;
	/** Root runs by number, in order of start. */
	readonly roots: ReadonlyMap<number, Run>;
	/** The first of their descendants, and of those beyond them some that went wrong, by number, in order of start. */
	readonly tasks: ReadonlyMap<number, Run>;
	/** Groups by number, in order of their first run; their counts are of all runs, however many. */
	readonly groups: ReadonlyMap<number, Group>;
}

function stampOf(from: Snapshot | Delta) {
	const { session, board, seq, live, hint, more_runs, questions, more_questions, can } = from;
	return { session, board, seq, live, hint, moreRuns: more_runs, questions, moreQuestions: more_questions, can };
}

const byNumber = (runs: readonly Run[]): Map<number, Run> => new Map(runs.map((run) => [run.n, run]));

export const sameBoard = (a: { session: string; board: number }, b: { session: string; board: number }): boolean =>
	a.session === b.session && a.board === b.board;

export function fromSnapshot(snapshot: Snapshot): Picture {
	const groups = new Map(snapshot.groups.map((group) => [group.g, group]));
	const { layout } = snapshot;
	return { ...stampOf(snapshot), layout, roots: byNumber(snapshot.runs), tasks: byNumber(snapshot.tasks), groups };
}

/** A run keeps the place it first had: a Map remembers the order in which its keys came. */
export function withDelta(before: Picture, delta: Delta): Picture {
	const roots = new Map(before.roots);
	const tasks = new Map(before.tasks);
	const groups = new Map(before.groups);
	for (const run of delta.rows) {
		if (run.parent === null && (roots.has(run.n) || roots.size < MOST_ROOTS)) roots.set(run.n, run);
	}
	for (const run of delta.rows) if (run.parent !== null && roots.has(run.root)) tasks.set(run.n, run);
	for (const group of delta.groups) if (roots.has(group.root)) groups.set(group.g, group);
	return { ...before, ...stampOf(delta), roots, tasks, groups };
}

export function listed<T, K>(items: Iterable<T>, key: (item: T) => K): ReadonlyMap<K, readonly T[]> {
	const lists = new Map<K, T[]>();
	for (const item of items) {
		const list = lists.get(key(item));
		if (list) list.push(item);
		else lists.set(key(item), [item]);
	}
	return lists;
}

/** Each run right below its parent, so that the indent tells the truth when flows run side by side. */
function inTreeOrder(root: number, runs: readonly Run[]): readonly Run[] {
	const known = new Set(runs.map((run) => run.n));
	const children = listed(runs, (run) => (run.parent !== null && known.has(run.parent) ? run.parent : root));
	const out: Run[] = [];
	const waiting = [...(children.get(root) ?? [])].reverse();
	for (let run = waiting.pop(); run; run = waiting.pop()) {
		out.push(run);
		waiting.push(...[...(children.get(run.n) ?? [])].reverse());
	}
	return out;
}

/** Those descendants of each root run that this page was told of, each below its parent. */
export function descendants(picture: Picture): ReadonlyMap<number, readonly Run[]> {
	const lists = listed(picture.tasks.values(), (run) => run.root);
	return new Map([...lists].map(([root, runs]) => [root, inTreeOrder(root, runs)]));
}
