/** How far: a thin bar, and a count for each state that task runs are in, which a click filters by. */

import { useRef } from "preact/hooks";
import { thousands } from "../format";
import { colour, LOOK_NAMES, LOOKS, type LookName, lookOf } from "../palette";
import { hasEnded } from "../picture";
import type { Counts, Run } from "../wire";
import { folded } from "../words";
import { Icon } from "./parts";

interface Part {
	name: string;
	look: LookName;
	n: number;
	/** The most it has been: its place on the line is wide enough for that. */
	most: number;
}

/** In the palette's order; names that the notebook made up come last. */
function parts(counts: Counts, most: Counts): readonly Part[] {
	const all = [...most].map(([name, most]) => ({
		name,
		look: lookOf(name, "PENDING"),
		n: counts.get(name) ?? 0,
		most,
	}));
	const place = (part: Part): number => LOOK_NAMES.indexOf(part.look);
	return all.sort((a, b) => place(a) - place(b));
}

/** While a run is live a state once seen keeps its place, at zero too, so that the others do not move. */
function useMost(run: Run, counts: Counts): Counts {
	const most = useRef(new Map<string, number>());
	if (hasEnded(run)) most.current = new Map();
	for (const [name, n] of counts) most.current.set(name, Math.max(n, most.current.get(name) ?? 0));
	return most.current;
}

interface Props {
	run: Run;
	/** The state that the tasks are filtered by. */
	chosen: string | null;
	choose: (name: string | null) => void;
}

export function CountsBar({ run, chosen, choose }: Props) {
	const counts = folded(run.counts);
	const counted = parts(counts, useMost(run, counts));
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
					<Chip key={part.name} part={part} chosen={part.name === chosen} choose={choose} />
				))}
			</ul>
		</>
	);
}

interface ChipProps {
	part: Part;
	chosen: boolean;
	choose: Props["choose"];
}

function Chip({ part: { name, look, n, most }, chosen, choose }: ChipProps) {
	return (
		<li>
			<button
				type="button"
				class={n === 0 ? "chip none" : "chip"}
				aria-pressed={chosen}
				onClick={() => choose(chosen ? null : name)}
			>
				<Icon look={look} />
				<span class="n" style={{ color: colour(look) }}>
					{thousands(n)}
				</span>
				<bdi style={{ marginInlineEnd: `${thousands(most).length - thousands(n).length}ch` }}>{name}</bdi>
			</button>
		</li>
	);
}
