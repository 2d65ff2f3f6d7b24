/** Whether the kernel is still there. A live view that has heard nothing for a while asks, and notes when nobody answers. */

import { type ReadonlySignal, signal } from "@preact/signals";

/** A kernel at rest tells nothing; one that was restarted, or has died, tells nothing for ever. */
const QUIET_MS = 10_000;
/** Long enough for a call into C that holds the interpreter for a moment. */
const ANSWER_MS = 5000;

export class Pulse {
	readonly #ask: () => void;
	readonly #lost = signal<number | null>(null);
	#heardAt = Date.now();
	#began = false;
	#following = false;
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** When the kernel was heard last, by the browser's clock in milliseconds, if it does not answer any more. */
	readonly lostSince: ReadonlySignal<number | null> = this.#lost;

	constructor(ask: () => void) {
		this.#ask = ask;
	}

	/** Until then nothing is asked. */
	begin(): void {
		this.#began = true;
	}

	heard(): void {
		this.#heardAt = Date.now();
		this.#lost.value = null;
		if (this.#following) this.#wait();
	}

	/** Begins to listen, or stops: a view of what has ended needs no kernel, and a deaf one cannot answer. */
	follow(live: boolean): void {
		const follows = live && this.#began;
		if (follows === this.#following) return;
		this.#following = follows;
		if (follows) this.#wait();
		else this.close();
	}

	/** There is a reason to think that it has gone. */
	check(): void {
		if (this.#following) this.#askNow();
	}

	close(): void {
		this.#following = false;
		clearTimeout(this.#timer);
		this.#lost.value = null;
	}

	#wait(): void {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#askNow(), QUIET_MS);
	}

	#askNow(): void {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => {
			this.#lost.value = this.#heardAt;
			this.#wait();
		}, ANSWER_MS);
		this.#ask();
	}
}
