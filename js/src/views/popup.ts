/** Boxes that stand above the page, beside the button that opened them. */

import { useEffect } from "preact/hooks";

export interface Ref {
	readonly current: HTMLElement | null;
}

/** Above all else on the page: the panel, and the output around it, would cut it off. */
export function show(box: HTMLElement | null, button: HTMLElement | null): void {
	if (!box || !button) return;
	box.showPopover?.();
	const at = button.getBoundingClientRect();
	const { offsetWidth: width, offsetHeight: height } = box;
	const fits = at.bottom + height + 4 <= window.innerHeight;
	box.style.left = `${Math.max(4, at.right - width)}px`;
	box.style.top = `${fits ? at.bottom + 2 : Math.max(4, at.top - height - 2)}px`;
}

/** It stands still on the screen: when what is below it moves, or anything else is clicked, it goes. */
export function useClosing(box: Ref, button: Ref, close: () => void): void {
	useEffect(() => {
		const life = new AbortController();
		const outside = (event: Event): void => {
			const to = event.target instanceof Node ? event.target : null;
			if (!box.current?.contains(to) && !button.current?.contains(to)) close();
		};
		for (const name of ["pointerdown", "scroll", "focusin"]) {
			document.addEventListener(name, outside, { capture: true, signal: life.signal });
		}
		window.addEventListener("resize", close, { signal: life.signal });
		return () => life.abort();
	}, []);
}
