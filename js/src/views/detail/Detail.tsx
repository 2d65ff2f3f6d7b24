/** All that is known of one run: what it was given, its story, its hooks, why it failed, its result and its log. */

import type { RunModel } from "../../model";
import type { Detail as Known, Run } from "../../wire";
import { CopyButton } from "../CopyButton";
import { Lines, Name } from "../parts";
import { useTold } from "../told";
import { storyOf } from "./chapters";
import { Failed } from "./Failed";
import { Hooks } from "./Hooks";
import { LogExcerpt } from "./LogExcerpt";
import { Parameters } from "./Parameters";
import { Part } from "./Part";
import { Silence } from "./Silence";
import { Story } from "./Story";

export function Detail({ run, model }: { run: Run; model: RunModel }) {
	return (
		<section class="detail" aria-label={`Detail of ${run.name}`}>
			<Asked key={run.n} run={run} model={model} />
		</section>
	);
}

function Asked({ run, model }: { run: Run; model: RunModel }) {
	const [told, again] = useTold(model.detailOf(run.n));
	const known = typeof told === "string" ? null : told;
	return (
		<>
			<div class="detail-columns">
				<Part title={<Title run={run} />}>
					<dl class="facts">
						{known && <Parameters all={known.parameters} />}
						<Story lines={storyOf(run, known)} clock={model.clock} />
					</dl>
				</Part>
				<Hooks run={run} told={known?.hooks ?? []} model={model} />
			</div>
			{told === "unheard" && <Silence what="parameters, result and log" model={model} again={again} />}
			<Failed run={run} told={known?.error ?? null} />
			{known?.result && <Result result={known.result} />}
			<Notes notes={known?.notes ?? run.notes} />
			{known && <LogExcerpt run={run} detail={known} model={model} />}
			{known && <Papers detail={known} />}
		</>
	);
}

function Title({ run }: { run: Run }) {
	return (
		<>
			<bdi title={run.name}>{run.name}</bdi> · <bdi class="whole">{stateText(run)}</bdi>
		</>
	);
}

/** "Retrying, try 2 of 3" */
function stateText({ state, attempt, attempts }: Run): string {
	if (attempt === 0 || (attempts <= 1 && attempt <= 1)) return state.name;
	return `${state.name}, try ${attempt}${attempts > 1 ? ` of ${attempts}` : ""}`;
}

/** What the run returned, as far as a preview goes. */
function Result({ result: { type, text } }: { result: NonNullable<Known["result"]> }) {
	const title = (
		<>
			Result <Name class="result-type" text={type} />
		</>
	);
	return (
		<Part title={title}>
			<Lines class="box" text={text} />
		</Part>
	);
}

function Notes({ notes }: { notes: readonly string[] }) {
	if (notes.length === 0) return null;
	return (
		<Part title="Notes">
			<ul class="notes">
				{notes.map((note, i) => (
					<li key={i} dir="auto">
						{note}
					</li>
				))}
			</ul>
		</Part>
	);
}

/** What one takes away from here: its tags, its id, a call of it. */
function Papers({ detail: { id, tags, code } }: { detail: Known }) {
	return (
		<div class="detail-part papers">
			{tags.length > 0 && (
				<ul class="tags" aria-label="Tags">
					{tags.map((tag, i) => (
						<li key={i}>
							<Name class="tag" text={tag} />
						</li>
					))}
				</ul>
			)}
			{id && (
				<span class="paper">
					<Name class="code" text={id} />
					<CopyButton label="Copy id" text={() => id} />
				</span>
			)}
			{code && (
				<details class="paper wide">
					<summary>As code</summary>
					<Lines class="box" text={code} />
					<CopyButton label="Copy as code" text={() => code} />
				</details>
			)}
		</div>
	);
}
