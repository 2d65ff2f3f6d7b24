import { afterEach, describe, expect, it, vi } from "vitest";
import type { RunModel } from "../src/model";
import { CancelNotes } from "../src/views/CancelButton";
import { Menu } from "../src/views/Menu";
import { flow, type Raw, snapshot } from "./builders";
import { change, click, draw, find, has, modelOf, press, texts } from "./page";

function Live({ model, fold }: { model: RunModel; fold?: () => void }) {
	const run = model.picture.value?.roots.get(1);
	if (!run) return null;
	return (
		<>
			<Menu run={run} model={model} {...(fold && { fold })} />
			<CancelNotes run={run} model={model} />
		</>
	);
}

const FAILED = flow(1, "Failed");
const DETAIL = { id: "0199aa3e", code: "nightly(day='mon')" };

function menu(run: Raw, more: Raw = {}, fold?: () => void) {
	const { model, sent } = modelOf(snapshot(1, [run], [], more));
	const el = draw(<Live model={model} {...(fold && { fold })} />);
	const button = find(el, ".menu-button");
	const items = () => texts(el, '[role="menuitem"]');
	const item = (name: string): HTMLElement => {
		const found = [...el.querySelectorAll<HTMLElement>('[role="menuitem"]')].find((one) => one.textContent === name);
		if (!found) throw new Error(`no item ${name}: ${items()}`);
		return found;
	};
	const answer = async (message: Raw): Promise<void> => {
		const asked = sent.at(-1);
		model.hear({ ...message, id: asked && "id" in asked ? asked.id : 0 });
		await settle();
	};
	return { model, sent, el, button, items, item, answer, said: () => find(el, ".answer").textContent };
}

async function settle(ms = 0): Promise<void> {
	await vi.advanceTimersByTimeAsync(ms);
	change(() => {});
}

afterEach(() => void Reflect.deleteProperty(document, "execCommand"));

describe("the menu", () => {
	it("is a button that says what it opens", () => {
		const { el, button } = menu(FAILED);
		const of = (name: string) => button.getAttribute(name);
		expect([of("aria-haspopup"), of("aria-expanded"), of("aria-label")]).toEqual([
			"menu",
			"false",
			"More about crimson-fox",
		]);
		click(button);
		expect(of("aria-expanded")).toBe("true");
		expect(of("aria-controls")).toBe(find(el, '[role="menu"]').id);
	});

	it("has what can be done with a failed run", () => {
		const { button, items } = menu(FAILED, {}, () => {});
		click(button);
		expect(items()).toEqual(["Run again", "Retry failed", "Copy as code", "Copy run id", "Show as one line"]);
	});

	it.each([
		["that nothing failed in", flow(1, "Completed"), {}, ["Run again", "Copy as code", "Copy run id"]],
		[
			"with failed tasks",
			flow(1, "Completed", { counts: { Failed: 1 } }),
			{},
			["Run again", "Retry failed", "Copy as code", "Copy run id"],
		],
		["of a kernel that can do neither", FAILED, { can: [] }, ["Copy as code", "Copy run id"]],
	])("of a run %s has no more than can be done", (_, run, more, expected) => {
		const { button, items } = menu(run, more);
		click(button);
		expect(items()).toEqual(expected);
	});

	it("says why a live run cannot be run again yet", () => {
		const { sent, el, button, item } = menu(flow(1, "Running"));
		click(button);
		const again = item("Run againonce it has ended");
		expect([again.getAttribute("aria-disabled"), again.title]).toEqual(["true", "once it has ended"]);
		click(again);
		expect([sent, has(el, '[role="menu"]')]).toEqual([[], true]);
	});

	it("shows the run as one line", () => {
		const fold = vi.fn();
		const { button, item } = menu(FAILED, {}, fold);
		click(button);
		click(item("Show as one line"));
		expect(fold).toHaveBeenCalledOnce();
	});
});

