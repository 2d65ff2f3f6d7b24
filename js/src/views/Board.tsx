/** Everything one cell started: its root runs, one above the other. */

import type { ReadonlySignal } from "@preact/signals";
import { plural } from "../format";
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
			{picture && <Panels picture={picture} model={model} />}
		</div>
	);
}

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
