/** The axis: round moments, told relative to the start of the run. */

import type { Span } from "./span";
import { percentIn } from "./span";
import type { Moment } from "./wire";

export interface Tick {
	readonly percent: number;
	readonly text: string;
}

/** So few that the last one, which ends where the lane does, is clear of the one before it. */
const MOST = 6.5;
const MINUTES = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

function stepFor(seconds: number): number {
	const least = seconds / MOST;
	const scale = 10 ** Math.floor(Math.log10(least));
	const decimal = [1, 2, 5, 10].map((n) => n * scale).find((step) => step >= least * 0.999) ?? least;
	if (decimal <= 10) return decimal;
	return MINUTES.find((step) => step >= least) ?? Math.ceil(least / 86_400) * 86_400;
}

const two = (n: number): string => String(n).padStart(2, "0");

/** With as many decimals as the step has. */
function text(seconds: number, step: number, longest: number): string {
	const decimals = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
	if (longest < 0.001) return `${(seconds * 1e6).toFixed(Math.max(0, decimals - 6))} µs`;
	if (longest < 1) return `${(seconds * 1000).toFixed(Math.max(0, decimals - 3))} ms`;
	if (longest < 60) return `${seconds.toFixed(decimals)} s`;
	const whole = Math.floor(seconds + 1e-6);
	const rest = decimals > 0 ? (seconds - whole).toFixed(decimals).slice(1) : "";
	const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
	return h > 0 ? `${h}:${two(m)}:${two(s)}${rest}` : `${m}:${two(s)}${rest}`;
}

export function ticks(span: Span, origin: Moment): readonly Tick[] {
	const step = stepFor(span.seconds);
	const [from, to] = [span.from - origin, span.from - origin + span.seconds];
	const first = Math.ceil(from / step - 1e-6);
	const count = Math.max(0, Math.floor((to / step) * (1 + 1e-9)) - first + 1);
	return Array.from({ length: Math.min(count, MOST + 2) }, (_, i) => {
		const seconds = (first + i) * step;
		return { percent: percentIn(span, origin + seconds), text: text(seconds, step, to) };
	});
}
