/** Which failure to tell first: the one that began it. The settled picture's notebook/failure.py does the same. */

import { wentWrong } from "./picture";
import type { Run, RunError } from "./wire";

const BLAMES = "UpstreamTaskError: ";

export interface Failure {
	readonly error: RunError;
	/** "score[78] failed after 3 tries", or empty when the header has said as much. */
	readonly of: string;
}

/** A run that has an error: it failed, or it could not start. */
type Failed = Run & { readonly error: RunError };

const hasError = (run: Run): run is Failed => run.error !== null;
const blamesAnother = (run: Failed): boolean => run.error.title.startsWith(BLAMES);

/** A flow run's own name says little without its flow's. */
const named = ({ kind, of, name }: Run): string => (kind === "task" || of === name ? name : `${of} ${name}`);

function sentence(run: Run): string {
	if (run.attempt === 0) return `${named(run)} did not start`;
	const verb = run.state.type === "CRASHED" ? "crashed" : "failed";
	return `${named(run)} ${verb} after ${run.attempt === 1 ? "1 try" : `${run.attempt} tries`}`;
}

/** By their ends; at one clock reading the inner run was first. */
function earlier(a: Failed, b: Failed): Failed {
	return ((b.end ?? 0) - (a.end ?? 0) || a.depth - b.depth || b.n - a.n) < 0 ? b : a;
}

const first = (runs: readonly Failed[]): Failed | null => (runs.length > 0 ? runs.reduce(earlier) : null);

function isNamed(name: string, title: string): boolean {
	return title.includes(` task run '${name}' did not `) || title.includes(` task run "${name}" did not `);
}

/** Those whose error ends an UpstreamTaskError, of several the named one; that end may have been cut off. */
function blamed(title: string, failed: readonly Failed[]): readonly Failed[] {
	const ending = failed.filter((run) => title.endsWith(` ${run.error.title}`));
	const named = (ending.length > 0 ? ending : failed).filter((run) => isNamed(run.name, title));
	return named.length > 0 ? named : ending;
}

/** A task's failure names the task; a root that failed by itself, with another error, speaks for itself. */
export function failureOf(root: Run, below: readonly Run[]): Failure | null {
	const failed = below.filter(hasError);
	const byThemselves = failed.filter((run) => wentWrong(run) && !blamesAnother(run));
	const told = hasError(root) ? root : (first(byThemselves) ?? first(failed));
	if (!told) return null;
	const origins = blamesAnother(told) ? blamed(told.error.title, byThemselves) : [];
	const cause = first(origins) ?? first(failed.filter((run) => run.error.title === told.error.title)) ?? told;
	return { error: cause.error, of: cause === root && root.attempt <= 1 ? "" : sentence(cause) };
}
