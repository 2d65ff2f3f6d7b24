/** What a run is doing, in as few words as fit beside its name. */

import { plural, tenths, thousands } from "./format";
import { wentWrong } from "./picture";
import type { Counts, Group, Moment, Run } from "./wire";

/** States that the icon alone tells well enough. */
const PLAIN: ReadonlySet<string> = new Set(["Completed", "Running", "Pending", "Scheduled"]);

const onTry = (run: Run): string => (run.attempts > 1 ? `try ${run.attempt} of ${run.attempts}` : `try ${run.attempt}`);

export const isWaitingToRetry = (run: Run): boolean => run.state.type === "SCHEDULED" && run.retry_at !== null;

export function retryText(retryAt: Moment, now: Moment): string {
	return `retry in ${tenths(retryAt - now)}`;
}

/** What matters more beside a name than how long it took; empty when nothing does. */
export function aside(run: Run): string {
	const { type, name } = run.state;
	if (run.waits && (type === "PENDING" || type === "SCHEDULED")) return `waits for ${run.waits}`;
	if (type === "RUNNING" && run.attempt > 1) return onTry(run);
	if (name === "Cached") return "cached";
	return PLAIN.has(name) || wentWrong(run) ? "" : name;
}

/** Empty when the icon and the time say it all. */
export function doing(run: Run): string {
	if (!wentWrong(run)) return aside(run);
	return run.attempt > 1 ? `${run.state.name} after ${run.attempt} tries` : run.state.name;
}

/** What is running now: "score × 8, report". */
export function runningNow(groups: readonly Group[]): string {
	const busy = groups
		.map(({ of, counts }) => [of, (counts.get("Running") ?? 0) + (counts.get("Retrying") ?? 0)] as const)
		.filter(([, n]) => n > 0);
	return busy.map(([of, n]) => (n > 1 ? `${of} × ${thousands(n)}` : of)).join(", ");
}

/** "3 hooks ✓ 1 ✕", in two parts, so that the bad news can have its colour. */
export function hookTally(ok: number, failed: number): readonly [string, string] {
	if (failed === 0) return [`${plural(ok, "hook")} ✓`, ""];
	if (ok === 0) return ["", `${plural(failed, "hook")} ✕`];
	return [`${plural(ok, "hook")} ✓`, `${thousands(failed)} ✕`];
}

/** The same for those who hear the page: "3 hooks ok, 1 hook failed". */
export function hookWords(ok: number, failed: number): string {
	const said = [ok > 0 && `${plural(ok, "hook")} ok`, failed > 0 && `${plural(failed, "hook")} failed`];
	return said.filter(Boolean).join(", ");
}

type Tallied = Pick<Run, "hooks_ok" | "hooks_failed">;

/** How many hooks of several runs, or groups of runs, went well, and how many did not. */
export function tallied(runs: readonly Tallied[]): { readonly ok: number; readonly failed: number } {
	const sum = (of: (run: Tallied) => number): number => runs.reduce((total, run) => total + of(run), 0);
	return { ok: sum((run) => run.hooks_ok), failed: sum((run) => run.hooks_failed) };
}

/** Those between two tries are counted as retrying: two names that look the same would read as one counted twice. */
export function folded(counts: Counts): Counts {
	const all = new Map<string, number>();
	for (const [name, n] of counts) {
		const told = name === "AwaitingRetry" ? "Retrying" : name;
		all.set(told, (all.get(told) ?? 0) + n);
	}
	return all;
}

/** "290 Completed, 10 Pending" */
export function countsText(counts: Counts): string {
	return [...folded(counts)].map(([name, n]) => `${thousands(n)} ${name}`).join(", ");
}

export function total(counts: Counts): number {
	return [...counts.values()].reduce((sum, n) => sum + n, 0);
}
