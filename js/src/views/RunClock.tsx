/** How long a run has taken, as a clock. */

import type { Clock } from "../clock";
import { clockText, duration } from "../format";
import type { Run } from "../wire";
import { secondsSince, useTicking } from "./live";

export function RunClock({ run, clock }: { run: Run; clock: Clock }) {
	const text = useTicking(() => headerText(run, clock), [run.start, run.end, clock]);
	return <span class="clock">{text}</span>;
}

function headerText(run: Run, clock: Clock): string {
	if (run.start === null) return "";
	const seconds = secondsSince(run.start, run, clock);
	return run.end !== null && seconds < 1 ? duration(seconds) : clockText(seconds);
}
