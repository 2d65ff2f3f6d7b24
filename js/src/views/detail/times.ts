/** Moments as clocks show them, in the browser's zone. */

import type { Moment } from "../../wire";

const CLOCK: Intl.DateTimeFormatOptions = {
	hour: "2-digit",
	minute: "2-digit",
	second: "2-digit",
	fractionalSecondDigits: 3,
	hourCycle: "h23",
};
const DAY: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "short", year: "numeric" };

/** Beyond these a Date is invalid, and to format one raises. */
function dateOf(at: Moment): Date | null {
	const date = new Date(at * 1000);
	return Number.isNaN(date.getTime()) ? null : date;
}

const clock = (date: Date): string => date.toLocaleTimeString("en-GB", CLOCK);
const day = (date: Date): string => date.toLocaleDateString("en-GB", DAY);

/** "10:32:04.012", after the day where that was not today. */
export function timeText(at: Moment): string {
	const date = dateOf(at);
	if (!date) return "";
	return day(date) === day(new Date()) ? clock(date) : `${day(date)}, ${clock(date)}`;
}

/** "Fri, 21 Nov 2026, 10:32:04.012 GMT+1" */
export function wholeTime(at: Moment): string {
	const date = dateOf(at);
	return date ? `${day(date)}, ${date.toLocaleTimeString("en-GB", { ...CLOCK, timeZoneName: "short" })}` : "";
}

/** "0:03.204": how long after another moment. */
export function sinceText(seconds: number): string {
	const ms = Math.round(Math.abs(seconds) * 1000);
	const [minutes, rest] = [Math.floor(ms / 60_000), ms % 60_000];
	return `${seconds < 0 && ms > 0 ? "−" : ""}${minutes}:${(rest / 1000).toFixed(3).padStart(6, "0")}`;
}
