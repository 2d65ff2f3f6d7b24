/** The kernel's side writes examples of what it sends; here they are read, and nothing in them may be unknown. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RunModel } from "../src/model";
import { readQuestions } from "../src/questions";
import { readMessage, readSnapshot } from "../src/read";
import { delta, flow, group, hook, question, type Raw, snapshot, task } from "./builders";
import { atOnce } from "./page";

const EXAMPLES = join(import.meta.dirname, "../../tests/wire_contract.json");
const REQUIRED = Boolean(process.env.HOOKCELL_WIRE_CONTRACT);

const keys = (raw: unknown): string[] => Object.keys((raw ?? {}) as Raw).sort();
const listOf = (raw: unknown): Raw[] => (Array.isArray(raw) ? raw : []);

const RUN = keys(task(1));
const STATE = keys(task(1).state);
const HOOK = keys(hook());
const QUESTION = keys(question());
const GROUP = keys(group(1, 1));
const BINS = ["ended", "from", "started", "step"];
const ANSWERS: Record<string, string[]> = {
	reply: ["id", "ok", "text", "type"],
	page: ["from", "group", "id", "part", "rows", "total", "type"],
	detail: ["detail", "id", "run", "type"],
	log: ["from", "id", "lines", "run", "total", "type"],
	snapshot: ["id", "snapshot", "type"],
};
const STATE_TYPES = "SCHEDULED PENDING RUNNING PAUSED CANCELLING COMPLETED FAILED CANCELLED CRASHED".split(" ");

function checkRun(raw: Raw): void {
	expect(keys(raw)).toEqual(RUN);
	expect(keys(raw.state)).toEqual(STATE);
	expect(STATE_TYPES).toContain((raw.state as Raw).type);
	for (const one of listOf(raw.hooks)) {
		expect(keys(one)).toEqual(HOOK);
		expect(["running", "ok", "failed", "timed out", "abandoned"]).toContain(one.outcome);
	}
	if (raw.error !== null) expect(keys(raw.error)).toEqual(["title", "where"]);
	for (const chapter of listOf(raw.story)) expect(STATE_TYPES).toContain(Reflect.get(chapter, 1));
}

function checkGroup(raw: Raw): void {
	expect(keys(raw)).toEqual(GROUP);
	if (raw.bins === null) return;
	expect(keys(raw.bins)).toEqual(BINS);
	const bins = raw.bins as Raw;
	for (const ended of Object.values(bins.ended as Raw)) expect(listOf(ended)).toHaveLength(listOf(bins.started).length);
}

function checkQuestions(raw: Raw): void {
	for (const one of listOf(raw.questions)) {
		expect(keys(one)).toEqual(QUESTION);
		expect(["approve", "decline", "withdrawn", null]).toContain(one.answer);
	}
	expect(readQuestions(raw.questions).map(({ id }) => id)).toEqual(listOf(raw.questions).map(({ id }) => id));
}

function checkSnapshot(raw: Raw): void {
	expect(keys(raw)).toEqual(keys(snapshot(1, [])));
	checkQuestions(raw);
	for (const one of listOf(raw.groups)) checkGroup(one);
	for (const run of [...listOf(raw.runs), ...listOf(raw.tasks)]) checkRun(run);
	const read = readSnapshot(raw);
	expect(read?.runs.map((run) => run.n)).toEqual(listOf(raw.runs).map((run) => run.n));
	expect(read?.tasks.map((run) => run.n)).toEqual(listOf(raw.tasks).map((run) => run.n));
	expect(read?.groups.map(({ g }) => g)).toEqual(listOf(raw.groups).map(({ g }) => g));
}

function checkMessage(raw: Raw): void {
	expect(readMessage(raw)).not.toBeNull();
	if (raw.type === "snapshot") checkSnapshot(raw.snapshot as Raw);
	const answer = ANSWERS[String(raw.type)];
	if (answer) expect(keys(raw)).toEqual(answer);
	if (raw.type === "page" || raw.type === "delta") for (const run of listOf(raw.rows)) checkRun(run);
	if (raw.type !== "delta") return;
	expect(keys(raw)).toEqual(keys(delta(1, [])));
	checkQuestions(raw);
	for (const one of listOf(raw.groups)) checkGroup(one);
	expect(readMessage(raw)).toMatchObject({ rows: listOf(raw.rows).map(({ n }) => ({ n })) });
}

it("is checked against the kernel's examples where they must be there", () => {
	if (REQUIRED)
		expect(existsSync(EXAMPLES), "tests/wire_contract.json is missing: the Python tests write it").toBe(true);
});

it("holds for the examples that these tests are made of", () => {
	checkSnapshot(snapshot(1, [flow()], [task(2, "Failed", { hooks: [hook()] })]));
	checkMessage(delta(2, [task(2)], { questions: [question()] }));
});

describe.runIf(existsSync(EXAMPLES))("what the kernel sends", () => {
	const examples: Raw = existsSync(EXAMPLES) ? JSON.parse(readFileSync(EXAMPLES, "utf-8")) : {};

	it("has examples of both kinds", () => {
		expect(listOf(examples.snapshots).length).toBeGreaterThan(0);
		expect(listOf(examples.messages).length).toBeGreaterThan(0);
	});

	it("has snapshots that are read whole", () => listOf(examples.snapshots).forEach(checkSnapshot));

	it("has messages that are read whole", () => listOf(examples.messages).forEach(checkMessage));

	it("is taken in by a model without a fault", () => {
		const model = new RunModel(() => {}, atOnce);
		for (const raw of listOf(examples.snapshots)) model.renew(raw);
		for (const raw of listOf(examples.messages)) model.hear(raw);
		expect(model.fault.value).toBeNull();
		model.close();
	});
});
