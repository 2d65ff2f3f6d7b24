/** First answer first: the state, whose it is, how long, and the way to stop it. */

import type { RunModel } from "../model";
import { hasEnded } from "../picture";
import type { Run } from "../wire";
import { doing, isWaitingToRetry } from "../words";
import { CancelButton } from "./CancelButton";
import { Doing } from "./Doing";
import { HookTally, Names, StateWord } from "./parts";
import { RunClock } from "./RunClock";

interface Props {
	run: Run;
	model: RunModel;
	hooksOpen: boolean;
	toggleHooks: () => void;
	fold: () => void;
}

export function RunHeader({ run, model, hooksOpen, toggleHooks, fold }: Props) {
	const busy = !hasEnded(run) && (isWaitingToRetry(run) || doing(run) !== run.state.name);
	return (
		<div class="head">
			<StateWord state={run.state} />
			<Names run={run} />
			{run.hooks.length > 0 && (
				<button type="button" class="plain" aria-expanded={hooksOpen} onClick={toggleHooks}>
					<HookTally ok={run.hooks_ok} failed={run.hooks_failed} />
					{run.hooks_ok + run.hooks_failed === 0 && "hooks …"}
				</button>
			)}
			{busy && <Doing class="run" run={run} clock={model.clock} />}
			<RunClock run={run} clock={model.clock} />
			<CancelButton run={run} model={model} />
			<button type="button" class="plain fold" aria-expanded={true} aria-label="Show as one line" onClick={fold}>
				▾
			</button>
		</div>
	);
}
