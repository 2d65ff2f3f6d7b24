import { describe, expect, it } from "vitest";
import { readQuestions } from "../src/questions";
import { readMessage, readSnapshot } from "../src/read";
import { delta, ERROR, flow, group, hook, question, type Raw, snapshot, T0, task } from "./builders";

const JUNK: unknown[] = [
	null,
	undefined,
	0,
	Number.NaN,
	-1,
	"",
	"x",
	true,
	[],
	[[]],
	{},
	{ v: 1 },
	() => 1,
	Symbol("s"),
];

describe("a snapshot", () => {
	it("is read whole", () => {
		const raw = snapshot(
			17,
			[flow(1, "Running", { counts: { Completed: 2 }, total: 3 })],
			[task(2, "Failed", { error: ERROR, hooks: [hook()], hooks_ok: 1, waits: "load" })],
			{ hint: "use Interrupt", more_runs: { Completed: 9950 } },
		);
		const read = readSnapshot(raw);
		expect(read).toMatchObject({ session: "a1b2c3d4", board: 3, seq: 17, now: T0, live: true, hint: "use Interrupt" });
		expect(read?.more_runs).toEqual(new Map([["Completed", 9950]]));
		expect(read?.runs[0]).toMatchObject({ n: 1, parent: null, counts: new Map([["Completed", 2]]), total: 3 });
		expect(read?.tasks[0]).toMatchObject({ n: 2, parent: 1, error: ERROR, hooks: [hook()], waits: "load" });
		expect(read?.tasks[0]?.story).toEqual([{ name: "Failed", type: "FAILED", at: T0 }]);
	});

	it("of another version is not read", () => expect(readSnapshot(snapshot(1, [], [], { v: 1 }))).toBeNull());

	it.each(["session", "board", "seq", "now"])("without its %s is not read", (key) => {
		expect(readSnapshot({ ...snapshot(1, []), [key]: undefined })).toBeNull();
	});

	it("keeps the runs that can be read beside one that cannot", () => {
		const read = readSnapshot(snapshot(1, [flow(1), { n: "two" }, flow(3)]));
		expect(read?.runs.map((run) => run.n)).toEqual([1, 3]);
	});

	it("shows unknown things as unknown", () => {
		const read = readSnapshot(snapshot(1, [{ n: 1, state: { type: "MELTED" } }]));
		expect(read?.runs[0]).toMatchObject({
			root: 1,
			parent: null,
			state: { type: "PENDING", name: "PENDING" },
			hooks: [],
		});
	});

	it("counts a state that is called like a property of every object", () => {
		const raw: Raw = JSON.parse('{"__proto__": 1, "constructor": 2}');
		const counts = readSnapshot(snapshot(1, [flow(1, "Running", { counts: raw })]))?.runs[0]?.counts;
		expect([...(counts ?? [])]).toEqual([
			["__proto__", 1],
			["constructor", 2],
		]);
	});
});

const BINS = { from: T0, step: 0.25, started: [3, 1], ended: { Completed: [1, 2], Failed: [0, 1] } };

describe("a group", () => {
	const read = (raw: unknown) => readSnapshot(snapshot(1, [flow()], [], { groups: [raw] }))?.groups[0];

	it("is read whole", () => {
		const more = { after: [2], retries: 4, trouble: 3, hooks_failed: 1, bins: BINS };
		expect(read(group(3, 4, "Completed", more))).toMatchObject({
			g: 3,
			parent: 1,
			in: null,
			of: "score",
			total: 4,
			counts: new Map([["Completed", 4]]),
			first: T0,
			after: [2],
			retries: 4,
			trouble: 3,
		});
		expect(read(group(3, 4, "Completed", more))?.bins).toEqual({
			from: T0,
			step: 0.25,
			started: [3, 1],
			ended: new Map([
				["Completed", [1, 2]],
				["Failed", [0, 1]],
			]),
		});
	});

	it("of many parents has none of them, and says inside which group it is", () => {
		expect(read(group(3, 900, "Running", { parent: null, in: 2 }))).toMatchObject({ parent: null, in: 2 });
	});

	it.each(["g", "root"])("without its %s is left out", (key) => {
		expect(read({ ...group(3, 4), [key]: "x" })).toBeUndefined();
	});

	it("has no bins rather than ones of no length", () => {
		expect(read(group(3, 4, "Running", { bins: { ...BINS, step: 0 } }))?.bins).toBeNull();
	});
});

describe("a question", () => {
	it("is read whole", () => {
		expect(readQuestions([question({ answer: "approve", answered: T0 + 6 })])).toEqual([
			{ id: 1, at: T0, by: "deploy[0]", subject: "nightly", text: "Deploy?", answer: "approve", answered: T0 + 6 },
		]);
	});

	it("is left out where it cannot be read, and there are none where they are missing", () => {
		expect(readQuestions([null, 3, {}, question({ id: "1" }), question({ text: 3 })])).toEqual([]);
		expect(readQuestions(undefined)).toEqual([]);
	});

	it("shows what would act, keeps its lines, and is open where the answer is unknown", () => {
		const [read] = readQuestions([question({ text: "a\n\u202eb\u0000", subject: "x\ny", answer: "maybe", by: null })]);
		expect(read).toMatchObject({ text: "a\n\\u202eb\\x00", subject: "x\\ny", answer: null, by: "" });
	});
});

