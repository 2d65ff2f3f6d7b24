import { signal } from "@preact/signals";
import { act } from "preact/test-utils";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { look } from "../src/permission";
import { Allow } from "../src/views/Allow";
import { Board } from "../src/views/Board";
import { delta, flow, question, type Raw, snapshot } from "./builders";
import { change, click, draw, find, has, modelOf, texts, wait } from "./page";

const asked = (id = 1, more: Raw = {}): Raw =>
	question({ id, run: null, by: null, subject: null, text: `Deploy ${id}?`, ...more });

function board(questions: Raw[], more: Raw = {}) {
	const { model, sent } = modelOf(snapshot(1, [], [], { questions, ...more }));
	const el = draw(<Board model={model} dark={signal(false)} />);
	const tell = (seq: number, ...now: Raw[]) => change(() => model.hear(delta(seq, [], { questions: now })));
	return { model, sent, el, tell };
}

const group = (el: Element, id = 1) => find(el, `[data-question="${id}"]`);
const button = (el: Element, word: string, id = 1) => {
	const found = [...group(el, id).querySelectorAll("button")].find((one) => one.textContent?.includes(word));
	if (!found) throw new Error(`no ${word} in ${el.outerHTML}`);
	return found;
};
const calmDown = () => wait(400);
const answersIn = (sent: readonly unknown[]) => sent.filter((one) => Reflect.get(one as object, "type") === "answer");

function allowed(permission: string, next = permission): void {
	const asks = {
		permission,
		requestPermission: () => {
			asks.permission = next;
			return Promise.resolve(next);
		},
	};
	vi.stubGlobal("Notification", asks);
	look();
}

beforeEach(() => allowed("granted"));

