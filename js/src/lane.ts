/** Where a run's waiting and working lie on its row's bar. */

import { type LookName, lookOf } from "./palette";
import { hasEnded } from "./picture";
import type { Chapter, Hook, Moment, Run } from "./wire";

/** `to` is null while it has no end yet. */
export interface Stretch {
	/** Its place in the story: several may begin at one clock reading. */
	readonly place: number;
	readonly look: LookName;
	readonly waiting: boolean;
	readonly from: Moment;
	readonly to: Moment | null;
}

const WORKING = new Set(["RUNNING", "CANCELLING"]);
const ENDED = new Set(["COMPLETED", "FAILED", "CANCELLED", "CRASHED"]);

/** A stretch of work is coloured by how it ended, so that a failed try stays visible after the retry. */
function lookOfStretch(chapter: Chapter, next: Chapter | undefined): LookName {
	if (!next) return lookOf(chapter.name, chapter.type);
	if (ENDED.has(next.type)) return lookOf(next.name, next.type);
	if (chapter.type === "RUNNING" && (next.type === "SCHEDULED" || next.type === "RUNNING")) return "Failed";
	if (chapter.type === "RUNNING" && next.type === "CANCELLING") return "Cancelling";
	return lookOf(chapter.name, chapter.type);
}

/** A wait that took no time is nothing to look at, unless it is all there was before the end. */
function isNothing({ waiting, from, to }: Stretch, next: Chapter | undefined): boolean {
	return waiting && to !== null && to <= from && !(next && ENDED.has(next.type));
}

export function stretches(run: Run): readonly Stretch[] {
	const story = run.story.length ? run.story : [{ ...run.state }];
	return story
		.map((chapter, place) => {
			const next = story[place + 1];
			const to = next?.at ?? run.end ?? (chapter.type === "SCHEDULED" ? run.retry_at : null);
			return { place, look: lookOfStretch(chapter, next), waiting: !WORKING.has(chapter.type), from: chapter.at, to };
		})
		.filter((stretch, i) => (i + 1 < story.length || !hasEnded(run)) && !isNothing(stretch, story[i + 1]));
}

const STEPS = [1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10];

/** The seconds a lane spans: it grows in steps, so that finished bars stand still in between. */
export function horizon(seconds: number, live: boolean): number {
	const least = Math.max(seconds * 1.03, live ? 1 : 0.0001);
	const scale = 10 ** Math.floor(Math.log10(least));
	return (STEPS.find((step) => step * scale >= least) ?? 10) * scale;
}

export interface Mark {
	readonly hook: Hook;
	/** Its place among the run's hooks. */
	readonly place: number;
	readonly percent: number;
}

const MOST_MARKS = 8;
const APART = 2.7;

/** Marks at the moment of their call, moved apart when they would hide one another; none of a time not shown. */
export function marks(hooks: readonly Hook[], percentAt: (at: Moment) => number): readonly Mark[] {
	let free = 0;
	const placed = hooks
		.map((hook, place) => ({ hook, place, percent: percentAt(hook.at) }))
		.filter(({ percent }) => percent > -1 && percent < 101)
		.slice(-MOST_MARKS)
		.map((mark) => {
			const percent = Math.max(free, Math.min(100, Math.max(0, mark.percent)));
			free = percent + APART;
			return { ...mark, percent };
		});
	const over = Math.max(0, free - APART - 100);
	return placed.map((mark) => ({ ...mark, percent: mark.percent - over }));
}
