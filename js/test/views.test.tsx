import { signal } from "@preact/signals";
import { render } from "preact";
import { describe, expect, it, vi } from "vitest";
import { Clock } from "../src/clock";
import { Board } from "../src/views/Board";
import { CountsBar } from "../src/views/CountsBar";
import { ErrorBox } from "../src/views/ErrorBox";
import { HookMark } from "../src/views/HookMark";
import { OneLine } from "../src/views/OneLine";
import type { Run } from "../src/wire";
import { delta, ERROR, flow, group, hook, oneRun, type Raw, runs, snapshot, state, T0, task } from "./builders";
import { change, click, draw, find, has, modelOf, press, texts, wait } from "./page";

const ENDED = { live: false };
const quick = (more: Raw = {}): Raw =>
	flow(1, "Completed", { end: T0 + 0.0004, name: "silver-otter", of: "lazy_flow", ...more });

function board(...of: Parameters<typeof snapshot>) {
	const { model, sent } = modelOf(snapshot(...of));
	return { model, sent, el: draw(<Board model={model} dark={signal(false)} />) };
}

describe("the board", () => {
	it("shows a quick small run as one line, which opens and closes", () => {
		const { el } = board(1, [quick({ hooks: [hook()], hooks_ok: 1 })], [], ENDED);
		const line = find(el, "button.line");
		expect(line.textContent).toBe("✓Completedlazy_flowsilver-otter1 hook ✓ 0.4 ms▸");
		expect(line.getAttribute("aria-expanded")).toBe("false");
		click(line);
		expect(has(el, "button.line")).toBe(false);
		click(find(el, "button.fold"));
		expect(has(el, "button.line")).toBe(true);
	});

	it.each([
		["takes more than a second", flow(1, "Completed", { end: T0 + 1.5 }), []],
		["has more than three tasks", quick({ total: 4 }), []],
		["failed", quick({ state: state("Failed"), error: ERROR }), []],
		["has a crashed task", quick({ total: 1 }), [task(2, "Crashed")]],
	])("shows everything of a run that %s", (_, run, tasks) => {
		expect(has(board(1, [run], tasks, ENDED).el, "button.line")).toBe(false);
	});

	it("lets a live line grow by itself after a second", () => {
		const { el } = board(1, [flow(1, "Running")], [task(2)]);
		expect(has(el, "button.line")).toBe(true);
		wait(900);
		expect(has(el, "button.line")).toBe(true);
		wait(300);
		expect(has(el, "button.line")).toBe(false);
		expect(texts(el, ".row .task")).toEqual(["score[2]"]);
	});

	it("keeps even a long run on its line where the settings ask for it, until it is opened", () => {
		const { el } = board(1, [flow(1, "Failed", { total: 99 })], [], { ...ENDED, look: { layout: "compact" } });
		click(find(el, "button.line"));
		expect(find(el, '[role="tab"][aria-selected="true"]').textContent).toBe("Timeline");
	});

	it("stacks root runs and sums up those beyond the fiftieth", () => {
		const { el } = board(1, [quick(), flow(2, "Completed")], [], {
			...ENDED,
			more_runs: { Completed: 9950, Failed: 2 },
		});
		expect(el.querySelectorAll(".panel")).toHaveLength(2);
		expect(find(el, ".left").textContent).toBe("… and 9,952 more runs: 9,950 Completed, 2 Failed");
	});

	it("shows nothing before there is something, and says when it cannot read what came", () => {
		const { model, el } = board(1, [], []);
		expect(texts(el, ".panel")).toEqual([]);
		const odd = modelOf({ v: 99 });
		expect(find(draw(<Board model={odd.model} dark={signal(true)} />), ".note").textContent).toContain("cannot read");
		model.close();
	});

	it("tells JupyterLab to leave its keys alone", () => {
		expect(find(board(1, []).el, ".hookcell").getAttribute("data-lm-suppress-shortcuts")).toBe("true");
	});

	it("is dark when its host is", () => {
		const { model } = modelOf(snapshot(1, []));
		const dark = signal(false);
		const el = draw(<Board model={model} dark={dark} />);
		expect(has(el, ".hookcell.dark")).toBe(false);
		change(() => {
			dark.value = true;
		});
		expect(has(el, ".hookcell.dark")).toBe(true);
	});

	it("stops its clock when the last run has ended, and when it leaves the page", () => {
		const { model, el } = board(1, [flow(1, "Running")]);
		wait(2000); // it grows
		wait(100);
		expect(vi.getTimerCount()).toBe(1);
		change(() => model.hear(delta(2, [flow(1, "Completed", { end: T0 + 3 })], ENDED)));
		wait(2000); // what is announced
		expect(vi.getTimerCount()).toBe(0);
		change(() => model.hear(delta(3, [flow(5)])));
		expect(vi.getTimerCount()).toBeGreaterThan(0);
		change(() => render(null, el));
		expect(vi.getTimerCount()).toBe(0);
	});

	it("announces new states of root runs, seldom, and of nothing else", () => {
		const { model, el } = board(1, [flow(1, "Pending")], [task(2, "Pending")]);
		const said = () => find(el, '.unseen[role="status"]').textContent;
		expect(find(el, '.unseen[role="status"]').getAttribute("aria-live")).toBe("polite");
		change(() => model.hear(delta(2, [task(2, "Failed")])));
		wait(2000);
		expect(said()).toBe("");
		change(() => model.hear(delta(3, [flow(1, "Running")])));
		change(() => model.hear(delta(4, [flow(1, "Failed")])));
		expect(said()).toBe("");
		wait(1500);
		expect(said()).toBe("nightly crimson-fox is Failed.");
	});
});

