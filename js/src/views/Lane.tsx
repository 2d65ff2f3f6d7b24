/** One run's bar: dashed while it waits, full while it works, with its hooks as marks. */

import type { Clock } from "../clock";
import { marks, type Stretch, stretches } from "../lane";
import { colour, LOOKS } from "../palette";
import { clipped, percentIn, type Span } from "../span";
import type { Moment, Run } from "../wire";
import { HookMark } from "./HookMark";
import { useTicking } from "./live";

/** A shorter wait is drawn only where nothing follows it: its frame would be wider than itself. */
const LEAST_WAIT_PERCENT = 0.5;

export function Lane({ run, span, clock }: { run: Run; span: Span; clock: Clock }) {
	const all = stretches(run);
	const isSeen = ({ waiting, from, to }: Stretch, i: number): boolean =>
		!waiting || to === null || i + 1 === all.length || ((to - from) / span.seconds) * 100 >= LEAST_WAIT_PERCENT;
	return (
		<span class="lane">
			{all.filter(isSeen).map((stretch) => (
				<Bar key={stretch.place} stretch={stretch} span={span} clock={clock} />
			))}
			{marks(run.hooks, (at) => percentIn(span, at)).map(({ place, hook, percent }) => (
				<HookMark key={place} place={place} hook={hook} percent={percent} />
			))}
		</span>
	);
}

interface BarProps {
	stretch: Stretch;
	span: Span;
	clock: Clock;
	/** Its place in a lane that several runs share, from below, and how many places there are. */
	shared?: { readonly floor: number; readonly floors: number };
}

const [FOOT, HIGH, BAR] = [18, 16, 10];

/** A lane's height is shared; where one run follows another, a bar is as high as any. */
function shelf({ floor, floors }: NonNullable<BarProps["shared"]>): { top: string; height: string } | null {
	if (floors === 1) return null;
	const each = Math.min(BAR, HIGH / floors);
	return { top: `${FOOT + 2 - each * (floor + 1)}px`, height: `${each - (each > 4 ? 1 : 0.5)}px` };
}

export function Bar({ stretch, span, clock, shared }: BarProps) {
	const left = clipped(percentIn(span, stretch.from));
	const { waiting, to } = stretch;
	const right = useTicking(() => clipped(percentIn(span, endOf(stretch, clock))), [waiting, to, span, clock]);
	if (right <= -1 || left >= 101) return null;
	const fill = stretch.waiting ? "outline" : LOOKS[stretch.look].fill;
	const style = {
		left: `${left}%`,
		width: `${Math.max(0, right - left)}%`,
		color: colour(stretch.look),
		...(shared && shelf(shared)),
	};
	return <span class={`stretch ${shared ? "packed " : ""}${fill}`} style={style} />;
}

/** Waiting has no end in sight, so it reaches to the lane's end and stands still. */
function endOf(stretch: Stretch, clock: Clock): Moment {
	if (stretch.to !== null) return stretch.to;
	return stretch.waiting ? Number.POSITIVE_INFINITY : clock.now.value;
}
