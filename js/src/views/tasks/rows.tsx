/** One line of the list of tasks. */

import type { Clock } from "../../clock";
import { clockTime } from "../../format";
import { colour, lookOf } from "../../palette";
import { wentWrong } from "../../picture";
import type { Run } from "../../wire";
import { doing, isWaitingToRetry, retryText } from "../../words";
import { useTicking } from "../live";
import { memo } from "../memo";
import { Icon, Name, RowName } from "../parts";
import { placed, type RowPlace } from "../rows/VirtualRows";
import { took } from "../Says";

type Props = RowPlace & { run: Run; clock: Clock; picked: boolean };

export const TaskRow = memo(({ run, clock, picked, ...place }: Props) => {
	const { state } = run;
	const look = lookOf(state.name, state.type);
	return (
		<div
			{...placed(place)}
			tabIndex={place.reached ? 0 : -1}
			role="option"
			class="row task-line"
			data-run={run.n}
			data-state={state.name}
			aria-selected={picked}
		>
			<span class="word" style={{ color: colour(look) }}>
				<Icon look={look} />
				<bdi>{state.name}</bdi>
			</span>
			<span class="cell">
				<RowName run={run} />
			</span>
			<span class="number">{run.attempt > 1 ? `${run.attempt} of ${run.attempts}` : ""}</span>
			<Took run={run} clock={clock} />
			<span class="number when">{clockTime(run.start ?? run.created)}</span>
			<Why run={run} clock={clock} />
		</div>
	);
});

function Took({ run, clock }: { run: Run; clock: Clock }) {
	const text = useTicking(() => took(run, clock), [run, clock]);
	return <span class="number">{text}</span>;
}

function Why({ run, clock }: { run: Run; clock: Clock }) {
	const text = useTicking(() => why(run, clock), [run, clock]);
	return (
		<span class="cell">
			<Name class="why-not" text={text} />
		</span>
	);
}

function why(run: Run, clock: Clock): string {
	if (isWaitingToRetry(run)) return retryText(run.retry_at ?? 0, clock.now.value);
	if (wentWrong(run)) return run.error?.title ?? run.state.message ?? "";
	return run.waits ? doing(run) : (run.state.message ?? "");
}

export function BlankTask(place: RowPlace) {
	return (
		<div
			{...placed(place)}
			tabIndex={place.reached ? 0 : -1}
			role="option"
			aria-selected={false}
			class="row task-line blank"
			aria-busy="true"
		>
			<span>…</span>
		</div>
	);
}