describe("the header", () => {
	const live = (more: Raw = {}) => {
		const shown = board(1, [flow(1, "Running", { total: 5, ...more })]);
		return { ...shown, cancel: () => find<HTMLButtonElement>(shown.el, "button.cancel") };
	};

	it("says state, flow, run and time, which ticks", () => {
		const { el } = live();
		expect(find(el, ".head").textContent).toBe("▶\ufe0eRunningnightlycrimson-fox0:00.0Cancel⋯▾");
		wait(2300);
		expect(find(el, ".clock").textContent).toBe("0:02.3");
	});

	it("keeps the time of a run that has ended", () => {
		const { el } = board(1, [flow(1, "Completed", { end: T0 + 71.25, total: 5 })], [], ENDED);
		wait(5000);
		expect(find(el, ".clock").textContent).toBe("1:11.2");
		expect(has(el, "button.cancel")).toBe(false);
	});

	it("counts down to the retry of a task called by itself", () => {
		const { el } = live({ kind: "task", state: state("AwaitingRetry"), retry_at: T0 + 2 });
		expect(find(el, ".head").textContent).toContain("retry in 2.0 s");
	});

	it("cancels, and says so until the state moves", () => {
		const { model, sent, el, cancel } = live();
		click(cancel());
		expect(sent).toEqual([{ type: "cancel", id: 1, run: 1 }]);
		expect([cancel().textContent, cancel().disabled]).toEqual(["Cancelling…", true]);
		change(() => model.hear(delta(2, [flow(1, "Cancelling", { total: 5, state: state("Cancelling", 1) })])));
		expect([cancel().textContent, cancel().disabled]).toEqual(["Cancelling…", true]);
		change(() => model.hear(delta(3, [flow(1, "Cancelled", { total: 5, end: T0 + 2 })], ENDED)));
		expect(has(el, "button.cancel")).toBe(false);
		expect(find(el, ".state").textContent).toBe("⊘Cancelled");
	});

	it("shows why a cancel was refused, and can be pressed again", async () => {
		const { model, el, cancel } = live();
		click(cancel());
		change(() => model.hear({ type: "reply", id: 1, ok: false, text: "crimson-fox has already ended" }));
		await vi.advanceTimersByTimeAsync(0);
		change(() => {});
		expect(texts(el, ".note")).toEqual(["crimson-fox has already ended"]);
		expect(cancel().disabled).toBe(false);
	});

	it("says when this kernel does not hear, and what to press instead", () => {
		const { el, cancel } = live();
		click(cancel());
		wait(1500);
		expect(texts(el, ".note")).toEqual(["This kernel cannot hear Cancel while a cell runs: use Interrupt (■)."]);
	});

	it("shows the kernel's own hint once, only while there is something to cancel", () => {
		const hint = "This kernel cannot hear Cancel while a cell runs: use Interrupt (■).";
		const { model, el } = board(1, [flow(1, "Running", { total: 5 })], [], { hint });
		expect(texts(el, ".note")).toEqual([hint]);
		click(find(el, "button.cancel"));
		wait(1500);
		expect(texts(el, ".note")).toEqual([hint]);
		change(() => model.hear(delta(2, [flow(1, "Completed", { total: 5, end: T0 + 2 })], { live: false, hint })));
		expect(texts(el, ".note")).toEqual([]);
	});

	it("tells what is at work now, and nothing once it is over", () => {
		const groups = [
			group(1, 1200, "Running", { counts: { Running: 7, Retrying: 1 } }),
			group(2, 1, "Running", { of: "report" }),
		];
		const { model, el } = board(1, [flow(1, "Running", { total: 1201 })], [], { groups });
		expect(find(el, ".at-work").textContent).toBe("score × 8, report");
		change(() => model.hear(delta(2, [flow(1, "Failed", { end: T0 + 2 })], ENDED)));
		expect(find(el, ".at-work").textContent).toBe("");
	});

	it("opens to what is known of the run itself, and closes", () => {
		const { model, el } = live();
		const names = find(el, ".names");
		click(names);
		expect([model.selected.value, names.getAttribute("aria-expanded"), has(el, ".selected .detail")]).toEqual([
			1,
			"true",
			true,
		]);
		click(names);
		expect([model.selected.value, has(el, ".selected")]).toEqual([null, false]);
	});

	it("offers only what the kernel can do", () => {
		const { el } = board(1, [flow(1, "Running", { total: 5 })], [], { can: [] });
		expect(has(el, "button.cancel")).toBe(false);
	});

	it("takes a press on Cancel back when the run ends in that moment", async () => {
		const { model, el, cancel } = live();
		click(cancel());
		change(() => model.hear(delta(2, [flow(1, "Completed", { total: 5, end: T0 + 0.1 })], ENDED)));
		change(() => model.hear({ type: "reply", id: 1, ok: false, text: "crimson-fox has already ended" }));
		await vi.advanceTimersByTimeAsync(2000);
		change(() => {});
		expect([has(el, "button.cancel"), texts(el, ".note"), find(el, ".state").textContent]).toEqual([
			false,
			[],
			"✓Completed",
		]);
	});

	it("shows the failure, the task and the line of code", () => {
		const { el } = board(
			1,
			[flow(1, "Failed", { error: ERROR })],
			[task(2, "Failed", { error: ERROR, attempt: 3 })],
			ENDED,
		);
		expect(find(el, ".why").textContent).toBe(
			"score[2] failed after 3 tries: ValueError: price must be positive\n  Cell In[7], line 4\n----> 4  raise",
		);
	});

	it("shows the message of a run that ended without an error", () => {
		const cancelled = flow(1, "Cancelled", { total: 5, state: state("Cancelled", 0, "1 task never started") });
		expect(texts(board(1, [cancelled], [], ENDED).el, ".note")).toEqual(["1 task never started"]);
	});

	it("shows that message beside the failure of a task, but not beside the run's own, which says the same", () => {
		const message = "Flow run was cancelled. Still running, its result will be dropped: score[11].";
		const tasks = [task(2, "Failed", { error: ERROR })];
		const cancelled = board(1, [flow(1, "Cancelled", { state: state("Cancelled", 0, message) })], tasks, ENDED).el;
		expect(texts(cancelled, ".note")).toEqual([message]);
		expect(find(cancelled, ".why").textContent).toContain("score[2] failed after 1 try: ");
		const failed = flow(1, "Failed", { error: ERROR, state: state("Failed", 0, "Flow run encountered an exception") });
		expect(texts(board(1, [failed], tasks, ENDED).el, ".note")).toEqual([]);
	});
});

