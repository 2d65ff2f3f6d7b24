import { signal } from "@preact/signals";
import { options } from "preact";
import { describe, expect, it, vi } from "vitest";
import { Board } from "../src/views/Board";
import { IN_SIGHT, ROW } from "../src/views/rows/VirtualRows";
import { delta, ERROR, flow, group, hook, type Raw, snapshot, state, T0, task } from "./builders";
import { change, click, draw, find, has, modelOf, press, texts, wait } from "./page";

const GROWN = { total: 5 };

function timeline(rows: Raw[], more: Raw = {}, root: Raw = flow(1, "Running", GROWN)) {
	const shown = modelOf(snapshot(1, [root], rows, more));
	const el = draw(<Board model={shown.model} dark={signal(false)} />);
	return { ...shown, el, box: find(el, ".rows"), row: (n: number) => find(el, `.row[data-run="${n}"]`) };
}

/** As a reader does it: jsdom lays nothing out, and tells nobody. */
function scroll(box: HTMLElement, top: number): void {
	box.scrollTop = top;
	change(() => box.dispatchEvent(new Event("scroll")));
}

const keyAt = (key: string, more: KeyboardEventInit = {}): void =>
	change(() => {
		const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
		document.activeElement?.dispatchEvent(event);
	});
const focused = () => document.activeElement?.textContent;
const names = (el: Element) => texts(el, ".row .task");

describe("a row of the timeline", () => {
	it("says state, name, what goes on and time", () => {
		const { row } = timeline([task(2, "Retrying", { attempt: 2, attempts: 3 })]);
		expect(row(2).textContent).toBe("↻Retrying score[2]try 2 of 3");
		expect(row(2).dataset.state).toBe("Retrying");
	});

	it("says in a title all of what has no room beside its name", () => {
		const waits = "extract, validate, score, summaries";
		expect(find(timeline([task(2, "Pending", { waits })]).row(2), ".says").title).toBe(`waits for ${waits}`);
	});

	it("names a subflow by its flow, whose runs have names of their own", () => {
		const sub = { kind: "flow", of: "inner", name: "calm-fox" };
		const { row } = timeline([task(2, "Running", sub), task(3)]);
		expect(texts(row(2), ".label bdi").slice(0, 2)).toEqual(["inner", "calm-fox"]);
		expect(texts(row(3), ".label bdi").slice(0, 1)).toEqual(["score[3]"]);
	});

	it("counts its time while it runs, down to the next try while it waits, and keeps it when it has ended", () => {
		const { el } = timeline([
			task(2),
			task(3, "Completed"),
			task(4, "Pending"),
			task(5, "AwaitingRetry", { retry_at: T0 + 3 }),
		]);
		wait(1600);
		expect(texts(el, ".says")).toEqual(["1.6 s", "400 ms", "", "retry in 1.4 s"]);
	});

	it("grows from the moment it began, though it was pending at that very moment", () => {
		const story = (...names: string[]) => ({ story: names.map((name) => [name, state(name).type, T0]) });
		const { model, row } = timeline([task(2, "Pending", story("Pending"))]);
		expect(find(row(2), ".stretch").className).toBe("stretch outline");
		change(() => model.hear(delta(2, [task(2, "Running", story("Pending", "Running"))])));
		wait(500);
		expect(row(2).querySelectorAll(".stretch")).toHaveLength(1);
		expect(find(row(2), ".stretch").className).toBe("stretch solid");
		expect(Number.parseFloat(find(row(2), ".stretch").style.width)).toBeCloseTo(50);
	});

	it("draws no wait that is too short to be seen, unless it is all there is", () => {
		const waited = (n: number, seconds: number, last: string) =>
			task(n, last, {
				story: [
					["Pending", "PENDING", T0],
					[last, state(last).type, T0 + seconds],
				],
			});
		const { row } = timeline([waited(2, 0.004, "Running"), waited(3, 0.1, "Running"), waited(4, 0.004, "Cached")]);
		wait(500);
		const drawn = [2, 3, 4].map((n) => [...row(n).querySelectorAll(".stretch")].map((one) => one.className));
		expect(drawn).toEqual([["stretch solid"], ["stretch outline", "stretch solid"], ["stretch outline"]]);
	});

	it("is not drawn again when another one changes", () => {
		const { model, row } = timeline(Array.from({ length: 20 }, (_, i) => task(i + 2, "Completed")));
		const drawn: unknown[] = [];
		const diffed = vi.spyOn(options, "diffed").mockImplementation((node) => {
			if (typeof node.type === "string" && Reflect.get(node.props, "data-run") > 1) drawn.push(node);
		});
		change(() => model.hear(delta(2, [task(2, "Failed")])));
		diffed.mockRestore();
		expect([drawn.length, row(2).dataset.state]).toEqual([1, "Failed"]);
	});

	it("keeps its element and its place when others change", () => {
		const { model, row, el } = timeline([task(2), task(3)]);
		const second = row(3);
		change(() => model.hear(delta(2, [task(2, "Completed"), task(4, "Pending")])));
		expect([row(3), names(el)]).toEqual([second, ["score[2]", "score[3]", "score[4]"]]);
	});

	it("is indented by its depth", () => {
		const rows = [task(2, "Running", { kind: "flow", of: "inner" }), task(3, "Running", { parent: 2 })];
		const { el } = timeline(rows);
		expect([...el.querySelectorAll<HTMLElement>(".label")].map((label) => label.style.paddingLeft)).toEqual([
			"12px",
			"30px",
		]);
		expect([...el.querySelectorAll(".row")].map((row) => row.getAttribute("aria-level"))).toEqual(["1", "2"]);
	});
});

