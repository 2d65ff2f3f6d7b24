import { signal } from "@preact/signals";
import { options } from "preact";
import { describe, expect, it, vi } from "vitest";
import { Board } from "../src/views/Board";
import { delta, ERROR, flow, group, type Raw, snapshot, state, T0, task } from "./builders";
import { change, click, draw, find, has, modelOf, press, texts, wait } from "./page";

const COUNTS = { Completed: 2, Failed: 1, Running: 1, AwaitingRetry: 1 };
const ROWS = [
	task(2, "Completed", { g: 1, name: "load", of: "load" }),
	task(3, "Failed", { g: 2, error: ERROR, attempt: 3, attempts: 3 }),
	task(4, "Running", { g: 2 }),
	task(5, "AwaitingRetry", { g: 2, attempt: 1, attempts: 2, retry_at: T0 + 2 }),
	task(6, "Completed", { g: 2, name: "SCORE of Łódź" }),
];
const GROUPS = [group(1, 1, "Completed", { of: "load" }), group(2, 4, "Running", { counts: COUNTS })];

function tasks(rows: Raw[] = ROWS, groups: Raw[] = GROUPS) {
	const root = flow(1, "Running", { total: 5, counts: COUNTS });
	const shown = modelOf(snapshot(1, [root], rows, { groups }));
	const el = draw(<Board model={shown.model} dark={signal(false)} />);
	click(el.querySelectorAll('[role="tab"]')[1] ?? el);
	const look = (text: string) =>
		change(() => {
			const box = find<HTMLInputElement>(el, "input");
			box.value = text;
			box.dispatchEvent(new Event("input", { bubbles: true }));
		});
	return { ...shown, el, look, names: () => texts(el, ".row .task") };
}

const cells = (row: Element) => [...row.children].map((cell) => cell.textContent ?? "");
const localTime = (at: number) => new Date(at * 1000).toTimeString().slice(0, 8);

describe("the list of tasks", () => {
	it("has a line for each: state, name, try, time, when, and why", () => {
		const { el } = tasks();
		const at = localTime(T0);
		const [load, failed, , awaiting] = [...el.querySelectorAll(".row")].map(cells);
		expect(load).toEqual(["✓Completed", "load", "", "400 ms", at, ""]);
		expect(failed).toEqual(["✕Failed", "score[3]", "3 of 3", "400 ms", at, ERROR.title]);
		expect(awaiting?.at(-1)).toBe("retry in 2.0 s");
		wait(500);
		expect(cells(find(el, '.row[data-run="4"]'))[3]).toBe("0.5 s");
	});

	it("counts tries only from the second on", () => {
		const rows = [task(2, "Completed", { attempts: 3 }), task(3, "Completed", { attempt: 2, attempts: 3 })];
		const { model } = modelOf(snapshot(1, [flow(1, "Running", { total: 5 })], rows));
		const el = draw(<Board model={model} dark={signal(false)} />);
		click(el.querySelectorAll('[role="tab"]')[1] ?? el);
		expect([...el.querySelectorAll(".row")].map((row) => cells(row)[2])).toEqual(["", "2 of 3"]);
	});

	it("is a list of options, below heads", () => {
		const { el } = tasks();
		expect(find(el, '[role="listbox"]').getAttribute("aria-label")).toBe("Task runs of crimson-fox");
		expect(texts(el, ".heads span").slice(0, 5)).toEqual(["state", "name", "try", "took", "at"]);
		expect(el.querySelectorAll('[role="option"]')).toHaveLength(5);
	});

	it("shows those in a state when its count is clicked, and follows what changes", () => {
		const { el, names, model } = tasks();
		click([...el.querySelectorAll(".chip")].find((chip) => chip.textContent?.includes("Retrying")) ?? el);
		expect([names(), find(el, ".sought .quiet").textContent]).toEqual([["score[5]"], "1 found"]);
		const counts = { Completed: 2, Failed: 1, Running: 2 };
		change(() =>
			model.hear(delta(2, [task(5, "Running", { g: 2 })], { groups: [group(2, 4, "Running", { counts })] })),
		);
		expect(names()).toEqual([]);
		click(find(el, ".sought .plain"));
		expect(names()).toHaveLength(5);
	});

	it("finds by name and by error, in any letters", () => {
		const { names, look, el } = tasks();
		look("łódź");
		expect(names()).toEqual(["SCORE of Łódź"]);
		look("must be positive");
		expect(names()).toEqual(["score[3]"]);
		look("nothing like it");
		expect([names(), find(el, ".sought .quiet").textContent]).toEqual([[], "0 found"]);
	});

	it("says how many it could not look at", () => {
		const { el, look } = tasks(ROWS, [group(1, 1), group(2, 9000, "Running")]);
		look("score");
		expect(find(el, ".sought .quiet").textContent).toBe("4 found, not looked at: 8,996 that this page does not hold");
	});

	it("asks the kernel for those in a state that it was never told of", () => {
		const { el, sent, names, model } = tasks(ROWS, [
			group(2, 9000, "Running", { counts: { Running: 8, Pending: 8992 } }),
		]);
		click([...el.querySelectorAll(".chip")].find((chip) => chip.textContent?.includes("Running")) ?? el);
		wait(100);
		const ask = sent.findLast(({ type }) => type === "page");
		expect(ask).toMatchObject({ group: 2, part: "state:Running", from: 0 });
		const rows = Array.from({ length: 8 }, (_, i) => task(700 + i, "Running", { g: 2 }));
		change(() => model.hear({ ...ask, total: 8, rows }));
		expect(names()).toEqual(rows.map(({ name }) => name));
	});

	it("opens a detail with a click and with Enter", () => {
		const { el, model } = tasks();
		click(find(el, '.row[data-run="3"]'));
		expect([model.selected.value, has(el, ".selected .detail")]).toEqual([3, true]);
		const row = find(el, '.row[data-run="4"]');
		press(row, "Enter");
		expect([model.selected.value, row.getAttribute("aria-selected")]).toEqual([4, "true"]);
	});

	it("draws one row when one run changes", () => {
		const { model } = tasks();
		const drawn: unknown[] = [];
		const diffed = vi.spyOn(options, "diffed").mockImplementation((node) => {
			if (typeof node.type === "string" && "data-i" in node.props) drawn.push(Reflect.get(node.props, "data-run"));
		});
		change(() => model.hear(delta(2, [task(4, "Completed", { g: 2 })])));
		diffed.mockRestore();
		expect(drawn).toEqual([4]);
	});

	it("says why a run was cancelled", () => {
		const { el } = tasks([task(2, "Cancelled", { g: 1, state: state("Cancelled", 0, "never started") })]);
		expect(cells(find(el, ".row")).at(-1)).toBe("never started");
	});
});
