/** The kernel's clock as seen from the browser, and the one tick that all moving numbers share. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Moment } from "./wire";

const TICK_MS = 100;
/** With reduced motion a clock may step, but nothing should seem to move. */
const CALM_TICK_MS = 1000;
const DUE_SECONDS = 0.05;
/** Two clocks that suddenly differ by more than this were set, not delayed by the network. */
const SET_BY_HAND_SECONDS = 10;

const browserNow = (): Moment => Date.now() / 1000;

export class Clock {
	/** When it stopped, by the browser's clock in milliseconds, if it has. */
	readonly #stopped: () => number | null;
	#offset = 0;
	#known = false;
	#ticked = 0;
	#timer: ReturnType<typeof setInterval> | undefined;
	readonly #now = signal(browserNow(), {
		// Only something live reads the clock: with no reader there is no timer.
		watched: () => this.#begin(),
		unwatched: () => this.#end(),
	});
	/** Kernel time, about ten times a second while somebody reads it and the page is visible. */
	readonly now: ReadonlySignal<Moment> = this.#now;

	constructor(stopped: () => number | null = () => null) {
		this.#stopped = stopped;
	}

	/**
	 * Every message took some time to come, so the largest difference seen is the nearest to the truth.
	 * A snapshot found on loading may be old: it proves only that the kernel is not behind it.
	 */
	learn(kernelNow: Moment, fresh: boolean): void {
		const difference = kernelNow - browserNow();
		if (!fresh) {
			if (!this.#known) this.#offset = Math.max(0, difference);
		} else if (!this.#known || Math.abs(difference - this.#offset) > SET_BY_HAND_SECONDS) {
			this.#offset = difference;
			this.#known = true;
		} else this.#offset = Math.max(this.#offset, difference);
	}

	/** To be called with a new picture, so that nothing in it ends after now. */
	tick(): void {
		this.#ticked = browserNow();
		const stopped = this.#stopped();
		this.#now.value = (stopped === null ? this.#ticked : stopped / 1000) + this.#offset;
	}

	/** Pictures that come fast tick often enough: all that moves would be drawn once more for nothing. */
	#tickIfDue = (): void => {
		if (Math.abs(browserNow() - this.#ticked) >= DUE_SECONDS) this.tick(); // the clock may have been set back
	};

	#begin(): void {
		document.addEventListener("visibilitychange", this.#onVisibility);
		this.#run();
	}

	#end(): void {
		document.removeEventListener("visibilitychange", this.#onVisibility);
		clearInterval(this.#timer);
	}

	#run(): void {
		clearInterval(this.#timer);
		if (document.visibilityState === "hidden") return;
		const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
		this.#timer = setInterval(this.#tickIfDue, calm ? CALM_TICK_MS : TICK_MS);
	}

	#onVisibility = (): void => {
		this.#run();
		if (document.visibilityState !== "hidden") this.tick();
	};
}