describe("the keyboard", () => {
	const focused = () => document.activeElement?.textContent;

	it("opens it at its first item, or at its last", () => {
		const { el, button } = menu(FAILED);
		click(button);
		expect(focused()).toBe("Run again");
		press(document.activeElement ?? el, "Escape");
		press(button, "ArrowUp");
		expect(focused()).toBe("Copy run id");
		press(document.activeElement ?? el, "Escape");
		press(button, "ArrowDown");
		expect(focused()).toBe("Run again");
	});

	it("goes round among the items, and to the ends", () => {
		const { el, button } = menu(FAILED);
		click(button);
		const after = (key: string) => {
			press(document.activeElement ?? el, key);
			return focused();
		};
		expect(["ArrowDown", "End", "ArrowDown", "ArrowUp", "Home", "x"].map(after)).toEqual([
			"Retry failed",
			"Copy run id",
			"Run again",
			"Copy run id",
			"Run again",
			"Run again",
		]);
	});

	it.each(["Escape", "Tab"])("%s closes it, and gives the button the focus again", (key) => {
		const { el, button } = menu(FAILED);
		const outer = vi.fn();
		el.addEventListener("keydown", outer);
		click(button);
		press(document.activeElement ?? el, key);
		expect([has(el, '[role="menu"]'), document.activeElement]).toEqual([false, button]);
		expect(outer).not.toHaveBeenCalled();
	});

	it("a click elsewhere, scrolling or a change of the window's size closes it", () => {
		const { el, button } = menu(FAILED);
		for (const [target, name] of [
			[document.body, "pointerdown"],
			[document, "scroll"],
			[window, "resize"],
		] as const) {
			click(button);
			expect(has(el, '[role="menu"]')).toBe(true);
			change(() => target.dispatchEvent(new Event(name, { bubbles: true })));
			expect(has(el, '[role="menu"]')).toBe(false);
		}
	});
});

describe("running again", () => {
	it.each([
		["Run again", "again"],
		["Retry failed", "retry"],
	])("%s asks the kernel, shows that it waits, and is not asked twice", async (name, type) => {
		const { sent, button, item, answer, said } = menu(FAILED);
		click(button);
		click(item(name));
		expect(sent).toEqual([{ type, id: 1, run: 1 }]);
		expect(said()).toBe("Asking the kernel …");
		click(button);
		expect(item(`${name}asked the kernel`).getAttribute("aria-disabled")).toBe("true");
		await answer({ type: "reply", ok: true, text: "" });
		expect(said()).toBe("");
	});

	it("that began says which run it is, for a while: its panel may be out of sight", async () => {
		const { button, item, answer, said } = menu(FAILED);
		click(button);
		click(item("Run again"));
		await answer({ type: "reply", ok: true, text: "Started calm-fox." });
		expect(said()).toBe("Started calm-fox.");
		await settle(7900);
		expect(said()).toBe("Started calm-fox.");
		await settle(200);
		expect(said()).toBe("");
	});

	it("that is refused shows why, and can be asked for again", async () => {
		const { el, button, item, items, answer, said } = menu(FAILED);
		click(button);
		click(item("Run again"));
		await answer({ type: "reply", ok: false, text: "its parameters were not kept" });
		expect(said()).toBe("");
		expect(texts(el, ".note")).toEqual(["its parameters were not kept"]);
		click(button);
		expect(items()).toContain("Run again");
	});

	it("that nobody hears says so, and ends after ten seconds", async () => {
		const { el, button, item, said } = menu(FAILED);
		click(button);
		click(item("Run again"));
		await settle(1600);
		expect(texts(el, ".note")).toEqual(["The kernel is busy: it hears this once the cell has ended."]);
		await settle(8300);
		expect(said()).toBe("Asking the kernel …");
		await settle(200);
		expect(said()).toBe("");
	});
});

describe("copying", () => {
	it.each([
		["Copy as code", DETAIL.code],
		["Copy run id", DETAIL.id],
	])("%s asks the kernel for it, copies it, and says so for a while", async (name, text) => {
		const writeText = vi.fn(() => Promise.resolve());
		vi.stubGlobal("navigator", { clipboard: { writeText } });
		const { sent, button, item, answer, said } = menu(flow());
		click(button);
		click(item(name));
		expect(sent).toEqual([{ type: "detail", id: 1, run: 1 }]);
		await answer({ type: "detail", run: 1, detail: DETAIL });
		expect(writeText.mock.calls).toEqual([[text]]);
		expect(said()).toBe("Copied");
		await settle(2500);
		expect(said()).toBe("");
	});

	it.each([
		["does not answer", 11_000, null],
		["has forgotten the run", 0, { type: "detail", run: 1, detail: null }],
		["refuses", 0, { type: "reply", ok: false, text: "no" }],
	])("says so when the kernel %s", async (_, ms, message) => {
		const { button, item, answer, said } = menu(flow());
		click(button);
		click(item("Copy as code"));
		if (message) await answer(message);
		await settle(ms);
		expect(said()).toBe("Nothing was copied: the kernel did not answer.");
	});

	it("says so where the browser does not let us", async () => {
		document.execCommand = () => false;
		const { button, item, answer, said } = menu(flow());
		click(button);
		click(item("Copy as code"));
		await answer({ type: "detail", run: 1, detail: DETAIL });
		expect(said()).toBe("The browser does not let this page copy.");
	});
});
