/** Small pieces that several views are made of. */

import type { ComponentChildren } from "preact";
import { colour, LOOKS, type LookName, lookOf } from "../palette";
import type { Run, State } from "../wire";
import { hookTally, hookWords } from "../words";

export function Icon({ look }: { look: LookName }) {
	return (
		<i class="icon" aria-hidden="true" style={{ color: colour(look) }}>
			{LOOKS[look].icon}
		</i>
	);
}

/** For readers who hear the page. */
export function Unseen({ children }: { children: ComponentChildren }) {
	return <span class="unseen">{children}</span>;
}

/** A name out of the notebook: its direction stays inside it, its end may be cut, its title is whole. */
export function Name({ text, class: kind }: { text: string; class: string }) {
	return (
		<bdi class={kind} title={text}>
			{text}
		</bdi>
	);
}

export function StateWord({ state }: { state: State }) {
	const look = lookOf(state.name, state.type);
	return (
		<span class="state" style={{ color: colour(look) }}>
			<Icon look={look} />
			<bdi>{state.name}</bdi>
		</span>
	);
}

/** Definition in bold, then the run's own name where it says more. */
export function Names({ run }: { run: Run }) {
	return (
		<>
			<Name class="name" text={run.of || run.name} />
			{run.name !== run.of && run.of !== "" && <Name class="run" text={run.name} />}
		</>
	);
}

export function HookTally({ ok, failed }: { ok: number; failed: number }) {
	if (ok + failed === 0) return null;
	const [good, bad] = hookTally(ok, failed);
	return (
		// An image in the eyes of a screen reader: it would read the signs as "check mark" and "multiplication x".
		<span class="tally" role="img" aria-label={hookWords(ok, failed)}>
			{good} {bad && <span style={{ color: colour("Failed") }}>{bad}</span>}
		</span>
	);
}
