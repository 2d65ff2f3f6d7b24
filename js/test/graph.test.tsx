import type { ComponentProps } from "preact";
import { describe, expect, it, vi } from "vitest";
import type { RunModel } from "../src/model";
import { Graph } from "../src/views/graph/Graph";
import { verticesOf } from "../src/views/graph/vertices";
import { delta, flow, group, groups, oneRun, type Raw, runs, snapshot, T0, task } from "./builders";
import { change, click, draw, find, has, modelOf, press, texts, wait } from "./page";

const ROOT = oneRun(flow());

const named = (g: number, of: string, name: string, after: number[] = [], more: Raw = {}): Raw =>
	group(g, 1, name, { of, after, ...more });

const CHAIN = [
	named(1, "extract", "Completed", [], { end: T0 + 1.9 }),
	group(2, 1200, "Completed", {
		of: "score",
		after: [1],
		counts: { Completed: 812, Running: 8, Failed: 3 },
		end: null,
	}),
	named(3, "report", "Pending", [2, 1], { start: null }),
];

/** A subflow whose run is 20, with two tasks inside. */
const SUBFLOW = [
	named(1, "extract", "Completed"),
	named(2, "publish", "Running", [1], { kind: "flow" }),
	named(3, "render", "Completed", [1], { parent: 20, in: 2, depth: 2 }),
	named(4, "upload", "Running", [3], { parent: 20, in: 2, depth: 2 }),
	named(5, "report", "Pending", [4]),
];

function graph(raw: Raw[], tasks: Raw[] = []) {
	const { model, sent } = modelOf(snapshot(1, [flow()], tasks, { groups: raw }));
	return { model, sent, el: draw(<Live model={model} />) };
}

function Live({ model }: { model: RunModel }) {
	const picture = model.picture.value;
	const root = picture?.roots.get(1);
	if (!picture || !root) return null;
	const props: ComponentProps<typeof Graph> = {
		root,
		groups: [...picture.groups.values()],
		rows: [...picture.tasks.values()],
		model,
	};
	return <Graph {...props} />;
}

const node = (el: Element, name: string): HTMLElement => {
	const found = [...el.querySelectorAll<HTMLElement>(".node")].find((one) => find(one, ".task").textContent === name);
	if (!found) throw new Error(`no node ${name}`);
	return found;
};
const main = (el: Element, name: string): HTMLElement => find(node(el, name), ".node-main");
const focus = (el: HTMLElement): void => change(() => el.focus());
const focused = (): string => find(document.activeElement ?? document.body, ".task").textContent ?? "";

