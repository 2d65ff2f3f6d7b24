/** What a run is doing: a countdown to its next try, or a word. */

import type { Clock } from "../clock";
import type { Run } from "../wire";
import { doing, isWaitingToRetry, retryText } from "../words";
import { useTicking } from "./live";
import { Name } from "./parts";

export function Doing({ run, clock, class: kind }: { run: Run; clock: Clock; class: string }) {
	const text = useTicking(
		() => (isWaitingToRetry(run) ? retryText(run.retry_at ?? 0, clock.now.value) : doing(run)),
		[run, clock],
	);
	return <Name class={kind} text={text} />;
}
