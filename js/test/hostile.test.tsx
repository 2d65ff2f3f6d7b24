/** Whatever a name, a message or a print holds, the page shows it as text. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { Board } from "../src/views/Board";
import { flow, hook, snapshot, state, T0, task } from "./builders";
import { click, draw, modelOf, texts } from "./page";

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

function everywhere(text: string): HTMLElement {
	const hooks = [hook({ kind: text, name: text, printed: text, outcome: "failed", error: text })];
	const error = { title: text, where: [text] };
	const odd = { type: "FAILED", name: text, message: text, at: T0 };
	const all = { name: text, of: text, waits: text, hooks, hooks_failed: 1, story: [[text, "FAILED", T0]] };
	const root = flow(1, "Failed", { ...all, state: odd, error, counts: { [text]: 5 }, total: 5 });
	const live = flow(9, "Running", { ...all, state: state("Running", 0, text) });
	const tasks = [task(2, "Failed", { ...all, state: odd, error }), task(3, "Pending", { ...all, hooks: [] })];
	const { model } = modelOf(snapshot(1, [root, live], tasks, { hint: text, more_runs: { [text]: 1 } }));
	const el = draw(<Board model={model} dark={signal(false)} />);
	for (const button of [...el.querySelectorAll("button.row, button.plain:not(.fold), button.line")]) click(button);
	model.close();
	return el;
}

describe.each(Object.entries(STRINGS))("a string with %s", (_, text) => {
	it("makes no element and no handler of its own", () => {
		const el = everywhere(text);
		expect(el.querySelectorAll("script, img, b, a, iframe")).toHaveLength(0);
		expect(el.querySelectorAll("style")).toHaveLength(1);
		for (const one of el.querySelectorAll("*")) {
			expect([...one.attributes].filter(({ name }) => name.startsWith("on"))).toEqual([]);
		}
		expect(Reflect.get(window, "hacked")).toBeUndefined();
	});

	it("leaves no acting character and no endless text on the page", () => {
		const el = everywhere(text);
		const titles = [...el.querySelectorAll("[title]")].map((one) => one.getAttribute("title") ?? "");
		const labels = [...el.querySelectorAll("[aria-label]")].map((one) => one.getAttribute("aria-label") ?? "");
		const shown = [...texts(el, ".hookcell > :not(style)"), ...titles, ...labels].join("").replaceAll("\n", "");
		expect(shown).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
		expect(shown.length).toBeLessThan(60_000);
	});

	it("is isolated from the direction of the text around it", () => {
		const el = everywhere(text);
		for (const one of el.querySelectorAll(".name, .run, .task, .doing, .kind, .code")) expect(one.tagName).toBe("BDI");
		for (const one of el.querySelectorAll("pre")) expect(one.getAttribute("dir")).toBe("auto");
	});
});

it("a name is shown letter by letter, and whole in its title", () => {
	const el = everywhere(STRINGS.script);
	expect(texts(el, ".task")[0]).toBe(STRINGS.script);
	expect(el.querySelector(".task")?.getAttribute("title")).toBe(STRINGS.script);
});

it("no source writes HTML", () => {
	const folder = join(import.meta.dirname, "../src");
	for (const name of readdirSync(folder, { recursive: true, encoding: "utf-8" })) {
		if (!/\.tsx?$/.test(name)) continue;
		const source = readFileSync(join(folder, name), "utf-8");
		expect(source, name).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function/i);
	}
});
