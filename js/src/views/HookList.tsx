/** What each hook was called for, how it ended, how long it took and what it printed. */

import { duration, plural } from "../format";
import { lookOfOutcome } from "../palette";
import type { Hook, Run } from "../wire";
import { Icon, Name } from "./parts";

export function HookList({ run }: { run: Run }) {
	const more = run.hooks_ok + run.hooks_failed - run.hooks.filter((hook) => hook.outcome !== "running").length;
	if (run.hooks.length === 0) return <p class="quiet">No hooks were called.</p>;
	return (
		<div class="hooks">
			{run.hooks.map((hook, i) => (
				// A list that only grows at its end: the place is the identity.
				<HookLine key={i} hook={hook} />
			))}
			{more > 0 && <p class="quiet">… and {plural(more, "more call")}</p>}
		</div>
	);
}

function HookLine({ hook }: { hook: Hook }) {
	return (
		<div class="hook">
			<Icon look={lookOfOutcome(hook.outcome)} />
			<Name class="kind" text={hook.kind} />
			<Name class="code" text={hook.name} />
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
