/** How far: a thin bar and a count for each state that task runs are in. */

import { useRef } from "preact/hooks";
import { thousands } from "../format";
import { colour, LOOK_NAMES, LOOKS, type LookName, lookOf } from "../palette";
import type { Run } from "../wire";
import { Icon } from "./parts";

interface Part {
	name: string;
	look: LookName;
	n: number;
	/** The most it has been: its place on the line is wide enough for that. */
	most: number;
}

/** In the palette's order; names that the notebook made up come last. */
function parts(run: Run, most: ReadonlyMap<string, number>): readonly Part[] {
	const all = [...most].map(([name, most]) => ({
		name,
		look: lookOf(name, "PENDING"),
		n: run.counts.get(name) ?? 0,
		most,
	}));
	const place = (part: Part): number => LOOK_NAMES.indexOf(part.look);
	return all.sort((a, b) => place(a) - place(b));
}

/** While a run is live a state once seen keeps its place, at zero too, so that the others do not move. */
function useMost(run: Run): ReadonlyMap<string, number> {
	const most = useRef(new Map<string, number>());
	if (run.end !== null) most.current = new Map();
	for (const [name, n] of run.counts) most.current.set(name, Math.max(n, most.current.get(name) ?? 0));
	return most.current;
}

export function CountsBar({ run }: { run: Run }) {
	const counted = parts(run, useMost(run));
	if (counted.length === 0) return null;
	return (
		<>
			<div class="bar" aria-hidden="true">
				{counted.map(({ name, look, n }) =>
					n > 0 ? <span key={name} class={LOOKS[look].fill} style={{ flexGrow: n, color: colour(look) }} /> : null,
				)}
			</div>
			<ul class="counts">
				{counted.map((part) => (
					<Chip key={part.name} part={part} />
				))}
			</ul>
		</>
	);
}

function Chip({ part: { name, look, n, most } }: { part: Part }) {
	return (
		<li class={n === 0 ? "chip none" : "chip"}>
			<Icon look={look} />
			<span class="n" style={{ color: colour(look), minWidth: `${thousands(most).length}ch` }}>
				{thousands(n)}
			</span>
			<bdi>{name}</bdi>
		</li>
	);
}
