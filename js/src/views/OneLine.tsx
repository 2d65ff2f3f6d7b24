/** A run that is not worth more than a line, or that was folded into one. */

import type { Clock } from "../clock";
import type { Run } from "../wire";
import { HookTally, Names, StateWord } from "./parts";
import { RunClock } from "./RunClock";

interface Props {
	run: Run;
	below: readonly Run[];
	clock: Clock;
	unfold: () => void;
}

export function OneLine({ run, below, clock, unfold }: Props) {
	const all = [run, ...below];
	return (
		<button type="button" class="head line" aria-expanded={false} onClick={unfold}>
			<StateWord state={run.state} />
			<Names run={run} />
			<HookTally ok={sum(all, (r) => r.hooks_ok)} failed={sum(all, (r) => r.hooks_failed)} />
			<RunClock run={run} clock={clock} />
			<i class="fold" aria-hidden="true">
				▸
			</i>
		</button>
	);
}

function sum(runs: readonly Run[], of: (run: Run) => number): number {
	return runs.reduce((total, run) => total + of(run), 0);
}
