/** What was asked of the kernel, and a way to ask once more without drawing anything anew. */

import { effect, type ReadonlySignal, useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";

export function useTold<T>(told: ReadonlySignal<T>): readonly [T, () => void] {
	const latest = useSignal(told.peek());
	const tries = useSignal(0);
	// Who looks away and looks again asks again.
	useLayoutEffect(
		() =>
			effect(() => {
				latest.value = told.value;
			}),
		[told, tries.value],
	);
	return [latest.value, () => (tries.value += 1)];
}
