/** What a row says beside its name: how long, or what it is waiting for. */

import type { Clock } from "../clock";
import { duration, tenths } from "../format";
import type { Run } from "../wire";
import { aside, isWaitingToRetry, retryText } from "../words";
import { secondsSince, useTicking } from "./live";
import { Name } from "./parts";

export function Says({ run, clock }: { run: Run; clock: Clock }) {
	const text = useTicking(() => saying(run, clock), [run, clock]);
	return <Name class="says" text={text} />;
}

function saying(run: Run, clock: Clock): string {
	if (isWaitingToRetry(run)) return retryText(run.retry_at ?? 0, clock.now.value);
	return aside(run) || took(run, clock);
}

/** Empty before the start; ticking until the end. */
export function took(run: Run, clock: Clock): string {
	if (run.start === null) return "";
	const seconds = secondsSince(run.start, run, clock);
	return run.end === null ? tenths(seconds) : duration(seconds);
}