describe("the tabs", () => {
	const tabs = (more: Raw = {}) => {
		const groups = [group(1, 5, "Completed", { hooks_ok: 3, hooks_failed: 1 })];
		const own = flow(1, "Running", { total: 5, counts: { Completed: 5 }, logged: 1200, hooks_ok: 2 });
		return board(1, [own], [task(2, "Completed", { g: 1 })], { groups, ...more });
	};
	const chosen = (el: Element) => find(el, '[role="tab"][aria-selected="true"]').textContent;

	it("say how many hooks there were and how many lines of log", () => {
		expect(texts(tabs().el, '[role="tab"]')).toEqual(["Timeline", "Tasks", "Graph", "Hooks 6", "Log 1,200"]);
	});

	it("are one stop of the Tab key, and arrows choose", () => {
		const { el } = tabs();
		const stops = () => [...el.querySelectorAll<HTMLElement>('[role="tab"]')].map(({ tabIndex }) => tabIndex);
		change(() => find(el, '[role="tab"]').focus());
		press(document.activeElement ?? el, "ArrowRight");
		expect([chosen(el), document.activeElement?.textContent, stops()]).toEqual(["Tasks", "Tasks", [-1, 0, -1, -1, -1]]);
		press(document.activeElement ?? el, "End");
		press(document.activeElement ?? el, "ArrowRight");
		expect(chosen(el)).toBe("Timeline");
	});

	it("name their panel, with an id that no other view has", () => {
		const ids = [tabs().el, tabs().el].map((el) => {
			const panel = find(el, '[role="tabpanel"]');
			expect(find(el, '[aria-selected="true"]').getAttribute("aria-controls")).toBe(panel.id);
			expect(el.querySelector(`#${panel.getAttribute("aria-labelledby")}`)?.textContent).toBe("Timeline");
			return panel.id;
		});
		expect(new Set(ids).size).toBe(2);
	});

	it("show each what they are called", () => {
		const { el } = tabs();
		const seen = [".timeline", ".tasks", ".graph-pane", ".calls-list, .hooks-pane, .quiet", ".log-pane, .quiet"];
		for (const [i, selector] of seen.entries()) {
			click(el.querySelectorAll('[role="tab"]')[i] ?? el);
			expect(has(find(el, '[role="tabpanel"]'), selector), selector).toBe(true);
		}
	});

	it("begin with the one that the settings name", () => {
		expect(chosen(tabs({ look: { layout: "tasks" } }).el)).toBe("Tasks");
	});

	it("change to the tasks of a state when its count is clicked, and back to all with a second click", () => {
		const { el } = tabs();
		const chip = () => find(el, ".chip");
		click(chip());
		expect([chosen(el), chip().getAttribute("aria-pressed")]).toEqual(["Tasks", "true"]);
		click(chip());
		expect([chosen(el), chip().getAttribute("aria-pressed")]).toEqual(["Tasks", "false"]);
	});
});

