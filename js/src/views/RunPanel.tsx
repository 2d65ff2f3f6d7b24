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
import { HookList } from "./HookList";
import { secondsSince, useTicking } from "./live";
import { OneLine } from "./OneLine";
import { RunHeader } from "./RunHeader";
import { TaskRows } from "./TaskRows";

const SMALL_SECONDS = 1;
const SMALL_TOTAL = 3;

export function RunPanel({
	run,
	below,
	room,
	model,
}: {
	run: Run;
	below: readonly Run[];
	room: number;
	model: RunModel;
}) {
	const small = useSmall(run, below, model.clock);
	const wish = useSignal<"line" | "panel" | null>(null);
	const isLine = (wish.value ?? (small ? "line" : "panel")) === "line";
	return (
		<section class="panel" data-run={run.n} data-state={run.state.name}>
			{isLine ? (
				<OneLine run={run} below={below} clock={model.clock} unfold={() => (wish.value = "panel")} />
			) : (
				<Unfolded run={run} below={below} room={room} model={model} fold={() => (wish.value = "line")} />
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

interface Props {
	run: Run;
	below: readonly Run[];
	room: number;
	model: RunModel;
	fold: () => void;
}

function Unfolded({ run, below, room, model, fold }: Props) {
	const hooksOpen = useSignal(false);
	const failure = failureOf(run, below);
	const message = hasEnded(run) && !run.error ? run.state.message : null;
	return (
		<>
			<RunHeader
				run={run}
				below={below}
				model={model}
				hooksOpen={hooksOpen.value}
				toggleHooks={() => (hooksOpen.value = !hooksOpen.value)}
				fold={fold}
			/>
			<CountsBar run={run} />
			<CancelNotes run={run} model={model} />
			{message && <p class="note">{message}</p>}
			{failure && <ErrorBox error={failure.error} of={failure.of} />}
			{hooksOpen.value && (
				<div class="opened">
					<HookList runs={[run, ...below]} />
				</div>
			)}
			<TaskRows root={run} below={below} room={room} clock={model.clock} />
		</>
	);
}
