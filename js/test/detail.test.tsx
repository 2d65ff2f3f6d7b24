import { render } from "preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RunModel } from "../src/model";
import { Detail } from "../src/views/detail/Detail";
import { sinceText, timeText, wholeTime } from "../src/views/detail/times";
import { delta, ERROR, flow, hook, oneRun, type Raw, snapshot, state, T0, task } from "./builders";
import { change, click, draw, find, has, modelOf, texts, wait } from "./page";

const DETAIL: Raw = {
	id: "0199aa3e-7d1c-7000-8e1b-5b1f0c4f7a10",
	tags: ["nightly"],
	parameters: [
		["row", "Row(id=77, price=12.5)", false],
		["api_key", "hunter2", true],
	],
	result: { type: "DataFrame", text: "   id  price\n0   1   12.5" },
	story: [
		["Pending", "PENDING", T0, null],
		["Running", "RUNNING", T0 + 0.019, null],
		["AwaitingRetry", "SCHEDULED", T0 + 1.319, "TimeoutError: no answer"],
		["Retrying", "RUNNING", T0 + 3.32, null],
	],
	hooks: [
		hook({ printed: "retries so far: 4" }),
		hook({ name: "post", outcome: "timed out", error: "TimeoutError: 2 s" }),
	],
	error: null,
	notes: [],
	code: "score(row=Row(id=77))",
	log: [[T0 + 1, "WARNING", "slow"]],
	logged: 1,
};

const RETRYING = task(2, "Retrying", {
	attempt: 2,
	attempts: 3,
	story: [
		["Pending", "PENDING", T0],
		["Running", "RUNNING", T0 + 0.019],
		["AwaitingRetry", "SCHEDULED", T0 + 1.319],
		["Retrying", "RUNNING", T0 + 3.32],
	],
});

function Live({ model, n }: { model: RunModel; n: number }) {
	const run = model.picture.value?.tasks.get(n);
	return run ? <Detail run={run} model={model} /> : null;
}

/** The detail of task 2, with what the kernel answers to the question for it; undefined is silence. */
async function detail(run: Raw, answer?: Raw | null, more: Raw = {}) {
	const { model, sent } = modelOf(snapshot(1, [flow()], [run], more));
	const el = draw(<Live model={model} n={2} />);
	const answerLast = async (to: Raw | null | undefined): Promise<void> => {
		const asked = sent.findLast(({ type }) => type === "detail");
		if (to !== undefined && asked && "id" in asked) model.hear({ type: "detail", id: asked.id, run: 2, detail: to });
		await vi.advanceTimersByTimeAsync(0);
		change(() => {});
	};
	await answerLast(answer);
	return { model, sent, el, answerLast };
}

const facts = (el: Element): string[] => {
	const names = texts(el, ".facts dt");
	return texts(el, ".facts dd").map((text, i) => `${names[i]}: ${text}`);
};

const asks = (sent: readonly { type: string }[]): number => sent.filter(({ type }) => type === "detail").length;

beforeEach(() => void vi.stubEnv("TZ", "UTC"));

afterEach(() => {
	vi.unstubAllEnvs();
	Reflect.deleteProperty(document, "execCommand");
});

