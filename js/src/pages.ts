/** Rows of groups too large for a snapshot: asked for a page at a time, as they come into sight. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Asks } from "./asks";
import type { Picture } from "./picture";
import type { Group, Page, Part, Run } from "./wire";

export const PAGE = 50;
const MOST_PAGES = 120;
/** A page of a group that changes is asked for again, but not more often than this. */
const AGAIN_MS = 500;
const AGAIN_UNHEARD_MS = 3000;

interface Sheet {
	rows: readonly Run[];
	/** The group as it was when these rows were asked for. */
	of: Group | undefined;
	asking: boolean;
	/** When it may be asked for again, by the browser's clock. */
	next: number;
}

const key = (g: number, part: Part, page: number): string => `${g} ${part} ${page}`;

export class Pages {
	readonly #asks: Asks;
	readonly #picture: ReadonlySignal<Picture | null>;
	readonly #version = signal(0);
	/** In order of use, the oldest first. */
	readonly #sheets = new Map<string, Sheet>();
	readonly #byNumber = new Map<number, Run>();
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(asks: Asks, picture: ReadonlySignal<Picture | null>) {
		this.#asks = asks;
		this.#picture = picture;
	}

	/** What reads pages through this is told of every page that comes. */
	get followed(): this {
		this.#version.value;
		return this;
	}

	/** The row at a place of a part, as new as is known; null before its page has come. */
	at(g: number, part: Part, place: number): Run | null {
		const sheet = this.#sheets.get(key(g, part, Math.floor(place / PAGE)));
		const run = sheet?.rows[place % PAGE];
		return run ? this.#newest(run) : null;
	}

	find(n: number): Run | null {
		return this.#byNumber.get(n) ?? null;
	}

	/** Rows from one place up to another are in sight: asks for what of them is missing or old. */
	want(g: number, part: Part, from: number, to: number): void {
		const group = this.#picture.peek()?.groups.get(g);
		for (let page = Math.floor(from / PAGE); page * PAGE < Math.max(to, from + 1); page += 1) {
			this.#wantPage(g, part, page, group);
		}
	}

	/** Also an answer that nobody waits for any more is news. */
	take(page: Page): void {
		const number = Math.floor(page.from / PAGE);
		const sheet = this.#sheet(page.group, page.part, number);
		sheet.rows = page.rows;
		for (const run of page.rows) this.#byNumber.set(run.n, run);
		this.#version.value += 1;
	}

	/** Another board: nothing of it is true any more. */
	clear(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#sheets.clear();
		this.#byNumber.clear();
	}

	#newest(run: Run): Run {
		return this.#picture.peek()?.tasks.get(run.n) ?? run;
	}

	#sheet(g: number, part: Part, page: number): Sheet {
		const name = key(g, part, page);
		const sheet = this.#sheets.get(name) ?? { rows: [], of: undefined, asking: false, next: 0 };
		this.#sheets.delete(name);
		this.#sheets.set(name, sheet);
		if (this.#sheets.size > MOST_PAGES) this.#drop();
		return sheet;
	}

	#drop(): void {
		const [oldest] = this.#sheets;
		if (!oldest) return;
		this.#sheets.delete(oldest[0]);
		for (const run of oldest[1].rows) this.#byNumber.delete(run.n);
	}

	#wantPage(g: number, part: Part, page: number, group: Group | undefined): void {
		const sheet = this.#sheet(g, part, page);
		if (sheet.asking || (sheet.of === group && sheet.rows.length > 0)) return;
		const wait = sheet.next - Date.now();
		if (wait > 0) this.#lookAgain(wait);
		else void this.#ask(g, part, page, sheet, group);
	}

	async #ask(g: number, part: Part, page: number, sheet: Sheet, group: Group | undefined): Promise<void> {
		Object.assign(sheet, { asking: true, next: Date.now() + AGAIN_MS });
		try {
			await this.#asks.ask({ type: "page", group: g, part, from: page * PAGE, count: PAGE });
			sheet.of = group;
		} catch {
			sheet.next = Date.now() + AGAIN_UNHEARD_MS;
		}
		sheet.asking = false;
	}

	/** Those who look are told to look again, and so ask anew for what they see then. */
	#lookAgain(ms: number): void {
		this.#timer ??= setTimeout(() => {
			this.#timer = undefined;
			this.#version.value += 1;
		}, ms);
	}
}
