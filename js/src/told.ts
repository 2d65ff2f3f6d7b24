/** What the code of the cell asks its reader: read from the wire, and answered once. */

import { type ReadonlySignal, signal } from "@preact/signals";
import { asBlock, asLine } from "./text";
import type { Reply } from "./wire";

const UNHEARD_MS = 1500;
const GIVE_UP_MS = 10_000;
export const UNHEARD =
	"The kernel has not heard this answer. If a cell still runs, use Interrupt (■), then %config Hookcell.view = False: questions come as a prompt.";

export type Answer = "approve" | "decline" | "withdrawn";
const ANSWERS: readonly unknown[] = ["approve", "decline", "withdrawn"] satisfies Answer[];

export interface Question {
	readonly id: number;
	readonly at: number;
	/** The name of the task run or flow that asks. */
	readonly by: string;
	readonly subject: string;
	readonly text: string;
	readonly answer: Answer | null;
	readonly answered: number | null;
}

function readQuestion(raw: unknown): Question | null {
	if (typeof raw !== "object" || raw === null) return null;
	const of = (name: string): unknown => Reflect.get(raw, name);
	const line = (name: string): string => (typeof of(name) === "string" ? asLine(String(of(name))) : "");
	const time = (name: string): number | null => (Number.isFinite(of(name)) ? Number(of(name)) : null);
	const [id, text, answer] = [of("id"), of("text"), of("answer")];
	if (!Number.isSafeInteger(id) || typeof text !== "string") return null;
	return {
		id: Number(id),
		at: time("at") ?? 0,
		by: line("by"),
		subject: line("subject"),
		text: asBlock(text),
		answer: ANSWERS.includes(answer) ? (answer as Answer) : null,
		answered: time("answered"),
	};
}

/** Leaves out what cannot be read. */
export function readQuestions(raw: unknown): readonly Question[] {
	return (Array.isArray(raw) ? raw : []).map(readQuestion).filter((question) => question !== null);
}

/** One press of a button: from sending it to the kernel's reply, or to giving up. */
export interface Press {
	readonly id: number;
	readonly open: boolean;
	readonly heard: boolean;
	readonly note: string | null;
}

export class Answers {
	readonly #all = signal<ReadonlyMap<number, Press>>(new Map());
	readonly #timers = new Set<ReturnType<typeof setTimeout>>();
	/** By the number of the question. */
	readonly all: ReadonlySignal<ReadonlyMap<number, Press>> = this.#all;

	isOpen(question: number): boolean {
		return this.#all.peek().get(question)?.open === true;
	}

	begin(question: number, id: number): void {
		this.#all.value = new Map(this.#all.value).set(question, { id, open: true, heard: false, note: null });
		this.#later(UNHEARD_MS, () => this.#change(id, ({ heard, note }) => ({ note: heard ? note : UNHEARD })));
		this.#later(GIVE_UP_MS, () => this.#change(id, () => ({ open: false })));
	}

	hear(reply: Reply): void {
		const refusal = reply.ok ? null : reply.text || "The kernel refused this answer.";
		this.#change(reply.id, ({ open }) => ({ heard: true, open: open && reply.ok, note: refusal }));
	}

	close(): void {
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
	}

	#change(id: number, change: (press: Press) => Partial<Press>): void {
		const all = [...this.#all.value];
		if (!all.some(([, press]) => press.id === id)) return;
		this.#all.value = new Map(all.map(([n, press]) => [n, press.id === id ? { ...press, ...change(press) } : press]));
	}

	#later(ms: number, act: () => void): void {
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			act();
		}, ms);
		this.#timers.add(timer);
	}
}
