/** The whole drawing: each vertex with its place, those of open subflows inside theirs. */

import { type Box, type Layout, layout, type Orders, type Point, type Route, type Space, type Spot } from "./layout";
import type { Vertex } from "./vertices";

/** Beyond this a drawing is no answer any more: the others are counted. */
export const MOST_DRAWN = 150;

const NODE_HEIGHT = 44;
const HEAD = 34;
const PADDING = 10;
/** From roomy to tight: a node's width, and the gap between layers. */
const SIZES = [
	[168, 48],
	[148, 36],
	[128, 28],
	[112, 22],
] as const;

export interface Plan {
	readonly spots: ReadonlyMap<string, Spot>;
	readonly routes: readonly Route[];
	readonly width: number;
	readonly height: number;
}

export type IsOpen = (vertex: Vertex) => boolean;

/** Those that are drawn, in reading order: an open subflow before what is in it. */
export function drawn(vertices: readonly Vertex[], isOpen: IsOpen): readonly Vertex[] {
	return vertices.flatMap((vertex) => [vertex, ...(isOpen(vertex) ? drawn(vertex.inner, isOpen) : [])]);
}

/** The largest size of nodes with which the drawing is no wider than the room; the smallest if none is. */
export function plan(tops: readonly Vertex[], isOpen: IsOpen, keep: ReadonlySet<string>, room: number): Plan {
	let last: Plan = { spots: new Map(), routes: [], width: 0, height: 0 };
	const orders: Orders = new Map();
	for (const [node, across] of SIZES) {
		last = planned(tops, isOpen, keep, { node, across, room, orders });
		if (last.width <= room) break;
	}
	return last;
}

function planned(
	tops: readonly Vertex[],
	isOpen: IsOpen,
	keep: ReadonlySet<string>,
	{ node, across, room, orders }: { node: number; across: number; room: number; orders: Orders },
): Plan {
	const space: Space = { across, down: 12, anchor: NODE_HEIGHT / 2, wrap: room };
	const inner = new Map<string, Plan>();
	const boxOf = (vertex: Vertex): Box => {
		const { key, after } = vertex;
		const content = isOpen(vertex) && vertex.inner.length > 0 ? planOf(vertex.inner) : null;
		if (!content) return { key, after, width: node, height: NODE_HEIGHT };
		inner.set(key, content);
		const width = Math.max(node, content.width + 2 * PADDING);
		return { key, after, width, height: HEAD + content.height + PADDING };
	};
	const planOf = (vertices: readonly Vertex[]): Plan =>
		unfolded(layout(vertices.filter(({ key }) => keep.has(key)).map(boxOf), space, orders), inner);
	return planOf(tops);
}

/** The drawing of a floor with the drawings inside its boxes moved to where these lie. */
function unfolded(floor: Layout, inner: ReadonlyMap<string, Plan>): Plan {
	const spots = new Map<string, Spot>(floor.spots);
	const routes: Route[] = [...floor.routes];
	for (const [key, spot] of floor.spots) {
		const content = inner.get(key);
		if (!content) continue;
		const by = { x: spot.x + PADDING, y: spot.y + HEAD };
		for (const [key, spot] of content.spots) spots.set(key, moved(spot, by));
		for (const route of content.routes) routes.push({ ...route, points: route.points.map((at) => moved(at, by)) });
	}
	return { spots, routes, width: floor.width, height: floor.height };
}

function moved<P extends Point>(at: P, by: Point): P {
	return { ...at, x: at.x + by.x, y: at.y + by.y };
}

/** What the drawing depends on: as long as this is the same, nothing moves. */
export function structure(vertices: readonly Vertex[], isOpen: IsOpen): string {
	const line = (vertex: Vertex): string =>
		`${vertex.key}\n${isOpen(vertex) && vertex.inner.length > 0}\n${vertex.after.join("\n")}`;
	return vertices.map(line).join("\n\n");
}

/** A smooth line through an edge's points. */
export function pathOf({ points, back }: Route): string {
	const [first, ...rest] = points;
	if (!first) return "";
	if (back) return around(first, rest.at(-1) ?? first);
	let last = first;
	const bends = rest.map((to) => {
		const middle = (last.x + to.x) / 2;
		const bend = to.y === last.y ? `H${to.x}` : `C${middle} ${last.y} ${middle} ${to.y} ${to.x} ${to.y}`;
		last = to;
		return bend;
	});
	return `M${first.x} ${first.y}${bends.join("")}`;
}

/** From below one node to below another. */
function around(from: Point, to: Point): string {
	const low = Math.max(from.y, to.y) + 12;
	return `M${from.x} ${from.y}C${from.x} ${low} ${from.x} ${low} ${(from.x + to.x) / 2} ${low}S${to.x} ${low} ${to.x} ${to.y}`;
}

/** The arrow's head, at the end of the line. */
export function headOf({ points, back }: Route): string {
	const end = points.at(-1);
	if (!end) return "";
	const [x, y] = [end.x, end.y];
	return back ? `M${x} ${y}l-3.5 6h7z` : `M${x} ${y}l-6 -3.5v7z`;
}
