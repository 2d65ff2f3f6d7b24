import type { AnyModel, Experimental, Host } from "@anywidget/types";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import widget from "../src/widget";
import { delta, flow, type Raw, snapshot, T0, task } from "./builders";
import { click, find, has, texts } from "./page";

/** The model as anywidget hands it out: a new proxy for `initialize` and for each `render`. */
class FakeComm {
	readonly sent: unknown[] = [];
	readonly #listeners: [string, (message?: unknown) => void][] = [];
	constructor(
		public snapshot: Raw,
		public kind?: string,
	) {}

	proxy(): AnyModel<{ snapshot: unknown; kind: unknown }> {
		return {
			get: (name: string) => (name === "snapshot" ? this.snapshot : this.kind),
			set: () => {},
			save_changes: () => {},
			on: (name: string, callback: (message?: unknown) => void) => this.#listeners.push([name, callback]),
			off: () => {},
			send: (message: unknown) => this.sent.push(message),
			widget_manager: { get_model: () => Promise.reject(new Error("not here")) },
		} as unknown as AnyModel<{ snapshot: unknown; kind: unknown }>;
	}

	tell(name: string, message?: unknown): void {
		void act(() => {
			for (const [on, callback] of this.#listeners) if (on === name) callback(message);
			vi.advanceTimersToNextFrame();
		});
	}
}

const AROUND = {
	signal: new AbortController().signal,
	host: {} as Host,
	experimental: {} as Experimental,
};

let comm: FakeComm;
let definition: ReturnType<typeof widget>;
const views: (() => void)[] = [];

afterEach(() => {
	for (const close of views.splice(0)) void act(close);
});

async function render(): Promise<{ el: HTMLElement; close: () => void }> {
	const el = document.createElement("div");
	document.body.append(el);
	let close: unknown;
	await act(async () => {
		close = await definition.render?.({ model: comm.proxy(), el, ...AROUND });
	});
	views.push(close as () => void);
	return { el, close: close as () => void };
}

const begin = async (): Promise<unknown> => definition.initialize?.({ model: comm.proxy(), ...AROUND });

beforeEach(() => {
	comm = new FakeComm(snapshot(1, [flow(1, "Running", { total: 5 })], [task(2, "Pending")]));
	definition = widget();
});

describe("the widget", () => {
	it("hears what is sent before it is drawn", async () => {
		await begin();
		comm.tell("msg:custom", delta(2, [task(2, "Completed")]));
		const { el } = await render();
		expect(find(el, ".row").dataset.state).toBe("Completed");
	});

	it("follows deltas and the snapshot trait", async () => {
		await begin();
		const { el } = await render();
		comm.tell("msg:custom", delta(2, [task(2), task(3)]));
		expect(texts(el, ".task")).toEqual(["score[2]", "score[3]"]);
		comm.snapshot = snapshot(8, [flow(1, "Completed", { end: T0 + 9, total: 5 })], [], { live: false });
		comm.tell("change:snapshot");
		expect(find(el, ".panel").dataset.state).toBe("Completed");
	});

	it("shows the same model in each of its views", async () => {
		await begin();
		const [one, other] = [await render(), await render()];
		comm.tell("msg:custom", delta(2, [task(2, "Failed")]));
		for (const { el } of [one, other]) expect(find(el, ".row").dataset.state).toBe("Failed");
		one.close();
		comm.tell("msg:custom", delta(3, [task(2, "Crashed")]));
		expect([one.el.childElementCount, find(other.el, ".row").dataset.state]).toEqual([0, "Crashed"]);
	});

	it("says that the kernel is silent when the page has lost it", async () => {
		await begin();
		const { el } = await render();
		comm.tell("comm_live_update");
		void act(() => {
			vi.advanceTimersByTime(6000);
		});
		expect(texts(el, ".lost")[0]).toContain("No word from the kernel since");
	});

	it("works in a host that only renders", async () => {
		expect(find((await render()).el, ".name").textContent).toBe("nightly");
	});

	it("sends clicks to the kernel, and that it is in use", async () => {
		await begin();
		const { el } = await render();
		find(el, "button.cancel").dispatchEvent(new Event("pointerdown", { bubbles: true }));
		click(find(el, "button.cancel"));
		expect(comm.sent).toEqual([{ type: "touched" }, { type: "cancel", id: 1, run: 1 }]);
	});

	it("does not take the keyboard from the notebook when it is clicked", async () => {
		const { el } = await render();
		const press = (at: Element) => {
			const event = new MouseEvent("mousedown", { bubbles: true, cancelable: true });
			at.dispatchEvent(event);
			return event.defaultPrevented;
		};
		expect([press(find(el, ".row .task")), press(find(el, ".counts, .panel"))]).toEqual([true, false]);
	});

	it("asks the notebook to leave the keys to what has the focus", async () => {
		const { el } = await render();
		const button = find(el, "button.cancel");
		expect(button.hasAttribute("data-lm-suppress-shortcuts")).toBe(false);
		(button as HTMLElement).focus();
		expect(button.getAttribute("data-lm-suppress-shortcuts")).toBe("true");
	});

	it("leaves nothing behind", async () => {
		const close = await begin();
		const view = await render();
		click(find(view.el, "button.cancel"));
		comm.tell("msg:custom", delta(9, []));
		expect(vi.getTimerCount()).toBeGreaterThan(2);
		await act(() => view.close());
		(close as () => void)();
		expect([view.el.childElementCount, vi.getTimerCount()]).toEqual([0, 0]);
		document.body.dataset.jpThemeLight = "false";
	});
});

describe("the theme", () => {
	const isDark = async (): Promise<boolean> => has((await render()).el, ".hookcell.dark");

	it("is JupyterLab's", async () => {
		document.body.dataset.jpThemeLight = "false";
		expect(await isDark()).toBe(true);
		document.body.dataset.jpThemeLight = "true";
		expect(await isDark()).toBe(false);
	});

	it.each([
		["vscode-dark", true],
		["vscode-light", false],
		["vscode-high-contrast", true],
		["vscode-high-contrast vscode-high-contrast-light", false],
	])("is VS Code's: %s", async (name, dark) => {
		document.body.className = name;
		expect(await isDark()).toBe(dark);
	});

	it("is the system's where the host says nothing", async () => {
		vi.stubGlobal("matchMedia", () => Object.assign(new EventTarget(), { matches: true }));
		expect(await isDark()).toBe(true);
	});

	it("changes with the host while the view is shown", async () => {
		const { el } = await render();
		await act(async () => {
			document.body.dataset.jpThemeLight = "false";
			await Promise.resolve();
		});
		expect(has(el, ".hookcell.dark")).toBe(true);
	});
});

describe("a model of another kind", () => {
	it("is a bell, which listens and is never drawn", async () => {
		const shown: string[] = [];
		class Notification {
			static permission = "granted";
			constructor(title: string) {
				shown.push(title);
			}
		}
		vi.stubGlobal("Notification", Notification);
		vi.spyOn(document, "hasFocus").mockReturnValue(false);
		comm = new FakeComm({}, "bell");
		const end = await begin();
		comm.tell("msg:custom", { type: "alert", id: "a", subject: "nightly", text: "3 rows" });
		expect(shown).toEqual(["nightly"]);
		(end as () => void)();
		expect(vi.getTimerCount()).toBe(0);
		vi.restoreAllMocks();
	});

	it("is the button that allows notifications, which tells what was chosen", async () => {
		const asks = { permission: "denied" };
		vi.stubGlobal("Notification", asks);
		comm = new FakeComm({}, "allow");
		await begin();
		const { el } = await render();
		expect(texts(el, '[role="status"]')).toEqual([
			"⊘ The browser blocks notifications of this page. Its site settings can allow them.",
		]);
		expect(comm.sent).toEqual([{ permission: "denied" }]);
	});
});
