/** The runs of a whole flow in one list, all of them or those that are looked for. */

import type { Members } from "./members";
import { addPart, Outline, runKey } from "./outline";
import type { Group, Part, Run } from "./wire";

export interface Filter {
	/** The name of a state. */
	readonly state: string | null;
	readonly text: string;
}

export const EVERYTHING: Filter = { state: null, text: "" };

export interface Roll {
	readonly outline: Outline;
	/** How many runs could not be looked at, because this page was never told of them. */
	readonly unseen: number;
}

/** A state is looked for by the kernel, among all runs; a text among those that this page knows. */
export function rollOf(root: Run, groups: readonly Group[], members: Members, filter: Filter): Roll {
	const outline = new Outline();
	const part: Part = filter.state === null ? "all" : `state:${filter.state}`;
	const sought = filter.text.trim().toLowerCase();
	let unseen = 0;
	for (const group of groups) {
		if (!sought) addPart(outline, members, group, part, 0);
		else {
			const known = members.known(group.g);
			unseen += group.total - known.length;
			for (const run of known) if (isSought(run, filter.state, sought)) addRun(outline, run);
		}
	}
	for (const run of members.looseOfRoot(root.n)) if (isSought(run, filter.state, sought)) addRun(outline, run);
	return { outline, unseen: Math.max(0, unseen) };
}

function isSought(run: Run, state: string | null, sought: string): boolean {
	const named = run.state.name === "AwaitingRetry" ? "Retrying" : run.state.name;
	const texts = [run.name, run.of, run.state.name, run.error?.title ?? "", run.waits ?? ""];
	return (state === null || named === state) && (!sought || texts.some((text) => text.toLowerCase().includes(sought)));
}

function addRun(outline: Outline, run: Run): void {
	outline.add(runKey(run.n), 1, (_, key) => ({ kind: "run", key, depth: 0, run, of: run.of, open: null }));
}
