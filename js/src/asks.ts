/** What was asked of the kernel and is not answered yet: a promise for each, kept no longer than a reader waits. */

import type { Answer, AnswerTo, Outgoing, Request } from "./wire";

const MOST_MS = 10_000;

/** The kernel did not answer, or not with what was asked for. */
export class Unheard extends Error {
	override readonly name = "Unheard";
}

interface Open {
	readonly request: Request;
	readonly resolve: (answer: Answer) => void;
	readonly reject: (why: Unheard) => void;
	readonly timer: ReturnType<typeof setTimeout>;
}

export class Asks {
	readonly #send: (message: Outgoing) => void;
	readonly #open = new Map<number, Open>();
	#lastId = 0;

	constructor(send: (message: Outgoing) => void) {
		this.#send = send;
	}

	nextId(): number {
		this.#lastId += 1;
		return this.#lastId;
	}

	/** Rejects with Unheard after ten seconds, when the view closes, or when the kernel refuses data. */
	ask<R extends Request>(request: R): Promise<AnswerTo<R>> {
		const id = this.nextId();
		const answer = new Promise<Answer>((resolve, reject) => {
			const timer = setTimeout(() => this.#end(id)?.reject(new Unheard("the kernel did not answer")), MOST_MS);
			this.#open.set(id, { request, resolve, reject, timer });
		});
		// Who asked may not care; the browser's console shall not complain.
		answer.catch(() => {});
		this.#send({ ...request, id });
		return answer as Promise<AnswerTo<R>>;
	}

	/** Who asked is told; an answer that nobody waits for any more is not an error. */
	answer(answer: Answer): void {
		const open = this.#end(answer.id);
		if (!open) return;
		if (answer.type === expected(open.request)) open.resolve(answer);
		else open.reject(new Unheard(answer.type === "reply" ? answer.text : "the kernel answered something else"));
	}

	close(): void {
		for (const id of [...this.#open.keys()]) this.#end(id)?.reject(new Unheard("the view was closed"));
	}

	#end(id: number): Open | undefined {
		const open = this.#open.get(id);
		if (open) clearTimeout(open.timer);
		this.#open.delete(id);
		return open;
	}
}

function expected({ type }: Request): Answer["type"] {
	return type === "page" || type === "detail" || type === "log" ? type : "reply";
}
