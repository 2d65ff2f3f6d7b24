/** What became of a button that was pressed: the kernel's reply, silence, or giving up. */

import { type ReadonlySignal, signal } from "@preact/signals";

const UNHEARD_MS = 1500;
const GIVE_UP_MS = 10_000;

export interface Press {
	/** Nothing more can be asked for while it is. */
	readonly open: boolean;
	readonly answered: boolean;
	readonly note: string | null;
	/** What the kernel did, for a while. */
	readonly said: string | null;
}

export type Change = (to: (press: Press) => Partial<Press>) => void;

export class Pressed<What extends object> {
	readonly #all = signal<ReadonlyMap<number, What & Press>>(new Map());
	readonly #newest = new Map<number, What>();
	readonly #timers = new Set<ReturnType<typeof setTimeout>>();
	/** The newest for each run or question, by its number. */
	readonly all: ReadonlySignal<ReadonlyMap<number, What & Press>> = this.#all;

	close(): void {
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
	}

	/** Gives back what tells of an answer; one that comes after a newer press changes nothing. */
	protected begin(n: number, what: What, silence: string): Change {
		const change: Change = (to) => {
			const now = this.#all.peek().get(n);
			if (now && this.#newest.get(n) === what) this.#set(n, { ...now, ...to(now) });
		};
		this.#newest.set(n, what);
		this.#set(n, { ...what, open: true, answered: false, note: null, said: null });
		this.later(UNHEARD_MS, () => change(({ answered, note }) => ({ note: answered ? note : silence })));
		this.later(GIVE_UP_MS, () => change(() => ({ open: false })));
		return change;
	}

	#set(n: number, press: What & Press): void {
		this.#all.value = new Map(this.#all.peek()).set(n, press);
	}

	protected later(ms: number, act: () => void): void {
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			act();
		}, ms);
		this.#timers.add(timer);
	}
}
