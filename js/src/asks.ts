/** Requests to cancel: one button press each, from asking to the answer, to silence, or to giving up. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Reply, Run, State } from "./wire";

const UNHEARD_MS = 1500;
const GIVE_UP_MS = 10_000;
export const UNHEARD = "This kernel cannot hear Cancel while a cell runs: use Interrupt (■).";

export interface Ask {
	readonly id: number;
	/** The state the run was asked in: once it has moved on, the ask is past. */
	readonly state: State;
	readonly open: boolean;
	readonly answered: boolean;
	readonly note: string | null;
}

export class Asks {
	readonly #all = signal<ReadonlyMap<number, Ask>>(new Map());
	readonly #timers = new Set<ReturnType<typeof setTimeout>>();
	/** By the number of the run that was asked to stop. */
	readonly all: ReadonlySignal<ReadonlyMap<number, Ask>> = this.#all;

	begin(run: Run, id: number): void {
		const ask: Ask = { id, state: run.state, open: true, answered: false, note: null };
		this.#all.value = new Map(this.#all.value).set(run.n, ask);
		this.#later(UNHEARD_MS, () => this.#change(id, ({ answered, note }) => ({ note: answered ? note : UNHEARD })));
		this.#later(GIVE_UP_MS, () => this.#change(id, () => ({ open: false })));
	}

	answer(reply: Reply): void {
		const refusal = reply.text || "The kernel refused to cancel this run.";
		this.#change(reply.id, ({ open }) => ({
			answered: true,
			open: open && reply.ok,
			note: reply.ok ? null : refusal,
		}));
	}

	close(): void {
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
	}

	#change(id: number, change: (ask: Ask) => Partial<Ask>): void {
		const all = [...this.#all.value];
		this.#all.value = new Map(all.map(([n, ask]) => [n, ask.id === id ? { ...ask, ...change(ask) } : ask]));
	}

	#later(ms: number, act: () => void): void {
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			act();
		}, ms);
		this.#timers.add(timer);
	}
}

/** What was asked of a run and is not yet settled by a change of its state. */
export function openAsk(asks: ReadonlyMap<number, Ask>, run: Run): Ask | null {
	const ask = asks.get(run.n);
	return ask && isSame(ask.state, run.state) ? ask : null;
}

/** Two states in a row may share one clock reading. */
function isSame(a: State, b: State): boolean {
	return a.at === b.at && a.name === b.name && a.type === b.type;
}
