/** Each run a bar over time, below the run that called it; many of one kind fold into one row. */

import { type Signal, useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useMemo } from "preact/hooks";
import type { RunModel } from "../../model";
import { groupKey, type Line, type Outline, runKey, treeOf, type Wishes } from "../../outline";
import type { Hook, Run } from "../../wire";
import { IN_SIGHT, ROW, type RowPlace, VirtualRows } from "../rows/VirtualRows";
import { Axis } from "./Axis";
import { BlankRow, GroupRow, RuleRow, RunRow } from "./rows";
import { useMoving } from "./useMoving";
import { NEARER, type TimeShown, useSpan, useZoom, type Zoom } from "./useSpan";

/** What a reader has chosen here, which stays while another pane is looked at. */
export interface TimelineState {
	readonly wishes: Signal<Wishes>;
	readonly zoom: Zoom;
}

export const useTimelineState = (): TimelineState => ({ wishes: useSignal<Wishes>(new Map()), zoom: useZoom() });

interface Props {
	root: Run;
	model: RunModel;
	state: TimelineState;
}

export function Timeline({ root, model, state: { wishes, zoom } }: Props) {
	const time = useSpan(root, model.clock, zoom);
	const moving = useMoving(time);
	const members = model.members.value;
	const outline = useMemo(() => treeOf(root, members, wishes.value), [root, members, wishes.value]);
	const unfold = (line: Line | null, open: boolean): boolean => {
		const key = line && foldKey(line);
		if (!key || line?.kind === "rule" || line?.open === open) return false;
		wishes.value = new Map(wishes.value).set(key, open);
		return true;
	};
	const keys = { onKeyDown: (event: TargetedKeyboardEvent<HTMLElement>) => zoomByKey(event, time) };
	const height = Math.min(outline.count, IN_SIGHT) * ROW;
	return (
		<div class="timeline" {...moving} {...keys}>
			<VirtualRows
				role="tree"
				label={`Timeline of ${root.name}`}
				count={outline.count}
				keyAt={(i) => outline.at(i)?.key}
				indexOf={(key) => outline.indexOf(key)}
				seen={(from, to) => outline.want(from, to)}
				row={(i, place) => drawn(outline.at(i), place, model, time)}
				onClick={(i, event) => clicked(outline.at(i), event, model, unfold)}
				onKey={(event, i, go) => pressed(event, i, go, { outline, model, unfold })}
				head={<Axis time={time} origin={root.created} clock={model.clock} height={height} />}
			/>
		</div>
	);
}

function drawn(line: Line | null, place: RowPlace, model: RunModel, { span }: TimeShown) {
	if (!line) return null;
	const at = { ...place, depth: line.depth, span, clock: model.clock };
	if (line.kind === "rule") return <RuleRow {...at} group={line.group} />;
	if (line.kind === "group") {
		const { group, open } = line;
		return <GroupRow {...at} group={group} open={open} runs={model.members.value.known(group.g)} />;
	}
	const { run, open } = line;
	if (!run) return <BlankRow {...at} of={line.of} />;
	return <RunRow {...at} run={run} open={open} picked={model.selected.value === run.n} />;
}

function foldKey(line: Line): string | null {
	if (line.kind === "group") return groupKey(line.group.g);
	return line.kind === "run" && line.run && line.open !== null ? runKey(line.run.n) : null;
}

type Unfold = (line: Line | null, open: boolean) => boolean;

function clicked(line: Line | null, event: Event, model: RunModel, unfold: Unfold): void {
	const at = event.target instanceof Element ? event.target : null;
	if (!line || line.kind === "rule") return;
	if (line.kind === "group" || at?.closest(".fold")) unfold(line, !line.open);
	else if (line.run) {
		const mark = at?.closest<HTMLElement>("[data-hook]");
		pick(line.run, model, mark ? (line.run.hooks[Number(mark.dataset.hook)] ?? null) : null);
	}
}

/** A second click closes what the first has opened; one on a hook always shows it. */
export function pick(run: Run, model: RunModel, hook: Hook | null = null): void {
	const again = model.selected.peek() === run.n && hook === null;
	model.select(again ? null : run.n, hook);
}

interface Around {
	outline: Outline;
	model: RunModel;
	unfold: Unfold;
}

function pressed(event: KeyboardEvent, i: number, go: (to: number) => void, around: Around): boolean {
	const line = around.outline.at(i);
	if (!line || event.shiftKey || event.ctrlKey || event.metaKey) return false;
	if (event.key === "ArrowRight") return around.unfold(line, true) || goInside(around.outline, i, line, go);
	if (event.key === "ArrowLeft") return around.unfold(line, false) || goOutside(around.outline, i, line, go);
	if (event.key !== "Enter" && event.key !== " ") return false;
	if (line.kind === "group") around.unfold(line, !line.open);
	else if (line.kind === "run" && line.run) pick(line.run, around.model);
	return true;
}

function goInside(outline: Outline, i: number, line: Line, go: (to: number) => void): boolean {
	if ((outline.at(i + 1)?.depth ?? 0) > line.depth) go(i + 1);
	return true;
}

/** Among a hundred thousand rows the parent is found by its pieces, not by walking. */
function goOutside(outline: Outline, i: number, line: Line, go: (to: number) => void): boolean {
	const parent = outline.parentOf(i, line.depth);
	if (parent >= 0) go(parent);
	return true;
}

function zoomByKey(event: TargetedKeyboardEvent<HTMLElement>, time: TimeShown): void {
	if (event.ctrlKey || event.metaKey || event.altKey) return;
	if (event.key === "+" || event.key === "=") time.zoom(NEARER);
	else if (event.key === "-") time.zoom(1 / NEARER);
	else if (event.key === "0") time.fit();
	else if (event.shiftKey && event.key === "ArrowLeft") time.pan(-1 / 8);
	else if (event.shiftKey && event.key === "ArrowRight") time.pan(1 / 8);
	else return;
	event.preventDefault();
	event.stopPropagation();
}
