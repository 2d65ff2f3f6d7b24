/** The runs of each group: those that this page was told of, and those that come by the page. */

import type { Pages } from "./pages";
import { listed, wentWrong } from "./picture";
import type { Group, Moment, Part, Run } from "./wire";

/** From this many on, runs of one definition are one row that unfolds. */
export const FOLD = 4;

const isTroubled = (run: Run): boolean => wentWrong(run) || run.attempt > 1 || run.state.name === "AwaitingRetry";

function firstTrouble(run: Run): Moment {
	const tried = run.story.findIndex(({ type }) => type === "RUNNING");
	const after = run.story.slice(tried + 1).find(({ type }) => type !== "CANCELLING");
	return after?.at ?? run.state.at;
}

const byTrouble = (a: Run, b: Run): number => firstTrouble(a) - firstTrouble(b) || a.n - b.n;

const inState = (run: Run, name: string): boolean =>
	run.state.name === name || (name === "Retrying" && run.state.name === "AwaitingRetry");

function counted(group: Group, part: Part): number {
	if (part === "trouble") return group.trouble;
	return namesOf(part).reduce((sum, name) => sum + (group.counts.get(name) ?? 0), 0);
}

function namesOf(part: Part): readonly string[] {
	const name = part.slice("state:".length);
	return name === "Retrying" ? ["Retrying", "AwaitingRetry"] : [name];
}

/** One moment's view of them: made anew with every picture and every page. */
export class Members {
	readonly #pages: Pages;
	readonly #groups: ReadonlyMap<number | null, readonly Group[]>;
	readonly #known: ReadonlyMap<number, readonly Run[]>;
	readonly #loose: ReadonlyMap<number, readonly Run[]>;
	readonly #parts = new Map<string, readonly Run[]>();

	constructor(groups: ReadonlyMap<number, Group>, tasks: ReadonlyMap<number, Run>, pages: Pages) {
		this.#pages = pages;
		this.#groups = listed(groups.values(), (group) => group.parent);
		const runs = [...tasks.values()].sort((a, b) => a.n - b.n);
		const isGrouped = (run: Run): boolean => run.g !== null && groups.has(run.g);
		this.#known = listed(runs.filter(isGrouped), (run) => run.g ?? 0);
		const rest = runs.filter((run) => !isGrouped(run));
		this.#loose = listed(rest, (run) => (tasks.has(run.parent ?? -1) ? (run.parent ?? 0) : run.root));
	}

	/** The groups of runs that a run has called. */
	below(parent: number): readonly Group[] {
		return this.#groups.get(parent) ?? [];
	}

	/** All groups below a root. */
	ofRoot(root: number): readonly Group[] {
		return [...this.#groups.values()]
			.flat()
			.filter((group) => group.root === root)
			.sort((a, b) => a.g - b.g);
	}

	/** Groups inside a group, of which no one knows the parent run. */
	inside(g: number): readonly Group[] {
		return (this.#groups.get(null) ?? []).filter((group) => group.in === g);
	}

	/** Runs below a run that belong to no group this page has heard of. */
	loose(parent: number): readonly Run[] {
		return this.#loose.get(parent) ?? [];
	}

	looseOfRoot(root: number): readonly Run[] {
		return [...this.#loose.values()].flat().filter((run) => run.root === root);
	}

	isParent(n: number): boolean {
		return this.#groups.has(n) || this.#loose.has(n);
	}

	/** In number order. */
	known(g: number): readonly Run[] {
		return this.#known.get(g) ?? [];
	}

	/** Whether there is nothing to ask the kernel for. */
	whole(group: Group): boolean {
		return this.known(group.g).length >= group.total;
	}

	count(group: Group, part: Part): number {
		if (this.whole(group)) return this.beginning(group, part).length;
		return part === "all" ? group.total : Math.max(this.beginning(group, part).length, counted(group, part));
	}

	/** Null while its page has not come. */
	at(group: Group, part: Part, place: number): Run | null {
		const known = this.beginning(group, part)[place] ?? null;
		if (this.whole(group)) return known;
		return this.#pages.at(group.g, part, place) ?? known;
	}

	want(group: Group, part: Part, from: number, to: number): void {
		if (!this.whole(group)) this.#pages.want(group.g, part, from, to);
	}

	/** Of a part's runs those that are known without asking. */
	beginning(group: Group, part: Part): readonly Run[] {
		const key = `${group.g} ${part}`;
		const runs = this.#parts.get(key) ?? this.#list(group, part);
		this.#parts.set(key, runs);
		return runs;
	}

	#list(group: Group, part: Part): readonly Run[] {
		const known = this.known(group.g);
		if (part === "trouble") return known.filter(isTroubled).sort(byTrouble);
		if (part === "all") return this.whole(group) ? known : withoutStragglers(known);
		const name = part.slice("state:".length);
		return known.filter((run) => inState(run, name));
	}
}

/** Beyond its first rows a snapshot holds only runs in trouble, whose place among all is not known. */
function withoutStragglers(known: readonly Run[]): readonly Run[] {
	return known.slice(0, known.findLastIndex((run) => !isTroubled(run)) + 1);
}
