/** Our layers against those of dagre, which is ten times as large as they are, and too large for the bundle. */

import { Graph as DagreGraph, layout as dagreLayout } from "@dagrejs/dagre";
import { describe, expect, it, vi } from "vitest";
import { crossings, type Edge, layersOf } from "../src/views/graph/layers";
import { type Box, layout, type Space } from "../src/views/graph/layout";
import { headOf, pathOf } from "../src/views/graph/plan";

const SPACE: Space = { across: 40, down: 10, anchor: 20, wrap: 400 };

const box = (key: string, ...after: string[]): Box => ({ key, width: 100, height: 40, after });

/** The same graph each time. */
function random(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state * 48_271) % 2_147_483_647;
		return state / 2_147_483_647;
	};
}

/** Each from the second on waits for one to three earlier ones. */
function someEdges(n: number, seed: number): Edge[] {
	const next = random(seed);
	const edges = new Map<string, Edge>();
	for (let to = 1; to < n; to += 1) {
		for (let k = 0; k < 1 + Math.floor(next() * 3); k += 1) {
			const from = Math.max(0, to - 1 - Math.floor(next() * 6));
			edges.set(`${from} ${to}`, { from: `${from}`, to: `${to}` });
		}
	}
	return [...edges.values()];
}

const keysOf = (n: number): string[] => Array.from({ length: n }, (_, i) => `${i}`);

function crossingsOf(order: readonly (readonly string[])[], links: readonly Edge[]): number {
	const after = new Map<string, string[]>();
	for (const { from, to } of links) after.set(from, [...(after.get(from) ?? []), to]);
	return crossings(order, after);
}

function ours(n: number, edges: readonly Edge[]): number {
	const { layers, chains } = layersOf(keysOf(n), edges);
	const links = chains.flatMap(({ from, via, to }) => {
		const path = [from, ...via, to];
		return path.slice(1).map((to, i) => ({ from: path[i] ?? "", to }));
	});
	return crossingsOf(layers, links);
}

/** Its layers, read off the places it gave; the bends of its edges stand for what passes a layer by. */
function dagres(n: number, edges: readonly Edge[]): number {
	const graph = new DagreGraph().setGraph({ rankdir: "LR" }).setDefaultEdgeLabel(() => ({}));
	for (const key of keysOf(n)) graph.setNode(key, { width: 100, height: 40 });
	for (const { from, to } of edges) graph.setEdge(from, to);
	dagreLayout(graph);
	const paths = edges.map(({ from, to }) => {
		const [a, b] = [graph.node(from), graph.node(to)];
		const points = graph.edge(from, to).points as { x: number; y: number }[];
		return [a, ...points.slice(1, -1), b].map(({ x, y }) => ({ x, y }));
	});
	return crossed(paths);
}

/** How many pairs of lines cross, wherever that is. */
function crossed(paths: readonly (readonly { x: number; y: number }[])[]): number {
	const segments = paths.flatMap((path, i) => path.slice(1).map((to, k) => ({ i, from: path[k] ?? to, to })));
	let n = 0;
	for (const [k, a] of segments.entries()) {
		for (const b of segments.slice(k + 1)) if (a.i !== b.i && meet(a, b)) n += 1;
	}
	return n;
}

type Segment = { from: { x: number; y: number }; to: { x: number; y: number } };

function meet(a: Segment, b: Segment): boolean {
	const side = ({ from, to }: Segment, p: { x: number; y: number }): number =>
		Math.sign((to.x - from.x) * (p.y - from.y) - (to.y - from.y) * (p.x - from.x));
	return side(a, b.from) * side(a, b.to) < 0 && side(b, a.from) * side(b, a.to) < 0;
}

