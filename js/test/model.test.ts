import { effect } from "@preact/signals";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Unheard } from "../src/asks";
import { RunModel } from "../src/model";
import { openPress, UNHEARD, UNHEARD_LATER } from "../src/presses";
import type { Outgoing } from "../src/wire";
import { delta, flow, group, type Raw, snapshot, T0, task } from "./builders";
import { atOnce } from "./page";

let sent: Outgoing[];
let model: RunModel;

beforeEach(() => {
	sent = [];
	model = new RunModel((message) => sent.push(message), atOnce);
	model.join(snapshot(1, [flow()], [task(2, "Pending")]));
});

const stateOf = (n: number): string | undefined => model.picture.value?.tasks.get(n)?.state.name;
const resyncs = (): number => sent.filter((message) => message.type === "resync").length;
const root = () => {
	const run = model.picture.value?.roots.get(1);
	if (!run) throw new Error("no root");
	return run;
};

describe("deltas", () => {
	it("are applied one after the other", () => {
		model.hear(delta(2, [task(2)]));
		model.hear(delta(3, [task(2, "Completed")]));
		expect([stateOf(2), model.picture.value?.seq, resyncs()]).toEqual(["Completed", 3, 0]);
	});

	it("that came before are ignored", () => {
		model.hear(delta(2, [task(2, "Completed")]));
		for (const seq of [0, 1, 2]) model.hear(delta(seq, [task(2)]));
		expect([stateOf(2), resyncs()]).toEqual(["Completed", 0]);
	});

	it("after a gap are not applied, and the kernel is asked for a snapshot", () => {
		model.hear(delta(3, [task(2, "Completed")]));
		model.hear(delta(4, [task(2, "Failed")]));
		expect(stateOf(2)).toBe("Pending");
		expect(sent).toEqual([{ type: "resync", id: 1 }]);
	});

	it("of another session or board lead to a snapshot, too", () => {
		model.hear(delta(2, [task(2)], { session: "ffff" }));
		expect([stateOf(2), resyncs()]).toEqual(["Pending", 1]);
	});

	it("before any snapshot lead to one", () => {
		const fresh = new RunModel((message) => sent.push(message), atOnce);
		fresh.join({});
		fresh.hear(delta(5, [task(2)]));
		expect([fresh.picture.value, resyncs()]).toEqual([null, 1]);
		fresh.close();
	});

	it("carry what is true of the board", () => {
		model.hear(delta(2, [], { live: false, hint: "use Interrupt", more_runs: { Failed: 2 } }));
		expect(model.picture.value).toMatchObject({
			live: false,
			hint: "use Interrupt",
			moreRuns: new Map([["Failed", 2]]),
		});
	});
});

describe("a gap", () => {
	beforeEach(() => model.hear(delta(4, [task(2, "Completed")])));

	it("is asked about again after a second, then more and more rarely", () => {
		const asked: number[] = [];
		for (let second = 0; second <= 100; second += 1) {
			if (resyncs() > asked.length) asked.push(second);
			vi.advanceTimersByTime(1000);
		}
		expect(asked.slice(0, 6)).toEqual([0, 1, 3, 7, 15, 31]);
		expect((asked[6] ?? 0) - 31).toBe(30);
	});

	it("is healed by the answer", () => {
		model.hear({ type: "snapshot", snapshot: snapshot(4, [flow()], [task(2, "Failed")]) });
		model.hear(delta(5, [task(3)]));
		vi.advanceTimersByTime(60_000);
		expect([stateOf(2), stateOf(3), resyncs()]).toEqual(["Failed", "Running", 1]);
	});

	it("is healed by a newer snapshot trait", () => {
		model.renew(snapshot(6, [flow()], [task(2, "Failed")]));
		vi.advanceTimersByTime(60_000);
		expect([stateOf(2), resyncs()]).toEqual(["Failed", 1]);
	});

	it("is not healed by a snapshot that does not reach it", () => {
		model.renew(snapshot(2, [flow()], [task(2)]));
		expect(stateOf(2)).toBe("Running");
		vi.advanceTimersByTime(1000);
		expect(resyncs()).toBe(2);
	});

	it("leaves no timer behind when the view is closed", () => {
		model.close();
		expect(vi.getTimerCount()).toBe(0);
	});

	it("is asked about once, even if more comes that cannot be read", () => {
		model.hear({ type: "delta", seq: "x" });
		expect(resyncs()).toBe(1);
	});
});

