/** The hooks of one run. */

import { plural } from "../../format";
import type { RunModel } from "../../model";
import type { Hook, Run } from "../../wire";
import { HookCall } from "../hooks/HookCall";
import { Part } from "./Part";

export function Hooks({ run, told, model }: { run: Run; told: readonly Hook[]; model: RunModel }) {
	// The row may be newer; what was asked for holds more of what was printed.
	const hooks = told.length >= run.hooks.length ? told : run.hooks;
	const pointed = model.pointed.value;
	const ended = hooks.filter(({ outcome }) => outcome !== "running").length;
	const more = run.hooks_ok + run.hooks_failed - ended;
	return (
		<Part title="Hooks" class="detail-hooks">
			{hooks.length === 0 && more <= 0 && <p class="quiet">No hooks were called.</p>}
			{hooks.map((hook, i) => (
				<HookCall key={i} hook={hook} pointed={pointed !== null && isSame(hook, pointed)} />
			))}
			{more > 0 && <p class="quiet">… and {plural(more, "more call")}</p>}
		</Part>
	);
}

/** A mark on a bar comes from the row, these from the detail. */
function isSame(a: Hook, b: Hook): boolean {
	return a.kind === b.kind && a.name === b.name && a.at === b.at;
}
