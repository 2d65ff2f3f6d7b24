/** The wire: what the kernel tells the view, what the view may ask, and the one place that reads it. */

import { asBlock, asLine } from "./text";
import { type Question, readQuestions } from "./told";

export const VERSION = 1;

const STATE_TYPES = [
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
const OUTCOMES = ["running", "ok", "failed", "timed out", "abandoned"] as const;

export type StateType = (typeof STATE_TYPES)[number];
export type Outcome = (typeof OUTCOMES)[number];

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
	retry_at: Moment | null;
	counts: Counts;
	total: number;
	hooks: readonly Hook[];
	hooks_ok: number;
	hooks_failed: number;
	error: RunError | null;
	story: readonly Chapter[];
}

/** Which sending this is: the board of which session, and the number of the last delta it includes. */
interface Stamp {
	session: string;
	board: number;
	seq: number;
	now: Moment;
	live: boolean;
	hint: string | null;
	more_runs: Counts;
	questions: readonly Question[];
	more_questions: number;
}

export interface Snapshot extends Stamp {
	runs: readonly Run[];
	tasks: readonly Run[];
}

export interface Delta extends Stamp {
	type: "delta";
	rows: readonly Run[];
}

export interface Reply {
	type: "reply";
	id: number;
	ok: boolean;
	text: string;
}

export type Incoming = Delta | Reply | { type: "snapshot"; snapshot: Snapshot };

export type Outgoing =
	| { type: "resync"; id: number }
	| { type: "cancel"; id: number; run: number }
	| { type: "answer"; id: number; question: number; approve: boolean }
	| { type: "touched" };

type Raw = Record<string, unknown>;

const isRecord = (x: unknown): x is Raw => typeof x === "object" && x !== null && !Array.isArray(x);
const isNumber = (x: unknown): x is number => typeof x === "number" && Number.isFinite(x);
const isNumbered = (x: unknown): x is number => typeof x === "number" && Number.isSafeInteger(x) && x >= 0;

const list = (x: unknown): readonly unknown[] => (Array.isArray(x) ? x : []);
const count = (x: unknown): number => (isNumbered(x) ? x : 0);
const moment = (x: unknown): Moment | null => (isNumber(x) ? x : null);
const line = (x: unknown): string => (typeof x === "string" ? asLine(x) : "");
const block = (x: unknown): string => (typeof x === "string" ? asBlock(x) : "");
const lineOrNull = (x: unknown): string | null => (typeof x === "string" ? asLine(x) : null);
const blockOrNull = (x: unknown): string | null => (typeof x === "string" ? asBlock(x) : null);

function oneOf<T extends string>(words: readonly T[], x: unknown, otherwise: T): T {
	return words.find((word) => word === x) ?? otherwise;
}

/** Reads each item and leaves out those that cannot be read. */
function readEach<T>(x: unknown, read: (raw: unknown) => T | null): readonly T[] {
	return list(x)
		.map(read)
		.filter((item) => item !== null);
}

function readCounts(x: unknown): Counts {
	const counted = Object.entries(isRecord(x) ? x : {}).map(([name, n]) => [asLine(name), count(n)] as const);
	return new Map(counted.filter(([, n]) => n > 0));
}

function readState(raw: Raw): State {
	const type = oneOf(STATE_TYPES, raw.type, "PENDING");
	return { type, name: line(raw.name) || type, message: blockOrNull(raw.message), at: moment(raw.at) ?? 0 };
}

function readHook(raw: unknown): Hook | null {
	if (!isRecord(raw)) return null;
	return {
		kind: line(raw.kind),
		name: line(raw.name),
		outcome: oneOf(OUTCOMES, raw.outcome, "running"),
		at: moment(raw.at) ?? 0,
		seconds: moment(raw.seconds),
		printed: block(raw.printed),
		error: blockOrNull(raw.error),
	};
}

function readError(raw: unknown): RunError | null {
	if (!isRecord(raw)) return null;
	return { title: block(raw.title), where: list(raw.where).map(block) };
}

function readChapter(raw: unknown): Chapter | null {
	const [name, type, at] = list(raw);
	return isNumber(at) ? { name: line(name), type: oneOf(STATE_TYPES, type, "PENDING"), at } : null;
}

/** A run needs its numbers and its state; anything else may be missing and is then shown as unknown. */
function readRun(raw: unknown): Run | null {
	if (!isRecord(raw) || !isNumbered(raw.n) || !isRecord(raw.state)) return null;
	const state = readState(raw.state);
	return {
		n: raw.n,
		root: isNumbered(raw.root) ? raw.root : raw.n,
		parent: isNumbered(raw.parent) ? raw.parent : null,
		depth: count(raw.depth),
		kind: oneOf(["flow", "task"], raw.kind, "task"),
		name: line(raw.name),
		of: line(raw.of),
		state,
		created: moment(raw.created) ?? state.at,
		start: moment(raw.start),
		end: moment(raw.end),
		attempt: count(raw.attempt),
		attempts: count(raw.attempts),
		waits: lineOrNull(raw.waits),
		retry_at: moment(raw.retry_at),
		counts: readCounts(raw.counts),
		total: count(raw.total),
		hooks: readEach(raw.hooks, readHook),
		hooks_ok: count(raw.hooks_ok),
		hooks_failed: count(raw.hooks_failed),
		error: readError(raw.error),
		story: readEach(raw.story, readChapter),
	};
}

function readStamp(raw: Raw): Stamp | null {
	const { session, board, seq, now } = raw;
	if (typeof session !== "string" || !isNumbered(board) || !isNumbered(seq) || !isNumber(now)) return null;
	return {
		session,
		board,
		seq,
		now,
		live: raw.live === true,
		hint: lineOrNull(raw.hint),
		more_runs: readCounts(raw.more_runs),
		questions: readQuestions(raw.questions),
		more_questions: count(raw.more_questions),
	};
}

/** Null for anything that is not a snapshot of this version. */
export function readSnapshot(raw: unknown): Snapshot | null {
	if (!isRecord(raw) || raw.v !== VERSION) return null;
	const stamp = readStamp(raw);
	return stamp && { ...stamp, runs: readEach(raw.runs, readRun), tasks: readEach(raw.tasks, readRun) };
}

function readDelta(raw: Raw): Delta | null {
	const stamp = readStamp(raw);
	return stamp && { type: "delta", ...stamp, rows: readEach(raw.rows, readRun) };
}

function readReply(raw: Raw): Reply | null {
	return isNumbered(raw.id) ? { type: "reply", id: raw.id, ok: raw.ok === true, text: line(raw.text) } : null;
}

/** Null for anything that is none of the kernel's messages. */
export function readMessage(raw: unknown): Incoming | null {
	if (!isRecord(raw)) return null;
	if (raw.type === "delta") return readDelta(raw);
	if (raw.type === "reply") return readReply(raw);
	if (raw.type !== "snapshot") return null;
	const snapshot = readSnapshot(raw.snapshot);
	return snapshot && { type: "snapshot", snapshot };
}
