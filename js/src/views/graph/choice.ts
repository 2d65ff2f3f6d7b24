/** Which of a vertex's runs is meant when it is chosen: the one in trouble, else the one at work, else the first. */

import { wentWrong } from "../../picture";
import type { Run } from "../../wire";
import type { Vertex } from "./vertices";

function urgency(run: Run): number {
	if (wentWrong(run)) return 0;
	if (run.state.name === "Retrying" || run.state.name === "AwaitingRetry") return 1;
	return run.state.type === "RUNNING" ? 2 : 3;
}

export function chosenOf(vertex: Vertex, rows: readonly Run[]): Run | null {
	const groups = new Set(vertex.groups.map(({ g }) => g));
	const runs = rows.filter(({ g }) => g !== null && groups.has(g));
	return runs.reduce<Run | null>((best, run) => (best && urgency(best) <= urgency(run) ? best : run), null);
}
