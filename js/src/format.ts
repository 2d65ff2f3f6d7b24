/** Numbers as people read them; the same everywhere, so that two notebooks compare. */

const two = (n: number): string => String(n).padStart(2, "0");

function minutes(whole: number): string {
	const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
	return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** The clock of a run: 0:11.9, and 1:02:05 from an hour on. */
export function clockText(seconds: number): string {
	const tenths = Math.floor(Math.max(0, seconds) * 10 + 1e-6);
	const whole = Math.floor(tenths / 10);
	return whole >= 3600 ? minutes(whole) : `${minutes(whole)}.${tenths % 10}`;
}

/** How long something took: 85 µs, 0.4 ms, 412 ms, 1.9 s, 2:05. */
export function duration(seconds: number): string {
	const s = Math.max(0, seconds);
	if (s < 0.0001) return `${Math.round(s * 1e6)} µs`;
	if (s < 0.00995) return `${(s * 1000).toFixed(1)} ms`;
	if (s < 0.9995) return `${Math.round(s * 1000)} ms`;
	return s < 59.95 ? `${s.toFixed(1)} s` : minutes(Math.round(s));
}

/** How long something has been going on, or will: always in tenths, so that it does not change its shape while it moves. */
export function tenths(seconds: number): string {
	return seconds < 59.95 ? `${Math.max(0, seconds).toFixed(1)} s` : minutes(Math.round(seconds));
}

const NUMBER = new Intl.NumberFormat("en-US");

export function thousands(n: number): string {
	return NUMBER.format(n);
}

export function plural(n: number, word: string): string {
	return `${thousands(n)} ${word}${n === 1 ? "" : "s"}`;
}

/** A time in the reader's zone, with its day unless that is today: 2026-11-20 10:32:04. */
export function dayAndTime(at: number): string {
	const [then, today] = [new Date(at * 1000), new Date()];
	if (then.toDateString() === today.toDateString()) return clockTime(at);
	return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())} ${clockTime(at)}`;
}

/** A time of day in the reader's zone: 10:32:04. */
export function clockTime(at: number): string {
	const date = new Date(at * 1000);
	return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
}