describe("vertices", () => {
	const tops = (raw: Raw[], rows: Raw[] = []) => verticesOf(ROOT, groups(...raw), runs(...rows)).tops;

	it("are one for each definition below the root, with what it waited for", () => {
		const [extract, score, report] = tops(CHAIN);
		expect([score?.after, report?.after]).toEqual([[extract?.key], [score?.key, extract?.key]]);
	});

	it("of a subflow lie inside it, and what depends on them depends on it", () => {
		const [extract, publish, report] = tops(SUBFLOW);
		expect(publish?.inner.map(({ of }) => of)).toEqual(["render", "upload"]);
		expect(publish?.after).toEqual([extract?.key]);
		expect(report?.after).toEqual([publish?.key]);
		expect(publish?.inner[1]?.after).toEqual([publish?.inner[0]?.key]);
	});

	it("of a subflow that ran several times are taken together", () => {
		const flows = group(1, 2, "Completed", { of: "part", kind: "flow" });
		const inside = [20, 21].map((parent, i) => named(2 + i, "load", i ? "Failed" : "Completed", [], { parent, in: 1 }));
		const [part] = tops([flows, ...inside]);
		expect(part?.inner.map(({ of, total, counts }) => [of, total, [...counts]])).toEqual([
			[
				"load",
				2,
				[
					["Completed", 1],
					["Failed", 1],
				],
			],
		]);
	});

	it("of its later runs, which share one group, are among them", () => {
		const flows = group(1, 40, "Completed", { of: "part", kind: "flow" });
		const inside = [
			named(2, "load", "Completed", [], { parent: 20, in: 1 }),
			group(3, 39, "Completed", { of: "load", parent: null, in: 1 }),
			group(4, 39, "Completed", { of: "save", parent: null, in: 1, after: [3] }),
		];
		const [part] = tops([flows, ...inside]);
		expect(part?.inner.map(({ of, total, after }) => [of, total, after.length])).toEqual([
			["load", 40, 0],
			["save", 39, 1],
		]);
	});

	it("find their subflow by its run where the kernel does not name its group", () => {
		const raw = SUBFLOW.map(({ in: _, ...rest }) => rest);
		const [, publish] = tops(raw, [task(20, "Running", { g: 2, kind: "flow" })]);
		expect(publish?.inner).toHaveLength(2);
	});

	it("that are nowhere are counted", () => {
		const raw = [named(3, "render", "Completed", [], { parent: 20 })];
		expect(verticesOf(ROOT, groups(...raw), [])).toEqual({ tops: [], lost: 1 });
	});

	it("of two definitions with one name stay two", () => {
		expect(
			tops([named(1, "load", "Completed"), named(2, "load", "Failed", [1])]).map(({ groups }) => groups.length),
		).toEqual([1, 1]);
	});

	it("of a thousand subflow runs are found in a blink", () => {
		const flows = group(1, 1000, "Completed", { of: "part", kind: "flow" });
		const inside = Array.from({ length: 3000 }, (_, i) =>
			named(2 + i, `step_${i % 3}`, "Completed", i % 3 ? [1 + i] : [], { parent: 100 + Math.floor(i / 3), in: 1 }),
		);
		const raw = groups(flows, ...inside);
		vi.useRealTimers();
		const began = performance.now();
		const [part] = verticesOf(ROOT, raw, []).tops;
		expect(performance.now() - began).toBeLessThan(200);
		expect(part?.inner.map(({ total }) => total)).toEqual([1000, 1000, 1000]);
	});
});

describe("the graph", () => {
	it("says of each node what it is, how it is and what it came after", () => {
		const { el } = graph(CHAIN);
		expect(texts(el, ".node-main")).toEqual([
			"✓extract1.9 sCompleted",
			"▶\ufe0escore× 1,2003 ✕812 ✓8 ▶\ufe0e: 812 Completed, 8 Running, 3 Failed; after extract",
			"○reportPending; after score, extract",
		]);
		expect(find(node(el, "score"), ".node-state").getAttribute("aria-hidden")).toBe("true");
		expect(texts(el, ".unseen li")).toEqual(["score after extract", "report after score, extract"]);
		expect(find(el, "figure").getAttribute("aria-label")).toBe("Graph of nightly: 3 nodes");
	});

	it("shows counts with what went wrong first, and a bar of all", () => {
		const score = node(graph(CHAIN).el, "score");
		expect(texts(score, ".node-state > span")).toEqual(["3 ✕", "812 ✓", "8 ▶\ufe0e"]);
		expect(find(score, ".node-times").textContent).toBe("× 1,200");
		expect(score.querySelectorAll(".node-bar span")).toHaveLength(3);
	});

	it("draws a line for each dependency", () => {
		expect(graph(CHAIN).el.querySelectorAll(".edge")).toHaveLength(3);
	});

	it("says so where there is nothing to draw, or nothing between the nodes", () => {
		expect(graph([]).el.textContent).toBe("No tasks yet.");
		const { el } = graph([named(1, "a", "Completed"), named(2, "b", "Completed")]);
		expect(find(el, ".pane-bar .quiet").textContent).toBe(
			"2 nodes. No futures were passed on: there are no lines to draw",
		);
	});

	it("is as wide as its pane, also when its first task comes late", () => {
		const seen: Element[] = [];
		vi.stubGlobal(
			"ResizeObserver",
			class {
				observe = (el: Element) => seen.push(el);
				disconnect = () => {};
			},
		);
		vi.spyOn(Element.prototype, "clientWidth", "get").mockReturnValue(500);
		const { model, el } = graph([]);
		change(() => model.hear(delta(2, [], { groups: CHAIN })));
		expect(seen).toEqual([find(el, ".graph-pane")]);
		expect(Number.parseFloat(find(el, "figure").style.width)).toBeLessThanOrEqual(500);
	});

	it("is live: states change, and nothing moves", () => {
		const { model, el } = graph(CHAIN);
		const places = () => [...el.querySelectorAll(".node")].map((one) => one.getAttribute("style"));
		const before = places();
		change(() => model.hear(delta(2, [], { groups: [named(3, "report", "Running", [2, 1])] })));
		expect(find(node(el, "report"), ".node-word").textContent).toBe("Running");
		expect(node(el, "report").dataset.state).toBe("Running");
		expect(places()).toEqual(before);
		wait(2000);
		expect(find(node(el, "report"), ".node-state").textContent).toBe("2.0 sRunning");
	});

	it("makes room for what comes later, and leaves the others where they are", () => {
		const { model, el } = graph(CHAIN);
		const before = node(el, "report").getAttribute("style");
		change(() => model.hear(delta(2, [], { groups: [named(4, "mail", "Pending", [3])] })));
		expect(el.querySelectorAll(".node")).toHaveLength(4);
		expect(node(el, "report").getAttribute("style")).toBe(before);
	});

	it("draws the first hundred and fifty, and says how many there are", () => {
		const { el } = graph(Array.from({ length: 170 }, (_, i) => named(i + 1, `t${i}`, "Completed", i ? [i] : [])));
		expect(el.querySelectorAll(".node")).toHaveLength(150);
		expect(find(el, ".pane-bar .quiet").textContent).toBe("The first 150 of 170 nodes; all are under Tasks.");
	});

	it("shows a circle, too", () => {
		const { el } = graph([named(1, "a", "Completed", [2]), named(2, "b", "Completed", [1])]);
		expect(el.querySelectorAll(".edge.back")).toHaveLength(1);
	});
});

