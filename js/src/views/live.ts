/** Values that move with the clock while a run is live, and stand still once it has ended. */

import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Clock } from "../clock";
import type { Moment, Run } from "../wire";

/** Re-renders only when the value changes, not at every tick. */
export function useTicking<T>(value: () => T, depends: readonly unknown[]): T {
	return useMemo(() => computed(value), depends).value;
}

/** Seconds from `from` to the run's end, or to now. */
export function secondsSince(from: Moment, run: Run, clock: Clock): number {
	return Math.max(0, (run.end ?? clock.now.value) - from);
}
