/** The logs of runs that somebody reads: the newest lines as they come, older ones when they are asked for. */

import type { ReadonlySignal } from "@preact/signals";
import { Asked, type Told } from "./asked";
import type { Asks } from "./asks";
import type { LogLine, LogPage } from "./wire";

const LINES = 200;
/** Beyond this the page forgets the oldest lines: they can be asked for again. */
const MOST_LINES = 5000;

export interface Log {
	/** The place of the first line in the whole log. */
	readonly from: number;
	readonly total: number;
	/** Newest last. */
	readonly lines: readonly LogLine[];
}

/** One log out of two pieces; where there is a gap between them, the newer piece alone. */
export function joined(older: Log, newer: Log): Log {
	const missing = newer.from - older.from;
	if (missing < 0 || missing > older.lines.length) return newer;
	const lines = [...older.lines.slice(0, missing), ...newer.lines];
	const over = Math.max(0, lines.length - MOST_LINES);
	return { from: older.from + over, total: Math.max(older.total, newer.total), lines: lines.slice(over) };
}

export class Logs {
	readonly #asks: Asks;
	readonly #watch: (n: number) => unknown;
	readonly #all = new Map<number, Asked<Log>>();

	constructor(asks: Asks, watch: (n: number) => unknown) {
		this.#asks = asks;
		this.#watch = watch;
	}

	of(n: number): ReadonlySignal<Told<Log>> {
		return this.#asked(n).told;
	}

	/** Brings the lines before those that are there. */
	async older(n: number): Promise<void> {
		const asked = this.#asked(n);
		const known = asked.told.peek();
		if (typeof known === "string" || known.from === 0) return;
		const page = await this.#page(n, known.from).catch(() => null);
		const now = asked.told.peek();
		if (page && typeof now !== "string") asked.set(before(page, now));
	}

	clear(): void {
		for (const asked of this.#all.values()) asked.close();
		this.#all.clear();
	}

	#asked(n: number): Asked<Log> {
		const asked =
			this.#all.get(n) ??
			new Asked(
				() => this.#watch(n),
				() => this.#newest(n),
			);
		this.#all.set(n, asked);
		return asked;
	}

	async #newest(n: number): Promise<Log> {
		const page = await this.#page(n, null);
		const known = this.#asked(n).told.peek();
		return typeof known === "string" ? logOf(page) : joined(known, logOf(page));
	}

	#page(n: number, before: number | null): Promise<LogPage> {
		return this.#asks.ask({ type: "log", run: n, before, count: LINES });
	}
}

const logOf = ({ from, total, lines }: LogPage): Log => ({ from, total, lines });

/** Older lines are read now: it is the newest that are forgotten, and come again with the next change. */
function before(page: LogPage, now: Log): Log {
	if (page.from + page.lines.length !== now.from) return now;
	return { from: page.from, total: now.total, lines: [...page.lines, ...now.lines] };
}
