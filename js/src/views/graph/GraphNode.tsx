/** One node of the graph: what it is, how it is, how far; a subflow opens. */

import type { Clock } from "../../clock";
import { groupLook } from "../../density";
import { duration, plural, tenths, thousands } from "../../format";
import { colour, LOOKS } from "../../palette";
import { useTicking } from "../live";
import { Icon, Name, Unseen } from "../parts";
import type { Spot } from "./layout";
import { brief, type Part, parts, unseen } from "./states";
import type { Vertex } from "./vertices";

interface Props {
	vertex: Vertex;
	spot: Spot | undefined;
	/** A subflow whose inside is drawn. */
	open: boolean;
	/** What it came after. */
	after: readonly string[];
	/** One of its runs is the one whose detail is shown. */
	picked: boolean;
	/** Whether the Tab key stops here. */
	reached: boolean;
	clock: Clock;
	select: () => void;
	toggle: () => void;
	reach: () => void;
}

export function GraphNode({ vertex, spot, open, after, picked, reached, clock, select, toggle, reach }: Props) {
	if (!spot) return null;
	const place = { left: `${spot.x}px`, top: `${spot.y}px`, width: `${spot.width}px`, height: `${spot.height}px` };
	const all = parts(vertex);
	const many = vertex.total > 1;
	const kind = `${open ? "node cluster" : "node"}${picked ? " picked" : ""}`;
	const stop = reached ? 0 : -1;
	return (
		<div class={kind} style={place} data-state={all[0]?.name} onFocusIn={reach}>
			<button type="button" class="node-main" tabIndex={stop} aria-pressed={picked} onClick={select}>
				<span class="node-name">
					<span class="node-who">
						<Icon look={groupLook(vertex)} />
						<Name class="task" text={vertex.of} />
					</span>
					{many && <span class="node-times">× {thousands(vertex.total)}</span>}
				</span>
				{many ? <Brief all={all} /> : <Single vertex={vertex} part={all[0]} clock={clock} />}
				{many && <Shares all={all} />}
				<Unseen>{unseen(vertex, after)}</Unseen>
			</button>
			{vertex.inner.length > 0 && <Fold vertex={vertex} open={open} stop={stop} toggle={toggle} />}
		</div>
	);
}

function Fold({ vertex, open, stop, toggle }: { vertex: Vertex; open: boolean; stop: number; toggle: () => void }) {
	const [n, nodes] = plural(vertex.inner.length, "node").split(" ");
	return (
		<button type="button" class="node-fold" tabIndex={stop} aria-expanded={open} onClick={toggle}>
			{open ? "−" : `+${n}`}
			<Unseen>
				{open ? ` ${n}` : ""} {nodes} inside <bdi>{vertex.of}</bdi>
			</Unseen>
		</button>
	);
}

/** "Running 2.1 s"; where it is too long the word goes, which the icon says as well. */
function Single({ vertex, part, clock }: { vertex: Vertex; part: Part | undefined; clock: Clock }) {
	const { start, end } = vertex;
	const took = useTicking(() => {
		if (start === null) return "";
		return end === null ? tenths(clock.now.value - start) : duration(end - start);
	}, [start, end, clock]);
	return (
		<span class="node-state single">
			{took && <span>{took}</span>}
			<bdi class="node-word">{part?.name ?? ""}</bdi>
		</span>
	);
}

/** "3 ✕ 812 ✓", as many as fit. */
function Brief({ all }: { all: readonly Part[] }) {
	return (
		<span class="node-state" aria-hidden="true">
			{brief(all).map((part) => (
				<span key={part.name} style={{ color: colour(part.look) }}>
					{thousands(part.n)} {LOOKS[part.look].icon}
				</span>
			))}
		</span>
	);
}

function Shares({ all }: { all: readonly Part[] }) {
	return (
		<span class="bar node-bar">
			{all.map(({ name, look, n }) => (
				<span key={name} class={LOOKS[look].fill} style={{ flexGrow: n, color: colour(look) }} />
			))}
		</span>
	);
}
