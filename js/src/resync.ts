/** Asking the kernel for a snapshot until one comes, more and more rarely: a busy kernel answers all of them later. */

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

export class Resync {
	readonly #ask: () => void;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#wait = FIRST_WAIT_MS;

	constructor(ask: () => void) {
		this.#ask = ask;
	}

	get open(): boolean {
		return this.#timer !== undefined;
	}

	begin(): void {
		if (this.open) return;
		this.#wait = FIRST_WAIT_MS;
		this.#askAndWait();
	}

	end(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
	}

	#askAndWait(): void {
		this.#ask();
		this.#timer = setTimeout(() => {
			this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
			this.#askAndWait();
		}, this.#wait);
	}
}
