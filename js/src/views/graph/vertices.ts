/** What the graph shows: a vertex for each definition at its place in the flow, however often it ran there. */

import type { Counts, Group, Moment, Run } from "../../wire";

export interface Vertex {
	/** Where it stands: its subflows' names and its own, so that it stays the same while runs come and go. */
	readonly key: string;
	readonly of: string;
	readonly kind: "flow" | "task";
	readonly groups: readonly Group[];
	readonly total: number;
	readonly counts: Counts;
	readonly start: Moment | null;
	/** Null while any of its runs goes on. */
	readonly end: Moment | null;
	/** Keys of the neighbours it waited for. */
	readonly after: readonly string[];
	readonly inner: readonly Vertex[];
}

/** A vertex while groups are still being added to it. */
interface Draft {
	readonly key: string;
	readonly parent: Draft | null;
	readonly depth: number;
	readonly groups: Group[];
	readonly after: Set<string>;
	readonly inner: Draft[];
}

export interface Vertices {
	readonly tops: readonly Vertex[];
	/** Groups whose place in the flow is not known here. */
	readonly lost: number;
}

export function verticesOf(root: Run, groups: readonly Group[], rows: readonly Run[]): Vertices {
	const tops: Draft[] = [];
	const draftOf = new Map<number, Draft>();
	const place = placer(root, rows, draftOf);
	const drafts = new Map<string, Draft>();
	const ordinals = new Map<string, number>();
	for (const group of groups) {
		const parent = place(group);
		if (parent === undefined) continue;
		const name = `${group.kind} ${group.of}`;
		const key = `${parent?.key ?? ""}/${name} ${count(ordinals, `${group.parent} ${group.in} ${name}`)}`;
		const draft = drafts.get(key) ?? begin(key, parent, parent?.inner ?? tops);
		draft.groups.push(group);
		drafts.set(key, draft);
		draftOf.set(group.g, draft);
	}
	for (const group of groups) for (const g of group.after) link(draftOf.get(g), draftOf.get(group.g));
	return { tops: tops.map(finished), lost: groups.length - draftOf.size };
}

/** The vertex a group lies in: null at the top, undefined if unknown. */
function placer(root: Run, rows: readonly Run[], draftOf: ReadonlyMap<number, Draft>) {
	const groupOf = new Map(rows.map((run) => [run.n, run.g]));
	return (group: Group): Draft | null | undefined => {
		if (group.parent === root.n) return null;
		const within = group.in ?? (group.parent === null ? null : (groupOf.get(group.parent) ?? null));
		return within === null ? undefined : draftOf.get(within);
	};
}

/** Two definitions of one name in one flow run are told apart by their order. */
function count(ordinals: Map<string, number>, key: string): number {
	const ordinal = ordinals.get(key) ?? 0;
	ordinals.set(key, ordinal + 1);
	return ordinal;
}

function begin(key: string, parent: Draft | null, siblings: Draft[]): Draft {
	const depth = parent ? parent.depth + 1 : 0;
	const draft: Draft = { key, parent, depth, groups: [], after: new Set(), inner: [] };
	siblings.push(draft);
	return draft;
}

/** What depends on something inside a subflow depends, among its neighbours, on the subflow. */
function link(upstream: Draft | undefined, downstream: Draft | undefined): void {
	let [up, down] = [upstream ?? null, downstream ?? null];
	while (up && down && up.depth > down.depth) up = up.parent;
	while (up && down && down.depth > up.depth) down = down.parent;
	while (up && down && up.parent !== down.parent) [up, down] = [up.parent, down.parent];
	if (up && down && up !== down) down.after.add(up.key);
}

function finished({ key, groups, after, inner }: Draft): Vertex {
	const starts = groups.flatMap(({ start }) => start ?? []);
	const ends = groups.flatMap(({ end }) => end ?? []);
	const [first] = groups;
	return {
		key,
		of: first?.of ?? "",
		kind: first?.kind ?? "task",
		groups,
		total: groups.reduce((sum, { total }) => sum + total, 0),
		counts: groups.length === 1 && first ? first.counts : sum(groups),
		start: starts.length > 0 ? starts.reduce((a, b) => Math.min(a, b)) : null,
		end: ends.length === groups.length ? ends.reduce((a, b) => Math.max(a, b)) : null,
		after: [...after],
		inner: inner.map(finished),
	};
}

function sum(groups: readonly Group[]): Counts {
	const counts = new Map<string, number>();
	for (const group of groups) for (const [name, n] of group.counts) counts.set(name, (counts.get(name) ?? 0) + n);
	return counts;
}

/** How many vertices there are, those inside subflows included. */
export function size(vertices: readonly Vertex[]): number {
	return vertices.reduce((n, { inner }) => n + 1 + size(inner), 0);
}
