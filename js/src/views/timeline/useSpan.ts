/** The time that the lanes of one run show, and the ways to move it. It is kept while data comes. */

import { batch, effect, type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Clock } from "../../clock";
import { horizon } from "../../lane";
import { followed, panned, type Span, zoomed } from "../../span";
import type { Run } from "../../wire";
import { secondsSince, useTicking } from "../live";

export const NEARER = 1.5;

export interface TimeShown {
	readonly span: Span;
	readonly whole: Span;
	readonly live: boolean;
	readonly near: boolean;
	readonly follow: boolean;
	/** By a factor, about what is at a share of the width; without one about now if that is followed, or the middle. */
	zoom: (factor: number, share?: number) => void;
	/** By a share of the width. */
	pan: (share: number) => void;
	fit: () => void;
	toggleFollow: () => void;
}

/** What a reader has chosen, which stays while another pane is looked at. */
export interface Zoom {
	/** Null is the whole run. */
	readonly near: Signal<Span | null>;
	readonly follow: Signal<boolean>;
}

export const useZoom = (): Zoom => ({ near: useSignal<Span | null>(null), follow: useSignal(true) });

export function useSpan(root: Run, clock: Clock, { near, follow }: Zoom): TimeShown {
	const live = root.end === null;
	const seconds = useTicking(
		() => horizon(secondsSince(root.created, root, clock), live),
		[root.created, root.end, clock],
	);
	const whole = useMemo(() => ({ from: root.created, seconds }), [root.created, seconds]);
	useFollowing(near, follow, root, clock);
	const span = near.value ?? whole;
	const set = (to: Span | null, following: boolean): void =>
		batch(() => {
			near.value = to;
			follow.value = following;
		});
	return {
		span,
		whole,
		live,
		near: near.value !== null,
		follow: follow.value,
		zoom: (factor, share) => {
			const following = live && follow.value && share === undefined;
			const about = following ? (clock.now.peek() - span.from) / span.seconds : 0.5;
			set(zoomed(span, factor, share ?? about, whole), following);
		},
		pan: (share) => near.value && set(panned(span, share, whole), false),
		fit: () => set(null, true),
		toggleFollow: () => {
			follow.value = !follow.value;
		},
	};
}

function useFollowing(near: Signal<Span | null>, follow: Signal<boolean>, root: Run, clock: Clock): void {
	const { created, end } = root;
	useEffect(() => {
		if (end !== null) return;
		return effect(() => {
			if (near.value && follow.value) near.value = followed(near.value, clock.now.value, created);
		});
	}, [created, end, clock]);
}
