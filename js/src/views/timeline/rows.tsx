/** The rows of the timeline: a run, many runs as one, and the line between some of them and all. */

import type { Clock } from "../../clock";
import { groupLook, groupTally } from "../../density";
import { thousands } from "../../format";
import { colour, lookOf } from "../../palette";
import type { Span } from "../../span";
import type { Group, Run } from "../../wire";
import { countsText } from "../../words";
import { Lane } from "../Lane";
import { memo } from "../memo";
import { Icon, Name, RowName, Unseen } from "../parts";
import { placed, type RowPlace } from "../rows/VirtualRows";
import { Says } from "../Says";
import { Density } from "./Density";

interface Placed extends RowPlace {
	depth: number;
	span: Span;
	clock: Clock;
}

const indent = (depth: number) => ({ paddingLeft: `${12 + 18 * depth}px` });

export function Fold({ open }: { open: boolean }) {
	return (
		<i class="fold" aria-hidden="true">
			{open ? "▾" : "▸"}
		</i>
	);
}

type RunProps = Placed & { run: Run; open: boolean | null; picked: boolean };

export const RunRow = memo(({ run, open, picked, ...at }: RunProps) => (
	<div
		{...placed(at)}
		tabIndex={at.reached ? 0 : -1}
		role="treeitem"
		aria-level={at.depth + 1}
		class="row"
		data-run={run.n}
		data-state={run.state.name}
		aria-selected={picked}
		aria-expanded={open ?? undefined}
	>
		<span class="label" style={indent(at.depth)}>
			<Icon look={lookOf(run.state.name, run.state.type)} />
			<Unseen>{run.state.name} </Unseen>
			{open !== null && <Fold open={open} />}
			<RowName run={run} />
			<Says run={run} clock={at.clock} />
		</span>
		<Lane run={run} span={at.span} clock={at.clock} />
	</div>
));

type GroupProps = Placed & { group: Group; runs: readonly Run[]; open: boolean };

export const GroupRow = memo(({ group, runs, open, ...at }: GroupProps) => {
	const look = groupLook(group);
	return (
		<div
			{...placed(at)}
			tabIndex={at.reached ? 0 : -1}
			role="treeitem"
			aria-level={at.depth + 1}
			class="row group"
			data-group={group.g}
			data-state={look}
			aria-expanded={open}
		>
			<span class="label" style={indent(at.depth)}>
				<Icon look={look} />
				<Fold open={open} />
				<Name class="task" text={group.of} />
				<span class="times">× {thousands(group.total)}</span>
				<Unseen>{countsText(group.counts)}</Unseen>
				<Tally group={group} />
			</span>
			<Density group={group} runs={runs} span={at.span} clock={at.clock} />
		</div>
	);
});

function Tally({ group }: { group: Group }) {
	const { ok, wrong } = groupTally(group);
	if (ok + wrong === 0) return null;
	return (
		<span class="says" aria-hidden="true">
			{ok > 0 && `${thousands(ok)} ✓`}{" "}
			{wrong > 0 && <span style={{ color: colour("Failed") }}>{thousands(wrong)} ✕</span>}
		</span>
	);
}

/** A row whose page has not come yet. */
export function BlankRow({ of, ...at }: Placed & { of: string }) {
	return (
		<div
			{...placed(at)}
			tabIndex={at.reached ? 0 : -1}
			role="treeitem"
			aria-level={at.depth + 1}
			class="row blank"
			aria-busy="true"
		>
			<span class="label" style={indent(at.depth)}>
				<Name class="task" text={`${of} …`} />
			</span>
		</div>
	);
}

export function RuleRow({ group, ...at }: Placed & { group: Group }) {
	return (
		<div {...placed(at)} tabIndex={at.reached ? 0 : -1} role="treeitem" aria-level={at.depth + 1} class="row rule">
			<span class="label" style={indent(at.depth)}>
				all {thousands(group.total)}
			</span>
		</div>
	);
}