describe("a snapshot", () => {
	it("that is not newer changes nothing", () => {
		model.hear(delta(2, [task(2, "Completed")]));
		const before = model.picture.value;
		model.renew(snapshot(2, [flow()], []));
		model.renew(snapshot(1, [flow()], []));
		expect(model.picture.value).toBe(before);
	});

	it("that is not newer is not even read", () => {
		const long = snapshot(1, [flow()]);
		const read = vi.fn(() => []);
		Object.defineProperty(long, "tasks", { get: read });
		model.renew(long);
		expect(read).not.toHaveBeenCalled();
		model.renew({ ...long, seq: 2 });
		expect(read).toHaveBeenCalled();
	});

	it("of a new session replaces everything, whatever its number", () => {
		model.hear(delta(2, [task(2)]));
		model.renew(snapshot(1, [flow(7)], [], { session: "beef" }));
		expect([...(model.picture.value?.roots.keys() ?? [])]).toEqual([7]);
		model.hear(delta(2, [task(8, "Running", { root: 7, parent: 7 })], { session: "beef" }));
		expect([stateOf(8), resyncs()]).toEqual(["Running", 0]);
	});

	it("found live but old on loading the page is followed by the question for a newer one", () => {
		const late = new RunModel((message) => sent.push(message), atOnce);
		late.join(snapshot(9, [flow()], [], { now: T0 - 600 }));
		expect([late.picture.value?.seq, resyncs()]).toEqual([9, 1]);
		late.hear({ type: "snapshot", snapshot: snapshot(9, [flow()]) });
		vi.advanceTimersByTime(60_000);
		expect(resyncs()).toBe(1);
	});

	it.each([
		[true, 3],
		[false, 1],
	])("of a board that is older than the page, live %s, says that the page has joined", (live, times) => {
		vi.spyOn(performance, "timeOrigin", "get").mockReturnValue((T0 + 5) * 1000);
		const late = new RunModel((message) => sent.push(message), atOnce);
		late.join(snapshot(9, [flow()], [], { now: T0, live }));
		vi.advanceTimersByTime(3500);
		expect(sent).toEqual(Array.from({ length: times }, (_, i) => ({ type: "resync", id: i + 1, joined: true })));
		late.close();
	});

	it("of an ended board asks for nothing: there may be no kernel", () => {
		const late = new RunModel((message) => sent.push(message), atOnce);
		late.join(snapshot(9, [flow(1, "Completed")], [], { now: T0 - 600, live: false }));
		expect([late.picture.value?.live, sent]).toEqual([false, []]);
	});

	it("that cannot be read is said to be unreadable, until one comes that can", () => {
		const odd = new RunModel(() => {}, atOnce);
		odd.join({ v: 1 });
		expect(odd.fault.value).toBe("hookcell: this view cannot read what the kernel sent. Run the cell again.");
		odd.renew(snapshot(1, []));
		expect(odd.fault.value).toBeNull();
	});
});

