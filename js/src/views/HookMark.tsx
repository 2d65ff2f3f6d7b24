/** A hook on a bar: a diamond, coloured and drawn by its outcome. A click shows what it printed. */

import { duration } from "../format";
import { colour, lookOfOutcome } from "../palette";
import type { Hook } from "../wire";

/** "on_failure notify: failed, 2.0 s" */
export function hookLabel(hook: Hook): string {
	const took = hook.seconds === null ? "" : `, ${duration(hook.seconds)}`;
	return `${hook.kind} ${hook.name}: ${hook.outcome}${took}`;
}

const DIAMOND = "M6 1.2 L10.8 6 L6 10.8 L1.2 6z";
const EXCLAMATION = "M6 3.2 V6.8 M6 7.9 V9";

export function HookMark({ hook, percent, place }: { hook: Hook; percent: number; place: number }) {
	const paint = colour(lookOfOutcome(hook.outcome));
	const hollow = hook.outcome === "running" || hook.outcome === "abandoned";
	const wrong = hook.outcome === "failed" || hook.outcome === "timed out";
	const label = hookLabel(hook);
	return (
		<button
			type="button"
			tabIndex={-1}
			class={wrong ? "mark wrong" : "mark"}
			style={{ left: `${percent}%` }}
			title={label}
			aria-label={label}
			data-hook={place}
		>
			<svg viewBox="0 0 12 12" aria-hidden="true">
				<path d={DIAMOND} class={hollow ? "hollow" : "full"} style={hollow ? { stroke: paint } : { fill: paint }} />
				{wrong && <path d={EXCLAMATION} class="exclamation" />}
			</svg>
		</button>
	);
}
