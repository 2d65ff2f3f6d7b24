/** All hooks of a run and of what is below it: those that failed first, then as they were called. */

import { useSignal } from "@preact/signals";
import { plural, thousands } from "../../format";
import type { RunModel } from "../../model";
import type { Hook, Run } from "../../wire";
import { tallied } from "../../words";
import { sinceText, wholeTime } from "../detail/times";
import { Name, Plain, Toggle } from "../parts";
import { HookCall, wentWrong } from "./HookCall";

const ROOM = 100;

interface Call {
	/** A run's list only grows at its end: its number and the place are the identity. */
	readonly key: string;
	readonly run: Run;
	readonly hook: Hook;
}

/** As they happened; several of one clock reading in the order of their runs, and of their calls. */
function callsOf(runs: readonly Run[]): readonly Call[] {
	const calls = runs.flatMap((run) => run.hooks.map((hook, i) => ({ key: `${run.n}.${i}`, run, hook })));
	return calls.sort((a, b) => a.hook.at - b.hook.at);
}

/** The groups count the calls of all their runs, also of those that this page was never told of. */
function counted(runs: readonly Run[], model: RunModel): { ok: number; failed: number } {
	const groups = [...(model.picture.value?.groups.values() ?? [])].filter(({ root }) => root === runs[0]?.n);
	const [known, all] = [tallied(runs), tallied([...runs.slice(0, 1), ...groups])];
	return { ok: Math.max(known.ok, all.ok), failed: Math.max(known.failed, all.failed) };
}

export function HooksTab({ root, below, model }: { root: Run; below: readonly Run[]; model: RunModel }) {
	const room = useSignal(ROOM);
	const onlyFailed = useSignal(false);
	const runs = [root, ...below];
	const calls = callsOf(runs);
	const failed = calls.filter(({ hook }) => wentWrong(hook));
	const calm = onlyFailed.value ? [] : calls.filter(({ hook }) => !wentWrong(hook));
	const shown = [...failed, ...calm].slice(0, room.value);
	const { ok, failed: allFailed } = counted(runs, model);
	const ended = shown.filter(({ hook }) => hook.outcome !== "running").length;
	const more = Math.max(0, (onlyFailed.value ? 0 : ok) + allFailed - ended);
	const known = failed.length + calm.length - shown.length;
	if (calls.length === 0 && more === 0) return <p class="quiet left">No hooks were called.</p>;
	return (
		<>
			<div class="pane-bar">
				<p class="quiet">{`${plural(ok + allFailed, "call")}${allFailed > 0 ? `, ${thousands(allFailed)} failed` : ""}`}</p>
				{allFailed > 0 && <Toggle on={onlyFailed}>Only failed</Toggle>}
			</div>
			<div class="calls-list">
				{shown.map((call) => (
					<Line key={call.key} call={call} from={root.start ?? root.created} model={model} />
				))}
			</div>
			<More more={more} known={known} show={() => (room.value += ROOM)} />
		</>
	);
}

function Line({ call: { run, hook }, from, model }: { call: Call; from: number; model: RunModel }) {
	return (
		<HookCall hook={hook}>
			<Plain class="call-of" onClick={() => model.select(run.n, hook)}>
				<Name class="of" text={run.name} />
			</Plain>
			<time class="call-at" title={wholeTime(hook.at)}>
				{sinceText(hook.at - from)}
			</time>
		</HookCall>
	);
}

/** Calls that are known and not drawn yet; the kernel kept the others to itself. */
function More({ more, known, show }: { more: number; known: number; show: () => void }) {
	if (more === 0 && known === 0) return null;
	return (
		<p class="quiet left">
			{`… and ${plural(Math.max(more, known), "more call")} `}
			{known > 0 && <Plain onClick={show}>Show {thousands(Math.min(known, ROOM))} more</Plain>}
		</p>
	);
}
