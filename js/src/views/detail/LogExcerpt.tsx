/** The newest lines of one run's log, and all of it for those who ask. */

import { useSignal } from "@preact/signals";
import { thousands } from "../../format";
import type { RunModel } from "../../model";
import type { Detail, Run } from "../../wire";
import { LogLines } from "../log/LogLines";
import { LogView } from "../log/LogView";
import { Plain } from "../parts";
import { Part } from "./Part";

const FIRST = 8;

export function LogExcerpt({ run, detail, model }: { run: Run; detail: Detail; model: RunModel }) {
	const all = useSignal(false);
	const lines = detail.log.slice(-FIRST);
	if (lines.length === 0) return null;
	const title = (
		<>
			Log {thousands(detail.logged)}
			{detail.logged > lines.length && (
				<Plain aria-expanded={all.value} onClick={() => (all.value = !all.value)}>
					{all.value ? "Show the newest" : "Show all"}
				</Plain>
			)}
		</>
	);
	return (
		<Part title={title}>
			{all.value ? (
				<LogView run={run} model={model} />
			) : (
				<LogLines lines={lines} first={detail.logged - lines.length} from={run.start ?? run.created} />
			)}
		</Part>
	);
}
