/** Something asked for while somebody looks at it: at once, and again when what it depends on changes. */

import { effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";

/** At most twice a second. */
const AGAIN_MS = 500;
const UNHEARD_MS = 1500;

export type Told<T> = T | "loading" | "unheard";

export class Asked<T> {
	readonly #ask: () => Promise<T | null>;
	readonly #told: Signal<Told<T>>;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#quiet: ReturnType<typeof setTimeout> | undefined;
	#asking = false;
	#again = false;
	#end = (): void => {};

	/** `watch` reads the signals it depends on; `ask` gives null when there is nothing to tell. */
	constructor(watch: () => unknown, ask: () => Promise<T | null>) {
		this.#ask = ask;
		this.#told = signal("loading" as Told<T>, {
			watched: () => this.#begin(watch),
			unwatched: () => this.close(),
		});
	}

	get told(): ReadonlySignal<Told<T>> {
		return this.#told;
	}

	set(value: T): void {
		this.#told.value = value;
	}

	/** Stops asking, until somebody looks again. */
	close(): void {
		this.#end();
		clearTimeout(this.#timer);
		clearTimeout(this.#quiet);
		this.#timer = undefined;
		this.#again = false;
	}

	#begin(watch: () => unknown): void {
		this.#quiet = setTimeout(() => this.#unheard(), UNHEARD_MS);
		this.#end = effect(() => {
			watch();
			untracked(() => this.#look());
		});
	}

	#look(): void {
		this.#again = this.#asking || this.#timer !== undefined;
		if (this.#again) return;
		this.#timer = setTimeout(() => {
			this.#timer = undefined;
			if (this.#again) this.#look();
		}, AGAIN_MS);
		void this.#askOnce();
	}

	async #askOnce(): Promise<void> {
		this.#asking = true;
		try {
			this.#told.value = (await this.#ask()) ?? "unheard";
		} catch {
			this.#unheard();
		}
		this.#asking = false;
		if (this.#again && this.#timer === undefined) this.#look();
	}

	/** What was heard before is still worth showing. */
	#unheard(): void {
		if (this.#told.peek() === "loading") this.#told.value = "unheard";
	}
}
