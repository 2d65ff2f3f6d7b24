/** Whatever a name, a message or a print holds, the page shows it as text. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { signal } from "@preact/signals";
import { describe, expect, it, vi } from "vitest";
import { Board } from "../src/views/Board";
import { flow, group, hook, type Raw, snapshot, state, T0, task } from "./builders";
import { change, click, draw, modelOf, texts, wait } from "./page";

const STRINGS = {
	script: '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">',
	attribute: `" onmouseover="window.hacked = 1" x='`,
	style: "</style><b>out</b>",
	rightToLeft: "שלום עולם (1)",
	override: "\u202egnp.exe\u2069",
	emoji: "👩‍👩‍👧‍👦🦊",
	endless: "n".repeat(100_000),
	control: "\x00\x07\x1b[31m\x7f\x9b",
	markup: "{{x}} $x &lt;b&gt; %s",
};

/** What the kernel would answer, with the text in every place of it. */
function answer(ask: Raw, text: string): Raw {
	const chapter = [text, "FAILED", T0, text];
	const hooks = [hook({ kind: text, name: text, printed: text, outcome: "failed", error: text })];
	const log = [[T0, text, text]];
	const detail = {
		id: text,
		tags: [text],
		parameters: [[text, text, false]],
		result: { type: text, text },
		story: [chapter],
		hooks,
		error: { title: text, where: [text], traceback: text },
		notes: [text],
		code: text,
		log,
		logged: 1,
	};
	if (ask.type === "detail") return { ...ask, detail };
	if (ask.type === "log") return { ...ask, from: 0, total: 1, lines: [[T0, text, text, text]] };
	if (ask.type === "page") return { ...ask, total: 1, rows: [task(700, "Failed", { name: text, of: text })] };
	return { type: "reply", id: ask.id, ok: false, text };
}

/** Each view of a board, one after the other, with the text in every place. */
async function* everywhere(text: string): AsyncGenerator<HTMLElement> {
	const hooks = [hook({ kind: text, name: text, printed: text, outcome: "failed", error: text })];
	const error = { title: text, where: [text] };
	const odd = { type: "FAILED", name: text, message: text, at: T0 };
	const all = {
		name: text,
		of: text,
		waits: text,
		hooks,
		hooks_failed: 1,
		notes: [text],
		story: [[text, "FAILED", T0]],
	};
	const root = flow(1, "Failed", { ...all, state: odd, error, counts: { [text]: 5 }, total: 5, logged: 1 });
	const live = flow(9, "Running", { ...all, state: state("Running", 0, text) });
	const tasks = [
		task(2, "Failed", { ...all, g: 1, state: odd, error }),
		task(3, "Pending", { ...all, g: 1, hooks: [] }),
	];
	const groups = [group(1, 900, text, { of: text, hooks_failed: 1 }), group(2, 1, text, { of: text, after: [1] })];
	const more = { hint: text, more_runs: { [text]: 1 }, groups };
	const { model, sent } = modelOf(snapshot(1, [root, live], tasks, more));
	const el = draw(<Board model={model} dark={signal(false)} />);
	const heard = async (): Promise<HTMLElement> => {
		wait(150);
		for (const ask of sent.splice(0)) change(() => model.hear(answer({ ...ask }, text)));
		await vi.advanceTimersByTimeAsync(20);
		change(() => {});
		return el;
	};
	click(el.querySelector(".row.group") ?? el);
	yield heard();
	click(el.querySelector('.row[data-run="2"]') ?? el);
	yield heard();
	for (const tab of el.querySelector('[role="tablist"]')?.querySelectorAll("button") ?? []) {
		click(tab);
		yield heard();
	}
	click(el.querySelector(".menu-button") ?? el);
	yield heard();
	click(el.querySelector(".cancel") ?? el);
	yield heard();
	model.close();
}

describe.each(Object.entries(STRINGS))("a string with %s", (_, text) => {
	it("makes no element and no handler of its own", async () => {
		for await (const el of everywhere(text)) {
			expect(el.querySelectorAll("script, img, b, a, iframe")).toHaveLength(0);
			expect(el.querySelectorAll("style")).toHaveLength(1);
			for (const one of el.querySelectorAll("*")) {
				expect([...one.attributes].filter(({ name }) => name.startsWith("on"))).toEqual([]);
			}
		}
		expect(Reflect.get(window, "hacked")).toBeUndefined();
	});

	it("leaves no acting character and no endless text on the page", async () => {
		for await (const el of everywhere(text)) {
			const titles = [...el.querySelectorAll("[title]")].map((one) => one.getAttribute("title") ?? "");
			const labels = [...el.querySelectorAll("[aria-label]")].map((one) => one.getAttribute("aria-label") ?? "");
			const shown = [...texts(el, ".hookcell > :not(style)"), ...titles, ...labels].join("").replaceAll("\n", "");
			expect(shown).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
			expect(shown.length).toBeLessThan(200_000);
		}
	});

	it("is isolated from the direction of the text around it", async () => {
		for await (const el of everywhere(text)) {
			for (const one of el.querySelectorAll(".name, .run, .task, .says, .at-work, .why-not"))
				expect(one.tagName).toBe("BDI");
			for (const one of el.querySelectorAll("pre"))
				expect(one.getAttribute("dir")).toBe(one.matches(".why") ? "ltr" : "auto");
		}
	});
});

it("a name is shown letter by letter, and whole in its title", async () => {
	for await (const el of everywhere(STRINGS.script)) {
		expect(texts(el, ".name")[0]).toBe(STRINGS.script);
		expect(el.querySelector(".name")?.getAttribute("title")).toBe(STRINGS.script);
	}
});

it("no source writes HTML", () => {
	const folder = join(import.meta.dirname, "../src");
	for (const name of readdirSync(folder, { recursive: true, encoding: "utf-8" })) {
		if (!/\.tsx?$/.test(name)) continue;
		const source = readFileSync(join(folder, name), "utf-8");
		expect(source, name).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function/i);
	}
});
