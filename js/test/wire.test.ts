import { describe, expect, it } from "vitest";
import { readMessage, readSnapshot } from "../src/wire";
import { delta, ERROR, flow, hook, type Raw, snapshot, T0, task } from "./builders";

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

	it("of another version is not read", () => expect(readSnapshot(snapshot(1, [], [], { v: 2 }))).toBeNull());

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
		for (const type of ["delta", "snapshot", "reply"])
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
	let tried = 0;
	for (const raw of spoiled(snapshot(1, [run]))) {
		expect(() => readSnapshot(raw)).not.toThrow();
		expect(() => readMessage({ type: "snapshot", snapshot: raw })).not.toThrow();
		tried += 1;
	}
	for (const raw of spoiled(delta(2, [run]))) expect(() => readMessage(raw)).not.toThrow();
	expect(tried).toBeGreaterThan(500);
});
