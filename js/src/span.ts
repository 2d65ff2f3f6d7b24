/** The stretch of time that lanes show: the whole run, or the part that a reader has zoomed in on. */

import type { Moment } from "./wire";

/** The moment at the lane's left end, and the seconds it spans. */
export interface Span {
	readonly from: Moment;
	readonly seconds: number;
}

const SHORTEST = 1e-5;

export const sameSpan = (a: Span, b: Span): boolean => a.from === b.from && a.seconds === b.seconds;

export const percentIn = (span: Span, at: Moment): number => ((at - span.from) / span.seconds) * 100;

/** Where something ends that begins or ends far outside: a box of a million pixels is nothing to draw. */
export const clipped = (percent: number): number => Math.min(102, Math.max(-2, percent));

const inside = (span: Span, whole: Span): Span => {
	const last = whole.from + whole.seconds - span.seconds;
	return { from: Math.max(whole.from, Math.min(span.from, last)), seconds: span.seconds };
};

/** Nearer by a factor (or, below 1, farther), with what is at `share` of the width staying there. Null is the whole. */
export function zoomed(span: Span, factor: number, share: number, whole: Span): Span | null {
	const seconds = Math.max(SHORTEST, span.seconds / factor);
	if (seconds >= whole.seconds) return null;
	const at = span.from + span.seconds * share;
	return inside({ from: at - seconds * share, seconds }, whole);
}

/** Moved by a share of the width. */
export function panned(span: Span, share: number, whole: Span): Span {
	return inside({ from: span.from + span.seconds * share, seconds: span.seconds }, whole);
}

/** Moves in steps, so that finished bars stand still in between; not to before the run, should a clock be set back. */
export function followed(span: Span, now: Moment, first: Moment): Span {
	const share = (now - span.from) / span.seconds;
	if (share >= 0 && share <= 0.97) return span;
	return { from: Math.max(first, now - span.seconds * 0.7), seconds: span.seconds };
}