describe("a subflow", () => {
	it("of a small graph is open, and closes", () => {
		const { el } = graph(SUBFLOW);
		expect(texts(el, ".node .task")).toEqual(["extract", "publish", "render", "upload", "report"]);
		const fold = find(node(el, "publish"), ".node-fold");
		expect([fold.textContent, fold.getAttribute("aria-expanded")]).toEqual(["− 2 nodes inside publish", "true"]);
		click(fold);
		expect(texts(el, ".node .task")).toEqual(["extract", "publish", "report"]);
		expect(find(node(el, "publish"), ".node-fold").textContent).toBe("+2 nodes inside publish");
	});

	it("of a large graph is closed, and what is inside comes with a click", () => {
		const many = Array.from({ length: 12 }, (_, i) => named(10 + i, `t${i}`, "Completed"));
		const { el } = graph([...SUBFLOW, ...many]);
		expect(texts(el, ".node .task")).not.toContain("render");
		click(find(node(el, "publish"), ".node-fold"));
		expect(texts(el, ".node .task")).toContain("render");
	});

	it("that was open stays open while the graph grows", () => {
		const { model, el } = graph(SUBFLOW);
		const many = Array.from({ length: 20 }, (_, i) => named(10 + i, `t${i}`, "Completed"));
		change(() => model.hear(delta(2, [], { groups: many })));
		expect(texts(el, ".node .task")).toContain("render");
	});

	it("says how many groups it cannot place", () => {
		const { el } = graph([...SUBFLOW, named(9, "lost", "Completed", [], { parent: 77 })]);
		expect(find(el, ".pane-bar .quiet").textContent).toBe("5 nodes. 1 more inside subflows that are not known here");
	});
});

