/** A run that is not worth more than a line, or that was folded into one. */

import type { Clock } from "../clock";
import type { Run } from "../wire";
import { tallied } from "../words";
import { HookTally, Names, StateWord } from "./parts";
import { RunClock } from "./RunClock";

interface Props {
	run: Run;
	below: readonly Run[];
	clock: Clock;
	unfold: () => void;
}

export function OneLine({ run, below, clock, unfold }: Props) {
	return (
		<button type="button" class="head line" aria-expanded={false} onClick={unfold}>
			<StateWord state={run.state} />
			<Names run={run} />
			<HookTally {...tallied([run, ...below])} />
			<RunClock run={run} clock={clock} />
			<i class="fold" aria-hidden="true">
				▸
			</i>
		</button>
	);
}
