/** The task runs of one root, as many as can be looked at, and a line for the others. */

import { useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useCallback } from "preact/hooks";
import { type Choice, choose, countLeft } from "../choose";
import type { Clock } from "../clock";
import { thousands } from "../format";
import { horizon } from "../lane";
import type { Run } from "../wire";
import { countsText, total } from "../words";
import { secondsSince, useTicking } from "./live";
import { TaskRow } from "./TaskRow";

interface Props {
	root: Run;
	below: readonly Run[];
	room: number;
	clock: Clock;
}

export function TaskRows({ root, below, room, clock }: Props) {
	const [open, toggle] = useOpen();
	const current = useSignal(-1);
	const seconds = useTicking(
		() => horizon(secondsSince(root.created, root, clock), root.end === null),
		[root.created, root.end, clock],
	);
	const choice = choose(below, room, open);
	const reached = choice.shown.find((run) => run.n === current.value) ?? choice.shown[0];
	if (!reached) return null;
	return (
		<>
			<ul class="rows" onKeyDown={moveFocus} onFocusIn={(event) => (current.value = runOf(event))}>
				{choice.shown.map((run) => (
					<TaskRow
						key={run.n}
						run={run}
						clock={clock}
						from={root.created}
						seconds={seconds}
						reached={run === reached}
						open={open.has(run.n)}
						toggle={toggle}
					/>
				))}
			</ul>
			<Left root={root} choice={choice} />
		</>
	);
}

/** The rows whose detail is open, and the way to open or close one. */
function useOpen() {
	const open = useSignal<ReadonlySet<number>>(new Set());
	const toggle = useCallback((n: number) => {
		const next = new Set(open.value);
		if (!next.delete(n)) next.add(n);
		open.value = next;
	}, []);
	return [open.value, toggle] as const;
}

function Left({ root, choice }: { root: Run; choice: Choice }) {
	const left = countLeft(root, choice);
	if (left.size === 0) return null;
	return (
		<p class="quiet left">
			… and {thousands(total(left))} more: <bdi>{countsText(left)}</bdi>
		</p>
	);
}

function runOf(event: Event): number {
	const item = event.target instanceof Element ? event.target.closest<HTMLElement>("li[data-run]") : null;
	return Number(item?.dataset.run ?? -1);
}

/** The rows are one stop of the Tab key; arrows go from row to row. */
function moveFocus(event: TargetedKeyboardEvent<HTMLElement>): void {
	const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("button.row")];
	const at = event.target instanceof HTMLElement ? rows.indexOf(event.target) : -1;
	const goals: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
	const goal = at < 0 ? undefined : rows[goals[event.key] ?? -1];
	if (!goal) return;
	event.preventDefault();
	goal.focus();
}
