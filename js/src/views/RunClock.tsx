/** How long a run has taken: as a clock in a header, in words on a row. */

import type { Clock } from "../clock";
import { clockText, duration, tenths } from "../format";
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

export function Took({ run, clock }: { run: Run; clock: Clock }) {
	const text = useTicking(() => rowText(run, clock), [run.start, run.end, clock]);
	return <span class="took">{text}</span>;
}

function rowText(run: Run, clock: Clock): string {
	if (run.start === null) return "";
	const seconds = secondsSince(run.start, run, clock);
	return run.end === null ? tenths(seconds) : duration(seconds);
}