describe("the keyboard", () => {
	it("stops at one node, and goes along the lines", () => {
		const { el } = graph(CHAIN);
		expect([...el.querySelectorAll<HTMLElement>(".node-main")].map(({ tabIndex }) => tabIndex)).toEqual([0, -1, -1]);
		focus(main(el, "extract"));
		press(main(el, "extract"), "ArrowRight");
		expect(focused()).toBe("score");
		press(main(el, "score"), "ArrowRight");
		expect(focused()).toBe("report");
		press(main(el, "report"), "ArrowLeft");
		expect(focused()).toBe("score");
		press(main(el, "score"), "Home");
		expect(focused()).toBe("extract");
		press(main(el, "extract"), "End");
		expect(focused()).toBe("report");
		expect(main(el, "report").tabIndex).toBe(0);
	});

	it("goes up and down in a layer, and leaves other keys alone", () => {
		const { el } = graph([
			named(1, "a", "Completed"),
			named(2, "b", "Completed", [1]),
			named(3, "c", "Completed", [1]),
		]);
		focus(main(el, "b"));
		press(main(el, "b"), "ArrowDown");
		expect(focused()).toBe("c");
		press(main(el, "c"), "ArrowUp");
		expect(focused()).toBe("b");
		press(main(el, "b"), "x");
		expect(focused()).toBe("b");
	});

	it("makes the lines of its node stand out", () => {
		const { el } = graph(CHAIN);
		focus(main(el, "score"));
		expect(el.querySelectorAll(".edge.near")).toHaveLength(2);
	});
});

describe("choosing a node", () => {
	it("opens the run in trouble, and closes it again", () => {
		const rows = [task(10, "Completed", { g: 2 }), task(11, "Retrying", { g: 2 }), task(12, "Failed", { g: 2 })];
		const { model, el } = graph(CHAIN, rows);
		click(main(el, "score"));
		expect(model.selected.value).toBe(12);
		expect(main(el, "score").getAttribute("aria-pressed")).toBe("true");
		expect(main(el, "extract").getAttribute("aria-pressed")).toBe("false");
		click(main(el, "score"));
		expect(model.selected.value).toBeNull();
	});

	it("asks the kernel for a run that this page was never told of", async () => {
		const { model, sent, el } = graph(CHAIN);
		click(main(el, "score"));
		expect(sent).toEqual([{ type: "page", id: 1, group: 2, part: "all", from: 0, count: 50 }]);
		model.hear({
			type: "page",
			id: 1,
			group: 2,
			part: "all",
			from: 0,
			total: 1,
			rows: [task(77, "Running", { g: 2 })],
		});
		await vi.advanceTimersByTimeAsync(0);
		expect(model.selected.value).toBe(77);
	});

	it("does nothing where the kernel does not answer", async () => {
		const { model, el } = graph(CHAIN);
		click(main(el, "score"));
		await vi.advanceTimersByTimeAsync(11_000);
		expect(model.selected.value).toBeNull();
	});
});

describe("the size", () => {
	it("is changed by buttons", () => {
		const { el } = graph(CHAIN);
		const scale = () => find(el, ".graph-drawing").style.transform;
		const button = (label: string) => find(el, `[aria-label="${label}"]`);
		expect(scale()).toBe("scale(1)");
		click(button("Larger graph"));
		expect(scale()).toBe("scale(1.25)");
		click(button("Smaller graph"));
		click(button("Smaller graph"));
		expect(scale()).toBe("scale(0.8)");
		click(button("Fit the whole graph in"));
		expect(scale()).toBe("scale(1)");
	});

	it("fits a wide graph in only when asked to: first it can be read", () => {
		const chain = Array.from({ length: 20 }, (_, i) => named(i + 1, `t${i}`, "Completed", i ? [i] : []));
		const { el } = graph(chain);
		expect(find(el, ".graph-drawing").style.transform).toBe("scale(1)");
		click(find(el, '[aria-label="Fit the whole graph in"]'));
		expect(Number.parseFloat(find(el, ".graph-drawing").style.transform.slice(6))).toBeLessThan(0.4);
	});
});

it("a name of any length or kind is text, and inside its node", () => {
	for (const text of ["<img src=x onerror=alert(1)>", "n".repeat(5000), "שלום", "\u202egnp.exe", "👩‍👩‍👧‍👦"]) {
		const { el } = graph([named(1, text, "Completed"), named(2, text, text, [1])]);
		expect(has(el, "img")).toBe(false);
		expect(find(el, ".task").tagName).toBe("BDI");
		expect(el.textContent).not.toMatch(/[\u202a-\u202e]/);
		expect(el.textContent?.length).toBeLessThan(3000);
	}
});
