/** One root run: a line while it is small, and everything about it once it is not. */

import { useSignal } from "@preact/signals";
import type { Clock } from "../clock";
import { failureOf } from "../failure";
import type { RunModel } from "../model";
import { hasEnded, wentWrong } from "../picture";
import type { Run } from "../wire";
import { CancelNotes } from "./CancelButton";
import { CountsBar } from "./CountsBar";
import { ErrorBox } from "./ErrorBox";
import { secondsSince, useTicking } from "./live";
import { OneLine } from "./OneLine";
import { Panes, usePanes } from "./Panes";
import { RunHeader } from "./RunHeader";
import { Selected } from "./Selected";

const SMALL_SECONDS = 1;
const SMALL_TOTAL = 3;

interface Props {
	run: Run;
	below: readonly Run[];
	model: RunModel;
}

export function RunPanel({ run, below, model }: Props) {
	const small = useSmall(run, below, model.clock);
	const wish = useSignal<"line" | "panel" | null>(null);
	const compact = model.picture.value?.layout === "compact";
	const isLine = (wish.value ?? (small || compact ? "line" : "panel")) === "line";
	return (
		<section class="panel" data-run={run.n} data-state={run.state.name}>
			{isLine ? (
				<OneLine run={run} below={below} clock={model.clock} unfold={() => (wish.value = "panel")} />
			) : (
				<Unfolded run={run} below={below} model={model} fold={() => (wish.value = "line")} />
			)}
		</section>
	);
}

/** Quick, with few tasks, and nothing went wrong. */
function useSmall(run: Run, below: readonly Run[], clock: Clock): boolean {
	const from = run.start ?? run.created;
	const quick = useTicking(() => secondsSince(from, run, clock) <= SMALL_SECONDS, [from, run.end, clock]);
	return quick && Math.max(run.total, below.length) <= SMALL_TOTAL && ![run, ...below].some(wentWrong);
}

function Unfolded({ run, below, model, fold }: Props & { fold: () => void }) {
	const groups = model.members.value.ofRoot(run.n);
	const panes = usePanes(model.picture.value?.layout ?? "timeline");
	const failure = failureOf(run, below);
	const message = hasEnded(run) && !run.error ? run.state.message : null;
	return (
		<>
			<RunHeader run={run} groups={groups} model={model} fold={fold} />
			<CountsBar run={run} chosen={panes.state} choose={panes.choose} />
			<CancelNotes run={run} model={model} />
			{message && <p class="note">{message}</p>}
			{failure && <ErrorBox error={failure.error} of={failure.of} />}
			<Panes root={run} below={below} groups={groups} model={model} panes={panes} />
			<Selected root={run} model={model} />
		</>
	);
}
