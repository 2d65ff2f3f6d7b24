/** Which failure to tell first: the one that began it. */

import { wentWrong } from "./picture";
import type { Run, RunError } from "./wire";

export interface Failure {
	readonly error: RunError;
	/** "score[78] failed after 3 tries", or empty when the header has said as much. */
	readonly of: string;
}

function sentence(run: Run): string {
	const verb = run.state.type === "CRASHED" ? "crashed" : "failed";
	return `${run.name} ${verb} after ${run.attempt === 1 ? "1 try" : `${run.attempt} tries`}`;
}

const earlier = (a: Run, b: Run): Run => ((b.end ?? 0) < (a.end ?? 0) ? b : a);

/** A task's failure names the task; a root that failed by itself, with another error, speaks for itself. */
export function failureOf(root: Run, below: readonly Run[]): Failure | null {
	const failed = below.filter((run) => wentWrong(run) && run.error !== null);
	const same = root.error ? failed.filter((run) => run.error?.title === root.error?.title) : failed;
	const first = same.length > 0 ? same.reduce(earlier) : null;
	if (first?.error) return { error: first.error, of: first.attempt > 0 ? sentence(first) : first.name };
	return root.error && { error: root.error, of: root.attempt > 1 ? sentence(root) : "" };
}