describe("cancelling", () => {
	const ask = () => openPress(model.presses.all.value, root());

	it("is sent once while the answer is open", () => {
		model.cancel(root());
		model.cancel(root());
		expect(sent).toEqual([{ type: "cancel", id: 1, run: 1 }]);
		expect(ask()).toMatchObject({ open: true, note: null });
	});

	it("is past once the state has moved, though the clock read the same", () => {
		model.hear(delta(2, [flow(1, "Pending")]));
		model.cancel(root());
		expect(ask()?.open).toBe(true);
		model.hear(delta(3, [flow(1, "Running")]));
		expect(ask()).toBeNull();
	});

	it("that the kernel took stays open until the state moves", async () => {
		model.cancel(root());
		model.hear({ type: "reply", id: 1, ok: true, text: "cancelling" });
		await vi.advanceTimersByTimeAsync(5000);
		expect(ask()).toMatchObject({ open: true, note: null });
		model.hear(delta(2, [flow(1, "Cancelling", { state: { type: "CANCELLING", name: "Cancelling", at: T0 + 1 } })]));
		expect(ask()).toBeNull();
	});

	it("that the kernel refused shows why and can be tried again", async () => {
		model.cancel(root());
		model.hear({ type: "reply", id: 1, ok: false, text: "crimson-fox has already ended" });
		await vi.advanceTimersByTimeAsync(5000);
		expect(ask()).toMatchObject({ open: false, note: "crimson-fox has already ended" });
		model.cancel(root());
		expect(sent.at(-1)).toEqual({ type: "cancel", id: 2, run: 1 });
	});

	it("that nobody hears says so after one and a half seconds, and ends after ten", () => {
		model.cancel(root());
		vi.advanceTimersByTime(1499);
		expect(ask()).toMatchObject({ open: true, note: null });
		vi.advanceTimersByTime(1);
		expect(ask()).toMatchObject({ open: true, note: UNHEARD });
		vi.advanceTimersByTime(8500);
		expect(ask()).toMatchObject({ open: false, note: UNHEARD });
		expect(vi.getTimerCount()).toBe(0);
	});

	it("heard late takes the hint back", async () => {
		model.cancel(root());
		vi.advanceTimersByTime(2000);
		model.hear({ type: "reply", id: 1, ok: true, text: "" });
		await vi.advanceTimersByTimeAsync(0);
		expect(ask()).toMatchObject({ open: true, note: null });
	});

	it("of a run that has ended is not sent", () => {
		model.hear(delta(2, [flow(1, "Completed")]));
		model.cancel(root());
		expect(sent).toEqual([]);
	});

	it("leaves no timer behind when the view is closed", () => {
		model.cancel(root());
		model.close();
		expect(vi.getTimerCount()).toBe(0);
	});

	it("is not touched by an answer to something else", () => {
		model.cancel(root());
		model.hear({ type: "reply", id: 99, ok: false, text: "no" });
		expect(ask()).toMatchObject({ open: true, note: null });
	});
});

describe("running again", () => {
	const note = () => openPress(model.presses.all.value, root())?.note;
	beforeEach(() => model.hear(delta(2, [flow(1, "Failed")])));

	it("is asked for once until it is answered, and then can be asked for again", async () => {
		model.act("retry", root());
		model.act("again", root());
		expect(sent).toEqual([{ type: "retry", id: 1, run: 1 }]);
		model.hear({ type: "reply", id: 1, ok: true, text: "" });
		await vi.advanceTimersByTimeAsync(0);
		model.act("again", root());
		expect(sent.at(-1)).toEqual({ type: "again", id: 2, run: 1 });
	});

	it("says why it was refused, or that the kernel is busy", async () => {
		model.act("retry", root());
		vi.advanceTimersByTime(1500);
		expect(note()).toBe(UNHEARD_LATER);
		model.hear({ type: "reply", id: 1, ok: false, text: "its cell has gone" });
		await vi.advanceTimersByTimeAsync(0);
		expect(note()).toBe("its cell has gone");
	});
});

