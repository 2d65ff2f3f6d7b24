/** First answer first: the state, whose it is, what it does now, how long, and the way to stop it. */

import type { RunModel } from "../model";
import { hasEnded } from "../picture";
import type { Group, Run } from "../wire";
import { doing, isWaitingToRetry, retryText, runningNow } from "../words";
import { CancelButton } from "./CancelButton";
import { useTicking } from "./live";
import { Menu } from "./Menu";
import { Name, Names, StateWord } from "./parts";
import { RunClock } from "./RunClock";
import { pick } from "./timeline/Timeline";

interface Props {
	run: Run;
	groups: readonly Group[];
	model: RunModel;
	fold: () => void;
}

export function RunHeader({ run, groups, model, fold }: Props) {
	return (
		<div class="head">
			<StateWord state={run.state} />
			<button
				type="button"
				class="plain names"
				title={`About ${run.name}`}
				aria-expanded={model.selected.value === run.n}
				onClick={() => pick(run, model)}
			>
				<Names run={run} />
			</button>
			<Now run={run} groups={groups} model={model} />
			<RunClock run={run} clock={model.clock} />
			<CancelButton run={run} model={model} />
			<Menu run={run} model={model} fold={fold} />
			<button type="button" class="plain fold" aria-expanded={true} aria-label="Show as one line" onClick={fold}>
				▾
			</button>
		</div>
	);
}

/** What the run itself waits for, or which of its tasks are at work. */
function Now({ run, groups, model }: Omit<Props, "fold">) {
	const { clock } = model;
	const text = useTicking(() => {
		if (hasEnded(run)) return "";
		if (isWaitingToRetry(run)) return retryText(run.retry_at ?? 0, clock.now.value);
		const own = doing(run);
		return own && own !== run.state.name ? own : runningNow(groups);
	}, [run, groups, clock]);
	return <Name class="at-work" text={text} />;
}
