/** Reads runs and groups of runs. */

import {
	block,
	blockOrNull,
	blocks,
	count,
	isNumber,
	isNumbered,
	isRecord,
	line,
	lineOrNull,
	list,
	moment,
	numbers,
	oneOf,
	type Raw,
	readCounts,
	readEach,
} from "./raw";
import {
	type Bins,
	type Chapter,
	type Group,
	type Hook,
	OUTCOMES,
	type Run,
	type RunError,
	STATE_TYPES,
	type State,
} from "./wire";

const KINDS = ["flow", "task"] as const;

function readState(raw: Raw): State {
	const type = oneOf(STATE_TYPES, raw.type, "PENDING");
	return { type, name: line(raw.name) || type, message: blockOrNull(raw.message), at: moment(raw.at) ?? 0 };
}

export function readHook(raw: unknown): Hook | null {
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
	return isRecord(raw) ? { title: block(raw.title), where: blocks(raw.where) } : null;
}

export function readChapter(raw: unknown): Chapter | null {
	const [name, type, at] = list(raw);
	return isNumber(at) ? { name: line(name), type: oneOf(STATE_TYPES, type, "PENDING"), at } : null;
}

/** A run needs its numbers and its state; anything else may be missing and is then shown as unknown. */
export function readRun(raw: unknown): Run | null {
	if (!isRecord(raw) || !isNumbered(raw.n) || !isRecord(raw.state)) return null;
	const state = readState(raw.state);
	return {
		n: raw.n,
		g: isNumbered(raw.g) ? raw.g : null,
		root: isNumbered(raw.root) ? raw.root : raw.n,
		parent: isNumbered(raw.parent) ? raw.parent : null,
		depth: count(raw.depth),
		kind: oneOf(KINDS, raw.kind, "task"),
		name: line(raw.name),
		of: line(raw.of),
		state,
		created: moment(raw.created) ?? state.at,
		start: moment(raw.start),
		end: moment(raw.end),
		attempt: count(raw.attempt),
		attempts: count(raw.attempts),
		waits: lineOrNull(raw.waits),
		after: numbers(raw.after),
		retry_at: moment(raw.retry_at),
		counts: readCounts(raw.counts),
		total: count(raw.total),
		hooks: readEach(raw.hooks, readHook),
		hooks_ok: count(raw.hooks_ok),
		hooks_failed: count(raw.hooks_failed),
		error: readError(raw.error),
		story: readEach(raw.story, readChapter),
		logged: count(raw.logged),
		notes: blocks(raw.notes),
		background: raw.background === true,
	};
}

/** Steps of no length, or none at all, are nothing to draw. */
function readBins(raw: unknown): Bins | null {
	if (!isRecord(raw) || !isNumber(raw.from) || !isNumber(raw.step) || raw.step <= 0) return null;
	const ended = Object.entries(isRecord(raw.ended) ? raw.ended : {});
	return {
		from: raw.from,
		step: raw.step,
		started: list(raw.started).map(count),
		ended: new Map(ended.map(([name, n]) => [line(name), list(n).map(count)])),
	};
}

export function readGroup(raw: unknown): Group | null {
	if (!isRecord(raw) || !isNumbered(raw.g) || !isNumbered(raw.root)) return null;
	return {
		g: raw.g,
		root: raw.root,
		parent: isNumbered(raw.parent) ? raw.parent : null,
		in: isNumbered(raw.in) ? raw.in : null,
		depth: count(raw.depth),
		kind: oneOf(KINDS, raw.kind, "task"),
		of: line(raw.of),
		total: count(raw.total),
		counts: readCounts(raw.counts),
		first: moment(raw.first) ?? moment(raw.start) ?? 0,
		start: moment(raw.start),
		end: moment(raw.end),
		hooks_ok: count(raw.hooks_ok),
		hooks_failed: count(raw.hooks_failed),
		retries: count(raw.retries),
		trouble: count(raw.trouble),
		after: numbers(raw.after),
		bins: readBins(raw.bins),
	};
}
