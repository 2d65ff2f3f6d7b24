/** A few runs on one lane, each with a bar of its own: those at the same time lie one above the other. */

import { type Stretch, stretches } from "./lane";
import type { Run } from "./wire";

const MOST_RUNS = 60;
const MOST_FLOORS = 6;

export interface Piece {
	readonly stretch: Stretch;
	readonly floor: number;
}
export interface Packed {
	readonly pieces: readonly Piece[];
	readonly floors: number;
}

/** Null for so many runs, or so many at once, that their density tells more. A run keeps its floor. */
export function packed(runs: readonly Run[]): Packed | null {
	if (runs.length > MOST_RUNS) return null;
	const busyUntil: number[] = [];
	const pieces: Piece[] = [];
	const started = runs.filter(({ start }) => start !== null);
	for (const run of started.sort((a, b) => (a.start ?? 0) - (b.start ?? 0) || a.n - b.n)) {
		const free = busyUntil.findIndex((end) => end <= (run.start ?? 0));
		const floor = free < 0 ? busyUntil.length : free;
		busyUntil[floor] = run.end ?? Number.POSITIVE_INFINITY;
		for (const stretch of stretches(run)) if (!stretch.waiting) pieces.push({ stretch, floor });
	}
	return pieces.length > 0 && busyUntil.length <= MOST_FLOORS ? { pieces, floors: busyUntil.length } : null;
}