describe("the detail", () => {
	it("says who, how, with what, and the story with its times", async () => {
		const { el } = await detail(RETRYING, DETAIL);
		wait(4000);
		expect(find(el, ".caps").textContent).toBe("score[2] · Retrying, try 2 of 3");
		expect(facts(el)).toEqual([
			"row: Row(id=77, price=12.5)",
			"api_key: •••••• hidden",
			"Pending: 23:06:40.000 · 19 ms",
			"Running: 23:06:40.019 · 1.3 s",
			"AwaitingRetry: 23:06:41.319 · 2.0 sTimeoutError: no answer",
			"Retrying: 23:06:43.320 · 0.7 s so far",
		]);
	});

	it("never shows a secret, whatever the kernel sends beside the mark", async () => {
		const { el } = await detail(RETRYING, DETAIL);
		expect(el.innerHTML).not.toContain("hunter2");
	});

	it("tells a whole time, with its day and zone, to those who point at it", async () => {
		const { el } = await detail(RETRYING, DETAIL);
		expect(find(el, "time").title).toBe("Thu, 20 Nov 2025, 23:06:40.000 UTC");
	});

	it("lists the hooks with what they printed, and says that the run went on", async () => {
		const { el } = await detail({ ...RETRYING, hooks_ok: 3, hooks_failed: 1 }, DETAIL);
		expect(texts(el, ".call").map((text) => text.replaceAll(/\s+/g, " "))).toEqual([
			"✓on_failurenotifyok0.4 msretries so far: 4",
			"✕on_failureposttimed out0.4 msTimeoutError: 2 s (the run went on)",
		]);
		expect(find(el, ".detail-hooks > .quiet").textContent).toBe("… and 2 more calls");
	});

	it("shows result, log, tags and id", async () => {
		const { el } = await detail(task(2, "Completed", { end: T0 + 3 }), DETAIL);
		expect(texts(el, ".detail-part > .box")).toEqual(["   id  price\n0   1   12.5"]);
		expect(texts(el, ".caps")).toEqual(["score[2] · Completed", "Hooks", "Result DataFrame", "Log 1"]);
		expect(texts(el, ".log-line")).toEqual(["0:01.000WARNINGslow"]);
		expect(texts(el, ".tag")).toEqual(["nightly"]);
		expect(find(el, ".papers .code").textContent).toBe(DETAIL.id);
	});

	it("shows the error with the reader's own lines first, and the traceback in a fold", async () => {
		const error = { ...ERROR, traceback: "Traceback (most recent call last): ..." };
		const { el } = await detail(task(2, "Failed"), { ...DETAIL, error, notes: ["prices were late"] });
		expect(find(el, ".why").textContent).toBe(`${ERROR.title}\n  Cell In[7], line 4\n----> 4  raise`);
		expect(find(el, "details .box").textContent).toBe(error.traceback);
		expect(find<HTMLDetailsElement>(el, "details").open).toBe(false);
		expect(texts(el, ".notes li")).toEqual(["prices were late"]);
	});

	it("says of a run that was tried once no more than its state", async () => {
		const { el } = await detail(task(2, "Completed"), DETAIL);
		expect(find(el, ".caps").textContent).toBe("score[2] · Completed");
	});

	it("is of what can be read, where things are missing", async () => {
		const { el } = await detail(task(2, "Completed", { story: [] }), {});
		expect(facts(el)).toEqual(["Completed: 23:06:40.000"]);
		expect(texts(el, ".caps")).toEqual(["score[2] · Completed", "Hooks"]);
		expect(find(el, ".detail-hooks .quiet").textContent).toBe("No hooks were called.");
		expect(has(el, ".paper")).toBe(false);
	});

	it("asks once, and again when the run changes, at most twice a second", async () => {
		const { model, sent, el, answerLast } = await detail(RETRYING, DETAIL);
		expect(asks(sent)).toBe(1);
		for (let seq = 2; seq < 6; seq += 1) {
			change(() => model.hear(delta(seq, [task(2, "Retrying", { hooks_ok: seq })])));
		}
		await vi.advanceTimersByTimeAsync(500);
		expect(asks(sent)).toBe(2);
		await answerLast({ ...DETAIL, result: { type: "int", text: "42" } });
		expect(texts(el, ".detail-part > .box")).toEqual(["42"]);
	});

	it("draws the newest state at once, while what was asked for is older", async () => {
		const { model, el } = await detail(RETRYING, DETAIL);
		const story = [...(RETRYING.story as unknown[]), ["Completed", "COMPLETED", T0 + 9]];
		change(() => model.hear(delta(2, [task(2, "Completed", { story, end: T0 + 9 })])));
		expect(facts(el).at(-1)).toBe("Completed: 23:06:49.000");
		expect(facts(el).at(-2)).toBe("Retrying: 23:06:43.320 · 5.7 s");
	});

	it("tells the newest forty states of a long story", async () => {
		const story = Array.from({ length: 200 }, (_, i) => [i % 2 ? "Retrying" : "AwaitingRetry", "RUNNING", T0 + i]);
		const { el } = await detail(task(2, "Retrying", { story }), { ...DETAIL, parameters: [], story });
		expect(facts(el)).toHaveLength(41);
		expect(facts(el)[0]).toBe("…: 160 earlier states");
	});

	it("lets the keyboard reach what is too long for its box, and nothing else", async () => {
		const height = vi.spyOn(Element.prototype, "scrollHeight", "get").mockImplementation(function (this: Element) {
			return this.textContent === "long" ? 500 : 0;
		});
		const error = { ...ERROR, traceback: "long" };
		const { el } = await detail(task(2, "Failed"), { ...DETAIL, error });
		expect([...el.querySelectorAll("pre[tabindex]")].map(({ textContent }) => textContent)).toEqual(["long"]);
		height.mockRestore();
	});

	it("marks the hook that the reader pointed at", async () => {
		const { model, el } = await detail(RETRYING, DETAIL);
		const [pointed] = oneRun(task(2, "Running", { hooks: [hook({ name: "post" })] })).hooks;
		change(() => model.select(2, pointed));
		expect(texts(el, ".call.pointed .code")).toEqual(["post"]);
	});
});

