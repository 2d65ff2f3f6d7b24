/** How wide an element is, now and after each change, in steps, so that a scrollbar moves nothing. */

import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";

const STEP = 20;
/** Before it is known, and where it cannot be. */
const USUAL = 840;

export function useWidth(ref: { readonly current: HTMLElement | null }): ReadonlySignal<number> {
	const width = useSignal(USUAL);
	useLayoutEffect(() => {
		const el = ref.current;
		if (!el || typeof ResizeObserver === "undefined") return;
		const look = (): void => {
			if (el.clientWidth > 0) width.value = Math.floor(el.clientWidth / STEP) * STEP;
		};
		const observer = new ResizeObserver(look);
		observer.observe(el);
		look();
		return () => observer.disconnect();
	}, []);
	return width;
}
