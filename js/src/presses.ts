/** What a run was asked to do: to be cancelled, run again or retried. */

import { type Press, Pressed } from "./pressed";
import type { Reply, Run, State } from "./wire";

const SAID_MS = 8000;
export const UNHEARD = "This kernel cannot hear Cancel while a cell runs: use Interrupt (■).";
export const UNHEARD_LATER = "The kernel is busy: it hears this once the cell has ended.";

export type Act = "cancel" | "again" | "retry";

interface Asked {
	readonly act: Act;
	/** The state the run was in: once it has moved on, the press is past. */
	readonly state: State;
}

export class Presses extends Pressed<Asked> {
	/** Follows one press until `reply` settles. */
	follow(act: Act, run: Run, reply: Promise<Reply>): void {
		const change = this.begin(run.n, { act, state: run.state }, act === "cancel" ? UNHEARD : UNHEARD_LATER);
		reply.then(
			(said) => {
				change(() => heard(act, said));
				this.later(SAID_MS, () => change(() => ({ said: null })));
			},
			() => change(() => ({ open: false })),
		);
	}
}

/** A run that is being cancelled will move on; one that is run again stays as it is. */
function heard(act: Act, { ok, text }: Reply): Partial<Press> {
	const note = ok ? null : text || "The kernel refused.";
	return { answered: true, open: ok && act === "cancel", note, said: ok && text ? text : null };
}

/** What was asked of a run and is not yet settled by a change of its state. */
export function openPress(presses: Presses["all"]["value"], run: Run): (Asked & Press) | null {
	const press = presses.get(run.n);
	return press && isSame(press.state, run.state) ? press : null;
}

/** Two states in a row may share one clock reading. */
function isSame(a: State, b: State): boolean {
	return a.at === b.at && a.name === b.name && a.type === b.type;
}
