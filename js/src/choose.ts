/** Which of a run's descendants are drawn when there are too many to draw. */

import { hasEnded, wentWrong } from "./picture";
import type { Run } from "./wire";

/** Rows of one run; on a board of several runs each gets less. */
export const ROOM = 200;
export const ROOM_AMONG_OTHERS = 40;

/** The first rows, which stay; then those beyond them that need to be seen. */
export interface Choice {
	readonly shown: readonly Run[];
	readonly left: readonly Run[];
}

function urgency(run: Run): number {
	if (wentWrong(run)) return 0;
	if (run.state.name === "Retrying" || run.state.name === "AwaitingRetry") return 1;
	return run.kind === "flow" || hasEnded(run) || run.start === null ? 3 : 2;
}

/**
 * The first three quarters of the room belong to the first rows, whatever happens to them: rows keep their place.
 * Only failures, retries and what is running beyond them may take from that, a quarter of the room at a time,
 * so that the border does not move with every start and end.
 */
export function choose(runs: readonly Run[], room: number, pinned: ReadonlySet<number>): Choice {
	if (runs.length <= room) return { shown: runs, left: [] };
	const urgencies = new Map(runs.map((run) => [run, pinned.has(run.n) ? 0 : urgency(run)]));
	const urgent = (from: number): Run[] => runs.slice(from).filter((run) => (urgencies.get(run) ?? 3) < 3);
	const quarter = Math.floor(room / 4);
	const first = [3, 2, 1].map((n) => n * quarter).find((n) => n + urgent(n).length <= room) ?? 0;
	const byUrgency = urgent(first).sort((a, b) => (urgencies.get(a) ?? 3) - (urgencies.get(b) ?? 3));
	const chosen = new Set([...runs.slice(0, first), ...byUrgency.slice(0, room - first)]);
	return { shown: runs.filter((run) => chosen.has(run)), left: runs.filter((run) => !chosen.has(run)) };
}

/** What the runs not drawn are doing. The root counts task runs exactly, also those this page was never told of. */
export function countLeft(root: Run, choice: Choice): ReadonlyMap<string, number> {
	const left = new Map(root.counts);
	const add = (run: Run, n: number) => left.set(run.state.name, (left.get(run.state.name) ?? 0) + n);
	for (const run of choice.shown) if (run.kind === "task") add(run, -1);
	for (const run of choice.left) if (run.kind === "flow") add(run, 1);
	return new Map([...left].filter(([, n]) => n > 0));
}
