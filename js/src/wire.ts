/** The wire: what the kernel tells the view, and what the view may ask. `read.ts` reads it. */

import type { Question } from "./questions";

export const VERSION = 2;

export const STATE_TYPES = [
	"SCHEDULED",
	"PENDING",
	"RUNNING",
	"PAUSED",
	"CANCELLING",
	"COMPLETED",
	"FAILED",
	"CANCELLED",
	"CRASHED",
] as const;
export const OUTCOMES = ["running", "ok", "failed", "timed out", "abandoned"] as const;

export type StateType = (typeof STATE_TYPES)[number];
export type Outcome = (typeof OUTCOMES)[number];

/** Of a group's runs: those that failed, crashed or were tried again, by their first trouble; or all, or those in a state. */
export type Part = "trouble" | "all" | `state:${string}`;

/** Seconds since 1970, by the kernel's clock. */
export type Moment = number;

/** How many runs are in each state, by the state's name. A map, since a state may be called "constructor". */
export type Counts = ReadonlyMap<string, number>;

export interface State {
	type: StateType;
	name: string;
	message: string | null;
	at: Moment;
}

export interface Hook {
	kind: string;
	name: string;
	outcome: Outcome;
	at: Moment;
	seconds: number | null;
	printed: string;
	error: string | null;
}

export interface RunError {
	title: string;
	where: readonly string[];
}

export interface Chapter {
	name: string;
	type: StateType;
	at: Moment;
}

export interface Run {
	n: number;
	/** The number of its group; null for a root. */
	g: number | null;
	root: number;
	parent: number | null;
	depth: number;
	kind: "flow" | "task";
	name: string;
	of: string;
	state: State;
	created: Moment;
	start: Moment | null;
	end: Moment | null;
	attempt: number;
	attempts: number;
	waits: string | null;
	/** The numbers of runs whose results it was given, or waited for. */
	after: readonly number[];
	retry_at: Moment | null;
	counts: Counts;
	total: number;
	hooks: readonly Hook[];
	hooks_ok: number;
	hooks_failed: number;
	error: RunError | null;
	story: readonly Chapter[];
	/** Lines of log so far; those of a root include everything below it. */
	logged: number;
	notes: readonly string[];
	background: boolean;
}

/** How many of a group's runs started and ended in each step of time. */
export interface Bins {
	from: Moment;
	/** Seconds. */
	step: number;
	started: readonly number[];
	ended: ReadonlyMap<string, readonly number[]>;
}

/** All runs of one definition below one parent run. */
export interface Group {
	g: number;
	root: number;
	/** The number of the run that called them; null for those of many parents, which are all in the group `in`. */
	parent: number | null;
	/** The group of that run; null when it is the root, or the kernel did not say. */
	in: number | null;
	depth: number;
	kind: "flow" | "task";
	of: string;
	total: number;
	counts: Counts;
	/** When the first was made. */
	first: Moment;
	start: Moment | null;
	/** Once all have ended. */
	end: Moment | null;
	hooks_ok: number;
	hooks_failed: number;
	/** Tries beyond the first. */
	retries: number;
	/** How many runs failed, crashed or were tried again. */
	trouble: number;
	/** Groups whose results these runs were given, or waited for. */
	after: readonly number[];
	bins: Bins | null;
}

/** Which sending this is: the board of which session, and the number of the last delta it includes. */
export interface Stamp {
	session: string;
	board: number;
	seq: number;
	now: Moment;
	live: boolean;
	hint: string | null;
	more_runs: Counts;
	questions: readonly Question[];
	more_questions: number;
	/** What this kernel can do: "cancel", "again", "retry" and so on. */
	can: ReadonlySet<string>;
}

/** What a run opens with when it grows; a compact one does not grow by itself. */
export const LAYOUTS = ["timeline", "tasks", "graph", "hooks", "log", "compact"] as const;
export type Layout = (typeof LAYOUTS)[number];

export interface Snapshot extends Stamp {
	layout: Layout;
	runs: readonly Run[];
	tasks: readonly Run[];
	groups: readonly Group[];
}

export interface Delta extends Stamp {
	type: "delta";
	rows: readonly Run[];
	groups: readonly Group[];
}

export interface Reply {
	type: "reply";
	id: number;
	ok: boolean;
	text: string;
}

export interface Page {
	type: "page";
	id: number;
	group: number;
	part: Part;
	from: number;
	/** How many runs the part has. */
	total: number;
	rows: readonly Run[];
}

export interface Parameter {
	name: string;
	repr: string;
	/** A secret, whose value was not sent. */
	masked: boolean;
}

export interface ChapterTold extends Chapter {
	message: string | null;
}

export interface LogLine {
	at: Moment;
	level: string;
	/** The name of the run that wrote it; empty in the log of one run. */
	run: string;
	text: string;
}

export interface Detail {
	/** The run's id in the store. */
	id: string;
	tags: readonly string[];
	parameters: readonly Parameter[];
	result: { type: string; text: string } | null;
	story: readonly ChapterTold[];
	hooks: readonly Hook[];
	error: { title: string; where: readonly string[]; traceback: string } | null;
	notes: readonly string[];
	/** A call that can be pasted into a cell. */
	code: string;
	/** The newest lines, newest last, of `logged` in all. */
	log: readonly LogLine[];
	logged: number;
}

export interface DetailAnswer {
	type: "detail";
	id: number;
	run: number;
	/** Null when the kernel has forgotten the run. */
	detail: Detail | null;
}

export interface LogPage {
	type: "log";
	id: number;
	run: number;
	/** The place of the first of these lines in the whole log. */
	from: number;
	total: number;
	lines: readonly LogLine[];
}

export interface SnapshotAnswer {
	type: "snapshot";
	id: number | null;
	snapshot: Snapshot;
}

/** Told every few seconds while there is nothing else to tell of a live board. */
export interface Alive {
	type: "alive";
}

export type Answer = Reply | Page | DetailAnswer | LogPage;
export type Incoming = Delta | SnapshotAnswer | Alive | Answer;

/** What is answered. */
export type Request =
	| { type: "cancel" | "again" | "retry"; run: number }
	| { type: "answer"; question: number; approve: boolean }
	| { type: "page"; group: number; part: Part; from: number; count: number }
	| { type: "detail"; run: number }
	| { type: "log"; run: number; before: number | null; count: number };

/** What a request is answered with, unless it is refused. */
export type AnswerTo<R extends Request> = R extends { type: "page" }
	? Page
	: R extends { type: "detail" }
		? DetailAnswer
		: R extends { type: "log" }
			? LogPage
			: Reply;

export type Outgoing =
	| (Request & { id: number })
	/** `joined` is said by a page that was loaded after the board had begun. */
	| { type: "resync"; id: number; joined?: true }
	| { type: "touched" };
