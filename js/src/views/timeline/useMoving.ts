/** Zoom and pan by hand: the wheel with a modifier key, and dragging a lane. */

import { useRef } from "preact/hooks";
import type { TimeShown } from "./useSpan";

/** A hand that clicks may tremble by this many pixels. */
const TREMBLE = 4;

interface Drag {
	x: number;
	moved: boolean;
}

function scaleIn(event: Event): DOMRect | undefined {
	const { currentTarget } = event;
	return currentTarget instanceof Element ? currentTarget.querySelector(".scale")?.getBoundingClientRect() : undefined;
}

export function useMoving(time: TimeShown) {
	const drag = useRef<Drag | null>(null);
	const wheel = (event: WheelEvent): void => {
		const box = scaleIn(event);
		const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
		if (!box?.width || !(event.ctrlKey || event.metaKey || (time.near && sideways))) return;
		event.preventDefault();
		if (event.ctrlKey || event.metaKey)
			time.zoom(Math.exp(-event.deltaY / 300), (event.clientX - box.left) / box.width);
		else time.pan((event.deltaX || event.deltaY) / box.width);
	};
	const begin = (event: PointerEvent): void => {
		const onLane = event.target instanceof Element && event.target.closest(".lane, .scale");
		drag.current = time.near && event.button === 0 && onLane ? { x: event.clientX, moved: false } : null;
	};
	const go = (event: PointerEvent): void => {
		const box = scaleIn(event);
		const { current } = drag;
		if (!current || !box?.width || (!current.moved && Math.abs(event.clientX - current.x) < TREMBLE)) return;
		if (!current.moved && event.currentTarget instanceof Element)
			event.currentTarget.setPointerCapture(event.pointerId);
		time.pan((current.x - event.clientX) / box.width);
		drag.current = { x: event.clientX, moved: true };
	};
	const end = (): void => {
		// The click that ends a drag comes after this, and shall not select.
		if (!drag.current?.moved) drag.current = null;
	};
	const click = (event: MouseEvent): void => {
		if (drag.current?.moved) event.stopPropagation();
		drag.current = null;
	};
	return {
		onWheel: wheel,
		onPointerDown: begin,
		onPointerMove: go,
		onPointerUp: end,
		onPointerCancel: end,
		onClickCapture: click,
	};
}
