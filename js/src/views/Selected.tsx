/** The detail of the run that was selected, below all others. */

import { useEffect, useRef } from "preact/hooks";
import type { RunModel } from "../model";
import type { Run } from "../wire";
import { Detail } from "./detail/Detail";

export function Selected({ root, model }: { root: Run; model: RunModel }) {
	const n = model.selected.value;
	const run = n === null ? null : model.runOf(n);
	const shown = run !== null && run.root === root.n;
	const box = useRef<HTMLDivElement>(null);
	useEffect(() => {
		if (!shown) return;
		const key = (event: KeyboardEvent): void => closeByKey(event, box.current, model);
		document.addEventListener("keydown", key);
		return () => document.removeEventListener("keydown", key);
	}, [shown, model]);
	if (!shown) return null;
	return (
		<div class="selected" ref={box}>
			<button
				type="button"
				class="plain close"
				aria-label="Close the detail"
				title="Close (Esc)"
				onClick={() => model.select(null)}
			>
				✕
			</button>
			<Detail key={run.n} run={run} model={model} />
		</div>
	);
}

/**
 * Escape closes the detail, and the keyboard goes back to where it was opened from. A click has left the keyboard
 * with the notebook: its Escape closes the detail as well, unless somebody is writing there.
 */
function closeByKey(event: KeyboardEvent, box: Element | null, model: RunModel): void {
	const at = event.target instanceof Element ? event.target : null;
	if (event.key !== "Escape" || event.defaultPrevented || at?.closest("input, textarea, [contenteditable=true]"))
		return;
	const panel = box?.closest(".panel");
	const opener = '.row[aria-selected="true"], .node.picked > .node-main';
	if (at && panel?.contains(at)) panel.querySelector<HTMLElement>(opener)?.focus({ preventScroll: true });
	model.select(null);
}
