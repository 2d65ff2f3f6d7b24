/** The log of a run and of all below it: the newest lines as they come, older ones on demand. */

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { plural, thousands } from "../../format";
import type { Log } from "../../logs";
import type { RunModel } from "../../model";
import type { LogLine, Run } from "../../wire";
import { CopyButton } from "../CopyButton";
import { Silence } from "../detail/Silence";
import { wholeTime } from "../detail/times";
import { Plain, Toggle } from "../parts";
import { useTold } from "../told";
import { LogLines } from "./LogLines";

/** As many lines as are drawn at first, and more at each wish. */
const ROOM = 200;
/** Nearer to the end than this, in pixels, is at the end. */
const NEAR = 24;

export function LogView({ run, model }: { run: Run; model: RunModel }) {
	if (run.logged === 0) return <p class="quiet left">Nothing has been logged.</p>;
	return <Asked key={run.n} run={run} model={model} />;
}

function Asked({ run, model }: { run: Run; model: RunModel }) {
	const [told, again] = useTold(model.logOf(run.n));
	if (told === "unheard") return <Silence what="log" model={model} again={again} />;
	if (told === "loading") return <p class="quiet left">Asking the kernel for the log …</p>;
	return <Lines run={run} log={told} model={model} />;
}

function Lines({ run, log, model }: { run: Run; log: Log; model: RunModel }) {
	const room = useSignal(ROOM);
	const sought = useSignal("");
	const follows = useSignal(true);
	const pane = useRef<HTMLDivElement>(null);
	const found = matching(log.lines, sought.value);
	const shown = found.slice(-room.value);
	useLayoutEffect(() => {
		const el = pane.current;
		if (el && follows.value) el.scrollTop = el.scrollHeight;
	}, [shown.at(-1), shown.length, follows.value]);
	const first = sought.value ? 0 : log.from + found.length - shown.length;
	const below = useRef(0);
	// Browsers keep what is read in its place when lines come above it, but not at the very top.
	useLayoutEffect(() => {
		const el = pane.current;
		if (el && below.current > 0) el.scrollTop = el.scrollHeight - below.current;
		below.current = 0;
	}, [first]);
	const earlier = async (): Promise<void> => {
		follows.value = false;
		below.current = pane.current ? pane.current.scrollHeight - pane.current.scrollTop : 0;
		room.value += ROOM;
		if (found.length <= room.value - ROOM) await model.olderLog(run.n);
	};
	return (
		<div class="log">
			<div class="pane-bar">
				<input
					type="search"
					placeholder="Filter"
					aria-label="Show only lines with this text"
					value={sought.value}
					onInput={(event) => (sought.value = event.currentTarget.value)}
				/>
				<p class="quiet" role="status">
					{sought.value ? `${thousands(found.length)} of ${plural(log.lines.length, "line")} here` : ""}
				</p>
				<Toggle on={follows}>Follow</Toggle>
				<CopyButton label="Copy" text={() => found.map(plain).join("\n")} />
			</div>
			<div
				class="log-pane"
				role="log"
				aria-live="off"
				aria-label={`Log of ${run.name}`}
				// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
				tabIndex={0}
				ref={pane}
				onScroll={(event) => (follows.value = isAtEnd(event.currentTarget, follows.peek()))}
			>
				<Earlier above={log.from + (sought.value ? 0 : found.length - shown.length)} show={earlier} />
				<LogLines lines={shown} first={first} from={run.start ?? run.created} />
			</div>
		</div>
	);
}

function matching(lines: readonly LogLine[], sought: string): readonly LogLine[] {
	const wanted = sought.trim().toLowerCase();
	if (!wanted) return lines;
	return lines.filter(({ level, run, text }) => `${level} ${run} ${text}`.toLowerCase().includes(wanted));
}

/** An element that is not laid out has no end to be at. */
function isAtEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement, before: boolean): boolean {
	return clientHeight > 0 ? scrollHeight - scrollTop - clientHeight < NEAR : before;
}

const plain = ({ at, level, run, text }: LogLine): string =>
	[wholeTime(at), level, run && `${run}:`, text].filter(Boolean).join(" ");

function Earlier({ above, show }: { above: number; show: () => Promise<void> }) {
	const busy = useSignal(false);
	if (above <= 0) return null;
	const press = async (): Promise<void> => {
		busy.value = true;
		await show();
		busy.value = false;
	};
	return (
		<Plain class="earlier" disabled={busy.value} onClick={press}>
			{busy.value ? "Asking the kernel …" : `Show earlier lines (${thousands(above)})`}
		</Plain>
	);
}
