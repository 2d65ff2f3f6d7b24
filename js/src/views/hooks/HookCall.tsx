/** One call of a hook: how it ended, what it printed, how long it took. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { duration } from "../../format";
import { lookOfOutcome } from "../../palette";
import type { Hook } from "../../wire";
import { Icon, Lines, Name, Unseen } from "../parts";

interface Props {
	hook: Hook;
	/** Whether this is the call that the reader pointed at. */
	pointed?: boolean;
	/** What stands between the hook's name and the time it took. */
	children?: ComponentChildren;
}

export const wentWrong = ({ outcome }: Hook): boolean => outcome !== "ok" && outcome !== "running";

export function HookCall({ hook, pointed = false, children }: Props) {
	const line = useRef<HTMLDivElement>(null);
	useEffect(() => {
		if (pointed) line.current?.scrollIntoView?.({ block: "nearest" });
	}, [pointed]);
	return (
		<div class={pointed ? "call pointed" : "call"} ref={line}>
			<Icon look={lookOfOutcome(hook.outcome)} />
			<Name class="call-kind" text={hook.kind} />
			<Name class="code" text={hook.name} />
			{hook.outcome === "ok" ? <Unseen>ok</Unseen> : <span class="call-outcome">{hook.outcome}</span>}
			{children}
			<span class="call-took">{hook.seconds === null ? "" : duration(hook.seconds)}</span>
			{hook.printed && <Lines class="call-said" text={hook.printed} />}
			{wentWrong(hook) && (
				<Lines class="call-said" text={hook.error ? `${hook.error} (the run went on)` : "The run went on."} />
			)}
		</div>
	);
}
