/** Small pieces that several views are made of. */

import type { Signal } from "@preact/signals";
import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
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
			{run.background && <span class="run">in the background</span>}
		</>
	);
}

/** The name of a row: a flow run is known by its flow, whose runs have names of their own. */
export function RowName({ run }: { run: Run }) {
	if (run.kind === "task" || run.of === "" || run.of === run.name) return <Name class="task" text={run.name} />;
	return (
		<>
			<Name class="task" text={run.of} />
			<Name class="own" text={run.name} />
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

/** A button without a frame. */
export function Plain({ class: kind, ...rest }: ButtonHTMLAttributes & { class?: string }) {
	return <button type="button" class={kind ? `plain ${kind}` : "plain"} {...rest} />;
}

/** One that stays pressed while its signal is true. */
export function Toggle({ on, children }: { on: Signal<boolean>; children: ComponentChildren }) {
	return (
		<Plain class="toggle" aria-pressed={on.value} onClick={() => (on.value = !on.value)}>
			{children}
		</Plain>
	);
}

/** The keyboard reaches an element that holds more than fits, so that it can be scrolled. */
export function useReach(holds: unknown) {
	const ref = useRef<HTMLPreElement>(null);
	useLayoutEffect(() => {
		const el = ref.current;
		if (el && el.scrollHeight > el.clientHeight + 1) el.tabIndex = 0;
		else el?.removeAttribute("tabindex");
	}, [holds]);
	return ref;
}

/** Lines out of the notebook. */
export function Lines({ text, class: kind }: { text: string; class?: string }) {
	return (
		<pre class={kind} dir="auto" ref={useReach(text)}>
			{text}
		</pre>
	);
}
