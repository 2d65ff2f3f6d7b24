/** Where each box lies and how its edges run: layers from left to right, the main line straight along the top. */

import { type Chain, type Edge, type Layers, layersOf } from "./layers";

export interface Box {
	readonly key: string;
	readonly width: number;
	readonly height: number;
	readonly after: readonly string[];
}

export interface Point {
	readonly x: number;
	readonly y: number;
}

export interface Spot extends Point {
	readonly width: number;
	readonly height: number;
}

export interface Route extends Edge {
	readonly points: readonly Point[];
	/** Against the reading direction. */
	readonly back: boolean;
}

export interface Layout {
	readonly spots: ReadonlyMap<string, Spot>;
	readonly routes: readonly Route[];
	readonly width: number;
	readonly height: number;
}

export interface Space {
	/** Between two layers. */
	readonly across: number;
	/** Between two boxes of a layer. */
	readonly down: number;
	/** Below a box's top, where edges come and go. */
	readonly anchor: number;
	/** Where boxes without edges begin a new line. */
	readonly wrap: number;
}

/** The order of boxes does not depend on their size, and takes longest to find. */
export type Orders = Map<string, Layers>;

/** The height an edge takes where it passes by a layer's boxes. */
const JOINT = 8;

export function layout(boxes: readonly Box[], space: Space, orders: Orders = new Map()): Layout {
	const known = new Set(boxes.map(({ key }) => key));
	const edges = boxes.flatMap(({ key, after }) =>
		after.filter((from) => known.has(from) && from !== key).map((from) => ({ from, to: key })),
	);
	const linked = new Set(edges.flatMap(({ from, to }) => [from, to]));
	const woven = weave(
		boxes.filter(({ key }) => linked.has(key)),
		edges,
		space,
		orders,
	);
	const alone = shelve(
		boxes.filter(({ key }) => !linked.has(key)),
		space,
	);
	return linked.size === 0 ? alone : alone.spots.size === 0 ? woven : below(woven, alone, space.down);
}

/** Boxes with edges between them. */
function weave(boxes: readonly Box[], edges: readonly Edge[], space: Space, orders: Orders): Layout {
	const byKey = new Map(boxes.map((box) => [box.key, box]));
	const keys = boxes.map(({ key }) => key);
	const known = orders.get(keys.join("\n")) ?? layersOf(keys, edges);
	orders.set(keys.join("\n"), known);
	const { layers, chains, back } = known;
	const spots = new Map<string, Spot>();
	const before = leads(chains);
	let x = 0;
	for (const layer of layers) {
		const width = Math.max(0, ...layer.map((key) => byKey.get(key)?.width ?? 0));
		stack(layer, x, width, byKey, before, spots, space);
		x += width + space.across;
	}
	const ran = chains.map((chain) => forward(chain, spots, space.anchor));
	const routes = [...ran, ...back.map((edge) => backward(edge, spots))];
	const placed = new Map(boxes.flatMap(({ key }) => pair(key, spots.get(key))));
	const lowest = Math.max(0, ...[...spots.values()].map((spot) => spot.y + spot.height));
	const height = lowest + (back.length > 0 ? space.down : 0);
	return { spots: placed, routes, width: Math.max(0, x - space.across), height };
}

const pair = (key: string, spot: Spot | undefined) => (spot ? [[key, spot] as const] : []);

/** Those before each box or joint, one layer back. */
function leads(chains: readonly Chain[]): ReadonlyMap<string, readonly string[]> {
	const before = new Map<string, string[]>();
	for (const { from, via, to } of chains) {
		const path = [from, ...via];
		for (const [i, key] of [...via, to].entries()) before.set(key, [...(before.get(key) ?? []), path[i] ?? from]);
	}
	return before;
}

/** Each box as high as the highest of those before it, and never over the one above it: later ones move no earlier ones. */
function stack(
	layer: readonly string[],
	x: number,
	width: number,
	byKey: ReadonlyMap<string, Box>,
	before: ReadonlyMap<string, readonly string[]>,
	spots: Map<string, Spot>,
	space: Space,
): void {
	const anchorOf = (key: string): number => (byKey.has(key) ? space.anchor : JOINT / 2);
	let free = 0;
	for (const key of layer) {
		const wishes = (before.get(key) ?? []).map((lead) => (spots.get(lead)?.y ?? 0) + anchorOf(lead));
		const wish = wishes.length > 0 ? Math.min(...wishes) - anchorOf(key) : 0;
		const { height } = byKey.get(key) ?? { height: JOINT };
		const y = Math.max(free, wish);
		spots.set(key, { x, y, width: byKey.get(key)?.width ?? width, height });
		free = y + height + space.down;
	}
}

function forward({ from, via, to }: Chain, spots: ReadonlyMap<string, Spot>, anchor: number): Route {
	const points: Point[] = [];
	const add = (spot: Spot | undefined, down: number, left: boolean, right: boolean): void => {
		if (spot && left) points.push({ x: spot.x, y: spot.y + down });
		if (spot && right) points.push({ x: spot.x + spot.width, y: spot.y + down });
	};
	add(spots.get(from), anchor, false, true);
	for (const joint of via) add(spots.get(joint), JOINT / 2, true, true);
	add(spots.get(to), anchor, true, false);
	return { from, to, points, back: false };
}

function backward({ from, to }: Edge, spots: ReadonlyMap<string, Spot>): Route {
	const points = [from, to].flatMap((key) => {
		const spot = spots.get(key);
		return spot ? [{ x: spot.x + spot.width / 2, y: spot.y + spot.height }] : [];
	});
	return { from, to, points, back: true };
}

/** Boxes without edges, as they came, in lines. */
function shelve(boxes: readonly Box[], space: Space): Layout {
	const spots = new Map<string, Spot>();
	let [x, y, tallest, widest] = [0, 0, 0, 0];
	for (const { key, width, height } of boxes) {
		if (x > 0 && x + width > space.wrap) [x, y, tallest] = [0, y + tallest + space.down, 0];
		spots.set(key, { x, y, width, height });
		[tallest, widest] = [Math.max(tallest, height), Math.max(widest, x + width)];
		x += width + space.down;
	}
	return { spots, routes: [], width: widest, height: y + tallest };
}

function below(upper: Layout, lower: Layout, gap: number): Layout {
	const shift = upper.height + gap;
	const moved = [...lower.spots].map(([key, spot]) => [key, { ...spot, y: spot.y + shift }] as const);
	return {
		spots: new Map([...upper.spots, ...moved]),
		routes: upper.routes,
		width: Math.max(upper.width, lower.width),
		height: shift + lower.height,
	};
}
