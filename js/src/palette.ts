/** How each state looks: icon, word, colour in both themes, fill. */

import type { Outcome, StateType } from "./wire";

export type Fill = "solid" | "outline" | "hatched";

export interface Look {
	icon: string;
	light: string;
	dark: string;
	fill: Fill;
}

// U+FE0E asks for the plain sign where a font would draw a coloured emoji.
const look = (icon: string, light: string, dark: string, fill: Fill): Look => ({ icon, light, dark, fill });

/** In the order of the counts: what is done, what goes on, what went wrong, what has not begun. */
export const LOOKS = {
	Completed: look("✓", "#12814e", "#34d399", "solid"),
	Running: look("▶\ufe0e", "#0a4fb0", "#93c2ff", "solid"),
	Retrying: look("↻", "#946200", "#f5bd2b", "solid"),
	AwaitingRetry: look("↻", "#946200", "#f5bd2b", "outline"),
	Paused: look("❚❚", "#6f1fd6", "#a86ff8", "solid"),
	Failed: look("✕", "#a1091c", "#f8514f", "solid"),
	Crashed: look("⚡\ufe0e", "#7b1259", "#dd57a5", "solid"),
	Cancelling: look("⊘", "#4b5563", "#c0c6cf", "hatched"),
	Cancelled: look("⊘", "#4b5563", "#c0c6cf", "hatched"),
	Cached: look("◆", "#0f766e", "#5eead4", "outline"),
	Pending: look("○", "#667080", "#9ca3af", "outline"),
	Scheduled: look("○", "#667080", "#9ca3af", "outline"),
} as const satisfies Record<string, Look>;

export type LookName = keyof typeof LOOKS;

export const LOOK_NAMES = Object.keys(LOOKS) as readonly LookName[];

const OF_TYPE: Record<StateType, LookName> = {
	SCHEDULED: "Scheduled",
	PENDING: "Pending",
	RUNNING: "Running",
	PAUSED: "Paused",
	CANCELLING: "Cancelling",
	COMPLETED: "Completed",
	FAILED: "Failed",
	CANCELLED: "Cancelled",
	CRASHED: "Crashed",
};

/** Names the engine gives to states beyond the palette's own; counts come without a type. */
const KIN = new Map<string, LookName>([
	["NotReady", "Pending"],
	["Late", "Scheduled"],
	["TimedOut", "Failed"],
]);

const OF_OUTCOME: Record<Outcome, LookName> = {
	running: "Running",
	ok: "Completed",
	failed: "Failed",
	"timed out": "Failed",
	abandoned: "Cancelled",
};

/** A state looks as its name does; a name nobody knows looks as its type. */
export function lookOf(name: string, type: StateType): LookName {
	return LOOK_NAMES.find((known) => known === name) ?? KIN.get(name) ?? OF_TYPE[type];
}

export function lookOfOutcome(outcome: Outcome): LookName {
	return OF_OUTCOME[outcome];
}

export function colour(name: LookName): string {
	return `var(--hc-${name})`;
}
