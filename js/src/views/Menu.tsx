/** What else can be done with a run, behind "⋯". */

import { useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { RunModel } from "../model";
import type { Run } from "../wire";
import { useUniqueId } from "./ids";
import { type Item, isAsked, itemsOf, startedText, useAnswer } from "./menu_items";
import { type Ref, show, useClosing } from "./popup";

interface Props {
	run: Run;
	model: RunModel;
	/** Shows the run as one line. */
	fold?: () => void;
}

export function Menu({ run, model, fold }: Props) {
	const open = useSignal<"first" | "last" | null>(null);
	const button = useRef<HTMLButtonElement>(null);
	const answer = useAnswer(run, model);
	const id = useUniqueId();
	const said = answer.said.value || (isAsked(run, model) ? "Asking the kernel …" : startedText(run, model));
	const items = itemsOf(run, model, answer, fold);
	const begin = (event: TargetedKeyboardEvent<HTMLElement>): void => {
		if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
		event.preventDefault();
		open.value = event.key === "ArrowDown" ? "first" : "last";
	};
	const close = (back: boolean): void => {
		open.value = null;
		if (back) button.current?.focus();
	};
	return (
		<span class="menu-place">
			<span class="answer" role="status" title={said}>
				{said}
			</span>
			<button
				ref={button}
				type="button"
				class="plain menu-button"
				aria-label={`More about ${run.name}`}
				aria-haspopup="menu"
				aria-expanded={open.value !== null}
				aria-controls={open.value ? id : undefined}
				onClick={() => (open.value = open.value ? null : "first")}
				onKeyDown={begin}
			>
				⋯
			</button>
			{open.value && <Items id={id} items={items} from={open.value} button={button} close={close} />}
		</span>
	);
}

interface ItemsProps {
	id: string;
	items: readonly Item[];
	from: "first" | "last";
	button: Ref;
	close: (back: boolean) => void;
}

function Items({ id, items, from, button, close }: ItemsProps) {
	const list = useRef<HTMLDivElement>(null);
	useLayoutEffect(() => {
		show(list.current, button.current);
		const all = buttonsIn(list.current);
		(from === "first" ? all[0] : all.at(-1))?.focus();
	}, []);
	useClosing(list, button, () => close(false));
	const key = (event: TargetedKeyboardEvent<HTMLElement>): void => {
		if (event.key === "Escape" || event.key === "Tab") {
			event.stopPropagation();
			if (event.key === "Escape") event.preventDefault();
			close(true);
		} else moveAmong(buttonsIn(event.currentTarget), event);
	};
	return (
		<div ref={list} id={id} class="menu" role="menu" aria-label="Actions" popover="manual" onKeyDown={key}>
			{items.map(({ name, why, act }) => (
				<button
					key={name}
					type="button"
					role="menuitem"
					tabIndex={-1}
					aria-disabled={why !== null}
					title={why ?? undefined}
					onClick={() => {
						if (why !== null) return;
						close(true);
						act();
					}}
				>
					{name}
					{why !== null && <span class="quiet">{why}</span>}
				</button>
			))}
		</div>
	);
}

const buttonsIn = (el: Element | null): HTMLElement[] => [...(el?.querySelectorAll<HTMLElement>("button") ?? [])];

/** Arrows go round. */
function moveAmong(all: readonly HTMLElement[], event: TargetedKeyboardEvent<HTMLElement>): void {
	const at = all.findIndex((item) => item.contains(document.activeElement));
	const n = all.length;
	const goals: Record<string, number> = { ArrowDown: (at + 1) % n, ArrowUp: (at - 1 + n) % n, Home: 0, End: n - 1 };
	const goal = all[goals[event.key] ?? -1];
	if (!goal) return;
	event.preventDefault();
	event.stopPropagation();
	goal.focus();
}
