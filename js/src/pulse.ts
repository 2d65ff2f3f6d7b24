/** Whether the kernel is still there: while a run is live it tells at least that every few seconds. */

import { type ReadonlySignal, signal } from "@preact/signals";

/** Three times what the kernel takes between two words: it may be in the middle of a call into C that lets nobody else on. */
const QUIET_MS = 15_000;
/** When the page itself has lost its kernel. */
const LOST_MS = 6000;
/** A timer that is so late was held up by a page that slept: what has come meanwhile is heard first. */
const SLEPT_MS = 2000;

export class Pulse {
	readonly #lost = signal<number | null>(null);
	#heardAt = Date.now();
	#live = false;
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** When the kernel was heard last, by the browser's clock in milliseconds, if nothing is heard of it any more. */
	readonly lostSince: ReadonlySignal<number | null> = this.#lost;

	/** Something has come that was told at this time, by the browser's clock in milliseconds. */
	heard(at = Date.now()): void {
		this.#heardAt = at;
		this.#lost.value = null;
		if (this.#live) this.#wait(QUIET_MS);
	}

	/** Begins to listen, or stops: of what has ended a kernel has nothing to tell. */
	follow(live: boolean): void {
		if (live === this.#live) return;
		this.#live = live;
		if (live) this.#wait(QUIET_MS);
		else this.#rest();
	}

	/** There is a reason to think that it has gone. */
	check(): void {
		if (this.#live) this.#wait(LOST_MS);
	}

	#wait(ms: number): void {
		clearTimeout(this.#timer);
		const due = Date.now() + ms;
		this.#timer = setTimeout(() => {
			if (Date.now() - due > SLEPT_MS) this.#wait(ms);
			else this.#lost.value = this.#heardAt;
		}, ms);
	}

	#rest(): void {
		clearTimeout(this.#timer);
		this.#lost.value = null;
	}
}
