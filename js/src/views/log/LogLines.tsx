/** Lines of a log: when, how grave, whose, what. */

import { colour, type LookName } from "../../palette";
import type { LogLine, Moment } from "../../wire";
import { sinceText, wholeTime } from "../detail/times";
import { Lines, Name } from "../parts";

const LOOK_OF_LEVEL = new Map<string, LookName>([
	["WARNING", "Retrying"],
	["ERROR", "Failed"],
	["CRITICAL", "Crashed"],
]);

interface Props {
	lines: readonly LogLine[];
	/** The place of the first of them in the whole log: a line keeps its identity while others come before it. */
	first: number;
	/** The moment that times are told from. */
	from: Moment;
}

export function LogLines({ lines, first, from }: Props) {
	const several = lines.some(({ run }) => run !== "");
	return (
		<ol class={several ? "log-lines several" : "log-lines"}>
			{lines.map((line, i) => (
				<Line key={first + i} line={line} from={from} several={several} />
			))}
		</ol>
	);
}

function Line({ line, from, several }: { line: LogLine; from: Moment; several: boolean }) {
	const look = LOOK_OF_LEVEL.get(line.level);
	return (
		<li class="log-line">
			<time title={wholeTime(line.at)}>{sinceText(line.at - from)}</time>
			<bdi class="log-level" style={look ? { color: colour(look) } : {}}>
				{line.level}
			</bdi>
			{several && <Name class="of" text={line.run} />}
			<Lines text={line.text} />
		</li>
	);
}
