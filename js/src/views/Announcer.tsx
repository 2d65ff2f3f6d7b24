/** Tells readers who hear the page when a root run changes its state; seldom enough to be listened to. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Run } from "../wire";

const AT_MOST_EVERY_MS = 1500;
const MOST_AT_ONCE = 3;

const sentence = (run: Run): string => `${run.of} ${run.name} is ${run.state.name}.`;

export function Announcer({ roots }: { roots: ReadonlyMap<number, Run> }) {
	const text = useSignal("");
	const told = useRef<ReadonlyMap<number, Run>>(roots);
	const latest = useRef(roots);
	const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
	latest.current = roots;
	useEffect(() => () => clearTimeout(timer.current), []);
	useEffect(() => {
		if (timer.current !== undefined || changed(told.current, roots).length === 0) return;
		timer.current = setTimeout(() => {
			timer.current = undefined;
			text.value = changed(told.current, latest.current).slice(-MOST_AT_ONCE).map(sentence).join(" ");
			told.current = latest.current;
		}, AT_MOST_EVERY_MS);
	}, [roots]);
	return (
		<div class="unseen" role="status" aria-live="polite">
			{text.value}
		</div>
	);
}

/** A run seen for the first time is on the page already and is not news. */
function changed(before: ReadonlyMap<number, Run>, after: ReadonlyMap<number, Run>): readonly Run[] {
	return [...after.values()].filter((run) => {
		const was = before.get(run.n);
		return was !== undefined && was.state.name !== run.state.name;
	});
}