describe("layers", () => {
	it("put each box behind all it waits for", () => {
		for (let seed = 1; seed <= 20; seed += 1) {
			const edges = someEdges(40, seed);
			const { layers, back } = layersOf(keysOf(40), edges);
			const rank = new Map(layers.flatMap((layer, r) => layer.map((key) => [key, r] as const)));
			for (const { from, to } of edges) expect(rank.get(from)).toBeLessThan(rank.get(to) ?? 0);
			expect(back).toEqual([]);
		}
	});

	it("cross no more lines than dagre's, over many graphs", () => {
		let [mine, theirs] = [0, 0];
		for (let seed = 1; seed <= 15; seed += 1) {
			const edges = someEdges(24, seed);
			mine += ours(24, edges);
			theirs += dagres(24, edges);
		}
		expect(mine).toBeLessThanOrEqual(theirs);
	});

	it("untangle what can be drawn without a crossing", () => {
		const edges = [
			{ from: "a", to: "y" },
			{ from: "b", to: "x" },
			{ from: "x", to: "q" },
			{ from: "y", to: "p" },
		];
		expect(crossingsOf(layersOf(["a", "b", "x", "y", "p", "q"], edges).layers, edges)).toBe(0);
	});

	it("turn round the edge that closes a circle", () => {
		const edges = [
			{ from: "a", to: "b" },
			{ from: "b", to: "a" },
		];
		const { layers, back } = layersOf(["a", "b"], edges);
		expect([layers, back]).toEqual([[["a"], ["b"]], [{ from: "b", to: "a" }]]);
	});

	it("are found for the largest graph that is drawn in a blink", () => {
		vi.useRealTimers();
		const began = performance.now();
		layersOf(keysOf(150), someEdges(150, 7));
		const took = performance.now() - began;
		expect(took).toBeGreaterThan(0);
		expect(took).toBeLessThan(1000);
	});
});

describe("the layout", () => {
	const spots = (boxes: Box[]) =>
		Object.fromEntries([...layout(boxes, SPACE).spots].map(([key, { x, y }]) => [key, [x, y]]));

	it("keeps the main line straight along the top", () => {
		expect(spots([box("extract"), box("a", "extract"), box("b", "extract"), box("report", "a", "b")])).toEqual({
			extract: [0, 0],
			a: [140, 0],
			b: [140, 50],
			report: [280, 0],
		});
	});

	it("leads a long edge past the boxes between its ends", () => {
		const { routes } = layout([box("a"), box("b", "a"), box("c", "b", "a")], SPACE);
		const long = routes.find(({ from, to }) => from === "a" && to === "c");
		expect(long?.points.map(({ x, y }) => [x, y])).toEqual([
			[100, 20],
			[140, 54],
			[240, 54],
			[280, 20],
		]);
	});

	it("moves none that is there when another is added behind or beside", () => {
		const before = [box("a"), box("b", "a"), box("c", "b")];
		const after = spots([...before, box("d", "a"), box("e", "c", "d")]);
		expect(after).toMatchObject(spots(before));
	});

	it("lets no two boxes overlap", () => {
		for (let seed = 1; seed <= 10; seed += 1) {
			const edges = someEdges(40, seed);
			const boxes = keysOf(40).map((key) => ({
				...box(key, ...edges.filter(({ to }) => to === key).map(({ from }) => from)),
				height: 40 + 10 * (Number(key) % 4),
			}));
			const all = [...layout(boxes, SPACE).spots.values()];
			for (const [i, a] of all.entries()) {
				for (const b of all.slice(i + 1)) {
					expect(a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height).toBe(
						true,
					);
				}
			}
		}
	});

	it("sets boxes without edges in lines, below the others", () => {
		const alone = spots([box("a"), box("b"), box("c"), box("d")]);
		expect(alone).toEqual({ a: [0, 0], b: [110, 0], c: [220, 0], d: [0, 50] });
		expect(spots([box("a"), box("b", "a"), box("c")])).toEqual({ a: [0, 0], b: [140, 0], c: [0, 50] });
	});

	it("of a circle runs back below", () => {
		const { routes, height } = layout([box("a", "b"), box("b", "a")], SPACE);
		const back = routes.find((route) => route.back);
		expect(back && [back.from, back.to]).toEqual(["b", "a"]);
		expect(pathOf(back ?? routes[0] ?? never())).toContain("S");
		expect(headOf(back ?? never())).toMatch(/^M50 40/);
		expect(height).toBe(50);
	});

	it("ignores what is not there, and a box that waits for itself", () => {
		const { routes, spots } = layout([box("a", "a", "gone")], SPACE);
		expect([routes, spots.size]).toEqual([[], 1]);
	});

	it("of nothing is nothing", () => {
		expect(layout([], SPACE)).toEqual({ spots: new Map(), routes: [], width: 0, height: 0 });
	});
});

function never(): never {
	throw new Error("no route");
}
