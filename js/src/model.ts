/** The run model: the one place where messages become a picture, and clicks become messages. */

import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import { Asks, openAsk } from "./asks";
import { Clock } from "./clock";
import { descendants, fromSnapshot, hasEnded, type Picture, sameBoard, withDelta } from "./picture";
import { Resync } from "./resync";
import { Answers, type Question } from "./told";
import { type Delta, type Incoming, type Outgoing, type Run, readMessage, readSnapshot, type Snapshot } from "./wire";

const TOUCH_EVERY_MS = 30_000;
/** The kernel renews the snapshot every two seconds while anything changes. */
const OLD_SECONDS = 3;
const UNREADABLE = "hookcell: this view cannot read what the kernel sent. Run the cell again.";

export class RunModel {
	readonly clock = new Clock();
	readonly asks = new Asks();
	readonly answers = new Answers();
	readonly #send: (message: Outgoing) => void;
	readonly #resync = new Resync(() => this.#send({ type: "resync", id: this.#nextId() }));
	readonly #picture = signal<Picture | null>(null);
	readonly #fault = signal<string | null>(null);
	/** The highest delta heard of, applied or not: a snapshot heals a gap only if it reaches it. */
	#heard = 0;
	#lastId = 0;
	#touchedAt = Number.NEGATIVE_INFINITY;

	readonly picture: ReadonlySignal<Picture | null> = this.#picture;
	readonly fault: ReadonlySignal<string | null> = this.#fault;
	readonly descendants: ReadonlySignal<ReadonlyMap<number, readonly Run[]>> = computed(() => {
		const picture = this.#picture.value;
		return picture ? descendants(picture) : new Map();
	});

	constructor(send: (message: Outgoing) => void) {
		this.#send = send;
	}

	/** The snapshot found on loading the page. If a live one is old, even its `now` is: a newer one is asked for. */
	join(raw: unknown): void {
		if (isEmpty(raw)) return;
		const snapshot = this.#read(raw, false);
		if (snapshot?.live && Math.abs(Date.now() / 1000 - snapshot.now) > OLD_SECONDS) this.#resync.begin();
	}

	/** The `snapshot` trait has changed. */
	renew(raw: unknown): void {
		if (!isEmpty(raw)) this.#read(raw, true);
	}

	hear(raw: unknown): void {
		const message = readMessage(raw);
		if (message) batch(() => this.#take(message));
		else if (this.#picture.peek()) this.#resync.begin();
		else this.#fault.value = UNREADABLE;
	}

	cancel(run: Run): void {
		if (hasEnded(run) || openAsk(this.asks.all.peek(), run)?.open) return;
		const id = this.#nextId();
		this.asks.begin(run, id);
		this.#send({ type: "cancel", id, run: run.n });
	}

	answer(question: Question, approve: boolean): void {
		if (question.answer !== null || this.answers.isOpen(question.id)) return;
		const id = this.#nextId();
		this.answers.begin(question.id, id);
		this.#send({ type: "answer", id, question: question.id, approve });
	}

	/** The reader is busy with this view, so that it is not settled under the hand. */
	touch(): void {
		if (Date.now() - this.#touchedAt < TOUCH_EVERY_MS) return;
		this.#touchedAt = Date.now();
		this.#send({ type: "touched" });
	}

	close(): void {
		this.#resync.end();
		this.asks.close();
		this.answers.close();
	}

	#nextId(): number {
		this.#lastId += 1;
		return this.#lastId;
	}

	#read(raw: unknown, fresh: boolean): Snapshot | null {
		const snapshot = readSnapshot(raw);
		if (snapshot) batch(() => this.#adopt(snapshot, fresh));
		else if (!this.#picture.peek()) this.#fault.value = UNREADABLE;
		return snapshot;
	}

	#take(message: Incoming): void {
		if (message.type === "reply") {
			this.asks.answer(message);
			this.answers.hear(message);
		} else if (message.type === "delta") this.#apply(message);
		else {
			this.#adopt(message.snapshot, true);
			this.#resync.end();
		}
	}

	#apply(delta: Delta): void {
		this.clock.learn(delta.now, true);
		const before = this.#picture.peek();
		const ours = before !== null && sameBoard(before, delta);
		if (ours) this.#heard = Math.max(this.#heard, delta.seq);
		if (ours && delta.seq === before.seq + 1) this.#picture.value = withDelta(before, delta);
		else if (!ours || delta.seq > before.seq) this.#resync.begin();
	}

	#adopt(snapshot: Snapshot, fresh: boolean): void {
		this.clock.learn(snapshot.now, fresh);
		const before = this.#picture.peek();
		const same = before !== null && sameBoard(before, snapshot);
		this.#heard = same ? Math.max(this.#heard, snapshot.seq) : snapshot.seq;
		if (!same || snapshot.seq > before.seq) this.#picture.value = fromSnapshot(snapshot, before);
		this.#fault.value = null;
		if (fresh && snapshot.seq >= this.#heard) this.#resync.end();
	}
}

function isEmpty(raw: unknown): boolean {
	return raw === null || raw === undefined || (typeof raw === "object" && Object.keys(raw).length === 0);
}