describe("many runs of one task", () => {
	const bins = { from: T0, step: 0.1, started: [900, 300], ended: { Completed: [500, 312], Failed: [0, 3] } };
	const counts = { Completed: 812, Running: 382, Failed: 3, Retrying: 3 };
	const of = (more: Raw = {}) => ({ groups: [group(1, 1200, "Running", { counts, bins, trouble: 1, ...more })] });
	const rows = [
		...Array.from({ length: 400 }, (_, i) => task(i + 2, "Completed", { g: 1 })),
		task(900, "Failed", { g: 1, error: ERROR, attempt: 2, attempts: 2 }),
	];

	it("have a bar each in their one row while they are few and all known", () => {
		const rows = ["Completed", "Completed", "Failed", "Completed"].map((name, i) => {
			const story = ["Running", name].map((one, k) => [one, state(one).type, T0 + k]);
			return task(i + 2, name, { g: 1, story });
		});
		const { el } = timeline(rows, { groups: [group(1, 4)] });
		const bars = [...el.querySelectorAll<HTMLElement>(".row.group .stretch.packed")];
		expect(new Set(bars.map(({ style }) => style.top)).size).toBe(4);
		expect([bars.length, has(el, ".row.group .density")]).toEqual([4, false]);
	});

	it("are one row with their number, how they went and their density", () => {
		const { el } = timeline(rows, of());
		wait(1000);
		const row = find(el, ".row.group");
		expect(row.textContent).toBe("▶\ufe0e▸score× 1,200812 Completed, 382 Running, 3 Failed, 3 Retrying812 ✓ 3 ✕");
		expect([el.querySelectorAll(".row").length, row.getAttribute("aria-expanded")]).toEqual([1, "false"]);
		const paths = [...row.querySelectorAll("path")].map((path) => path.getAttribute("d") ?? "");
		expect(paths.map((d) => d.split("M").length - 1)).toEqual([2, 3, 1]);
	});

	it("unfold with a click, those in trouble first, and fold again", () => {
		const { el } = timeline(rows, of());
		click(find(el, ".row.group"));
		expect(names(el).slice(0, 3)).toEqual(["score", "score[900]", "score[2]"]);
		expect(texts(el, ".row.rule")).toEqual(["all 1,200"]);
		click(find(el, ".row.group"));
		expect(names(el)).toEqual(["score"]);
	});

	it("show what has not come as empty rows, and ask for it", () => {
		const { el, box, sent, model } = timeline(rows, of());
		click(find(el, ".row.group"));
		scroll(box, 700 * ROW);
		wait(100);
		expect(find(el, ".row.blank").getAttribute("aria-busy")).toBe("true");
		expect(sent.filter(({ type }) => type === "page").at(-1)).toMatchObject({ part: "all", from: 700, count: 50 });
		const page = Array.from({ length: 50 }, (_, i) => task(702 + i, "Running", { g: 1 }));
		for (const ask of sent) {
			if (ask.type !== "page") continue;
			change(() => model.hear({ ...ask, total: 1200, rows: page.map((row, i) => ({ ...row, n: ask.from + 2 + i })) }));
		}
		expect(has(el, ".row.blank")).toBe(false);
	});

	it("have a row for each only where it is in sight, be there a hundred thousand", () => {
		const { el, box } = timeline(rows, { groups: [group(1, 100_000, "Running", { bins })] });
		click(find(el, ".row.group"));
		expect(find(el, ".sheet").style.height).toBe(`${100_003 * ROW}px`);
		for (const top of [0, 5000, 1_300_000, 100_003 * ROW - IN_SIGHT * ROW, 1e9, 0]) {
			scroll(box, top);
			expect(el.querySelectorAll(".row").length).toBeLessThan(IN_SIGHT + 25);
			expect(el.querySelectorAll("*").length).toBeLessThan(900);
		}
	});

	it("do not move what is being read when more get into trouble above it", () => {
		const { el, box, model } = timeline(rows, of());
		click(find(el, ".row.group"));
		scroll(box, 100 * ROW + 7);
		const failed = task(950, "Failed", { g: 1 });
		change(() => model.hear(delta(2, [failed], { groups: [group(1, 1200, "Running", { counts, bins, trouble: 2 })] })));
		expect(box.scrollTop).toBe(101 * ROW + 7);
	});
});

