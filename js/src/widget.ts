/** The anywidget entry: the only file that sees the comm. */

import type { AnyModel, AnyWidget } from "@anywidget/types";
import { signal } from "@preact/signals";
import { render as draw, h } from "preact";
import { RunModel } from "./model";
import { watchTheme } from "./theme";
import { Board } from "./views/Board";

interface Traits {
	snapshot: unknown;
}

/** Listens before anything is drawn: what is sent while the page still loads is not lost. */
function connect(comm: AnyModel<Traits>): RunModel {
	const model = new RunModel((message) => comm.send(message));
	comm.on("msg:custom", (message: unknown) => model.hear(message));
	comm.on("change:snapshot", () => model.renew(comm.get("snapshot")));
	model.join(comm.get("snapshot"));
	return model;
}

/** A click must not take the keyboard from the notebook: its shortcuts go on working until Tab comes here. */
function keepFocus(event: MouseEvent): void {
	if (event.target instanceof Element && event.target.closest("button")) event.preventDefault();
}

function show(model: RunModel, el: HTMLElement): () => void {
	const dark = signal(false);
	const life = new AbortController();
	const { signal: until } = life;
	el.addEventListener("pointerdown", () => model.touch(), { signal: until });
	el.addEventListener("keydown", () => model.touch(), { signal: until });
	el.addEventListener("mousedown", keepFocus, { signal: until });
	watchTheme((is) => {
		dark.value = is;
	}, until);
	draw(h(Board, { model, dark }), el);
	return () => {
		life.abort();
		draw(null, el);
	};
}

/** A function, called once for each model: `initialize` and `render` are given different proxies of it. */
export default function widget(): Awaited<ReturnType<Extract<AnyWidget<Traits>, () => unknown>>> {
	let model: RunModel | undefined;
	return {
		initialize({ model: comm }) {
			const mine = connect(comm);
			model = mine;
			return () => mine.close();
		},
		render({ model: comm, el }) {
			model ??= connect(comm);
			return show(model, el);
		},
	};
}
