/** The rows of a list that is too long to be made: pieces of known length, and any row of them when it is wanted. */

import { FOLD, type Members } from "./members";
import { wentWrong } from "./picture";
import type { Group, Part, Run } from "./wire";

/** Fewer rows than this are seen at a glance: those in trouble need no place of their own. */
const GLANCE = 20;
const DEEPEST = 8;
/** A browser draws no box higher than some sixteen million pixels. */
const MOST_ROWS = 600_000;

interface Place {
	/** The same for as long as the row is the same. */
	readonly key: string;
	readonly depth: number;
}
export interface RunLine extends Place {
	readonly kind: "run";
	/** Null while its page has not come. */
	readonly run: Run | null;
	readonly of: string;
	/** Whether it is unfolded; null when there is nothing to unfold. */
	readonly open: boolean | null;
}
export interface GroupLine extends Place {
	readonly kind: "group";
	readonly group: Group;
	readonly open: boolean;
}
/** Between the runs in trouble and all of them. */
export interface RuleLine extends Place {
	readonly kind: "rule";
	readonly group: Group;
}
export type Line = RunLine | GroupLine | RuleLine;

interface Piece {
	readonly key: string;
	readonly from: number;
	readonly count: number;
	readonly line: (place: number, key: string) => Line;
	/** What of it must be asked for. */
	readonly want?: (from: number, to: number) => void;
}

export class Outline {
	readonly #pieces: Piece[] = [];
	readonly #starts = new Map<string, number>();
	count = 0;

	add(key: string, rows: number, line: Piece["line"], want?: NonNullable<Piece["want"]>): void {
		const count = Math.min(rows, MOST_ROWS - this.count);
		if (count <= 0) return;
		this.#starts.set(key, this.count);
		this.#pieces.push({ key, from: this.count, count, line, ...(want && { want }) });
		this.count += count;
	}

	at(i: number): Line | null {
		const piece = this.#pieces[this.#pieceAt(i)];
		if (!piece || !(i >= 0 && i < this.count)) return null;
		return piece.line(i - piece.from, `${piece.key}.${i - piece.from}`);
	}

	/** Where a row is now; -1 when it is not there any more. */
	indexOf(key: string): number {
		const dot = key.lastIndexOf(".");
		const start = this.#starts.get(key.slice(0, dot));
		return start === undefined ? -1 : start + Number(key.slice(dot + 1));
	}

	/** The nearest row above that is less deep; of a piece all rows are equally deep. */
	parentOf(i: number, depth: number): number {
		for (let at = this.#pieceAt(i); at >= 0; at -= 1) {
			const piece = this.#pieces[at];
			if (piece && piece.line(0, "").depth < depth) return piece.from + piece.count - 1;
		}
		return -1;
	}

	/** Rows from one place up to another are in sight. */
	want(from: number, to: number): void {
		for (let at = this.#pieceAt(from); at < this.#pieces.length; at += 1) {
			const piece = this.#pieces[at];
			if (!piece || piece.from >= to) return;
			piece.want?.(Math.max(0, from - piece.from), Math.min(piece.count, to - piece.from));
		}
	}

	/** The last piece that begins at or before a place. */
	#pieceAt(i: number): number {
		let [low, high] = [0, this.#pieces.length - 1];
		while (low < high) {
			const middle = Math.ceil((low + high) / 2);
			if ((this.#pieces[middle]?.from ?? 0) <= i) low = middle;
			else high = middle - 1;
		}
		return low;
	}
}

/** What a reader unfolded or folded, by the key of its row. */
export type Wishes = ReadonlyMap<string, boolean>;

export const groupKey = (g: number): string => `g${g}`;
export const runKey = (n: number): string => `r${n}`;

/** All below a root, each run below the one that called it, many of one kind folded into one row. */
export function treeOf(root: Run, members: Members, wishes: Wishes): Outline {
	const outline = new Outline();
	const tree = { outline, members, wishes, seen: new Set<number>() };
	addBelow(tree, root.n, 0);
	if (outline.count === 0) addRun(tree, root, 0, false);
	return outline;
}

interface Tree {
	readonly outline: Outline;
	readonly members: Members;
	readonly wishes: Wishes;
	readonly seen: Set<number>;
}

function addBelow(tree: Tree, parent: number, depth: number): void {
	if (tree.seen.has(parent)) return;
	tree.seen.add(parent);
	for (const group of tree.members.below(parent)) {
		if (group.total < FOLD) addAll(tree, group, depth, true);
		else addFolded(tree, group, depth);
	}
	for (const run of tree.members.loose(parent)) addRun(tree, run, depth, true);
}

function addFolded(tree: Tree, group: Group, depth: number): void {
	const { outline, members, wishes } = tree;
	const open = wishes.get(groupKey(group.g)) ?? false;
	outline.add(groupKey(group.g), 1, (_, key) => ({ kind: "group", key, depth, group, open }));
	if (!open) return;
	for (const inner of members.inside(group.g)) addFolded(tree, inner, depth + 1);
	if (group.total > GLANCE && members.count(group, "trouble") > 0) {
		addPart(outline, members, group, "trouble", depth + 1);
		outline.add(`${groupKey(group.g)} rule`, 1, (_, key) => ({ kind: "rule", key, depth: depth + 1, group }));
	}
	addAll(tree, group, depth + 1, false);
}

/** The first ones each with what is below it, as far as that is known; of the others there may be any number. */
function addAll({ outline, members, ...tree }: Tree, group: Group, depth: number, open: boolean): void {
	const known = members.beginning(group, "all");
	const parents = known.findLastIndex((run) => members.isParent(run.n)) + 1;
	const byThemselves = group.total < FOLD ? known.length : parents;
	for (const run of known.slice(0, byThemselves)) addRun({ outline, members, ...tree }, run, depth, open);
	addPart(outline, members, group, "all", depth, byThemselves);
}

/** `skip` of its runs are rows already. */
export function addPart(outline: Outline, members: Members, group: Group, part: Part, depth: number, skip = 0): void {
	outline.add(
		`${groupKey(group.g)} ${part}`,
		members.count(group, part) - skip,
		(place, key) => ({ kind: "run", key, depth, run: members.at(group, part, place + skip), of: group.of, open: null }),
		(from, to) => members.want(group, part, from + skip, to + skip),
	);
}

function addRun(tree: Tree, run: Run, depth: number, open: boolean): void {
	const branch = depth < DEEPEST && tree.members.isParent(run.n) && !tree.seen.has(run.n);
	const unfolded = branch ? (tree.wishes.get(runKey(run.n)) ?? (open || wentWrong(run))) : null;
	tree.outline.add(runKey(run.n), 1, (_, key) => ({ kind: "run", key, depth, run, of: run.of, open: unfolded }));
	if (unfolded) addBelow(tree, run.n, depth + 1);
}