describe("a question to the kernel", () => {
	const page = (from: number, rows: Raw[]): Raw => ({
		type: "page",
		id: 1,
		group: 1,
		part: "all",
		from,
		total: 300,
		rows,
	});
	const ask = () => model.ask({ type: "page", group: 1, part: "all", from: 0, count: 100 });

	it("resolves with its answer, whatever is answered in between", async () => {
		const answer = ask();
		expect(sent).toEqual([{ type: "page", id: 1, group: 1, part: "all", from: 0, count: 100 }]);
		model.hear({ type: "reply", id: 9, ok: true, text: "" });
		model.hear(page(0, [task(5)]));
		expect(await answer).toMatchObject({ total: 300, rows: [{ n: 5 }] });
		expect(vi.getTimerCount()).toBe(0);
	});

	it.each<[string, () => unknown, string]>([
		["after ten seconds", () => vi.advanceTimersByTime(10_000), "the kernel did not answer"],
		["when the view is closed", () => model.close(), "the view was closed"],
		[
			"when it is refused",
			() => model.hear({ type: "reply", id: 1, ok: false, text: "no such group" }),
			"no such group",
		],
		[
			"when something else is answered",
			() => model.hear({ type: "log", id: 1, run: 1 }),
			"the kernel answered something else",
		],
	])("is given up %s", async (_, end, why) => {
		const answer = ask();
		end();
		await expect(answer).rejects.toThrow(new Unheard(why));
		expect(vi.getTimerCount()).toBe(0);
	});

	it("that cannot even be sent, since the kernel has gone, is only unheard", async () => {
		const cut = new RunModel(() => {
			throw new Error("Comm is disposed");
		}, atOnce);
		const answer = cut.ask({ type: "detail", run: 1 });
		vi.advanceTimersByTime(10_000);
		await expect(answer).rejects.toThrow(Unheard);
		expect(() => cut.touch()).not.toThrow();
	});

	it("answered after it was given up is still read", async () => {
		model.hear(delta(2, [], { groups: [group(1, 300)] }));
		ask().catch(() => {});
		vi.advanceTimersByTime(10_000);
		model.hear(page(0, [task(5)]));
		expect(model.members.value.at(model.picture.value?.groups.get(1) as never, "all", 0)?.n).toBe(5);
	});
});

describe("many messages between two frames", () => {
	it("are drawn at once and once more, and end in the same picture", () => {
		const frames: (() => void)[] = [];
		const fast = new RunModel(
			(message) => sent.push(message),
			(act) => frames.push(act),
		);
		fast.join(snapshot(1, [flow()], [task(2, "Pending")]));
		const seen: unknown[] = [];
		const stop = fast.picture.subscribe((picture) => seen.push(picture?.seq));
		for (let seq = 2; seq <= 100; seq += 1) fast.hear(delta(seq, [task(2, seq < 100 ? "Running" : "Completed")]));
		expect([seen, frames.length]).toEqual([[1, 2], 1]);
		frames.pop()?.();
		expect([seen, fast.picture.value?.tasks.get(2)?.state.name, resyncs()]).toEqual([[1, 2, 100], "Completed", 0]);
		fast.hear(delta(101, []));
		expect([seen.at(-1), frames.length]).toEqual([101, 1]);
		stop();
	});

	it("move the clock with the picture, in one drawing", () => {
		const seen: [number | undefined, number][] = [];
		const stop = effect(() => void seen.push([model.picture.value?.seq, model.clock.now.value - T0]));
		vi.advanceTimersByTime(90);
		model.hear(delta(2, [task(2, "Completed", { end: T0 + 0.09 })], { now: T0 + 0.09 }));
		expect([seen.length, seen[1]?.[0], seen[1]?.[1]]).toEqual([2, 2, expect.closeTo(0.09)]);
		stop();
	});
});

describe("what is selected", () => {
	it("is a run and, if a mark was clicked, its hook", () => {
		model.select(2);
		expect([model.selected.value, model.pointed.value]).toEqual([2, null]);
		model.select(null);
		expect(model.selected.value).toBeNull();
	});
});

it("tells the kernel that the view is in use at most every thirty seconds", () => {
	for (let second = 0; second < 61; second += 1) {
		model.touch();
		vi.advanceTimersByTime(1000);
	}
	expect(sent).toEqual([{ type: "touched" }, { type: "touched" }, { type: "touched" }]);
});
