/** The bell: shows messages as notifications of the browser while nobody looks at the page, if that was allowed. */

import { permissionNow } from "./permission";
import { block, count, isRecord, line } from "./raw";

const EVERY_MS = 1000;
const LONGEST = 300;

interface Told {
	readonly what: "alert" | "question";
	readonly id: string;
	readonly subject: string;
	readonly text: string;
	/** How many alerts before it were not sent. */
	readonly more: number;
}

function read(raw: unknown): Told | null {
	if (!isRecord(raw) || typeof raw.text !== "string") return null;
	const { type } = raw;
	if (type !== "alert" && type !== "question") return null;
	const text = block(raw.text).slice(0, LONGEST);
	return { what: type, id: line(raw.id), subject: line(raw.subject), text, more: count(raw.more) };
}

/** Away: the page is hidden, or another window has the keyboard. */
const away = (): boolean => document.hidden || !document.hasFocus();

function counted(n: number, word: string): string {
	return n === 0 ? "" : `${n} more ${word}${n === 1 ? "" : "s"}`;
}

function titleOf(several: readonly Told[]): string {
	const questions = several.filter(({ what }) => what === "question").length;
	const alerts = several.reduce((sum, { more }) => sum + more, several.length - questions);
	return [counted(questions, "question"), counted(alerts, "alert")].filter(Boolean).join(", ");
}

function show(title: string, body: string, tag: string): void {
	try {
		const notification = new Notification(title, { body, tag: `hookcell-${tag}` });
		notification.onclick = () => {
			window.focus();
			notification.close();
		};
	} catch {
		// Some browsers have them for service workers only.
	}
}

export class Bell {
	#waiting: Told[] = [];
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** One a second at most: what comes meanwhile is told together. */
	hear(raw: unknown): void {
		const told = read(raw);
		if (told === null || !away() || permissionNow() !== "granted") return;
		this.#waiting.push(told);
		if (this.#timer === undefined) this.#ring(false);
	}

	close(): void {
		clearTimeout(this.#timer);
		this.#waiting = [];
	}

	#ring(more: boolean): void {
		const several = this.#waiting;
		this.#waiting = [];
		this.#timer = several.length > 0 ? setTimeout(() => this.#ring(true), EVERY_MS) : undefined;
		const last = several.at(-1);
		if (last === undefined || (more && !away())) return;
		if (several.length > 1) show(titleOf(several), last.subject || last.text, last.id);
		else if (last.what === "question") show(last.subject ? `? ${last.subject}` : "A cell asks", last.text, last.id);
		else show(last.subject || "A message from a cell", last.text, last.id);
	}
}
