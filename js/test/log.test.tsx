import { describe, expect, it, vi } from "vitest";
import type { RunModel } from "../src/model";
import { LogTab } from "../src/views/log/LogTab";
import type { Outgoing } from "../src/wire";
import { delta, flow, type Raw, snapshot, T0 } from "./builders";
import { change, click, draw, find, has, modelOf, texts, wait } from "./page";

function Live({ model }: { model: RunModel }) {
	const root = model.picture.value?.roots.get(1);
	return root ? <LogTab root={root} model={model} /> : null;
}

const LEVELS = ["INFO", "WARNING", "ERROR"];
const lines = (from: number, to: number): unknown[] =>
	Array.from({ length: to - from }, (_, i) => [T0 + from + i, LEVELS[(from + i) % 3], "score[77]", `line ${from + i}`]);

/** The log of the root, and the way to answer the last question about it. */
async function log(total: number, more: Raw = {}) {
	const { model, sent } = modelOf(snapshot(1, [flow(1, "Running", { logged: total })], [], more));
	const el = draw(<Live model={model} />);
	const answer = async (from: number, to: number, of = total): Promise<void> => {
		const id = asked(sent).at(-1)?.id;
		model.hear({ type: "log", id, run: 1, from, total: of, lines: lines(from, to) });
		await settle();
	};
	return { model, sent, el, answer };
}

const asked = (sent: readonly Outgoing[]) => sent.filter((message) => message.type === "log");

async function settle(ms = 0): Promise<void> {
	await vi.advanceTimersByTimeAsync(ms);
	change(() => {});
}

function type(el: Element, text: string): void {
	const input = find<HTMLInputElement>(el, "input");
	change(() => {
		input.value = text;
		input.dispatchEvent(new Event("input", { bubbles: true }));
	});
}

