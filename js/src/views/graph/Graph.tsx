/** The flow as a drawing: tasks and subflows with their state, and what waited for what. */

import { type Signal, useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { plural, thousands } from "../../format";
import type { RunModel } from "../../model";
import { PAGE } from "../../pages";
import type { Group, Run } from "../../wire";
import { Plain } from "../parts";
import { chosenOf } from "./choice";
import { Edges } from "./Edges";
import { useFolds } from "./folds";
import { GraphNode } from "./GraphNode";
import { drawn, MOST_DRAWN, type Plan, plan, structure } from "./plan";
import { steered } from "./steer";
import { type Vertex, type Vertices, verticesOf } from "./vertices";
import { useWidth } from "./width";
import { scaleOf, type Zoom, zoomed } from "./zoom";

interface Props {
	root: Run;
	/** All groups below the root. */
	groups: readonly Group[];
	rows: readonly Run[];
	model: RunModel;
}

/** Room at each side of the drawing, in pixels. */
const MARGIN = 12;

export function Graph({ root, groups, rows, model }: Props) {
	const vertices = verticesOf(root, groups, rows);
	if (vertices.tops.length === 0) return <p class="quiet left">No tasks yet.</p>;
	return <Pane root={root} vertices={vertices} rows={rows} model={model} />;
}

interface PaneProps {
	root: Run;
	vertices: Vertices;
	rows: readonly Run[];
	model: RunModel;
}

function Pane({ root, vertices: { tops, lost }, rows, model }: PaneProps) {
	const { isOpen, toggle } = useFolds(tops);
	const all = drawn(tops, isOpen);
	const shown = all.slice(0, MOST_DRAWN);
	const pane = useRef<HTMLDivElement>(null);
	const room = useWidth(pane).value - 2 * MARGIN;
	const keep = new Set(shown.map(({ key }) => key));
	const drawing = useMemo(() => plan(tops, isOpen, keep, room), [`${room}\n\n${structure(shown, isOpen)}`]);
	const zoom = useSignal<Zoom>("auto");
	const scale = scaleOf(zoom.value, drawing, room);
	return (
		<>
			<div class="pane-bar">
				<GraphNote all={all.length} drawing={drawing} lost={lost} />
				<ZoomButtons zoom={zoom} scale={scale} />
			</div>
			<div class="graph-pane" ref={pane}>
				<Drawing {...{ root, shown, rows, model, drawing, scale, isOpen, toggle }} />
			</div>
		</>
	);
}

function GraphNote({ all, drawing, lost }: { all: number; drawing: Plan; lost: number }) {
	const notes = [
		all > MOST_DRAWN ? `The first ${MOST_DRAWN} of ${plural(all, "node")}; all are under Tasks.` : plural(all, "node"),
		drawing.routes.length === 0 && all > 1 && "No futures were passed on: there are no lines to draw",
		lost > 0 && `${thousands(lost)} more inside subflows that are not known here`,
	];
	return <p class="quiet">{notes.filter(Boolean).join(". ")}</p>;
}

function ZoomButtons({ zoom, scale }: { zoom: Signal<Zoom>; scale: number }) {
	const button = (text: string, label: string, next: Zoom) => (
		<Plain aria-label={label} title={label} onClick={() => (zoom.value = next)}>
			{text}
		</Plain>
	);
	return (
		<div class="zoom">
			{button("−", "Smaller graph", zoomed(scale, false))}
			{button("+", "Larger graph", zoomed(scale, true))}
			{button("Fit", "Fit the whole graph in", zoom.value === "all" ? "auto" : "all")}
		</div>
	);
}

interface DrawingProps {
	root: Run;
	shown: readonly Vertex[];
	rows: readonly Run[];
	model: RunModel;
	drawing: Plan;
	scale: number;
	isOpen: (vertex: Vertex) => boolean;
	toggle: (vertex: Vertex) => void;
}

function Drawing({ root, shown, rows, model, drawing, scale, isOpen, toggle }: DrawingProps) {
	const current = useSignal<string | null>(null);
	const names = new Map(shown.map(({ key, of }) => [key, of]));
	const after = (vertex: Vertex): readonly string[] => vertex.after.flatMap((key) => names.get(key) ?? []);
	const reached = shown.find(({ key }) => key === current.value) ?? shown[0];
	const selected = model.selected.value;
	const group = selected === null ? null : (model.runOf(selected)?.g ?? null);
	const size = { width: `${drawing.width * scale}px`, height: `${drawing.height * scale}px` };
	const move = (event: TargetedKeyboardEvent<HTMLElement>): void => {
		const keys = shown.map(({ key }) => key);
		const goal = reached && steered(event.key, reached.key, keys, drawing);
		const node = goal && event.currentTarget.querySelectorAll<HTMLElement>(".node-main")[keys.indexOf(goal)];
		if (!node) return;
		event.preventDefault();
		node.focus();
	};
	return (
		<figure
			class="graph-size"
			style={size}
			aria-label={`Graph of ${root.of}: ${plural(shown.length, "node")}`}
			onKeyDown={move}
		>
			<div class="graph-drawing" style={{ transform: `scale(${scale})` }}>
				<Edges drawing={drawing} near={current.value} />
				{shown.map((vertex) => (
					<GraphNode
						key={vertex.key}
						vertex={vertex}
						spot={drawing.spots.get(vertex.key)}
						open={isOpen(vertex)}
						after={after(vertex)}
						picked={group !== null && vertex.groups.some(({ g }) => g === group)}
						reached={vertex === reached}
						clock={model.clock}
						select={() => {
							current.value = vertex.key;
							void select(model, vertex, rows);
						}}
						toggle={() => toggle(vertex)}
						reach={() => (current.value = vertex.key)}
					/>
				))}
			</div>
			<Told shown={shown} after={after} />
		</figure>
	);
}

/** Again, and it is closed again. */
async function select(model: RunModel, vertex: Vertex, rows: readonly Run[]): Promise<void> {
	const n = chosenOf(vertex, rows)?.n ?? (await firstOf(model, vertex));
	if (n !== null) model.select(model.selected.peek() === n ? null : n);
}

/** The rows of a large group are with the kernel. */
async function firstOf(model: RunModel, { groups: [group] }: Vertex): Promise<number | null> {
	if (!group) return null;
	const page = model.ask({ type: "page", group: group.g, part: "all", from: 0, count: PAGE });
	return page.then(
		({ rows }) => rows[0]?.n ?? null,
		() => null,
	);
}

/** The drawing in words. */
function Told({ shown, after }: { shown: readonly Vertex[]; after: (vertex: Vertex) => readonly string[] }) {
	const told = shown.filter((vertex) => after(vertex).length > 0);
	if (told.length === 0) return null;
	return (
		<ul class="unseen">
			{told.map((vertex) => (
				<li key={vertex.key}>{`${vertex.of} after ${after(vertex).join(", ")}`}</li>
			))}
		</ul>
	);
}