describe("the keyboard in the timeline", () => {
	const of = {
		groups: [
			group(1, 40, "Completed", { of: "many" }),
			group(2, 1, "Running", { of: "flow" }),
			group(3, 1, "Running", { parent: 90 }),
		],
	};
	const rows = [
		...Array.from({ length: 40 }, (_, i) => task(i + 2, "Completed", { g: 1 })),
		task(90, "Running", { g: 2, kind: "flow", of: "sub", name: "sub" }),
		task(91, "Running", { g: 3, parent: 90, name: "inner" }),
	];
	const begin = () => {
		const shown = timeline(rows, of);
		change(() => find(shown.el, ".row").focus());
		return shown;
	};

	it("stops at one row, and arrows go from one to the next", () => {
		const { el } = begin();
		const stops = () => [...el.querySelectorAll<HTMLElement>(".row")].filter(({ tabIndex }) => tabIndex === 0);
		expect(stops()).toEqual([document.activeElement]);
		keyAt("ArrowDown");
		expect([find(document.activeElement ?? el, ".task").textContent, stops()]).toEqual([
			"sub",
			[document.activeElement],
		]);
		keyAt("End");
		keyAt("ArrowDown");
		expect(find(document.activeElement ?? el, ".task").textContent).toBe("inner");
		keyAt("Home");
		keyAt("ArrowUp");
		expect(find(document.activeElement ?? el, ".task").textContent).toBe("many");
	});

	it("unfolds and folds, goes in and out", () => {
		const { el } = begin();
		keyAt("ArrowRight");
		expect(document.activeElement?.getAttribute("aria-expanded")).toBe("true");
		keyAt("ArrowRight");
		expect(focused()).toContain("score[2]");
		keyAt("ArrowLeft");
		keyAt("ArrowLeft");
		expect([focused()?.includes("many"), names(el).length]).toEqual([true, 3]);
		keyAt("End");
		keyAt("ArrowLeft");
		expect(find(document.activeElement ?? el, ".task").textContent).toBe("sub");
		keyAt("ArrowLeft");
		expect(names(el)).toEqual(["many", "sub"]);
	});

	it("goes to the end of a hundred thousand rows and back, and is not lost on the way", () => {
		const { el, box } = timeline([], { groups: [group(1, 100_000)] });
		change(() => find(el, ".row").focus());
		keyAt("ArrowRight");
		keyAt("End");
		expect([document.activeElement?.getAttribute("data-i"), box.scrollTop]).toEqual([
			"100000",
			(100_001 - IN_SIGHT) * ROW,
		]);
		keyAt("PageUp");
		expect(document.activeElement?.getAttribute("data-i")).toBe("99981");
		scroll(box, 0);
		expect(document.activeElement?.getAttribute("data-i")).toBe("99981");
		keyAt("Home");
		expect([document.activeElement?.getAttribute("data-i"), box.scrollTop]).toEqual(["0", 0]);
	});

	it("opens the detail with Enter, closes it with Escape, and stays where it was", () => {
		const { el, model } = begin();
		keyAt("ArrowDown");
		keyAt("Enter");
		expect([
			model.selected.value,
			find(el, '.row[aria-selected="true"]').dataset.run,
			has(el, ".selected .detail"),
		]).toEqual([90, "90", true]);
		change(() => find(el, ".close").focus());
		keyAt("Escape");
		expect([model.selected.value, has(el, ".selected"), focused()?.includes("sub")]).toEqual([null, false, true]);
	});

	it("keeps for the notebook what it does not use", () => {
		const { el } = begin();
		for (const [key, more] of [
			["s", { ctrlKey: true }],
			["ArrowDown", { altKey: true }],
			["b", {}],
		] as const) {
			const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
			change(() => find(el, ".row").dispatchEvent(event));
			expect(event.defaultPrevented).toBe(false);
		}
	});

	it("has its Escape from the notebook, too, unless somebody is writing there", () => {
		const { model, row } = timeline([task(2), task(3)]);
		const editor = document.createElement("textarea");
		document.body.append(editor);
		click(row(2));
		press(editor, "Escape");
		expect(model.selected.value).toBe(2);
		press(document.body, "Escape");
		expect(model.selected.value).toBeNull();
	});
});