describe("the log", () => {
	it("asks for the newest lines and shows when, how grave, whose and what", async () => {
		const { sent, el, answer } = await log(3);
		expect(el.textContent).toBe("Asking the kernel for the log …");
		expect(asked(sent)).toMatchObject([{ run: 1, before: null }]);
		await answer(0, 3);
		expect(texts(el, ".log-line")).toEqual([
			"0:00.000INFOscore[77]line 0",
			"0:01.000WARNINGscore[77]line 1",
			"0:02.000ERRORscore[77]line 2",
		]);
		expect([...el.querySelectorAll<HTMLElement>(".log-level")].map(({ style }) => style.color)).toEqual([
			"",
			"var(--hc-Retrying)",
			"var(--hc-Failed)",
		]);
	});

	it("that is empty is said to be, and not asked for", async () => {
		const { sent, el } = await log(0);
		expect([el.textContent, asked(sent)]).toEqual(["Nothing has been logged.", []]);
	});

	it("grows with the run", async () => {
		const { model, el, answer } = await log(3);
		await answer(0, 3);
		change(() => model.hear(delta(2, [flow(1, "Running", { logged: 5 })])));
		await settle(500);
		await answer(0, 5, 5);
		expect(texts(el, ".log-line pre").at(-1)).toBe("line 4");
		expect(el.querySelectorAll(".log-line")).toHaveLength(5);
	});

	it("shows earlier lines on demand, and says how many there are", async () => {
		const { sent, el, answer } = await log(500);
		await answer(300, 500);
		expect(find(el, ".earlier").textContent).toBe("Show earlier lines (300)");
		click(find(el, ".earlier"));
		await settle();
		expect(find<HTMLButtonElement>(el, ".earlier").disabled).toBe(true);
		expect(asked(sent).at(-1)).toMatchObject({ before: 300 });
		await answer(100, 300);
		expect(texts(el, ".log-line pre")[0]).toBe("line 100");
		expect(el.querySelectorAll(".log-line")).toHaveLength(400);
		click(find(el, ".earlier"));
		await settle();
		await answer(0, 100);
		expect(el.querySelectorAll(".log-line")).toHaveLength(500);
		expect(has(el, ".earlier")).toBe(false);
	});

	it("lets a line keep its place in the page while others come before it", async () => {
		const { el, answer } = await log(300);
		await answer(100, 300);
		const last = [...el.querySelectorAll(".log-line")].at(-1);
		click(find(el, ".earlier"));
		await settle();
		await answer(0, 100);
		expect([...el.querySelectorAll(".log-line")].at(-1)).toBe(last);
	});

	it("keeps what is read in its place while earlier lines come above it", async () => {
		const { el, answer } = await log(300);
		await answer(100, 300);
		const pane = find(el, ".log-pane");
		let height = 4000;
		Object.defineProperties(pane, { scrollHeight: { get: () => height }, clientHeight: { value: 400 } });
		pane.scrollTop = 0;
		click(find(el, ".earlier"));
		await settle();
		height = 6000;
		await answer(0, 100);
		expect(pane.scrollTop).toBe(2000);
	});

	it("stops following when earlier lines are asked for", async () => {
		const { el, answer } = await log(300);
		await answer(100, 300);
		expect(find(el, ".toggle").getAttribute("aria-pressed")).toBe("true");
		click(find(el, ".earlier"));
		expect(find(el, ".toggle").getAttribute("aria-pressed")).toBe("false");
		await settle(11_000);
	});

	it("follows its end until it is scrolled away, and again at a click", async () => {
		const { el, answer } = await log(50);
		await answer(0, 50);
		const pane = find(el, ".log-pane");
		Object.defineProperties(pane, { scrollHeight: { value: 1000 }, clientHeight: { value: 100 } });
		change(() => {
			pane.scrollTop = 200;
			pane.dispatchEvent(new Event("scroll"));
		});
		expect(find(el, ".toggle").getAttribute("aria-pressed")).toBe("false");
		click(find(el, ".toggle"));
		expect(pane.scrollTop).toBe(1000);
		expect(find(el, ".toggle").getAttribute("aria-pressed")).toBe("true");
	});

	it("is filtered by text, run and level, whatever their case", async () => {
		const { el, answer } = await log(30);
		await answer(0, 30);
		type(el, "LINE 7");
		expect(texts(el, ".log-line pre")).toEqual(["line 7"]);
		expect(find(el, ".pane-bar .quiet").textContent).toBe("1 of 30 lines here");
		type(el, "error");
		expect(el.querySelectorAll(".log-line")).toHaveLength(10);
		type(el, "[77]");
		expect(el.querySelectorAll(".log-line")).toHaveLength(30);
		type(el, "nothing of this");
		expect(el.querySelectorAll(".log-line")).toHaveLength(0);
		type(el, "");
		expect(find(el, ".pane-bar .quiet").textContent).toBe("");
	});

	it("is copied as text, as far as it is shown", async () => {
		const writeText = vi.fn((_: string) => Promise.resolve());
		vi.stubGlobal("navigator", { clipboard: { writeText } });
		const { el, answer } = await log(3);
		await answer(0, 3);
		type(el, "line 1");
		const copy = [...el.querySelectorAll("button")].find(({ textContent }) => textContent === "Copy");
		click(copy ?? el);
		await settle();
		expect(writeText.mock.calls[0]?.[0]).toMatch(/ WARNING score\[77\]: line 1$/);
		expect(find(el, ".copied").textContent).toBe("Copied");
	});

	it("that the kernel does not send is said to be missing, and asked for again", async () => {
		const { sent, el, answer } = await log(3);
		wait(1600);
		expect(find(el, ".silence").textContent).toBe(
			"Not here: log. The kernel is busy, was restarted, or no longer has this run. Ask again",
		);
		await settle(10_000);
		click(find(el, ".silence button"));
		await settle();
		expect(asked(sent)).toHaveLength(2);
		await answer(0, 3);
		expect(el.querySelectorAll(".log-line")).toHaveLength(3);
	});

	it("can be asked again for earlier lines that did not come", async () => {
		const { el, answer } = await log(300);
		await answer(100, 300);
		click(find(el, ".earlier"));
		await settle(11_000);
		expect(find<HTMLButtonElement>(el, ".earlier").disabled).toBe(false);
		expect(el.querySelectorAll(".log-line")).toHaveLength(200);
	});

	it("shows lines of any kind as text, and those that cannot be read not at all", async () => {
		const { model, sent, el } = await log(3);
		const odd = [[T0, "<i>", "<b>", "<script>1</script>\u202e"], "x", [1e300, null, null, "n".repeat(50_000)]];
		model.hear({ type: "log", id: asked(sent)[0]?.id, run: 1, from: 0, total: 3, lines: odd });
		await settle();
		expect(el.querySelectorAll("i, b, script")).toHaveLength(0);
		expect(texts(el, ".log-line pre")[0]).toBe("<script>1</script>\\u202e");
		expect(el.querySelectorAll(".log-line")).toHaveLength(2);
		expect(el.textContent?.length).toBeLessThan(6000);
	});

	it("can be reached and named without a mouse", async () => {
		const { el, answer } = await log(3);
		await answer(0, 3);
		const pane = find(el, '[role="log"]');
		expect([pane.tabIndex, pane.getAttribute("aria-label"), pane.getAttribute("aria-live")]).toEqual([
			0,
			"Log of crimson-fox",
			"off",
		]);
	});
});
