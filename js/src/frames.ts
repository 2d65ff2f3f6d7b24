/** Many changes, few drawings: what is asked for between two frames of the screen is done at most twice. */

export type Soon = (act: () => void) => void;

/**
 * The first act after a frame is done at once: what it draws is there before the next frame begins, which then has only
 * to paint. Of those that come until then the last is done, in that frame.
 */
export class Frame {
	#act: (() => void) | null = null;
	#isAwaited = false;
	readonly #soon: Soon;

	constructor(soon: Soon = (act) => requestAnimationFrame(act)) {
		this.#soon = soon;
	}

	ask(act: () => void): void {
		if (this.#isAwaited) this.#act = act;
		else {
			this.#isAwaited = true;
			this.#soon(this.#come);
			act();
		}
	}

	#come = (): void => {
		const act = this.#act;
		this.#isAwaited = false;
		this.#act = null;
		act?.();
	};
}
