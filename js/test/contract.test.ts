/** The kernel's side writes examples of what it sends; here they are read, and nothing in them may be unknown. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RunModel } from "../src/model";
import { readMessage, readSnapshot } from "../src/wire";
import { delta, flow, hook, type Raw, snapshot, task } from "./builders";

const EXAMPLES = join(import.meta.dirname, "../../tests/wire_contract.json");
const REQUIRED = Boolean(process.env.HOOKCELL_WIRE_CONTRACT);

const keys = (raw: unknown): string[] => Object.keys((raw ?? {}) as Raw).sort();
const listOf = (raw: unknown): Raw[] => (Array.isArray(raw) ? raw : []);

const RUN = keys(task(1));
const STATE = keys(task(1).state);
const HOOK = keys(hook());
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

function checkSnapshot(raw: Raw): void {
	expect(keys(raw)).toEqual(keys(snapshot(1, [])));
	for (const run of [...listOf(raw.runs), ...listOf(raw.tasks)]) checkRun(run);
	const read = readSnapshot(raw);
	expect(read?.runs.map((run) => run.n)).toEqual(listOf(raw.runs).map((run) => run.n));
	expect(read?.tasks.map((run) => run.n)).toEqual(listOf(raw.tasks).map((run) => run.n));
}

function checkMessage(raw: Raw): void {
	expect(readMessage(raw)).not.toBeNull();
	if (raw.type === "snapshot") checkSnapshot(raw.snapshot as Raw);
	if (raw.type === "reply") expect(keys(raw)).toEqual(["id", "ok", "text", "type"]);
	if (raw.type !== "delta") return;
	expect(keys(raw)).toEqual(keys(delta(1, [])));
	for (const run of listOf(raw.rows)) checkRun(run);
	expect(readMessage(raw)).toMatchObject({ rows: listOf(raw.rows).map(({ n }) => ({ n })) });
}

it("is checked against the kernel's examples where they must be there", () => {
	if (REQUIRED)
		expect(existsSync(EXAMPLES), "tests/wire_contract.json is missing: the Python tests write it").toBe(true);
});

it("holds for the examples that these tests are made of", () => {
	checkSnapshot(snapshot(1, [flow()], [task(2, "Failed", { hooks: [hook()] })]));
	checkMessage(delta(2, [task(2)]));
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
		const model = new RunModel(() => {});
		for (const raw of listOf(examples.snapshots)) model.renew(raw);
		for (const raw of listOf(examples.messages)) model.hear(raw);
		expect(model.fault.value).toBeNull();
		model.close();
	});
});
