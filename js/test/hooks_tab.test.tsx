import { describe, expect, it } from "vitest";
import type { RunModel } from "../src/model";
import { HooksTab } from "../src/views/hooks/HooksTab";
import { delta, flow, group, hook, type Raw, snapshot, T0, task } from "./builders";
import { change, click, draw, find, has, modelOf, texts } from "./page";

function Live({ model }: { model: RunModel }) {
	const picture = model.picture.value;
	const root = picture?.roots.get(1);
	return picture && root ? <HooksTab root={root} below={[...picture.tasks.values()]} model={model} /> : null;
}

function tab(root: Raw, tasks: Raw[] = [], more: Raw = {}) {
	const { model } = modelOf(snapshot(1, [root], tasks, more));
	return { model, el: draw(<Live model={model} />) };
}

const CALLS = [
	task(2, "Completed", { hooks: [hook({ at: T0 + 1, printed: "first" })], hooks_ok: 1 }),
	task(3, "Failed", {
		hooks: [hook({ name: "post", at: T0 + 3, outcome: "failed", error: "E: x" }), hook({ name: "page", at: T0 + 4 })],
		hooks_ok: 1,
		hooks_failed: 1,
	}),
];
const ROOT = flow(1, "Running", { hooks: [hook({ name: "announce", at: T0 + 2, seconds: null, outcome: "running" })] });

describe("the hooks", () => {
	it("of all runs are listed, those that failed first, then as they were called", () => {
		const { el } = tab(ROOT, CALLS);
		expect(texts(el, ".call .code")).toEqual(["post", "notify", "announce", "page"]);
		expect(texts(el, ".call .of")).toEqual(["score[3]", "score[2]", "crimson-fox", "score[3]"]);
		expect(texts(el, ".call-at")).toEqual(["0:03.000", "0:01.000", "0:02.000", "0:04.000"]);
		expect(texts(el, ".call-said")).toEqual(["E: x (the run went on)", "first"]);
		expect(texts(el, ".call-outcome")).toEqual(["failed", "running"]);
		expect(find(el, ".pane-bar .quiet").textContent).toBe("3 calls, 1 failed");
	});

	it("can be only those that failed", () => {
		const { el } = tab(ROOT, CALLS);
		const button = find(el, ".toggle");
		expect(button.getAttribute("aria-pressed")).toBe("false");
		click(button);
		expect(button.getAttribute("aria-pressed")).toBe("true");
		expect(texts(el, ".call .code")).toEqual(["post"]);
		click(button);
		expect(el.querySelectorAll(".call")).toHaveLength(4);
	});

	it("lead to the run that called them", () => {
		const { model, el } = tab(ROOT, CALLS);
		click(find(el, ".call-of"));
		expect([model.selected.value, model.pointed.value?.name]).toEqual([3, "post"]);
	});

	it("are live", () => {
		const { model, el } = tab(ROOT, CALLS);
		const more = task(4, "Running", {
			hooks: [hook({ name: "late", at: T0 + 9, outcome: "timed out" })],
			hooks_failed: 1,
		});
		change(() => model.hear(delta(2, [more])));
		expect(texts(el, ".call .code")).toEqual(["post", "late", "notify", "announce", "page"]);
	});

	it("are drawn a hundred at a time", () => {
		const hooks = Array.from({ length: 250 }, (_, i) => hook({ at: T0 + i, name: `h${i}` }));
		const { el } = tab(flow(1, "Running", { hooks, hooks_ok: 250 }));
		expect(el.querySelectorAll(".call")).toHaveLength(100);
		expect(find(el, ".left").textContent).toBe("… and 150 more calls Show 100 more");
		click(find(el, ".left button"));
		click(find(el, ".left button"));
		expect(el.querySelectorAll(".call")).toHaveLength(250);
		expect(has(el, ".left")).toBe(false);
	});

	it("of runs that the page was never told of are counted", () => {
		const { el } = tab(ROOT, CALLS, { groups: [group(1, 9000, "Completed", { hooks_ok: 9000, hooks_failed: 7 })] });
		expect(find(el, ".pane-bar .quiet").textContent).toBe("9,007 calls, 7 failed");
		expect(find(el, ".left").textContent).toBe("… and 9,004 more calls ");
		click(find(el, ".toggle"));
		expect(find(el, ".left").textContent).toBe("… and 6 more calls ");
	});

	it("that are none are said to be none", () => {
		expect(tab(flow()).el.textContent).toBe("No hooks were called.");
	});

	it("print and fail in any characters", () => {
		const text = "<b>\u202e</b>";
		const odd = hook({ kind: text, name: text, printed: text, error: text, outcome: "abandoned" });
		const { el } = tab(flow(1, "Running", { name: text, hooks: [odd], hooks_failed: 1 }));
		expect(has(el, "b")).toBe(false);
		expect(el.textContent).not.toMatch(/[\u202a-\u202e]/);
		expect(texts(el, ".call-said")[0]).toBe("<b>\\u202e</b>");
	});
});
