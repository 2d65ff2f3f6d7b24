/** The one place that reads what the kernel sends. Nothing in it throws. */

import { readQuestions } from "./questions";
import {
	count,
	isNumber,
	isNumbered,
	isRecord,
	line,
	lineOrNull,
	list,
	oneOf,
	type Raw,
	readCounts,
	readEach,
} from "./raw";
import { readDetail, readLogLine } from "./read_detail";
import { readGroup, readRun } from "./read_run";
import {
	type Delta,
	type DetailAnswer,
	type Incoming,
	LAYOUTS,
	type LogPage,
	type Page,
	type Part,
	type Reply,
	type Snapshot,
	type SnapshotAnswer,
	type Stamp,
	VERSION,
} from "./wire";

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
		can: new Set(list(raw.can).map(line)),
	};
}

/** Null for anything that is not a snapshot of this version. */
export function readSnapshot(raw: unknown): Snapshot | null {
	if (!isRecord(raw) || raw.v !== VERSION) return null;
	const stamp = readStamp(raw);
	const [runs, tasks] = [readEach(raw.runs, readRun), readEach(raw.tasks, readRun)];
	const layout = oneOf(LAYOUTS, isRecord(raw.look) ? raw.look.layout : null, "timeline");
	return stamp && { ...stamp, layout, runs, tasks, groups: readEach(raw.groups, readGroup) };
}

function readDelta(raw: Raw): Delta | null {
	const stamp = readStamp(raw);
	return (
		stamp && { type: "delta", ...stamp, rows: readEach(raw.rows, readRun), groups: readEach(raw.groups, readGroup) }
	);
}

function readSnapshotAnswer(raw: Raw): SnapshotAnswer | null {
	const snapshot = readSnapshot(raw.snapshot);
	return snapshot && { type: "snapshot", id: isNumbered(raw.id) ? raw.id : null, snapshot };
}

function readReply(raw: Raw): Reply | null {
	return isNumbered(raw.id) ? { type: "reply", id: raw.id, ok: raw.ok === true, text: line(raw.text) } : null;
}

function readPart(x: unknown): Part {
	if (typeof x === "string" && x.startsWith("state:")) return `state:${x.slice("state:".length)}`;
	return x === "trouble" ? "trouble" : "all";
}

function readPage(raw: Raw): Page | null {
	const { id, group } = raw;
	if (!isNumbered(id) || !isNumbered(group)) return null;
	const [from, total] = [count(raw.from), count(raw.total)];
	return { type: "page", id, group, part: readPart(raw.part), from, total, rows: readEach(raw.rows, readRun) };
}

function readDetailAnswer(raw: Raw): DetailAnswer | null {
	const { id, run } = raw;
	if (!isNumbered(id) || !isNumbered(run)) return null;
	return { type: "detail", id, run, detail: readDetail(raw.detail) };
}

function readLogPage(raw: Raw): LogPage | null {
	const { id, run } = raw;
	if (!isNumbered(id) || !isNumbered(run)) return null;
	const [from, total] = [count(raw.from), count(raw.total)];
	return { type: "log", id, run, from, total, lines: readEach(raw.lines, readLogLine) };
}

const READERS: ReadonlyMap<unknown, (raw: Raw) => Incoming | null> = new Map<unknown, (raw: Raw) => Incoming | null>([
	["delta", readDelta],
	["snapshot", readSnapshotAnswer],
	["reply", readReply],
	["page", readPage],
	["detail", readDetailAnswer],
	["log", readLogPage],
	["alive", () => ({ type: "alive" })],
]);

/** Null for anything that is none of the kernel's messages. */
export function readMessage(raw: unknown): Incoming | null {
	return isRecord(raw) ? (READERS.get(raw.type)?.(raw) ?? null) : null;
}
