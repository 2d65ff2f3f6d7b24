/** One run's bar: dashed while it waits, full while it works, with its hooks as marks. */

import type { Clock } from "../clock";
import { marks, type Stretch, stretches } from "../lane";
import { colour, LOOKS } from "../palette";
import type { Moment, Run } from "../wire";
import { HookMark } from "./HookMark";
import { useTicking } from "./live";

/** The moment at the lane's left end, and the seconds it spans. */
export interface Span {
	readonly from: Moment;
	readonly seconds: number;
}

const percentIn = (span: Span, at: Moment): number =>
	Math.min(100, Math.max(0, ((at - span.from) / span.seconds) * 100));

export function Lane({ run, from, seconds, clock }: { run: Run; from: Moment; seconds: number; clock: Clock }) {
	const span = { from, seconds };
	return (
		<span class="lane">
			{stretches(run).map((stretch) => (
				<Bar key={stretch.place} stretch={stretch} span={span} clock={clock} />
			))}
			{marks(run.hooks, (at) => percentIn(span, at)).map(({ hook, percent }, i) => (
				<HookMark key={i} hook={hook} percent={percent} />
			))}
		</span>
	);
}

function Bar({ stretch, span, clock }: { stretch: Stretch; span: Span; clock: Clock }) {
	const left = percentIn(span, stretch.from);
	const { waiting, to } = stretch;
	const right = useTicking(() => percentIn(span, endOf(stretch, clock)), [waiting, to, span.from, span.seconds, clock]);
	const fill = stretch.waiting ? "outline" : LOOKS[stretch.look].fill;
	const style = { left: `${left}%`, width: `${Math.max(0, right - left)}%`, color: colour(stretch.look) };
	return <span class={`stretch ${fill}`} style={style} />;
}

/** Waiting has no end in sight, so it reaches to the lane's end and stands still. */
function endOf(stretch: Stretch, clock: Clock): Moment {
	if (stretch.to !== null) return stretch.to;
	return stretch.waiting ? Number.POSITIVE_INFINITY : clock.now.value;
}
