/** Everything one cell started: its root runs, one above the other. */

import type { ReadonlySignal } from "@preact/signals";
import { dayAndTime, plural } from "../format";
import type { RunModel } from "../model";
import type { Picture } from "../picture";
import { STYLE } from "../style";
import type { Counts, Run } from "../wire";
import { countsText, total } from "../words";
import { Announcer } from "./Announcer";
import { Questions, QuestionsFoot } from "./Questions";
import { RunPanel } from "./RunPanel";

const NONE: readonly Run[] = [];

export function Board({ model, dark }: { model: RunModel; dark: ReadonlySignal<boolean> }) {
	const picture = model.picture.value;
	const fault = model.fault.value;
	return (
		// JupyterLab takes Enter and the arrows for itself, unless the focused element asks it not to.
		<div class={dark.value ? "hookcell dark" : "hookcell"} data-lm-suppress-shortcuts="true">
			<style>{STYLE}</style>
			{fault && <p class="note">{fault}</p>}
			<Lost since={model.lostSince.value} />
			{picture && <Panels picture={picture} model={model} />}
		</div>
	);
}

/** The element is there from the beginning: what comes into it is read aloud. */
function Lost({ since }: { since: number | null }) {
	return (
		<p class="lost" role="status">
			{since !== null && (
				<>
					<i class="icon" aria-hidden="true">
						⚠
					</i>
					{lostText(since / 1000)}
				</>
			)}
		</p>
	);
}

const lostText = (since: number): string =>
	`No word from the kernel since ${dayAndTime(since)}: it was restarted, has ended, or is stuck. ` +
	"Shown is how things stood then.";

function Panels({ picture, model }: { picture: Picture; model: RunModel }) {
	const below = model.descendants.value;
	return (
		<>
			<Questions model={model} picture={picture} />
			{[...picture.roots.values()].map((run) => (
				<RunPanel key={run.n} run={run} below={below.get(run.n) ?? NONE} model={model} />
			))}
			<MoreRuns counts={picture.moreRuns} />
			<QuestionsFoot picture={picture} />
			<Announcer roots={picture.roots} />
		</>
	);
}

function MoreRuns({ counts }: { counts: Counts }) {
	if (counts.size === 0) return null;
	return (
		<p class="quiet left">
			… and {plural(total(counts), "more run")}: <bdi>{countsText(counts)}</bdi>
		</p>
	);
}
