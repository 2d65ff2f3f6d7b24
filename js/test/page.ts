/** Draws views into the test's page and acts on them as a reader would. */

import { type ComponentChild, render } from "preact";
import { act } from "preact/test-utils";
import { vi } from "vitest";
import { RunModel } from "../src/model";
import type { Outgoing } from "../src/wire";
import type { Raw } from "./builders";

export function draw(view: ComponentChild): HTMLElement {
	const el = document.createElement("div");
	document.body.append(el);
	void act(() => render(view, el));
	return el;
}

/** Instead of the next frame of the screen. */
export const atOnce = (act: () => void): void => act();

export function modelOf(snapshot: Raw): { model: RunModel; sent: Outgoing[] } {
	const sent: Outgoing[] = [];
	const model = new RunModel((message) => sent.push(message), atOnce);
	model.join(snapshot);
	return { model, sent };
}

export function find<T extends Element = HTMLElement>(el: Element, selector: string): T {
	const found = el.querySelector<T>(selector);
	if (!found) throw new Error(`no ${selector} in ${el.outerHTML}`);
	return found;
}

export const texts = (el: Element, selector: string): string[] =>
	[...el.querySelectorAll(selector)].map((found) => found.textContent ?? "");

export const has = (el: Element, selector: string): boolean => el.querySelector(selector) !== null;

export function click(el: Element): void {
	change(() => el.dispatchEvent(new MouseEvent("click", { bubbles: true })));
}

export function press(el: Element, key: string): void {
	change(() => el.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })));
}

export function change(what: () => unknown): void {
	void act(() => void what());
}

export function wait(ms: number): void {
	change(() => vi.advanceTimersByTime(ms));
}