describe("a click in the timeline", () => {
	it("on a row opens its detail, and a second one closes it", () => {
		const { model, row, el } = timeline([task(2), task(3)]);
		click(find(row(3), ".task"));
		expect([model.selected.value, row(3).getAttribute("aria-selected"), row(2).getAttribute("aria-selected")]).toEqual([
			3,
			"true",
			"false",
		]);
		click(row(3));
		expect([model.selected.value, has(el, ".selected")]).toEqual([null, false]);
	});

	it("on a mark shows its hook", () => {
		const { model, row } = timeline([task(2, "Failed", { hooks: [hook({ name: "a" }), hook({ name: "b" })] })]);
		click(find(row(2), '.mark[data-hook="1"] path'));
		expect([model.selected.value, model.pointed.value?.name]).toEqual([2, "b"]);
		click(find(row(2), '.mark[data-hook="0"]'));
		expect([model.selected.value, model.pointed.value?.name]).toEqual([2, "a"]);
	});

	it("on the arrow of a subflow folds it, and opens nothing", () => {
		const { model, row, el } = timeline([
			task(2, "Running", { kind: "flow", of: "inner" }),
			task(3, "Running", { parent: 2 }),
		]);
		click(find(row(2), ".fold"));
		expect([names(el), model.selected.value]).toEqual([["inner"], null]);
	});

	it("on a run that has been forgotten meanwhile does no harm", () => {
		const { model, row, el } = timeline([task(2), task(3)]);
		click(row(3));
		change(() => model.renew(snapshot(9, [flow(1, "Completed", GROWN)], [task(2)], { live: false })));
		expect([has(el, ".selected"), names(el)]).toEqual([false, ["score[2]"]]);
	});
});

