/** Copies a text, and says whether that worked. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { copy } from "../copy";
import { Plain } from "./parts";

const SHOWN_MS = 2000;

export function CopyButton({ label, text }: { label: string; text: () => string }) {
	const said = useSignal("");
	const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
	useEffect(() => () => clearTimeout(timer.current), []);
	const press = async (): Promise<void> => {
		said.value = (await copy(text())) ? "Copied" : "Not copied: select it";
		clearTimeout(timer.current);
		timer.current = setTimeout(() => {
			said.value = "";
		}, SHOWN_MS);
	};
	return (
		<span class="copy">
			<Plain onClick={press}>{label}</Plain>
			<span class="copied" role="status">
				{said.value}
			</span>
		</span>
	);
}
