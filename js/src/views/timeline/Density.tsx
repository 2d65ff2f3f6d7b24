/** The lane of many runs: completed, above them those at work, above them what went wrong; tries again as marks. */

import { useMemo } from "preact/hooks";
import type { Clock } from "../../clock";
import { type Column, ceiling, columns, groupLook } from "../../density";
import { packed } from "../../packed";
import { colour } from "../../palette";
import { percentIn, type Span } from "../../span";
import type { Group, Moment, Run } from "../../wire";
import { Bar } from "../Lane";
import { useTicking } from "../live";

const [BOTTOM, HIGH] = [22, 18];
const MOST_MARKS = 100;

/** From below. */
const LAYERS = ["Completed", "Running", "Failed"] as const;

const rect = (left: number, width: number, y: number, height: number): string =>
	height > 0
		? `M${left.toFixed(3)} ${y.toFixed(2)}h${width.toFixed(3)}v${height.toFixed(2)}h${(-width).toFixed(3)}z`
		: "";

/** Whatever there is can be seen, be it one of a hundred thousand. */
const tall = (n: number, most: number, least: number): number => (n > 0 ? Math.max(least, (n / most) * HIGH) : 0);

/** A path for each layer. */
function pathsOf(all: readonly Column[], span: Span): readonly string[] {
	const most = ceiling(all);
	const paths = ["", "", ""];
	for (const { from, to, done, running, wrong } of all) {
		const left = percentIn(span, from);
		const width = percentIn(span, to) - left;
		if (left > 100 || left + width < 0 || width <= 0) continue;
		let y = BOTTOM;
		for (const [i, height] of [tall(done, most, 1), tall(running, most, 1.5), tall(wrong, most, 2.5)].entries()) {
			y -= height;
			paths[i] += rect(left, width, y, height);
		}
	}
	return paths;
}

/** When runs were to be tried again. */
function retriesOf(runs: readonly Run[]): readonly Moment[] {
	const tried = runs.filter((run) => run.attempt > 1 || run.state.name === "AwaitingRetry").slice(0, MOST_MARKS);
	return tried.flatMap((run) => {
		const begun = run.story.findIndex(({ type }) => type === "RUNNING");
		const again = run.story.slice(begun + 1).find(({ type }) => type === "SCHEDULED" || type === "RUNNING");
		return again ? [again.at] : [];
	});
}

interface Props {
	group: Group;
	/** Those of its runs that are known. */
	runs: readonly Run[];
	span: Span;
	clock: Clock;
}

export function Density({ group, runs, span, clock }: Props) {
	const few = useMemo(() => (runs.length >= group.total ? packed(runs) : null), [runs, group.total]);
	if (!few) return <Many group={group} runs={runs} span={span} clock={clock} />;
	return (
		<span class="lane">
			{few.pieces.map(({ stretch, floor }, i) => (
				<Bar key={i} stretch={stretch} span={span} clock={clock} shared={{ floor, floors: few.floors }} />
			))}
		</span>
	);
}

function Many({ group, runs, span, clock }: Props) {
	const { bins, end } = group;
	const paths = useTicking(
		() => (bins ? pathsOf(columns(bins, end ?? clock.now.value), span).join("|") : ""),
		[bins, end, span, clock],
	).split("|");
	const marks = retriesOf(runs).map((at) => percentIn(span, at));
	return (
		<span class="lane">
			{bins ? (
				<svg class="density" viewBox="0 0 100 26" preserveAspectRatio="none" aria-hidden="true">
					{LAYERS.map((look, i) => (
						<path key={look} d={paths[i] ?? ""} style={{ fill: colour(look) }} />
					))}
				</svg>
			) : (
				<Whole group={group} span={span} clock={clock} />
			)}
			{marks.map((percent, i) =>
				percent >= 0 && percent <= 100 ? <i key={i} class="again" style={{ left: `${percent}%` }} /> : null,
			)}
		</span>
	);
}

/** Where nothing is known but when it began and ended. */
function Whole({ group, span, clock }: { group: Group; span: Span; clock: Clock }) {
	const { start, end } = group;
	const right = useTicking(() => Math.min(102, percentIn(span, end ?? clock.now.value)), [end, span, clock]);
	if (start === null) return null;
	const left = Math.max(-2, percentIn(span, start));
	const style = { left: `${left}%`, width: `${Math.max(0, right - left)}%`, color: colour(groupLook(group)) };
	return <span class="stretch solid" style={style} />;
}
