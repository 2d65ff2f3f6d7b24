/** The way to notifications of the browser: a button that asks for them, and what the browser has said. */

import type { ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { look, type Permission, permission, request } from "../permission";
import { STYLE } from "../style";

const ASK = "Notify me while this page is hidden";
export const SAID: Record<Exclude<Permission, "default">, string> = {
	granted: "✓ The browser shows messages and questions while this page is hidden.",
	denied: "⊘ The browser blocks notifications of this page. Its site settings can allow them.",
	missing: "⊘ This page cannot show notifications: browsers allow them on https and on localhost only.",
};

/** Beside a form: as long as the reader has not chosen; once a click has brought a no, the way out. */
export function AllowButton() {
	useEffect(() => void look(), []);
	const said = permission.value;
	if (said === "granted" || said === "missing") return null;
	return <p class="allow">{said === "denied" ? SAID.denied : <RequestButton />}</p>;
}

function RequestButton({ done }: { done?: (said: Permission) => void }) {
	return (
		<button type="button" class="cancel small" onClick={() => void request().then(done)}>
			{ASK}
		</button>
	);
}

/** A view of its own; tells what was chosen, so that the cell can keep a line of it. */
export function Allow({ dark, tell }: { dark: ReadonlySignal<boolean>; tell: (said: Permission) => void }) {
	useEffect(() => {
		const said = look();
		if (said !== "default") tell(said);
	}, []);
	const said = permission.value;
	const done = (chosen: Permission) => chosen !== "default" && tell(chosen);
	return (
		<div class={dark.value ? "hookcell dark" : "hookcell"} data-lm-suppress-shortcuts="true">
			<style>{STYLE}</style>
			<div class="panel asked">
				{said === "default" ? <RequestButton done={done} /> : <p role="status">{SAID[said]}</p>}
			</div>
		</div>
	);
}
