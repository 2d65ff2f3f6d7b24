import { signal } from "@preact/signals";
import { options, render } from "preact";
import { describe, expect, it, vi } from "vitest";
import { Clock } from "../src/clock";
import { Board } from "../src/views/Board";
import { CountsBar } from "../src/views/CountsBar";
import { ErrorBox } from "../src/views/ErrorBox";
import { HookList } from "../src/views/HookList";
import { HookMark } from "../src/views/HookMark";
import { OneLine } from "../src/views/OneLine";
import { TaskRows } from "../src/views/TaskRows";
import type { Run } from "../src/wire";
import { delta, ERROR, flow, hook, oneRun, type Raw, runs, snapshot, state, T0, task } from "./builders";
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
		expect(texts(el, ".item .task")).toEqual(["score[2]"]);
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
		expect(vi.getTimerCount()).toBe(1);
		change(() => model.hear(delta(2, [flow(1, "Completed", { end: T0 + 3 })], ENDED)));
		wait(2000); // what is announced
		expect(vi.getTimerCount()).toBe(0);
		change(() => model.hear(delta(3, [flow(5)])));
		expect(vi.getTimerCount()).toBe(1);
		change(() => render(null, el));
		expect(vi.getTimerCount()).toBe(0);
	});

	it("announces new states of root runs, seldom, and of nothing else", () => {
		const { model, el } = board(1, [flow(1, "Pending")], [task(2, "Pending")]);
		const said = () => find(el, '[role="status"]').textContent;
		expect(find(el, '[role="status"]').getAttribute("aria-live")).toBe("polite");
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
		expect(find(el, ".head").textContent).toBe("▶\ufe0eRunningnightlycrimson-fox0:00.0Cancel▾");
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

	it("shows why a cancel was refused, and can be pressed again", () => {
		const { model, el, cancel } = live();
		click(cancel());
		change(() => model.hear({ type: "reply", id: 1, ok: false, text: "crimson-fox has already ended" }));
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

	it("opens to what its own hooks printed", () => {
		const { el } = live({ hooks: [hook({ printed: "sent to #alerts" })], hooks_ok: 1 });
		expect(has(el, ".said")).toBe(false);
		click(find(el, ".head .plain"));
		expect(texts(el, ".said")).toEqual(["sent to #alerts"]);
	});

	it("adds up the hooks of the run and of its tasks, and opens to all of them as they happened", () => {
		const calls = [hook({ at: T0 + 1, printed: "first" }), hook({ at: T0 + 3, outcome: "failed", error: "E: x" })];
		const own = { hooks: [hook({ at: T0 + 2, printed: "second" })], hooks_ok: 1, end: T0 + 4 };
		const below = [task(2, "Completed", { hooks: calls, hooks_ok: 2, hooks_failed: 2 })];
		const { el } = board(1, [flow(1, "Completed", { total: 5, ...own })], below, ENDED);
		expect(find(el, ".head .tally").textContent).toBe("3 hooks ✓ 2 ✕");
		expect(find(el, ".head .tally").getAttribute("aria-label")).toBe("3 hooks ok, 2 hooks failed");
		click(find(el, ".head .plain"));
		expect(texts(el, ".said")).toEqual(["first", "second", "E: x (the run went on)"]);
		expect(texts(el, ".hook .of")).toEqual(["score[2]", "crimson-fox", "score[2]"]);
		expect(find(el, ".opened .quiet").textContent).toBe("… and 2 more calls");
	});

	it("tells of a task's hook that has not ended yet", () => {
		const below = [task(2, "Running", { hooks: [hook({ outcome: "running", seconds: null })] })];
		const { el } = board(1, [flow(1, "Running", { total: 5 })], below);
		expect(find(el, ".head .plain").textContent).toBe("hooks …");
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

	it("stand in the order of the palette, names made up last, with the bar in the same order", () => {
		const el = draw(
			<CountsBar run={counted({ Pending: 335, Baked: 2, Failed: 3, Completed: 812, Cached: 41, Running: 8 })} />,
		);
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

	it("keep the place of a state that is empty for now, until the run has ended", () => {
		const el = draw(<CountsBar run={counted({ Running: 1200 })} />);
		change(() => render(<CountsBar run={counted({ Completed: 1200 })} />, el));
		expect(texts(el, ".chip")).toEqual(["✓1,200Completed", "▶\ufe0e0Running"]);
		expect(el.querySelectorAll(".bar span")).toHaveLength(1);
		change(() => render(<CountsBar run={counted({ Completed: 1200 }, { end: T0 + 1 })} />, el));
		expect(texts(el, ".chip")).toEqual(["✓1,200Completed"]);
	});

	it("count those between two tries among those that retry, in one place", () => {
		const el = draw(<CountsBar run={counted({ AwaitingRetry: 2, Retrying: 1, Completed: 3 })} />);
		expect(texts(el, ".chip")).toEqual(["✓3Completed", "↻3Retrying"]);
		change(() => render(<CountsBar run={counted({ AwaitingRetry: 1, Completed: 5 })} />, el));
		expect(texts(el, ".chip")).toEqual(["✓5Completed", "↻1Retrying"]);
		change(() => render(<CountsBar run={counted({ Completed: 6 })} />, el));
		expect(texts(el, ".chip")).toEqual(["✓6Completed", "↻0Retrying"]);
		change(() => render(<CountsBar run={counted({ Completed: 6 }, { end: T0 + 9 })} />, el));
		expect(texts(el, ".chip")).toEqual(["✓6Completed"]);
	});

	it("are not there for a run without tasks", () => expect(draw(<CountsBar run={counted({})} />).innerHTML).toBe(""));
});

describe("a row", () => {
	const drawn = (below: readonly Run[], of = root, clock = new Clock()) => (
		<TaskRows root={of} below={below} room={200} clock={clock} />
	);
	const root = oneRun(flow(1, "Running", { counts: { Running: 1 }, total: 1 }));
	const rows = (...raw: Raw[]) => draw(drawn(runs(...raw)));
	const row = (raw: Raw) => find(rows(raw), ".item");

	it("says state, name, what goes on and time", () => {
		const el = row(task(2, "Retrying", { attempt: 2, attempts: 3 }));
		expect(find(el, "button.row").textContent).toBe("↻Retrying score[2]try 2 of 30.0 s");
		expect(el.dataset).toMatchObject({ run: "2", state: "Retrying" });
	});

	it("says in a title all of what has no room beside its name", () => {
		const waits = "extract, validate, score, summaries";
		expect(find(row(task(2, "Pending", { waits })), ".doing").title).toBe(`waits for ${waits}`);
	});

	it("grows from the moment it began, though it was pending at that very moment", () => {
		const story = (...names: string[]) => ({ story: names.map((name) => [name, state(name).type, T0]) });
		const el = rows(task(2, "Pending", story("Pending")));
		expect(find(el, ".stretch").className).toBe("stretch outline");
		change(() => render(drawn(runs(task(2, "Running", story("Pending", "Running")))), el));
		wait(500);
		expect(texts(el, ".stretch")).toHaveLength(1);
		expect(find(el, ".stretch").className).toBe("stretch solid");
		expect(Number.parseFloat(find(el, ".stretch").style.width)).toBeCloseTo(50);
	});

	it("counts its time while it runs and keeps it when it has ended", () => {
		const el = rows(task(2, "Running"), task(3, "Completed"), task(4, "Pending"));
		wait(1600);
		const [live = "", ...rest] = texts(el, ".row .took");
		expect(Number.parseFloat(live)).toBeCloseTo(1.6);
		expect(rest).toEqual(["400 ms", ""]);
	});

	it("is indented by its depth, but not for ever", () => {
		const paddings = [1, 2, 50].map((depth) => find(row(task(2, "Running", { depth })), ".who").style.paddingLeft);
		expect(paddings).toEqual(["12px", "30px", "156px"]);
	});

	it("opens to its error and to what its hooks printed, and closes", () => {
		const hooks = [
			hook({ printed: "retries so far: 4" }),
			hook({ outcome: "timed out", error: "TimeoutError: no answer" }),
		];
		const el = row(task(2, "Failed", { error: ERROR, hooks, hooks_ok: 1, hooks_failed: 1 }));
		click(find(el, "button.row"));
		expect(find(el, "button.row").getAttribute("aria-expanded")).toBe("true");
		expect(find(el, ".why").textContent).toContain("----> 4  raise");
		expect(texts(el, ".said")).toEqual(["retries so far: 4", "TimeoutError: no answer (the run went on)"]);
		click(find(el, "button.row"));
		expect(has(el, ".opened")).toBe(false);
	});

	it("opens from one of its marks as well", () => {
		const el = row(task(2, "Failed", { hooks: [hook()] }));
		click(find(el, ".mark path"));
		expect(has(el, ".opened")).toBe(true);
	});

	it("without hooks and with a message opens to both facts", () => {
		const el = row(task(2, "Cancelled", { state: state("Cancelled", 0, "never started") }));
		click(find(el, "button.row"));
		expect(texts(el, ".opened .quiet")).toEqual(["never started", "No hooks were called."]);
	});

	it("is one stop of the Tab key together with the others, and arrows go from one to the next", () => {
		const el = rows(task(2), task(3), task(4));
		const buttons = [...el.querySelectorAll<HTMLButtonElement>("button.row")];
		const stops = () => buttons.map((button) => button.tabIndex);
		expect(stops()).toEqual([0, -1, -1]);
		change(() => buttons[0]?.focus());
		press(document.activeElement ?? el, "ArrowDown");
		expect(document.activeElement).toBe(buttons[1]);
		expect(stops()).toEqual([-1, 0, -1]);
		press(document.activeElement ?? el, "End");
		press(document.activeElement ?? el, "ArrowDown");
		expect(document.activeElement).toBe(buttons[2]);
		press(document.activeElement ?? el, "Home");
		press(document.activeElement ?? el, "ArrowUp");
		expect(document.activeElement).toBe(buttons[0]);
	});

	it("keeps its element, its place and what was opened when others change", () => {
		const el = rows(task(2), task(3));
		const second = find(el, '[data-run="3"]');
		click(find(second, "button.row"));
		const next = runs(task(2, "Completed"), task(3), task(4, "Pending"));
		change(() => render(drawn(next), el));
		expect(el.querySelectorAll(".item")[1]).toBe(second);
		expect(has(second, ".opened")).toBe(true);
		expect(texts(el, ".item .task")).toEqual(["score[2]", "score[3]", "score[4]"]);
	});

	it("is not drawn again when another one changes", () => {
		const before = runs(...Array.from({ length: 100 }, (_, i) => task(i + 2)));
		const clock = new Clock();
		const el = draw(drawn(before, root, clock));
		const diffed = vi.spyOn(options, "diffed");
		change(() => render(drawn([...runs(task(2, "Completed")), ...before.slice(1)], root, clock), el));
		const redrawn = diffed.mock.calls.filter(([node]) => node.type === "li");
		expect([redrawn.length, find(el, ".item").dataset.state]).toEqual([1, "Completed"]);
	});

	it("is not drawn beyond the room there is: a line counts the others", () => {
		const all = runs(...Array.from({ length: 500 }, (_, i) => task(i + 2, i < 490 ? "Completed" : "Pending")));
		const whole = oneRun(flow(1, "Running", { counts: { Completed: 490, Pending: 10 }, total: 500 }));
		const el = draw(drawn(all, whole));
		expect(el.querySelectorAll(".item")).toHaveLength(150);
		expect(find(el, ".left").textContent).toBe("… and 350 more: 340 Completed, 10 Pending");
	});
});

describe("a hook", () => {
	it.each([
		[hook(), "on_failure notify: ok, 0.4 ms"],
		[hook({ outcome: "timed out", seconds: 60 }), "on_failure notify: timed out, 1:00"],
		[hook({ outcome: "running", seconds: null }), "on_failure notify: running"],
	])("has its kind, name, outcome and time as title and label of its mark", (raw, label) => {
		const [one] = oneRun(task(2, "Running", { hooks: [raw] })).hooks;
		const el = draw(one && <HookMark hook={one} percent={50} />);
		expect(find(el, ".mark").title).toBe(label);
		expect(find(el, '[role="img"]').getAttribute("aria-label")).toBe(label);
	});

	it("that went wrong has another shape, not only another colour", () => {
		const shapes = ["ok", "failed", "running"].map((outcome) => {
			const [one] = oneRun(task(2, "Running", { hooks: [hook({ outcome })] })).hooks;
			return [...draw(one && <HookMark hook={one} percent={0} />).querySelectorAll("path")].map((p) =>
				p.getAttribute("class"),
			);
		});
		expect(shapes).toEqual([["full"], ["full", "exclamation"], ["hollow"]]);
	});

	it("is listed with what it printed; if it failed, the run went on", () => {
		const hooks = [hook(), hook({ kind: "on_end", outcome: "failed", error: null, seconds: 2 })];
		const el = draw(<HookList runs={runs(task(2, "Failed", { hooks, hooks_ok: 30, hooks_failed: 1 }))} />);
		expect(texts(el, ".hook")).toEqual(["✓on_failurenotify0.4 ms", "✕on_endnotifyfailed2.0 sThe run went on."]);
		expect(find(el, ".quiet").textContent).toBe("… and 29 more calls");
	});

	it("keeps its place behind an earlier call of its run, and is not left out for others when it failed", () => {
		const calls = (n: number) => Array.from({ length: 20 }, (_, i) => hook({ name: `h${n}.${i}` }));
		const bad = hook({ name: "bad", outcome: "failed", at: T0 + 9 });
		const many = [2, 3, 4, 5, 6, 7].map((n) => task(n, "Completed", { hooks: calls(n), hooks_ok: 20 }));
		const el = draw(<HookList runs={runs(...many, task(8, "Completed", { hooks: [bad], hooks_failed: 1 }))} />);
		const names = texts(el, ".hook .code");
		expect(names.slice(0, 3)).toEqual(["h2.0", "h2.1", "h2.2"]);
		expect([names.length, names.at(-1)]).toEqual([100, "bad"]);
		expect(find(el, ".quiet").textContent).toBe("… and 21 more calls");
	});
});

it("an error box indents places and leaves lines of code alone", () => {
	const el = draw(
		<ErrorBox error={{ title: "E: x", where: ["Cell In[1], line 1", "----> 1 f()", "      2 g()"] }} of="" />,
	);
	expect(find(el, ".why").textContent).toBe("E: x\n  Cell In[1], line 1\n----> 1 f()\n      2 g()");
});
