/** The details of runs that somebody looks at. */

import type { ReadonlySignal } from "@preact/signals";
import { Asked, type Told } from "./asked";
import type { Asks } from "./asks";
import type { Detail } from "./wire";

export class Details {
	readonly #asks: Asks;
	readonly #watch: (n: number) => unknown;
	readonly #all = new Map<number, Asked<Detail>>();

	constructor(asks: Asks, watch: (n: number) => unknown) {
		this.#asks = asks;
		this.#watch = watch;
	}

	of(n: number): ReadonlySignal<Told<Detail>> {
		const asked =
			this.#all.get(n) ??
			new Asked(
				() => this.#watch(n),
				() => this.#ask(n),
			);
		this.#all.set(n, asked);
		return asked.told;
	}

	clear(): void {
		for (const asked of this.#all.values()) asked.close();
		this.#all.clear();
	}

	async #ask(n: number): Promise<Detail | null> {
		return (await this.#asks.ask({ type: "detail", run: n })).detail;
	}
}
