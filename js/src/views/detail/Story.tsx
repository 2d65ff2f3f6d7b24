/** The states of a run, when it entered each, and how long it stayed. */

import type { Clock } from "../../clock";
import { duration, plural, tenths } from "../../format";
import { useTicking } from "../live";
import { Name } from "../parts";
import type { Line } from "./chapters";
import { timeText, wholeTime } from "./times";

const MOST = 40;

export function Story({ lines, clock }: { lines: readonly Line[]; clock: Clock }) {
	const left = lines.length - MOST;
	return (
		<>
			{left > 0 && (
				<>
					<dt>…</dt>
					<dd class="quiet">{plural(left, "earlier state")}</dd>
				</>
			)}
			{lines.slice(-MOST).map((line) => (
				<Chapter key={line.place} line={line} clock={clock} />
			))}
		</>
	);
}

function Chapter({ line, clock }: { line: Line; clock: Clock }) {
	const { at, to, open } = line;
	const took = useTicking(() => {
		if (to !== null) return ` · ${duration(to - at)}`;
		return open ? ` · ${tenths(clock.now.value - at)} so far` : "";
	}, [at, to, open, clock]);
	return (
		<>
			<dt>
				<Name class="term" text={line.name} />
			</dt>
			<dd>
				<time title={wholeTime(at)}>{timeText(at)}</time>
				{took}
				{line.message && (
					<bdi class="quiet message" dir="auto">
						{line.message}
					</bdi>
				)}
			</dd>
		</>
	);
}
