/** Reads what is asked for one run at a time: its detail, and lines of its log. */

import { block, blockOrNull, blocks, count, isNumber, isRecord, line, lines, list, readEach } from "./raw";
import { readChapter, readHook } from "./read_run";
import { asBlock } from "./text";
import type { ChapterTold, Detail, LogLine, Parameter } from "./wire";

/** What the kernel sends of one at most. */
const LONGEST_TRACEBACK = 20_000;

function readParameter(raw: unknown): Parameter | null {
	const [name, repr, masked] = list(raw);
	return typeof name === "string" ? { name: line(name), repr: block(repr), masked: masked === true } : null;
}

function readChapterTold(raw: unknown): ChapterTold | null {
	const chapter = readChapter(raw);
	return chapter && { ...chapter, message: blockOrNull(list(raw)[3]) };
}

/** [at, level, message], or [at, level, run, message] where it may be of any run below. */
export function readLogLine(raw: unknown): LogLine | null {
	const [at, level, ...rest] = list(raw);
	if (!isNumber(at) || rest.length === 0) return null;
	return { at, level: line(level), run: rest.length > 1 ? line(rest[0]) : "", text: block(rest.at(-1)) };
}

function readResult(raw: unknown): Detail["result"] {
	return isRecord(raw) ? { type: line(raw.type), text: block(raw.text) } : null;
}

function readError(raw: unknown): Detail["error"] {
	if (!isRecord(raw)) return null;
	const where = Array.isArray(raw.where) ? blocks(raw.where) : [block(raw.where)].filter(Boolean);
	const traceback = typeof raw.traceback === "string" ? asBlock(raw.traceback, LONGEST_TRACEBACK) : "";
	return { title: block(raw.title), where, traceback };
}

export function readDetail(raw: unknown): Detail | null {
	if (!isRecord(raw)) return null;
	return {
		id: line(raw.id),
		tags: lines(raw.tags),
		parameters: readEach(raw.parameters, readParameter),
		result: readResult(raw.result),
		story: readEach(raw.story, readChapterTold),
		hooks: readEach(raw.hooks, readHook),
		error: readError(raw.error),
		notes: blocks(raw.notes),
		code: block(raw.code),
		log: readEach(raw.log, readLogLine),
		logged: count(raw.logged),
	};
}
