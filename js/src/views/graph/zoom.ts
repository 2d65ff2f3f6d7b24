/** How large the drawing is: as wide as the cell, unless the reader chose otherwise. */

import type { Plan } from "./plan";

/** "auto" is as wide as the cell while that can be read, and scrolls otherwise; "all" shows everything, however small. */
export type Zoom = number | "auto" | "all";

const READABLE = 0.85;
const SMALLEST = 0.2;
const LARGEST = 2;
const STEP = 1.25;
/** The height of the pane, in pixels. */
export const TALLEST = 420;

export function scaleOf(zoom: Zoom, { width, height }: Plan, room: number): number {
	if (typeof zoom === "number") return zoom;
	const wide = Math.min(1, room / Math.max(1, width));
	if (zoom === "auto") return wide >= READABLE ? wide : 1;
	return Math.max(SMALLEST, Math.min(wide, TALLEST / Math.max(1, height)));
}

export function zoomed(scale: number, larger: boolean): Zoom {
	return Math.min(LARGEST, Math.max(SMALLEST, larger ? scale * STEP : scale / STEP));
}
