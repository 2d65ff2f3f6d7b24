/** What each hook was called for, how it ended, how long it took and what it printed. */

import { duration, plural } from "../format";
import { lookOfOutcome } from "../palette";
import type { Hook, Run } from "../wire";
import { tallied } from "../words";
import { Icon, Name } from "./parts";

const ROOM = 100;

interface Call {
	/** A run's list only grows at its end: its number and the place are the identity. */
	readonly key: string;
	readonly run: Run;
	readonly hook: Hook;
}

const wentWrong = ({ hook }: Call): boolean => hook.outcome !== "ok" && hook.outcome !== "running";

/** As they happened; several of one clock reading in the order of their runs, and of their calls. */
function callsOf(runs: readonly Run[]): readonly Call[] {
	const calls = runs.flatMap((run) => run.hooks.map((hook, i) => ({ key: `${run.n}.${i}`, run, hook })));
	return calls.sort((a, b) => a.hook.at - b.hook.at);
}

/** Where they are too many, the first ones, and any that went wrong. */
function fitting(calls: readonly Call[]): readonly Call[] {
	const urgent = new Set(calls.filter(wentWrong).slice(0, ROOM));
	const room = ROOM - urgent.size;
	const calm = new Set(calls.filter((call) => !urgent.has(call)).slice(0, room));
	return calls.filter((call) => urgent.has(call) || calm.has(call));
}

export function HookList({ runs }: { runs: readonly Run[] }) {
	const calls = callsOf(runs);
	const shown = fitting(calls);
	const { ok, failed } = tallied(runs);
	const more = ok + failed - shown.filter(({ hook }) => hook.outcome !== "running").length;
	if (calls.length === 0) return <p class="quiet">No hooks were called.</p>;
	return (
		<div class={runs.length > 1 ? "hooks several" : "hooks"}>
			{shown.map(({ key, run, hook }) => (
				<HookLine key={key} hook={hook} of={runs.length > 1 ? run.name : null} />
			))}
			{more > 0 && <p class="quiet">… and {plural(more, "more call")}</p>}
		</div>
	);
}

function HookLine({ hook, of }: { hook: Hook; of: string | null }) {
	return (
		<div class="hook">
			<Icon look={lookOfOutcome(hook.outcome)} />
			<Name class="kind" text={hook.kind} />
			<Name class="code" text={hook.name} />
			{of !== null && <Name class="of" text={of} />}
			<span class="outcome">{hook.outcome === "ok" ? "" : hook.outcome}</span>
			<span class="took">{hook.seconds === null ? "" : duration(hook.seconds)}</span>
			{hook.printed && (
				<pre class="said" dir="auto">
					{hook.printed}
				</pre>
			)}
			{hook.outcome !== "ok" && hook.outcome !== "running" && <HookError text={hook.error ?? ""} />}
		</div>
	);
}

function HookError({ text }: { text: string }) {
	return (
		<pre class="said bad" dir="auto">
			{text ? `${text} (the run went on)` : "The run went on."}
		</pre>
	);
}