describe("the line of a small run", () => {
	it("adds up the hooks of the run and of its tasks, the failed ones in their colour", () => {
		const below = runs(task(2, "Completed", { hooks_ok: 2, hooks_failed: 1 }));
		const el = draw(
			<OneLine run={oneRun(quick({ hooks_ok: 1 }))} below={below} clock={new Clock()} unfold={() => {}} />,
		);
		expect(find(el, ".tally").textContent).toBe("3 hooks ✓ 1 ✕");
		expect(find(el, ".tally span").getAttribute("style")).toContain("--hc-Failed");
		expect(find(el, '.tally[role="img"]').getAttribute("aria-label")).toBe("3 hooks ok, 1 hook failed");
	});

	it("says that a run is in the background", () => {
		const run = oneRun(quick({ background: true }));
		const el = draw(<OneLine run={run} below={[]} clock={new Clock()} unfold={() => {}} />);
		expect(texts(el, ".run")).toEqual(["silver-otter", "in the background"]);
	});

	it("does not say the same name twice", () => {
		const run = oneRun(quick({ kind: "task", name: "load", of: "load" }));
		expect(texts(draw(<OneLine run={run} below={[]} clock={new Clock()} unfold={() => {}} />), "bdi")).toEqual([
			"Completed",
			"load",
		]);
	});
});