describe("a form", () => {
	it("is a group named by its question, with two real buttons", () => {
		const { el } = board([asked(1, { subject: "nightly", by: "deploy[0]" })]);
		const form = group(el);
		const label = document.getElementById(form.getAttribute("aria-labelledby") ?? "");
		expect(form.getAttribute("role")).toBe("group");
		expect(label?.textContent).toBe("nightlydeploy[0]Deploy 1?");
		expect(texts(form, "button")).toEqual(["✓ Approve", "✕ Decline"]);
		expect(find<HTMLButtonElement>(form, "button").type).toBe("button");
	});

	it.each([
		["Approve", true],
		["Decline", false],
	])("sends %s once", (word, approve) => {
		const { el, sent } = board([asked()]);
		calmDown();
		click(button(el, word));
		click(button(el, word));
		expect(answersIn(sent)).toEqual([{ type: "answer", id: expect.any(Number), question: 1, approve }]);
		expect(button(el, word).getAttribute("aria-disabled")).toBe("true");
	});

	it("cannot be pressed just after it or another has moved: the press was meant for what stood there", () => {
		const { el, sent, tell } = board([asked(1), asked(2)]);
		click(button(el, "Approve"));
		expect(answersIn(sent)).toEqual([]);
		calmDown();
		tell(2, asked(1, { answer: "approve" }), asked(2));
		click(button(el, "Approve", 2));
		expect(answersIn(sent)).toEqual([]);
		calmDown();
		click(button(el, "Approve", 2));
		expect(answersIn(sent)).toHaveLength(1);
	});

	it("can be pressed while deltas stream in", () => {
		const { el, sent, tell } = board([asked()]);
		for (const seq of [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
			tell(seq, asked());
			wait(40);
		}
		click(button(el, "Approve"));
		expect(answersIn(sent)).toHaveLength(1);
	});

	it.each([
		["approve", "✓", "Approved"],
		["decline", "✕", "Declined"],
		["withdrawn", "⊘", "Withdrawn"],
	])("becomes its answer: %s", (answer, icon, word) => {
		const { el, tell } = board([asked()]);
		tell(2, asked(1, { answer, answered: 6 }));
		expect(has(group(el), "button")).toBe(false);
		expect(find(group(el), ".icon").textContent).toBe(icon);
		expect(find(group(el), ".answer").textContent).toBe(word);
	});

	it("says why an answer was not taken, and when the kernel does not hear", () => {
		const { el, model, sent } = board([asked()]);
		calmDown();
		click(button(el, "Approve"));
		wait(1600);
		expect(find(group(el), ".note").textContent).toBe(
			"The kernel has not heard this answer. If a cell still runs, use Interrupt (■), then %config Hookcell.view = " +
				"False: questions come as a prompt.",
		);
		const { id } = answersIn(sent)[0] as { id: number };
		const text = "This question was already declined.";
		change(() => model.hear({ type: "reply", id, ok: false, text }));
		expect(find(group(el), '[role="alert"]').textContent).toBe(text);
		expect(button(el, "Approve").getAttribute("aria-disabled")).toBe("false");
	});

	it("takes a late reply, since a busy kernel hears once its cell has ended", () => {
		const { el, model, sent } = board([asked()]);
		calmDown();
		click(button(el, "Approve"));
		wait(60_000);
		expect(button(el, "Approve").getAttribute("aria-disabled")).toBe("false");
		const { id } = answersIn(sent)[0] as { id: number };
		change(() => model.hear({ type: "reply", id, ok: true, text: "" }));
		expect(has(group(el), ".note")).toBe(false);
	});

	it("minds no reply to an answer that was given before the last", () => {
		const { el, model, sent } = board([asked()]);
		calmDown();
		click(button(el, "Approve"));
		wait(10_000);
		click(button(el, "Decline"));
		const [{ id }] = answersIn(sent) as [{ id: number }];
		change(() => model.hear({ type: "reply", id, ok: false, text: "no" }));
		expect(has(group(el), ".note")).toBe(false);
		expect(button(el, "Decline").getAttribute("aria-disabled")).toBe("true");
	});

	it("keeps the place of a reader who has answered by key, and takes the focus from nobody else", () => {
		const { el, tell } = board([asked(1), asked(2)]);
		calmDown();
		button(el, "Approve").focus();
		click(button(el, "Approve"));
		tell(2, asked(1, { answer: "approve" }), asked(2));
		expect(document.activeElement).toBe(group(el));
		(document.activeElement as HTMLElement).blur();
		tell(3, asked(1, { answer: "approve" }), asked(2, { answer: "decline" }));
		expect(document.activeElement).toBe(document.body);
	});

	it("is announced, and so is its answer, politely", () => {
		const { el, tell } = board([asked(1, { subject: "nightly" })]);
		const said = () => find(el, '.unseen[role="status"]').textContent;
		expect(find(el, '.unseen[role="status"]').getAttribute("aria-live")).toBe("polite");
		expect(said()).toBe("");
		wait(200);
		expect(said()).toBe("Question: nightly: Deploy 1? Approve or decline.");
		tell(2, asked(1, { subject: "nightly", answer: "approve" }));
		wait(200);
		expect(said()).toBe("Approved: nightly: Deploy 1?");
	});

	it("stands above the runs, and shows everything as text", () => {
		const evil = "<img src=x onerror=alert(1)>\u202e";
		const { model } = modelOf(snapshot(1, [flow()], [], { questions: [asked(1, { text: evil, subject: evil })] }));
		const el = draw(<Board model={model} dark={signal(false)} />);
		expect(el.querySelectorAll(".panel")[0]?.getAttribute("role")).toBe("group");
		expect(has(el, "img")).toBe(false);
		expect(find(el, ".text").textContent).toBe("<img src=x onerror=alert(1)>\\u202e");
		expect(find(el, ".text").getAttribute("dir")).toBe("auto");
	});

	it("tells how many more there are", () => {
		expect(find(board([asked()], { more_questions: 7 }).el, ".left").textContent).toBe("… and 7 more questions");
	});

	it("is the same in two views of one board", () => {
		const { model } = modelOf(snapshot(1, [], [], { questions: [asked()] }));
		const [one, two] = [0, 1].map(() => draw(<Board model={model} dark={signal(false)} />));
		if (!one || !two) throw new Error("two were drawn");
		calmDown();
		click(button(one, "Approve"));
		expect(button(two, "Approve").getAttribute("aria-disabled")).toBe("true");
		expect(group(one).getAttribute("aria-labelledby")).not.toBe(group(two).getAttribute("aria-labelledby"));
	});
});

describe("the button that allows notifications", () => {
	const offered = (el: Element) => texts(el, ".allow");

	it("is beside an open form where the reader has not chosen, and asks when it is clicked", async () => {
		allowed("default", "denied");
		const { el, tell } = board([asked()]);
		expect(offered(el)).toEqual(["Notify me while this page is hidden"]);
		await act(async () => find(el, ".allow button").click());
		expect(offered(el)).toEqual(["⊘ The browser blocks notifications of this page. Its site settings can allow them."]);
		tell(2, asked(1, { answer: "approve" }));
		expect(offered(el)).toEqual([]);
	});

	it("is not there where there is nothing to choose", () => {
		expect(offered(board([asked()]).el)).toEqual([]);
	});

	it.each([
		["granted", "✓ The browser shows messages and questions while this page is hidden."],
		["denied", "⊘ The browser blocks notifications of this page. Its site settings can allow them."],
	])("stands alone too, and tells what was chosen: %s", async (chosen, said) => {
		allowed("default", chosen);
		const told: string[] = [];
		const el = draw(<Allow dark={signal(false)} tell={(one) => told.push(one)} />);
		expect(told).toEqual([]);
		await act(async () => find(el, "button").click());
		expect(told).toEqual([chosen]);
		expect(find(el, '[role="status"]').textContent).toBe(said);
	});

	it("tells at once what was chosen before", () => {
		allowed("denied");
		const told: string[] = [];
		draw(<Allow dark={signal(false)} tell={(one) => told.push(one)} />);
		expect(told).toEqual(["denied"]);
	});
});
