/** What the code of the cell asks its reader: read from the wire, and answered once. */

import { type Change, Pressed } from "./pressed";
import { block, isNumbered, isRecord, line, moment, readEach } from "./raw";
import type { Moment, Reply } from "./wire";

export const UNHEARD =
	"The kernel has not heard this answer. If a cell still runs, use Interrupt (■), then %config Hookcell.view = False: questions come as a prompt.";

const ANSWERS = ["approve", "decline", "withdrawn"] as const;
export type Answer = (typeof ANSWERS)[number];

export interface Question {
	readonly id: number;
	readonly at: Moment;
	/** The name of the task run or flow that asks. */
	readonly by: string;
	readonly subject: string;
	readonly text: string;
	readonly answer: Answer | null;
	readonly answered: Moment | null;
}

/** One that cannot be answered, or says nothing, is none. */
function readQuestion(raw: unknown): Question | null {
	if (!isRecord(raw) || !isNumbered(raw.id) || typeof raw.text !== "string") return null;
	return {
		id: raw.id,
		at: moment(raw.at) ?? 0,
		by: line(raw.by),
		subject: line(raw.subject),
		text: block(raw.text),
		answer: ANSWERS.find((word) => word === raw.answer) ?? null,
		answered: moment(raw.answered),
	};
}

/** Leaves out what cannot be read. */
export const readQuestions = (raw: unknown): readonly Question[] => readEach(raw, readQuestion);

export class Answers extends Pressed<object> {
	readonly #changes = new Map<number, Change>();

	isOpen(question: number): boolean {
		return this.all.peek().get(question)?.open === true;
	}

	/** Follows an answer that was sent as the request `id`. */
	follow(question: number, id: number): void {
		this.#changes.set(id, this.begin(question, {}, UNHEARD));
	}

	/** However late: a kernel that runs a cell hears once the cell has ended. */
	hear({ id, ok, text }: Reply): void {
		const note = ok ? null : text || "The kernel refused this answer.";
		this.#changes.get(id)?.(({ open }) => ({ answered: true, open: open && ok, note }));
		this.#changes.delete(id);
	}
}