describe("what is asked of a board", () => {
	it("has questions, which keep the answer they got", () => {
		const asked = question({ answer: "approve", answered: T0 + 3 });
		const questions = [asked, {}, question({ id: 2, answer: "maybe" })];
		const read = readSnapshot(snapshot(1, [], [], { questions, more_questions: 7 }));
		expect(read?.questions.map(({ id, answer }) => [id, answer])).toEqual([
			[1, "approve"],
			[2, null],
		]);
		expect(read?.more_questions).toBe(7);
	});

	it("says what the kernel can do, and what it opens with", () => {
		const read = readSnapshot(snapshot(1, [], [], { can: ["cancel"], look: { layout: "graph" } }));
		expect([read?.can.has("cancel"), read?.can.has("again"), read?.layout]).toEqual([true, false, "graph"]);
		expect(readSnapshot(snapshot(1, [], [], { look: { layout: "sideways" } }))?.layout).toBe("timeline");
	});
});

describe("an answer", () => {
	it("is a page of rows", () => {
		const raw = { type: "page", id: 4, group: 3, part: "trouble", from: 100, total: 130, rows: [task(9), {}] };
		expect(readMessage(raw)).toMatchObject({ group: 3, part: "trouble", from: 100, total: 130, rows: [{ n: 9 }] });
		expect(readMessage({ ...raw, part: "state:Running" })).toMatchObject({ part: "state:Running" });
		expect(readMessage({ ...raw, part: 7 })).toMatchObject({ part: "all" });
	});

	it("is a detail, in which a secret stays masked", () => {
		const detail = {
			id: "0199",
			tags: ["nightly"],
			parameters: [["row", "Row(id=77)", false], ["api_key", "••••••", true], "x"],
			result: { type: "dict", text: "{}" },
			story: [["Running", "RUNNING", T0, "again"]],
			hooks: [hook()],
			error: { title: "E: x", where: "Cell In[1], line 1", traceback: "Traceback" },
			notes: ["a note"],
			code: "score(1)",
			log: [[T0, "INFO", "hello"]],
			logged: 7,
		};
		expect(readMessage({ type: "detail", id: 1, run: 2, detail })).toMatchObject({
			run: 2,
			detail: {
				parameters: [
					{ name: "row", repr: "Row(id=77)", masked: false },
					{ name: "api_key", repr: "••••••", masked: true },
				],
				story: [{ name: "Running", message: "again" }],
				error: { title: "E: x", where: ["Cell In[1], line 1"], traceback: "Traceback" },
				log: [{ level: "INFO", run: "", text: "hello" }],
				logged: 7,
			},
		});
		expect(readMessage({ type: "detail", id: 1, run: 2, detail: null })).toMatchObject({ detail: null });
	});

	it("is a piece of a log", () => {
		const lines = [[T0, "WARNING", "score[3]", "slow"], [T0], "x"];
		expect(readMessage({ type: "log", id: 1, run: 1, from: 40, total: 41, lines })).toMatchObject({
			from: 40,
			total: 41,
			lines: [{ at: T0, level: "WARNING", run: "score[3]", text: "slow" }],
		});
	});
});

describe("a message", () => {
	it("is a delta, a snapshot or a reply", () => {
		expect(readMessage(delta(18, [task(2)]))).toMatchObject({ type: "delta", seq: 18, rows: [{ n: 2 }] });
		expect(readMessage({ type: "snapshot", snapshot: snapshot(4, []) })).toMatchObject({ snapshot: { seq: 4 } });
		expect(readMessage({ type: "reply", id: 7, ok: false, text: "no" })).toEqual({
			type: "reply",
			id: 7,
			ok: false,
			text: "no",
		});
	});

	it.each(JUNK.map((junk) => [junk]))("that is none of them is null: %o", (junk) => {
		expect(readMessage(junk)).toBeNull();
		expect(readSnapshot(junk)).toBeNull();
		for (const type of ["delta", "snapshot", "reply", "page", "detail", "log"])
			expect(readMessage({ type, snapshot: junk, id: "7" })).toBeNull();
	});
});

/** Puts each piece of junk at each place of a message. */
function* spoiled(raw: unknown): Generator<unknown> {
	yield* JUNK;
	if (typeof raw !== "object" || raw === null) return;
	for (const key of Object.keys(raw)) {
		for (const worse of spoiled(Reflect.get(raw, key))) {
			yield Array.isArray(raw) ? raw.with(Number(key), worse) : { ...raw, [key]: worse };
		}
	}
}

it("reading never throws, whatever stands in whatever place", () => {
	const run = task(2, "Failed", { error: ERROR, hooks: [hook()], counts: { Failed: 1 } });
	const groups = [group(1, 9, "Running", { bins: BINS })];
	const detail = { parameters: [["a", "1", false]], story: [["x", "RUNNING", T0, ""]], log: [[T0, "INFO", "x"]] };
	const whole = [
		{ type: "snapshot", snapshot: snapshot(1, [run], [], { groups, questions: [question()] }) },
		delta(2, [run], { groups }),
		{ type: "page", id: 1, group: 1, part: "all", from: 0, total: 1, rows: [run] },
		{ type: "detail", id: 1, run: 2, detail },
		{ type: "log", id: 1, run: 1, from: 0, total: 1, lines: [[T0, "INFO", "x", "y"]] },
	];
	let tried = 0;
	for (const raw of whole.flatMap((message) => [...spoiled(message)])) {
		expect(() => readMessage(raw)).not.toThrow();
		tried += 1;
	}
	expect(tried).toBeGreaterThan(2000);
});
