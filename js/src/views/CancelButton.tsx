/** Stops a root run, and says so until the run has moved. */

import { openAsk } from "../asks";
import type { RunModel } from "../model";
import { hasEnded } from "../picture";
import type { Run } from "../wire";

export function CancelButton({ run, model }: { run: Run; model: RunModel }) {
	if (hasEnded(run)) return null;
	const busy = run.state.type === "CANCELLING" || openAsk(model.asks.all.value, run)?.open === true;
	return (
		<button type="button" class="cancel" title={`Cancel ${run.name}`} disabled={busy} onClick={() => model.cancel(run)}>
			{busy ? "Cancelling…" : "Cancel"}
		</button>
	);
}

/** What the kernel says about cancelling: its hint for this board, and what became of the last press. */
export function CancelNotes({ run, model }: { run: Run; model: RunModel }) {
	if (hasEnded(run)) return null;
	const hint = model.picture.value?.hint;
	const note = openAsk(model.asks.all.value, run)?.note;
	return (
		<>
			{hint && <p class="note">{hint}</p>}
			{note && note !== hint && <p class="note">{note}</p>}
		</>
	);
}