describe("the time shown", () => {
	const ended = () => {
		const story = [
			["Running", "RUNNING", T0],
			["Completed", "COMPLETED", T0 + 4],
		];
		const rows = [task(2, "Completed", { story, end: T0 + 4 })];
		return timeline(rows, { live: false }, flow(1, "Completed", { ...GROWN, end: T0 + 9.7 }));
	};
	const ticks = (el: Element) => texts(el, ".tick");
	const tool = (el: Element, name: string) => find(el, `.tools [aria-label="${name}"], .tools [title^="${name}"]`);

	it("is the whole run, in round seconds from its start", () => {
		const { el, row } = ended();
		expect(ticks(el)).toEqual(["0 s", "2 s", "4 s", "6 s", "8 s", "10 s"]);
		expect(find(row(2), ".stretch").style.width).toBe("40%");
	});

	it("comes nearer with a button or a key, stays so while data comes, and is whole again with 0", () => {
		const { el, model, row } = timeline([task(2, "Completed")], {}, flow(1, "Running", GROWN));
		wait(9000);
		click(tool(el, "Zoom in"));
		const near = ticks(el);
		expect(near).not.toContain("0 s");
		change(() => model.hear(delta(2, [task(3, "Pending")], { now: T0 + 9 })));
		expect(ticks(el)).toEqual(near);
		change(() => row(2).focus());
		keyAt("+");
		expect(ticks(el)).not.toEqual(near);
		keyAt("0");
		expect(ticks(el)).toContain("0 s");
		expect(tool(el, "Show the whole run").hasAttribute("disabled")).toBe(true);
	});

	it("moves with the arrows of its axis and with Shift in the rows", () => {
		const { el, row } = ended();
		click(tool(el, "Zoom in"));
		const scale = find(el, ".scale");
		const at = () => Number(scale.getAttribute("aria-valuenow"));
		const before = at();
		press(scale, "ArrowRight");
		expect(at()).toBeGreaterThan(before);
		change(() => row(2).focus());
		keyAt("ArrowLeft", { shiftKey: true });
		expect(at()).toBeCloseTo(before);
		for (let i = 0; i < 20; i += 1) keyAt("ArrowLeft", { shiftKey: true });
		expect(scale.getAttribute("aria-valuetext")).toMatch(/^0 s to /);
	});

	/** jsdom lays nothing out. */
	const widen = (el: Element) =>
		vi.spyOn(find(el, ".scale"), "getBoundingClientRect").mockReturnValue(new DOMRect(100, 0, 500, 26));

	it("zooms with the wheel where the mouse is, only with Ctrl or ⌘", () => {
		const { el, row } = ended();
		widen(el);
		const roll = (more: WheelEventInit) => {
			const event = new WheelEvent("wheel", { deltaY: -100, clientX: 100, bubbles: true, cancelable: true, ...more });
			change(() => row(2).dispatchEvent(event));
			return event.defaultPrevented;
		};
		expect([roll({}), roll({ shiftKey: true }), roll({ ctrlKey: true })]).toEqual([false, false, true]);
		expect(find(el, ".scale").getAttribute("aria-valuetext")).toMatch(/^0 s to 7\./);
		expect(roll({ shiftKey: true, deltaY: 50 })).toBe(true);
		expect(find(el, ".scale").getAttribute("aria-valuetext")).not.toMatch(/^0 s/);
	});

	it("is dragged by a lane, and that is no click", () => {
		const { el, row, model } = ended();
		widen(el);
		Element.prototype.setPointerCapture ??= () => {};
		click(tool(el, "Zoom in"));
		const lane = find(row(2), ".lane");
		const before = find(el, ".scale").getAttribute("aria-valuenow");
		const point = (type: string, clientX: number) =>
			change(() => lane.dispatchEvent(new MouseEvent(type, { clientX, bubbles: true })));
		point("pointerdown", 300);
		point("pointermove", 302);
		expect(find(el, ".scale").getAttribute("aria-valuenow")).toBe(before);
		point("pointermove", 260);
		point("pointerup", 260);
		click(lane);
		expect(find(el, ".scale").getAttribute("aria-valuenow")).not.toBe(before);
		expect(model.selected.value).toBeNull();
		click(lane);
		expect(model.selected.value).toBe(2);
	});

	it("follows now until it is moved by hand, and again when it is asked to", () => {
		const { el } = timeline([task(2)]);
		wait(20_000);
		for (let i = 0; i < 4; i += 1) click(tool(el, "Zoom in"));
		const last = () => Number(find(el, ".scale").getAttribute("aria-valuenow"));
		expect(has(el, ".now")).toBe(true);
		wait(30_000);
		wait(100);
		expect([has(el, ".now"), last() > 40]).toEqual([true, true]);
		press(find(el, ".scale"), "ArrowLeft");
		const held = last();
		expect(tool(el, "Follow now").getAttribute("aria-pressed")).toBe("false");
		wait(30_000);
		expect([has(el, ".now"), last() === held]).toEqual([false, true]);
		click(tool(el, "Follow now"));
		expect(has(el, ".now")).toBe(true);
	});

	it("stays where the wheel has brought it, though now is elsewhere", () => {
		const { el, row } = timeline([task(2)]);
		wait(20_000);
		widen(el);
		const roll = new WheelEvent("wheel", {
			deltaY: -300,
			clientX: 100,
			ctrlKey: true,
			bubbles: true,
			cancelable: true,
		});
		change(() => row(2).dispatchEvent(roll));
		wait(500);
		expect([find(el, ".scale").getAttribute("aria-valuenow"), has(el, ".now")]).toEqual(["0", false]);
	});

	it("and what was unfolded are still there after a look at another pane", () => {
		const rows = [task(2, "Running", { kind: "flow", of: "inner" }), task(3, "Running", { parent: 2 })];
		const { el, row } = timeline(rows, { live: false }, flow(1, "Completed", { ...GROWN, end: T0 + 9.7 }));
		click(find(row(2), ".fold"));
		click(tool(el, "Zoom in"));
		const before = ticks(el);
		for (const i of [1, 0]) click(el.querySelectorAll('[role="tab"]')[i] ?? el);
		expect([ticks(el), names(el)]).toEqual([before, ["inner"]]);
	});

	it("has no line at now once the run is over", () => {
		const { el } = ended();
		expect([has(el, ".now"), has(el, '[aria-label="Follow now"]')]).toEqual([false, false]);
	});
});
