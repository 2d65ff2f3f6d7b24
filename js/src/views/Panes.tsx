/** The ways to look at one run: over time, as a list, as a graph, its hooks, its log. */

import { type Signal, useSignal } from "@preact/signals";
import { thousands } from "../format";
import type { RunModel } from "../model";
import { EVERYTHING, type Filter } from "../roll";
import type { Group, Layout, Run } from "../wire";
import { Graph } from "./graph/Graph";
import { HooksTab } from "./hooks/HooksTab";
import { LogTab } from "./log/LogTab";
import { Tabs } from "./Tabs";
import { Tasks } from "./tasks/Tasks";
import { Timeline, type TimelineState, useTimelineState } from "./timeline/Timeline";

const PANES = ["Timeline", "Tasks", "Graph", "Hooks", "Log"] as const;
type Pane = (typeof PANES)[number];

export interface PanesState {
	readonly chosen: Signal<Pane>;
	readonly filter: Signal<Filter>;
	readonly timeline: TimelineState;
	/** The state whose tasks are shown. */
	readonly state: string | null;
	/** Shows the tasks that are in a state. */
	choose: (state: string | null) => void;
}

export function usePanes(layout: Layout): PanesState {
	const chosen = useSignal<Pane>(PANES.find((pane) => pane.toLowerCase() === layout) ?? "Timeline");
	const filter = useSignal(EVERYTHING);
	const timeline = useTimelineState();
	const choose = (state: string | null): void => {
		filter.value = { ...filter.value, state };
		if (state !== null) chosen.value = "Tasks";
	};
	return { chosen, filter, timeline, state: chosen.value === "Tasks" ? filter.value.state : null, choose };
}

interface Props {
	root: Run;
	below: readonly Run[];
	groups: readonly Group[];
	model: RunModel;
	panes: PanesState;
}

export function Panes({ root, below, groups, model, panes: { chosen, filter, timeline } }: Props) {
	const hooks = [root, ...groups].reduce((sum, { hooks_ok, hooks_failed }) => sum + hooks_ok + hooks_failed, 0);
	const tabs = [
		{ name: "Timeline" },
		{ name: "Tasks" },
		{ name: "Graph" },
		{ name: "Hooks", count: counted(hooks) },
		{ name: "Log", count: counted(root.logged) },
	];
	return (
		<Tabs
			tabs={tabs}
			chosen={chosen.value}
			choose={(name) => (chosen.value = name as Pane)}
			label={`Looks at ${root.name}`}
		>
			{chosen.value === "Timeline" && <Timeline root={root} model={model} state={timeline} />}
			{chosen.value === "Tasks" && <Tasks root={root} model={model} filter={filter} />}
			{chosen.value === "Graph" && <Graph root={root} groups={groups} rows={below} model={model} />}
			{chosen.value === "Hooks" && <HooksTab root={root} below={below} model={model} />}
			{chosen.value === "Log" && <LogTab root={root} model={model} />}
		</Tabs>
	);
}

const counted = (n: number): string => (n > 0 ? thousands(n) : "");
