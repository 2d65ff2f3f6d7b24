/** Every run below a root, one a line, to look through by state and by text. */

import type { Signal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useMemo } from "preact/hooks";
import { thousands } from "../../format";
import type { RunModel } from "../../model";
import { EVERYTHING, type Filter, rollOf } from "../../roll";
import type { Run } from "../../wire";
import { type RowPlace, VirtualRows } from "../rows/VirtualRows";
import { pick } from "../timeline/Timeline";
import { BlankTask, TaskRow } from "./rows";

interface Props {
	root: Run;
	model: RunModel;
	filter: Signal<Filter>;
}

export function Tasks({ root, model, filter }: Props) {
	const members = model.members.value;
	const groups = useMemo(() => members.ofRoot(root.n), [root.n, members]);
	const { outline, unseen } = useMemo(
		() => rollOf(root, groups, members, filter.value),
		[root, groups, members, filter.value],
	);
	const runAt = (i: number): Run | null => {
		const line = outline.at(i);
		return line?.kind === "run" ? line.run : null;
	};
	return (
		<div class="tasks">
			<Sought filter={filter} found={outline.count} unseen={unseen} />
			<VirtualRows
				role="listbox"
				label={`Task runs of ${root.name}`}
				count={outline.count}
				keyAt={(i) => outline.at(i)?.key}
				indexOf={(key) => outline.indexOf(key)}
				seen={(from, to) => outline.want(from, to)}
				row={(i, place) => drawn(runAt(i), place, model)}
				onClick={(i) => pickAny(runAt(i), model)}
				onKey={(event, i) => pressed(event, runAt(i), model)}
				head={<Heads />}
			/>
		</div>
	);
}

function drawn(run: Run | null, place: RowPlace, model: RunModel) {
	if (!run) return <BlankTask {...place} />;
	return <TaskRow {...place} run={run} clock={model.clock} picked={model.selected.value === run.n} />;
}

function pickAny(run: Run | null, model: RunModel): boolean {
	if (run) pick(run, model);
	return true;
}

function pressed(event: TargetedKeyboardEvent<HTMLElement>, run: Run | null, model: RunModel): boolean {
	return (event.key === "Enter" || event.key === " ") && pickAny(run, model);
}

function Heads() {
	return (
		<div class="task-line heads" aria-hidden="true">
			{["state", "name", "try", "took", "at", ""].map((text) => (
				<span key={text}>{text}</span>
			))}
		</div>
	);
}

interface SoughtProps {
	filter: Signal<Filter>;
	found: number;
	unseen: number;
}

function Sought({ filter, found, unseen }: SoughtProps) {
	const { state, text } = filter.value;
	const anything = state !== null || text !== "";
	return (
		<div class="sought">
			<input
				type="search"
				placeholder="Find by name, error …"
				aria-label="Find runs by name or error"
				value={text}
				onInput={(event) => (filter.value = { state, text: event.currentTarget.value })}
			/>
			{anything && (
				<button type="button" class="plain" onClick={() => (filter.value = EVERYTHING)}>
					{state !== null && <bdi>{state}</bdi>} ✕<span class="unseen"> Show all</span>
				</button>
			)}
			<span class="quiet" role="status">
				{anything && `${thousands(found)} found`}
				{unseen > 0 && `, not looked at: ${thousands(unseen)} that this page does not hold`}
			</span>
		</div>
	);
}
