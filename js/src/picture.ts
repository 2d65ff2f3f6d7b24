/** What is known of one board at one moment. Plain data and pure functions: a delta makes a new picture. */

import type { Question } from "./told";
import type { Counts, Delta, Run, Snapshot, StateType } from "./wire";

/** A snapshot holds at most this many task runs. */
export const MOST_IN_SNAPSHOT = 500;
/** Beyond this the page forgets finished task runs, oldest first: the counts stay exact. */
const MOST_KEPT = 2000;
/** The first task runs are never forgotten: they are the ones on the screen. */
const ALWAYS_KEPT = 500;
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
	readonly questions: readonly Question[];
	readonly moreQuestions: number;
	/** Root runs by number, in order of start. */
	readonly roots: ReadonlyMap<number, Run>;
	/** Their descendants by number, in order of start. */
	readonly tasks: ReadonlyMap<number, Run>;
}

function stampOf(from: Snapshot | Delta) {
	const { session, board, seq, live, hint, more_runs, questions, more_questions } = from;
	return { session, board, seq, live, hint, moreRuns: more_runs, questions, moreQuestions: more_questions };
}

const byNumber = (runs: readonly Run[]): Map<number, Run> => new Map(runs.map((run) => [run.n, run]));

export const sameBoard = (a: { session: string; board: number }, b: { session: string; board: number }): boolean =>
	a.session === b.session && a.board === b.board;

/** A full snapshot leaves runs out; those known to have ended cannot have changed since and may stay. */
function stillTrue(before: Picture, snapshot: Snapshot): readonly Run[] {
	if (!sameBoard(before, snapshot) || snapshot.tasks.length < MOST_IN_SNAPSHOT) return [];
	return [...before.tasks.values()].filter(hasEnded);
}

export function fromSnapshot(snapshot: Snapshot, before: Picture | null): Picture {
	const tasks = byNumber(snapshot.tasks);
	for (const run of before ? stillTrue(before, snapshot) : []) if (!tasks.has(run.n)) tasks.set(run.n, run);
	return { ...stampOf(snapshot), roots: byNumber(snapshot.runs), tasks };
}

function forget(tasks: Map<number, Run>): void {
	const spare = [...tasks.values()].slice(ALWAYS_KEPT);
	const leaving = [...spare.filter((run) => run.state.type === "COMPLETED"), ...spare.filter(hasEnded)];
	for (const run of leaving) {
		if (tasks.size <= MOST_KEPT) return;
		tasks.delete(run.n);
	}
}

/** A run keeps the place it first had: a Map remembers the order in which its keys came. */
export function withDelta(before: Picture, delta: Delta): Picture {
	const roots = new Map(before.roots);
	const tasks = new Map(before.tasks);
	for (const run of delta.rows) {
		if (run.parent === null && (roots.has(run.n) || roots.size < MOST_ROOTS)) roots.set(run.n, run);
	}
	for (const run of delta.rows) if (run.parent !== null && roots.has(run.root)) tasks.set(run.n, run);
	if (tasks.size > MOST_KEPT) forget(tasks);
	return { ...stampOf(delta), roots, tasks };
}

function grouped(runs: Iterable<Run>, key: (run: Run) => number): Map<number, Run[]> {
	const groups = new Map<number, Run[]>();
	for (const run of runs) {
		const group = groups.get(key(run));
		if (group) group.push(run);
		else groups.set(key(run), [run]);
	}
	return groups;
}

/** Each run right below its parent, so that the indent tells the truth when flows run side by side. */
function inTreeOrder(root: number, runs: readonly Run[]): readonly Run[] {
	const known = new Set(runs.map((run) => run.n));
	const children = grouped(runs, (run) => (run.parent !== null && known.has(run.parent) ? run.parent : root));
	const out: Run[] = [];
	const waiting = [...(children.get(root) ?? [])].reverse();
	for (let run = waiting.pop(); run; run = waiting.pop()) {
		out.push(run);
		waiting.push(...[...(children.get(run.n) ?? [])].reverse());
	}
	return out;
}

/** The descendants of each root run, in the order they are drawn. */
export function descendants(picture: Picture): ReadonlyMap<number, readonly Run[]> {
	const groups = grouped(picture.tasks.values(), (run) => run.root);
	return new Map([...groups].map(([root, runs]) => [root, inTreeOrder(root, runs)]));
}
