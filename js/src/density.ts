/** Many runs on one lane: how many completed in each step of time, how many were at work, how many went wrong. */

import type { LookName } from "./palette";
import { lookOf } from "./palette";
import type { Bins, Counts, Group, Moment } from "./wire";

export interface Column {
	readonly from: Moment;
	readonly to: Moment;
	readonly done: number;
	readonly running: number;
	readonly wrong: number;
}

const DONE = new Set(["Completed", "Cached"]);
const WRONG = new Set(["Failed", "Crashed", "TimedOut"]);
const STEPS = [1, 2, 3, 5, 8, 10];

/** A step that has only begun is as high as it is going to be, so that the end of the lane does not droop. */
const LEAST_SHARE = 0.34;

export function columns(bins: Bins, now: Moment): readonly Column[] {
	const named = [...bins.ended];
	let running = 0;
	const all = bins.started.map((started, k) => {
		const ended = named.map(([name, n]) => [name, n[k] ?? 0] as const);
		const sum = (names?: ReadonlySet<string>): number =>
			ended.reduce((all, [name, n]) => (!names || names.has(name) ? all + n : all), 0);
		running = Math.max(0, running + started - sum());
		const from = bins.from + k * bins.step;
		const share = Math.min(1, Math.max(LEAST_SHARE, (now - from) / bins.step));
		const to = Math.max(from, Math.min(now, from + bins.step));
		return { from, to, done: sum(DONE) / share, running, wrong: sum(WRONG) };
	});
	const end = bins.from + bins.step * bins.started.length;
	return now > end && running > 0 ? [...all, { from: end, to: now, done: 0, running, wrong: 0 }] : all;
}

/** The most that a lane has room for: it grows in steps, so that what is drawn stands still in between. */
export function ceiling(all: readonly Column[]): number {
	const most = Math.max(1, ...all.map(({ done, running, wrong }) => done + running + wrong));
	const scale = 10 ** Math.floor(Math.log10(most));
	return (STEPS.find((step) => step * scale >= most) ?? 10) * scale;
}

const some = (counts: Counts, ...names: readonly string[]): boolean => names.some((name) => counts.get(name));

/** One look for many: what goes on while something does, and the worst once it is over. */
export function groupLook({ counts, end, start }: Pick<Group, "counts" | "end" | "start">): LookName {
	if (some(counts, "Running")) return "Running";
	if (some(counts, "Retrying", "AwaitingRetry")) return "Retrying";
	if (some(counts, "Paused")) return "Paused";
	if (some(counts, "Cancelling")) return "Cancelling";
	if (end === null) return start === null ? "Pending" : "Running";
	if (some(counts, "Crashed")) return "Crashed";
	if (some(counts, "Failed", "TimedOut")) return "Failed";
	if (some(counts, "Cancelled")) return "Cancelled";
	if (some(counts, "Completed")) return "Completed";
	const [name] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? ["Pending"];
	return lookOf(name, "COMPLETED");
}

/** How many ended well, and how many did not. */
export function groupTally({ counts }: Group): { readonly ok: number; readonly wrong: number } {
	const sum = (names: ReadonlySet<string>): number =>
		[...counts].reduce((all, [name, n]) => (names.has(name) ? all + n : all), 0);
	return { ok: sum(DONE), wrong: sum(WRONG) };
}
