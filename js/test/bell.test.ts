import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Bell } from "../src/bell";
import { look, permission, permissionNow, request } from "../src/permission";
import type { Raw } from "./builders";

/** The browser's notifications. */
class FakeNotification {
	static permission = "granted";
	static asked = 0;
	static next = "granted";
	static shown: FakeNotification[] = [];
	onclick: (() => void) | null = null;
	closed = false;
	constructor(
		readonly title: string,
		readonly options: { body: string; tag: string },
	) {
		FakeNotification.shown.push(this);
	}
	static requestPermission(): Promise<string> {
		FakeNotification.asked += 1;
		FakeNotification.permission = FakeNotification.next;
		return Promise.resolve(FakeNotification.permission);
	}
	close(): void {
		this.closed = true;
	}
}

const shown = () => FakeNotification.shown.map(({ title, options }) => [title, options.body]);
const alert = (text: string, more: Raw = {}): Raw => ({ type: "alert", id: `s-${text}`, subject: "", text, ...more });

let hidden: boolean;
let focused: boolean;

beforeEach(() => {
	Object.assign(FakeNotification, { permission: "granted", next: "granted", asked: 0, shown: [] });
	vi.stubGlobal("Notification", FakeNotification);
	[hidden, focused] = [true, false];
	vi.spyOn(document, "hidden", "get").mockImplementation(() => hidden);
	vi.spyOn(document, "hasFocus").mockImplementation(() => focused);
});

afterEach(() => vi.restoreAllMocks());

describe("the bell", () => {
	it("rings while the page is hidden, with text only", () => {
		new Bell().hear(alert("<b>3 rows</b>", { subject: "nightly" }));
		expect(shown()).toEqual([["nightly", "<b>3 rows</b>"]]);
		expect(FakeNotification.shown[0]?.options.tag).toBe("hookcell-s-<b>3 rows</b>");
	});

	it.each([
		["the page is looked at", () => ([hidden, focused] = [false, true])],
		["it was not allowed", () => (FakeNotification.permission = "default")],
		["it was denied", () => (FakeNotification.permission = "denied")],
		["there are no notifications", () => vi.stubGlobal("Notification", undefined)],
	])("is silent where %s", (_, so) => {
		so();
		if (!("Notification" in window && window.Notification)) Reflect.deleteProperty(window, "Notification");
		new Bell().hear(alert("3 rows"));
		expect(shown()).toEqual([]);
		expect(FakeNotification.asked).toBe(0);
	});

	it("rings where another window has the keyboard", () => {
		hidden = false;
		new Bell().hear(alert("3 rows"));
		expect(shown()).toEqual([["A message from a cell", "3 rows"]]);
	});

	it("says that a cell asks", () => {
		const bell = new Bell();
		bell.hear(alert("Deploy?", { type: "question" }));
		vi.advanceTimersByTime(2500);
		bell.hear(alert("Again?", { type: "question", subject: "nightly" }));
		expect(shown()).toEqual([
			["A cell asks", "Deploy?"],
			["? nightly", "Again?"],
		]);
	});

	it("counts the alerts that were too many to be sent", () => {
		const bell = new Bell();
		for (const n of [1, 2, 3]) bell.hear(alert(`${n}`, { more: n === 3 ? 997 : 0 }));
		vi.advanceTimersByTime(1000);
		expect(shown()[1]).toEqual(["999 more alerts", "3"]);
	});

	it("rings once a second at most, and then for all that came", () => {
		const bell = new Bell();
		for (const n of [1, 2, 3, 4]) bell.hear(alert(`${n}`));
		bell.hear(alert("Deploy?", { type: "question" }));
		expect(shown()).toEqual([["A message from a cell", "1"]]);
		vi.advanceTimersByTime(1000);
		expect(shown()[1]).toEqual(["1 more question, 3 more alerts", "Deploy?"]);
		bell.hear(alert("5"));
		vi.advanceTimersByTime(1000);
		expect(shown()).toHaveLength(3);
		vi.advanceTimersByTime(5000);
		expect(vi.getTimerCount()).toBe(0);
	});

	it("tells no more once the reader is back", () => {
		const bell = new Bell();
		bell.hear(alert("1"));
		bell.hear(alert("2"));
		[hidden, focused] = [false, true];
		vi.advanceTimersByTime(2000);
		expect(shown()).toHaveLength(1);
	});

	it("brings the page back when it is clicked", () => {
		const focus = vi.spyOn(window, "focus").mockImplementation(() => {});
		new Bell().hear(alert("1"));
		FakeNotification.shown[0]?.onclick?.();
		expect(focus).toHaveBeenCalledOnce();
		expect(FakeNotification.shown[0]?.closed).toBe(true);
	});

	it("minds neither what it cannot read nor a browser that refuses", () => {
		const bell = new Bell();
		for (const odd of [null, 3, {}, { type: "alert" }, { type: "delta", text: "x" }]) bell.hear(odd);
		expect(shown()).toEqual([]);
		vi.stubGlobal(
			"Notification",
			Object.assign(
				() => {
					throw new TypeError("Illegal constructor");
				},
				{ permission: "granted" },
			),
		);
		expect(() => bell.hear(alert("1"))).not.toThrow();
	});

	it("leaves no timer behind", () => {
		const bell = new Bell();
		bell.hear(alert("1"));
		bell.close();
		expect(vi.getTimerCount()).toBe(0);
	});
});

describe("permission", () => {
	it("is asked for by a click, once", async () => {
		FakeNotification.permission = "default";
		expect(look()).toBe("default");
		expect(FakeNotification.asked).toBe(0);
		await act(async () => {
			expect(await request()).toBe("granted");
		});
		await request();
		expect(FakeNotification.asked).toBe(1);
		expect(permission.value).toBe("granted");
	});

	it("is missing where the page is not safe", () => {
		vi.stubGlobal("isSecureContext", false);
		expect(permissionNow()).toBe("missing");
	});
});
