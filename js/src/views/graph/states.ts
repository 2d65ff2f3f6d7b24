/** What a vertex's runs are doing, taken together. */

import { LOOK_NAMES, type LookName, lookOf } from "../../palette";
import { countsText, folded } from "../../words";
import type { Vertex } from "./vertices";

export interface Part {
	readonly name: string;
	readonly look: LookName;
	readonly n: number;
}

/** Its runs by state, in the palette's order. */
export function parts(vertex: Vertex): readonly Part[] {
	const all = [...folded(vertex.counts)].map(([name, n]) => ({ name, look: lookOf(name, "PENDING"), n }));
	return all.sort((a, b) => LOOK_NAMES.indexOf(a.look) - LOOK_NAMES.indexOf(b.look));
}

/** What went wrong, then the most frequent: the last of them may not fit on a node. */
export function brief(all: readonly Part[]): readonly Part[] {
	const weight = ({ look, n }: Part): number =>
		look === "Failed" || look === "Crashed" ? Number.POSITIVE_INFINITY : n;
	return all.toSorted((a, b) => weight(b) - weight(a) || 0);
}

/** What is not on the node, or only in signs: ": 812 Completed, 3 Failed; after extract" */
export function unseen({ kind, total, counts }: Vertex, after: readonly string[]): string {
	const runs = total > 1 ? `: ${countsText(counts)}` : "";
	return `${kind === "flow" ? ", a flow" : ""}${runs}${after.length > 0 ? `; after ${after.join(", ")}` : ""}`;
}
