/** The head of the timeline: the ways to zoom, the seconds, and the line at now. */

import type { TargetedKeyboardEvent } from "preact";
import type { Clock } from "../../clock";
import { duration } from "../../format";
import { percentIn, type Span } from "../../span";
import { ticks } from "../../ticks";
import type { Moment } from "../../wire";
import { useTicking } from "../live";
import { NEARER, type TimeShown } from "./useSpan";

interface Props {
	time: TimeShown;
	origin: Moment;
	clock: Clock;
	/** Of the rows below, in pixels: so far the line at now reaches down. */
	height: number;
}

export function Axis({ time, origin, clock, height }: Props) {
	const { span, live } = time;
	return (
		<div class="axis">
			<div class="corner">
				<span>task</span>
				<Tools time={time} />
			</div>
			<Scale time={time} origin={origin}>
				{ticks(span, origin).map(({ percent, text }) => (
					<Label key={text} percent={percent} text={text} />
				))}
				{live && <NowLine span={span} clock={clock} height={height} />}
			</Scale>
		</div>
	);
}

function Tools({ time }: { time: TimeShown }) {
	return (
		<span class="tools">
			<button
				type="button"
				class="plain"
				title="Zoom out (−)"
				aria-label="Zoom out"
				onClick={() => time.zoom(1 / NEARER)}
			>
				−
			</button>
			<button type="button" class="plain" title="Zoom in (+)" aria-label="Zoom in" onClick={() => time.zoom(NEARER)}>
				+
			</button>
			<button type="button" class="plain" title="Show the whole run (0)" disabled={!time.near} onClick={time.fit}>
				fit
			</button>
			{time.live && (
				<button
					type="button"
					class="plain"
					title="Follow now"
					aria-label="Follow now"
					aria-pressed={time.follow}
					onClick={time.toggleFollow}
				>
					now
				</button>
			)}
		</span>
	);
}

interface ScaleProps {
	time: TimeShown;
	origin: Moment;
	children: preact.ComponentChildren;
}

function Scale({ time: { span, whole, pan }, origin, children }: ScaleProps) {
	const [from, to] = [span.from - origin, span.from - origin + span.seconds];
	const keys = (event: TargetedKeyboardEvent<HTMLElement>): void => {
		const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
		if (way === undefined || event.shiftKey) return;
		event.preventDefault();
		pan(way / 8);
	};
	return (
		<div
			class="scale"
			role="slider"
			tabIndex={0}
			aria-label="Time shown"
			aria-valuemin={0}
			aria-valuemax={whole.seconds - span.seconds}
			aria-valuenow={from}
			aria-valuetext={`${from > 0 ? duration(from) : "0 s"} to ${duration(to)}`}
			onKeyDown={keys}
		>
			{children}
		</div>
	);
}

function Label({ percent, text }: { percent: number; text: string }) {
	const kind = percent < 2 ? "tick start" : percent > 97 ? "tick end" : "tick";
	return (
		<span class={kind} style={{ left: `${percent}%` }} aria-hidden="true">
			{text}
		</span>
	);
}

function NowLine({ span, clock, height }: { span: Span; clock: Clock; height: number }) {
	const percent = useTicking(() => percentIn(span, clock.now.value), [span, clock]);
	if (percent < 0 || percent > 100) return null;
	return <i class="now" style={{ left: `${percent}%`, height: `${height}px` }} />;
}