describe("without an answer", () => {
	const row = { ...RETRYING, hooks: [hook()], error: ERROR, notes: ["late"], state: state("Retrying", 3.32, "again") };

	it("the detail shows what the row knows, and says what is missing", async () => {
		const { el } = await detail(row);
		expect(has(el, ".silence")).toBe(false);
		wait(1600);
		expect(find(el, ".silence").textContent).toBe(
			"Not here: parameters, result and log. The kernel is busy, was restarted, or no longer has this run. Ask again",
		);
		expect(texts(el, ".facts dt")).toEqual(["Pending", "Running", "AwaitingRetry", "Retrying"]);
		expect(texts(el, ".call .code")).toEqual(["notify"]);
		expect(find(el, ".why").textContent).toContain(ERROR.title);
		expect(texts(el, ".notes li")).toEqual(["late"]);
	});

	it("the last state's message is told, unless the error says the same", async () => {
		const last = async (error: unknown) => texts((await detail({ ...row, error })).el, ".message");
		expect([await last(null), await last(ERROR)]).toEqual([["again"], []]);
	});

	it("a kernel that cannot hear while a cell runs is told of", async () => {
		const { el } = await detail(row, undefined, { hint: "This kernel cannot hear Cancel: use Interrupt (■)." });
		wait(1600);
		expect(find(el, ".silence").textContent).toBe(
			"Not here: parameters, result and log. This kernel cannot answer while a cell runs: ask once it has ended. Ask again",
		);
	});

	it("a run that the kernel has forgotten is told of, too", async () => {
		const { el } = await detail(row, null);
		expect(has(el, ".silence")).toBe(true);
	});

	it("the kernel is asked again by a button", async () => {
		const { sent, el, answerLast } = await detail(row, null);
		await vi.advanceTimersByTimeAsync(1000);
		click(find(el, ".silence button"));
		await vi.advanceTimersByTimeAsync(0);
		expect(asks(sent)).toBe(2);
		await answerLast(DETAIL);
		expect(has(el, ".silence")).toBe(false);
		expect(texts(el, ".facts dt")).toContain("api_key");
	});

	it("no timer is left when the detail is closed", async () => {
		const { el } = await detail(RETRYING, DETAIL);
		expect(vi.getTimerCount()).toBeGreaterThan(0);
		change(() => render(null, el));
		expect(vi.getTimerCount()).toBe(0);
	});
});

describe("the log of one run", () => {
	const log = Array.from({ length: 30 }, (_, i) => [T0 + i, "INFO", `line ${i}`]);

	it("begins with the newest lines, and shows all on demand", async () => {
		const { model, sent, el } = await detail(task(2, "Completed", { logged: 30 }), { ...DETAIL, log, logged: 30 });
		expect(texts(el, ".log-line pre")).toEqual(log.slice(-8).map(([, , text]) => text));
		click(find(el, "[aria-expanded=false]"));
		const asked = sent.find(({ type }) => type === "log");
		expect(asked).toMatchObject({ run: 2, before: null });
		const lines = log.map(([at, level, text]) => [at, level, "", text]);
		model.hear({ type: "log", id: asked && "id" in asked ? asked.id : 0, run: 2, from: 0, total: 30, lines });
		await vi.advanceTimersByTimeAsync(0);
		change(() => {});
		expect(el.querySelectorAll(".log-line")).toHaveLength(30);
	});
});

