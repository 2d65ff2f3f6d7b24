/** First answer first: the state, whose it is, how long, and the way to stop it. */

import type { RunModel } from "../model";
import { hasEnded } from "../picture";
import type { Run } from "../wire";
import { doing, isWaitingToRetry, tallied } from "../words";
import { CancelButton } from "./CancelButton";
import { Doing } from "./Doing";
import { HookTally, Names, StateWord } from "./parts";
import { RunClock } from "./RunClock";

interface Props {
	run: Run;
	below: readonly Run[];
	model: RunModel;
	hooksOpen: boolean;
	toggleHooks: () => void;
	fold: () => void;
}

export function RunHeader({ run, below, model, hooksOpen, toggleHooks, fold }: Props) {
	const busy = !hasEnded(run) && (isWaitingToRetry(run) || doing(run) !== run.state.name);
	return (
		<div class="head">
			<StateWord state={run.state} />
			<Names run={run} />
			<HooksButton runs={[run, ...below]} open={hooksOpen} toggle={toggleHooks} />
			{busy && <Doing class="run" run={run} clock={model.clock} />}
			<RunClock run={run} clock={model.clock} />
			<CancelButton run={run} model={model} />
			<button type="button" class="plain fold" aria-expanded={true} aria-label="Show as one line" onClick={fold}>
				▾
			</button>
		</div>
	);
}

/** The hooks of the run and of all below it. */
function HooksButton({ runs, open, toggle }: { runs: readonly Run[]; open: boolean; toggle: () => void }) {
	if (!runs.some((run) => run.hooks.length > 0)) return null;
	const { ok, failed } = tallied(runs);
	return (
		<button type="button" class="plain" aria-expanded={open} onClick={toggle}>
			{ok + failed > 0 ? <HookTally ok={ok} failed={failed} /> : "hooks …"}
		</button>
	);
}
