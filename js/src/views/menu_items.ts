/** The actions on a run: which there are, whether they can be done now, and what became of the last one. */

import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { copy } from "../copy";
import type { RunModel } from "../model";
import { hasEnded, wentWrong } from "../picture";
import { openPress } from "../presses";
import type { Detail, Run } from "../wire";

export interface Item {
	readonly name: string;
	/** Why it cannot be done now. */
	readonly why: string | null;
	readonly act: () => void;
}

export interface Answer {
	readonly said: ReadonlySignal<string>;
	readonly copyOf: (of: (detail: Detail) => string) => void;
}

const WRONG = ["Failed", "Crashed", "TimedOut"];

const somethingFailed = (run: Run): boolean => wentWrong(run) || WRONG.some((name) => (run.counts.get(name) ?? 0) > 0);

export function itemsOf(run: Run, model: RunModel, { copyOf }: Answer, fold?: () => void): readonly Item[] {
	const busy = !hasEnded(run) ? "once it has ended" : isAsked(run, model) ? "asked the kernel" : null;
	const items = [
		model.can("again") && { name: "Run again", why: busy, act: () => model.act("again", run) },
		model.can("retry") &&
			somethingFailed(run) && { name: "Retry failed", why: busy, act: () => model.act("retry", run) },
		{ name: "Copy as code", why: null, act: () => copyOf(({ code }) => code) },
		{ name: "Copy run id", why: null, act: () => copyOf(({ id }) => id) },
		fold && { name: "Show as one line", why: null, act: fold },
	];
	return items.filter((item) => typeof item === "object");
}

/** Whether the kernel was asked to run it again, and has not answered yet. */
export function isAsked(run: Run, model: RunModel): boolean {
	const press = openPress(model.presses.all.value, run);
	return press?.open === true && press.act !== "cancel";
}

/** What became of it, in the kernel's words: the new run's panel stands below all others, perhaps out of sight. */
export function startedText(run: Run, model: RunModel): string {
	return openPress(model.presses.all.value, run)?.said ?? "";
}

const SHOWN_MS = 2500;

/** What was done, for a while; what could not be done, until something else is. */
export function useAnswer(run: Run, model: RunModel): Answer {
	const said = useSignal("");
	const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
	useEffect(() => () => clearTimeout(timer.current), []);
	const say = (text: string, forAWhile: boolean): void => {
		clearTimeout(timer.current);
		said.value = text;
		if (forAWhile) timer.current = setTimeout(() => say("", false), SHOWN_MS);
	};
	const copyOf = async (of: (detail: Detail) => string): Promise<void> => {
		say("Asking the kernel …", false);
		const text = await model.ask({ type: "detail", run: run.n }).then(
			({ detail }) => (detail ? of(detail) : null),
			() => null,
		);
		if (!text) return say("Nothing was copied: the kernel did not answer.", false);
		const done = await copy(text);
		say(done ? "Copied" : "The browser does not let this page copy.", done);
	};
	return { said, copyOf: (of) => void copyOf(of) };
}
