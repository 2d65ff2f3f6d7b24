/** In which layer each box stands, and in which order within it: few crossings, and the first come on top. */

export interface Edge {
	readonly from: string;
	readonly to: string;
}

/** A chain of neighbours from layer to layer: an edge that spans several passes through joints of its own. */
export interface Chain extends Edge {
	readonly via: readonly string[];
}

export interface Layers {
	readonly layers: readonly (readonly string[])[];
	readonly chains: readonly Chain[];
	/** Edges that would close a circle: a loop in the flow went round. */
	readonly back: readonly Edge[];
}

const SWEEPS = 8;

/** A box's neighbours on one of its sides. */
type Beside = ReadonlyMap<string, readonly string[]>;

export function layersOf(keys: readonly string[], edges: readonly Edge[]): Layers {
	const back = new Set(backEdges(keys, edges));
	const forward = edges.filter((edge) => !back.has(edge));
	const rank = ranks(keys, forward);
	const chains = forward.map((edge) => ({ ...edge, via: joints(edge, rank) }));
	const layers: string[][] = [];
	for (const key of keys) push(layers, rank.get(key) ?? 0, key);
	for (const { from, via } of chains) {
		for (const [i, joint] of via.entries()) push(layers, (rank.get(from) ?? 0) + 1 + i, joint);
	}
	return { layers: untangled(layers, chains), chains, back: [...back] };
}

function push(layers: string[][], rank: number, key: string): void {
	while (layers.length <= rank) layers.push([]);
	layers[rank]?.push(key);
}

function neighbours(edges: readonly Edge[], of: "from" | "to", other: "from" | "to"): Map<string, string[]> {
	const found = new Map<string, string[]>();
	for (const edge of edges) {
		const known = found.get(edge[of]);
		if (known) known.push(edge[other]);
		else found.set(edge[of], [edge[other]]);
	}
	return found;
}

/** Depth first from each box in turn: what leads back to a box still being walked closes a circle. */
function backEdges(keys: readonly string[], edges: readonly Edge[]): readonly Edge[] {
	const next = new Map<string, Edge[]>();
	for (const edge of edges) next.set(edge.from, [...(next.get(edge.from) ?? []), edge]);
	const walking = new Set<string>();
	const walked = new Set<string>();
	const back: Edge[] = [];
	const walk = (key: string): void => {
		walking.add(key);
		for (const edge of next.get(key) ?? []) {
			if (walking.has(edge.to)) back.push(edge);
			else if (!walked.has(edge.to)) walk(edge.to);
		}
		walking.delete(key);
		walked.add(key);
	};
	for (const key of keys) if (!walked.has(key)) walk(key);
	return back;
}

/** One more than the furthest of those before it. */
function ranks(keys: readonly string[], edges: readonly Edge[]): ReadonlyMap<string, number> {
	const before = neighbours(edges, "to", "from");
	const rank = new Map<string, number>();
	const of = (key: string): number => {
		const known = rank.get(key);
		if (known !== undefined) return known;
		const found = Math.max(-1, ...(before.get(key) ?? []).map(of)) + 1;
		rank.set(key, found);
		return found;
	};
	for (const key of keys) of(key);
	return rank;
}

function joints({ from, to }: Edge, rank: ReadonlyMap<string, number>): readonly string[] {
	const between = (rank.get(to) ?? 0) - (rank.get(from) ?? 0) - 1;
	return Array.from({ length: between }, (_, i) => `${from}\n${to}\n${i}`);
}

/** Sweeps back and forth, each time putting a box at the middle of its neighbours; the best order seen is kept. */
function untangled(layers: readonly string[][], chains: readonly Chain[]): readonly (readonly string[])[] {
	const links = chains.flatMap(({ from, via, to }) => pairs([from, ...via, to]));
	const before = neighbours(links, "to", "from");
	const after = neighbours(links, "from", "to");
	let best = layers;
	let fewest = crossings(layers, after);
	let order = layers;
	for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep += 1) {
		order = sweep % 2 === 0 ? swept(order, before) : swept([...order].reverse(), after).reverse();
		const n = crossings(order, after);
		if (n < fewest) [best, fewest] = [order, n];
	}
	return best;
}

function pairs(path: readonly string[]): readonly Edge[] {
	return path.slice(1).map((to, i) => ({ from: path[i] ?? to, to }));
}

const placesIn = (layer: readonly string[]): Map<string, number> => new Map(layer.map((key, i) => [key, i]));

/** Each layer ordered by the one before it. A box without a neighbour there keeps its place. */
function swept(layers: readonly string[][], beside: Beside): string[][] {
	const done: string[][] = [];
	for (const layer of layers) {
		const places = placesIn(done.at(-1) ?? []);
		const weight = (key: string, i: number): number => middle(placesOf(key, beside, places)) ?? i;
		const weighed = layer.map((key, i) => ({ key, weight: weight(key, i) }));
		done.push(weighed.sort((a, b) => a.weight - b.weight).map(({ key }) => key));
	}
	return done;
}

/** In ascending order. */
function placesOf(key: string, beside: Beside, places: ReadonlyMap<string, number>): readonly number[] {
	return (beside.get(key) ?? []).flatMap((other) => places.get(other) ?? []).sort((a, b) => a - b);
}

function middle(places: readonly number[]): number | null {
	return places.length > 0 ? places.reduce((sum, place) => sum + place, 0) / places.length : null;
}

/** How many pairs of edges cross in the whole drawing. */
export function crossings(layers: readonly (readonly string[])[], after: Beside): number {
	return layers.reduce((n, layer, i) => {
		const places = placesIn(layers[i + 1] ?? []);
		return (
			n +
			inversions(
				layer.flatMap((key) => placesOf(key, after, places)),
				places.size,
			)
		);
	}, 0);
}

/** How many numbers below `most` stand behind a larger one, counted with a Fenwick tree: a layer may have thousands. */
function inversions(places: readonly number[], most: number): number {
	const tree = new Array<number>(most + 1).fill(0);
	let n = 0;
	for (const [seen, place] of places.entries()) {
		let smaller = 0;
		for (let i = place + 1; i > 0; i -= i & -i) smaller += tree[i] ?? 0;
		n += seen - smaller;
		for (let i = place + 1; i <= most; i += i & -i) tree[i] = (tree[i] ?? 0) + 1;
	}
	return n;
}