describe("the counts", () => {
	const counted = (counts: Raw, more: Raw = {}) => oneRun(flow(1, "Running", { counts, total: 1200, ...more }));
	const bar = (run: Run) => <CountsBar run={run} chosen={null} choose={() => {}} />;

	it("stand in the order of the palette, names made up last, with the bar in the same order", () => {
		const el = draw(bar(counted({ Pending: 335, Baked: 2, Failed: 3, Completed: 812, Cached: 41, Running: 8 })));
		expect(texts(el, ".chip")).toEqual([
			"✓812Completed",
			"▶\ufe0e8Running",
			"✕3Failed",
			"◆41Cached",
			"○335Pending",
			"○2Baked",
		]);
		const fills = [...el.querySelectorAll(".bar span")].map((span) => span.className);
		expect(fills).toEqual(["solid", "solid", "solid", "outline", "outline", "outline"]);
	});

	it("keep the width of the longest number they have had behind the word, so that nothing moves", () => {
		const el = draw(bar(counted({ Running: 1200 })));
		change(() => render(bar(counted({ Running: 7, Completed: 1193 })), el));
		const room = [...el.querySelectorAll<HTMLElement>(".chip bdi")].map((word) => word.style.marginInlineEnd);
		expect(room).toEqual(["0ch", "4ch"]);
	});

	it("keep the place of a state that is empty for now, until the run has ended", () => {
		const el = draw(bar(counted({ Running: 1200 })));
		change(() => render(bar(counted({ Completed: 1200 })), el));
		expect(texts(el, ".chip")).toEqual(["✓1,200Completed", "▶\ufe0e0Running"]);
		expect(el.querySelectorAll(".bar span")).toHaveLength(1);
		change(() => render(bar(counted({ Completed: 1200 }, { end: T0 + 1 })), el));
		expect(texts(el, ".chip")).toEqual(["✓1,200Completed"]);
	});

	it("count those between two tries among those that retry, in one place", () => {
		const el = draw(bar(counted({ AwaitingRetry: 2, Retrying: 1, Completed: 3 })));
		expect(texts(el, ".chip")).toEqual(["✓3Completed", "↻3Retrying"]);
		change(() => render(bar(counted({ AwaitingRetry: 1, Completed: 5 })), el));
		expect(texts(el, ".chip")).toEqual(["✓5Completed", "↻1Retrying"]);
		change(() => render(bar(counted({ Completed: 6 })), el));
		expect(texts(el, ".chip")).toEqual(["✓6Completed", "↻0Retrying"]);
		change(() => render(bar(counted({ Completed: 6 }, { end: T0 + 9 })), el));
		expect(texts(el, ".chip")).toEqual(["✓6Completed"]);
	});

	it("are not there for a run without tasks", () => expect(draw(bar(counted({}))).innerHTML).toBe(""));
});

describe("a hook", () => {
	it.each([
		[hook(), "on_failure notify: ok, 0.4 ms"],
		[hook({ outcome: "timed out", seconds: 60 }), "on_failure notify: timed out, 1:00"],
		[hook({ outcome: "running", seconds: null }), "on_failure notify: running"],
	])("has its kind, name, outcome and time as title and label of its mark", (raw, label) => {
		const [one] = oneRun(task(2, "Running", { hooks: [raw] })).hooks;
		const el = draw(one && <HookMark hook={one} percent={50} place={0} />);
		expect(find(el, ".mark").title).toBe(label);
		expect(find(el, ".mark").getAttribute("aria-label")).toBe(label);
	});

	it("that went wrong has another shape, not only another colour", () => {
		const shapes = ["ok", "failed", "running"].map((outcome) => {
			const [one] = oneRun(task(2, "Running", { hooks: [hook({ outcome })] })).hooks;
			return [...draw(one && <HookMark hook={one} percent={0} place={0} />).querySelectorAll("path")].map((p) =>
				p.getAttribute("class"),
			);
		});
		expect(shapes).toEqual([["full"], ["full", "exclamation"], ["hollow"]]);
	});
});

it("an error box indents places and leaves lines of code alone", () => {
	const el = draw(
		<ErrorBox error={{ title: "E: x", where: ["Cell In[1], line 1", "----> 1 f()", "      2 g()"] }} of="" />,
	);
	expect(find(el, ".why").textContent).toBe("E: x\n  Cell In[1], line 1\n----> 1 f()\n      2 g()");
});
