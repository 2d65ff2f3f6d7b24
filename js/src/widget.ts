/** The anywidget entry: the only file that sees the comm. */

import type { AnyModel, AnyWidget } from "@anywidget/types";
import { type ReadonlySignal, signal } from "@preact/signals";
import { type ComponentChild, render as draw, h } from "preact";
import { Bell } from "./bell";
import { RunModel } from "./model";
import { watchTheme } from "./theme";
import { Allow } from "./views/Allow";
import { Board } from "./views/Board";

interface Traits {
	snapshot: unknown;
	/** "bell" and "allow"; a board has none. */
	kind: unknown;
}

/** Listens before anything is drawn: what is sent while the page still loads is not lost. */
function connect(comm: AnyModel<Traits>): RunModel {
	const model = new RunModel((message) => comm.send(message));
	comm.on("msg:custom", (message: unknown) => model.hear(message));
	comm.on("change:snapshot", () => model.renew(comm.get("snapshot")));
	comm.on("comm_live_update", () => model.reconnect());
	model.watchKernel();
	model.join(comm.get("snapshot"));
	return model;
}

/** A click must not take the keyboard from the notebook: its shortcuts go on working until Tab comes here. */
function keepFocus(event: MouseEvent): void {
	if (event.target instanceof Element && event.target.closest("button, .row, .scale")) event.preventDefault();
}

/** Notebook 7 takes Enter and the arrows before the page does, unless the focused element itself asks it not to. */
function keepKeys({ target }: FocusEvent): void {
	if (target instanceof Element) target.setAttribute("data-lm-suppress-shortcuts", "true");
}

function show(model: RunModel, el: HTMLElement): () => void {
	const touch = () => model.touch();
	el.addEventListener("pointerdown", touch);
	el.addEventListener("keydown", touch);
	const leave = put((dark) => h(Board, { model, dark }), el);
	return () => {
		el.removeEventListener("pointerdown", touch);
		el.removeEventListener("keydown", touch);
		leave();
	};
}

function put(view: (dark: ReadonlySignal<boolean>) => ComponentChild, el: HTMLElement): () => void {
	const dark = signal(false);
	const life = new AbortController();
	const { signal: until } = life;
	el.addEventListener("mousedown", keepFocus, { signal: until });
	el.addEventListener("focusin", keepKeys, { signal: until });
	watchTheme((is) => {
		dark.value = is;
	}, until);
	draw(view(dark), el);
	return () => {
		life.abort();
		draw(null, el);
	};
}

/** Listens in a page in which nothing of it is ever drawn. */
function ring(comm: AnyModel<Traits>): () => void {
	const bell = new Bell();
	comm.on("msg:custom", (message: unknown) => bell.hear(message));
	return () => bell.close();
}

/** A function, called once for each model: `initialize` and `render` are given different proxies of it. */
export default function widget(): Awaited<ReturnType<Extract<AnyWidget<Traits>, () => unknown>>> {
	let model: RunModel | undefined;
	return {
		initialize({ model: comm }) {
			if (comm.get("kind") === "bell") return ring(comm);
			if (comm.get("kind") === "allow") return;
			const mine = connect(comm);
			model = mine;
			return () => mine.close();
		},
		render({ model: comm, el }) {
			if (comm.get("kind") === "allow")
				return put((dark) => h(Allow, { dark, tell: (permission) => comm.send({ permission }) }), el);
			model ??= connect(comm);
			return show(model, el);
		},
	};
}
