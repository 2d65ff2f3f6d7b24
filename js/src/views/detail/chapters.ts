/** A run's story as its detail tells it: each state, when, and how long. */

import { hasEnded } from "../../picture";
import type { ChapterTold, Detail, Moment, Run } from "../../wire";

export interface Line extends ChapterTold {
	/** A run may be in one state twice, at one clock reading. */
	readonly place: number;
	/** When the next state came; null for the last. */
	readonly to: Moment | null;
	/** It goes on. */
	readonly open: boolean;
}

/** The kernel's, or what the row knows: the run's own message, and no others. */
export function storyOf(run: Run, detail: Detail | null): readonly Line[] {
	const known = run.story.length > 0 ? run.story : [run.state];
	const rows = known.map((chapter, i) => ({ ...chapter, message: i === known.length - 1 ? run.state.message : null }));
	// What is asked for may be half a second older than the row.
	const told = detail && detail.story.length >= Math.min(rows.length, 200) ? detail.story : rows;
	return told.map((chapter, place) => {
		const to = told[place + 1]?.at ?? null;
		// The error has a part of its own, and says the same.
		const message = to === null && run.error ? null : chapter.message;
		return { ...chapter, message, place, to, open: to === null && !hasEnded(run) };
	});
}
