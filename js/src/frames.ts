/** Many changes, one drawing: what is asked for between two frames of the screen is done once. */

export type Soon = (act: () => void) => void;

/** Of several acts between two frames only the last is done. */
export class Frame {
	#act: (() => void) | null = null;
	readonly #soon: Soon;

	constructor(soon: Soon = (act) => requestAnimationFrame(act)) {
		this.#soon = soon;
	}

	ask(act: () => void): void {
		const waiting = this.#act !== null;
		this.#act = act;
		if (!waiting) this.#soon(this.run);
	}

	/** Does at once what was asked for, if anything. */
	run = (): void => {
		const act = this.#act;
		this.#act = null;
		act?.();
	};
}
