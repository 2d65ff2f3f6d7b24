/** Stops a root run, and says so until the run has moved. */

import type { RunModel } from "../model";
import { hasEnded } from "../picture";
import { openPress } from "../presses";
import type { Run } from "../wire";

export function CancelButton({ run, model }: { run: Run; model: RunModel }) {
	if (hasEnded(run) || !model.can("cancel")) return null;
	const busy = run.state.type === "CANCELLING" || openPress(model.presses.all.value, run)?.open === true;
	return (
		<button type="button" class="cancel" title={`Cancel ${run.name}`} disabled={busy} onClick={() => model.cancel(run)}>
			{busy ? "Cancelling…" : "Cancel"}
		</button>
	);
}

/** What the kernel says about cancelling: its hint for this board, and what became of the last press. */
export function CancelNotes({ run, model }: { run: Run; model: RunModel }) {
	const ended = hasEnded(run);
	const hint = ended ? null : model.picture.value?.hint;
	const press = openPress(model.presses.all.value, run);
	const note = ended && press?.act === "cancel" ? null : press?.note;
	return (
		<>
			{hint && <p class="note">{hint}</p>}
			{note && note !== hint && <p class="note">{note}</p>}
		</>
	);
}