describe("what can be copied", () => {
	const clipboard = () => {
		const writeText = vi.fn(() => Promise.resolve());
		vi.stubGlobal("navigator", { clipboard: { writeText } });
		return writeText;
	};
	const button = (el: Element, label: string): HTMLElement => {
		const found = [...el.querySelectorAll("button")].find(({ textContent }) => textContent === label);
		if (!found) throw new Error(`no button ${label}`);
		return found;
	};
	const pressed = async (el: Element, label: string): Promise<string | undefined> => {
		click(button(el, label));
		await vi.advanceTimersByTimeAsync(0);
		change(() => {});
		return button(el, label).parentElement?.querySelector('[role="status"]')?.textContent ?? undefined;
	};

	it("is the id, a call, and the error with its traceback; and it says so", async () => {
		const writeText = clipboard();
		const error = { ...ERROR, traceback: "Traceback ..." };
		const { el } = await detail(task(2, "Failed"), { ...DETAIL, error });
		expect(await pressed(el, "Copy id")).toBe("Copied");
		expect(await pressed(el, "Copy as code")).toBe("Copied");
		expect(await pressed(el, "Copy error")).toBe("Copied");
		expect(writeText.mock.calls).toEqual([[DETAIL.id], [DETAIL.code], ["Traceback ..."]]);
		wait(2000);
		expect(texts(el, ".copied").join("")).toBe("");
	});

	it("is copied by selection where the page has no clipboard", async () => {
		const copied: string[] = [];
		document.execCommand = () => {
			copied.push(document.querySelector("textarea")?.value ?? "");
			return true;
		};
		const { el } = await detail(task(2, "Completed"), DETAIL);
		const id = button(el, "Copy id");
		id.focus();
		expect(await pressed(el, "Copy id")).toBe("Copied");
		expect(copied).toEqual([DETAIL.id]);
		expect(document.activeElement).toBe(id);
		expect(document.querySelector("textarea")).toBeNull();
	});

	it.each([
		["refuses", () => false],
		[
			"raises",
			() => {
				throw new Error("not allowed");
			},
		],
	])("is said not to be copied where the browser %s", async (_, execCommand) => {
		document.execCommand = execCommand;
		const { el } = await detail(task(2, "Completed"), DETAIL);
		expect(await pressed(el, "Copy id")).toBe("Not copied: select it");
		expect(document.querySelector("textarea")).toBeNull();
	});
});

describe("times", () => {
	it.each([
		[T0 + 0.0004, "23:06:40.000"],
		[T0 - 86_400, "Wed, 19 Nov 2025, 23:06:40.000"],
		[1e300, ""],
		[Number.NaN, ""],
	])("of day: %s is %s", (at, text) => expect(timeText(at)).toBe(text));

	it("that no calendar has are left out", () => expect(wholeTime(1e300)).toBe(""));

	it.each([
		[0, "0:00.000"],
		[3.2046, "0:03.205"],
		[75.5, "1:15.500"],
		[59.9999, "1:00.000"],
		[7200, "120:00.000"],
		[-0.25, "−0:00.250"],
		[-0.0001, "0:00.000"],
	])("since the start: %s is %s", (seconds, text) => expect(sinceText(seconds)).toBe(text));
});

it.each(["<script>window.hacked = 1</script>", "n".repeat(100_000), "\u202egnp.exe", "שלום", "\x1b[31m"])(
	"strings of any kind are text: %.30s",
	async (text) => {
		const told = {
			...DETAIL,
			id: text,
			code: text,
			tags: [text],
			notes: [text],
			parameters: [[text, text, false]],
			result: { type: text, text },
			story: [[text, "FAILED", T0, text]],
			hooks: [hook({ kind: text, name: text, printed: text, outcome: "failed", error: text })],
			error: { title: text, where: [text], traceback: text },
			log: [[T0, text, text]],
		};
		const { el } = await detail(task(2, "Failed", { name: text, story: [] }), told);
		expect(has(el, "script")).toBe(false);
		expect(el.textContent?.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
		expect(el.textContent?.length).toBeLessThan(80_000);
		for (const one of el.querySelectorAll("pre"))
			expect(one.getAttribute("dir")).toBe(one.matches(".why") ? "ltr" : "auto");
		for (const one of el.querySelectorAll(".term, .code, .tag, .result-type")) expect(one.tagName).toBe("BDI");
	},
);
