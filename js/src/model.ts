/** The run model: the one place where messages become a picture, and clicks become messages. */

import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Told } from "./asked";
import { Asks } from "./asks";
import { Clock } from "./clock";
import { Details } from "./details";
import { Frame, type Soon } from "./frames";
import { type Log, Logs } from "./logs";
import { Members } from "./members";
import { Pages } from "./pages";
import { descendants, fromSnapshot, hasEnded, type Picture, sameBoard, withDelta } from "./picture";
import { type Act, openPress, Presses } from "./presses";
import { Pulse } from "./pulse";
import { Answers, type Question } from "./questions";
import { isNumber, isRecord } from "./raw";
import { readMessage, readSnapshot } from "./read";
import { Resync } from "./resync";
import type { AnswerTo, Delta, Detail, Group, Hook, Incoming, Outgoing, Request, Run, Snapshot } from "./wire";

const TOUCH_EVERY_MS = 30_000;
/** The kernel renews the snapshot every two seconds while anything changes. */
const OLD_SECONDS = 3;
/** The browser's clock and the kernel's. */
const CLOCKS_APART_SECONDS = 1;
const NOTHING = { groups: new Map<number, Group>(), tasks: new Map<number, Run>() };
const UNREADABLE = "hookcell: this view cannot read what the kernel sent. Run the cell again.";

export class RunModel {
	readonly clock = new Clock(() => this.lostSince.value);
	readonly presses = new Presses();
	readonly answers = new Answers();
	readonly #send: (message: Outgoing) => void;
	readonly #asks = new Asks((message) => this.#send(message));
	readonly #resync = new Resync(() => this.#askForAll());
	readonly #pulse = new Pulse();
	#watches = false;
	#joined = false;
	/** As the kernel told it, and as it is drawn: many deltas between two frames are drawn together. */
	#latest: Picture | null = null;
	readonly #picture = signal<Picture | null>(null);
	readonly #frame: Frame;
	readonly #fault = signal<string | null>(null);
	/** The highest delta heard of, applied or not: a snapshot heals a gap only if it reaches it. */
	#heard = 0;
	#touchedAt = Number.NEGATIVE_INFINITY;

	readonly picture: ReadonlySignal<Picture | null> = this.#picture;
	readonly fault: ReadonlySignal<string | null> = this.#fault;
	/** When the kernel was heard last, in milliseconds, if it does not answer any more. */
	readonly lostSince: ReadonlySignal<number | null> = this.#pulse.lostSince;
	readonly descendants: ReadonlySignal<ReadonlyMap<number, readonly Run[]>> = computed(() => {
		const picture = this.#picture.value;
		return picture ? descendants(picture) : new Map();
	});
	readonly pages = new Pages(this.#asks, this.#picture);
	/** The runs of each group, with the pages that have come. */
	readonly members: ReadonlySignal<Members> = computed(() => {
		const picture = this.#picture.value;
		const { groups, tasks } = picture ?? NOTHING;
		return new Members(groups, tasks, this.pages.followed);
	});
	readonly #details = new Details(this.#asks, (n) => this.#changing(n));
	readonly #logs = new Logs(this.#asks, (n) => this.runOf(n)?.logged ?? this.#picture.value);

	/** The number of the run whose detail is open, on the whole board; and the hook pointed at in it. */
	readonly selected: Signal<number | null> = signal(null);
	readonly pointed: Signal<Hook | null> = signal(null);

	constructor(send: (message: Outgoing) => void, soon?: Soon) {
		this.#send = (message) => {
			try {
				send(message);
			} catch {
				// The comm is closed, as after a restart: nobody will answer, and every request ends unheard.
			}
		};
		this.#frame = new Frame(soon);
	}

	/**
	 * The snapshot found on loading the page. If a live one is old, even its `now` is: a newer one is asked for.
	 * A page younger than its board says so, be it live or not: what the kernel has displayed before does not reach it.
	 */
	join(raw: unknown): void {
		const snapshot = isEmpty(raw) ? null : this.#read(raw, false);
		if (!snapshot) return;
		this.#joined = snapshot.runs.some(({ created }) => created < performance.timeOrigin / 1000 - CLOCKS_APART_SECONDS);
		const old = Math.abs(Date.now() / 1000 - snapshot.now) > OLD_SECONDS;
		if (old) this.#pulse.heard(snapshot.now * 1000);
		if (snapshot.live && (old || this.#joined)) this.#resync.begin();
		else if (this.#joined) this.#askForAll();
	}

	/** The `snapshot` trait has changed. One that tells no more than the deltas did is not read: it may be long. */
	renew(raw: unknown): void {
		if (isEmpty(raw)) return;
		this.#pulse.heard();
		if (!this.#knows(raw)) this.#read(raw, true);
	}

	/** From now on a live view notes when its kernel falls silent; to be said before there is a picture. */
	watchKernel(): void {
		this.#watches = true;
	}

	/** The page has lost the kernel, or found it again. */
	reconnect(): void {
		this.#pulse.check();
	}

	hear(raw: unknown): void {
		this.#pulse.heard();
		const message = readMessage(raw);
		if (message) batch(() => this.#take(message));
		else if (this.#latest) this.#resync.begin();
		else this.#fault.value = UNREADABLE;
	}

	/** Rejects with Unheard when no answer comes, or a refusal where data was asked for. */
	ask<R extends Request>(request: R): Promise<AnswerTo<R>> {
		return this.#asks.ask(request);
	}

	cancel(run: Run): void {
		if (!hasEnded(run)) this.act("cancel", run);
	}

	/** Once while the answer is open; `presses` tells what became of it. */
	act(act: Act, run: Run): void {
		if (openPress(this.presses.all.peek(), run)?.open) return;
		this.presses.follow(act, run, this.#asks.ask({ type: act, run: run.n }));
	}

	can(act: Act): boolean {
		return this.#picture.value?.can.has(act) ?? false;
	}

	/** A run that this page knows, as it is now. */
	runOf(n: number): Run | null {
		const picture = this.#picture.value;
		const known = picture?.roots.get(n) ?? picture?.tasks.get(n);
		return known ?? this.pages.followed.find(n);
	}

	/** What only the kernel knows of a run; asked for while somebody reads it, and again while the run changes. */
	detailOf(n: number): ReadonlySignal<Told<Detail>> {
		return this.#details.of(n);
	}

	/** The log of a run and of all below it, as far as it was asked for. */
	logOf(n: number): ReadonlySignal<Told<Log>> {
		return this.#logs.of(n);
	}

	olderLog(n: number): Promise<void> {
		return this.#logs.older(n);
	}

	/** Opens the detail of a run, or closes it. */
	select(n: number | null, hook: Hook | null = null): void {
		batch(() => {
			this.selected.value = n;
			this.pointed.value = hook;
		});
	}

	/** Once while the answer is open; `answers` tells what became of it. */
	answer(question: Question, approve: boolean): void {
		if (question.answer !== null || this.answers.isOpen(question.id)) return;
		const id = this.#asks.nextId();
		this.answers.follow(question.id, id);
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
		this.#watches = false;
		this.#pulse.follow(false);
		this.presses.close();
		this.answers.close();
		this.#forget();
		this.#asks.close();
	}

	#askForAll(): void {
		this.#send({ type: "resync", id: this.#asks.nextId(), ...(this.#joined && { joined: true }) });
	}

	#forget(): void {
		this.pages.clear();
		this.#details.clear();
		this.#logs.clear();
	}

	/** Whatever changes when a run does; of a run that no delta tells of, its group. */
	#changing(n: number): unknown {
		const run = this.runOf(n);
		if (run === null || hasEnded(run)) return run;
		return run.g === null ? run : this.#picture.value?.groups.get(run.g);
	}

	#knows(raw: unknown): boolean {
		const known = this.#resync.open ? null : this.#latest;
		if (!known || !isRecord(raw) || !isNumber(raw.seq)) return false;
		return raw.session === known.session && raw.board === known.board && raw.seq <= known.seq;
	}

	#read(raw: unknown, fresh: boolean): Snapshot | null {
		const snapshot = readSnapshot(raw);
		if (snapshot) batch(() => this.#adopt(snapshot, fresh));
		else if (!this.#latest) this.#fault.value = UNREADABLE;
		return snapshot;
	}

	#take(message: Incoming): void {
		if (message.type === "delta") this.#apply(message);
		else if (message.type === "snapshot") {
			this.#adopt(message.snapshot, true);
			this.#resync.end();
		} else if (message.type !== "alive") {
			if (message.type === "page") this.pages.take(message);
			if (message.type === "reply") this.answers.hear(message);
			this.#asks.answer(message);
		}
	}

	#apply(delta: Delta): void {
		this.clock.learn(delta.now, true);
		const before = this.#latest;
		const ours = before !== null && sameBoard(before, delta);
		if (ours) this.#heard = Math.max(this.#heard, delta.seq);
		if (ours && delta.seq === before.seq + 1) this.#draw(withDelta(before, delta));
		else if (!ours || delta.seq > before.seq) this.#resync.begin();
	}

	#adopt(snapshot: Snapshot, fresh: boolean): void {
		this.clock.learn(snapshot.now, fresh);
		const before = this.#latest;
		const same = before !== null && sameBoard(before, snapshot);
		this.#heard = same ? Math.max(this.#heard, snapshot.seq) : snapshot.seq;
		if (before && !same) this.#forget();
		if (!same || snapshot.seq > before.seq) this.#draw(fromSnapshot(snapshot));
		this.#fault.value = null;
		if (fresh && snapshot.seq >= this.#heard) this.#resync.end();
	}

	#draw(picture: Picture): void {
		const first = this.#latest === null;
		this.#latest = picture;
		this.#pulse.follow(picture.live && this.#watches);
		const show = (): void =>
			batch(() => {
				this.clock.tick();
				this.#picture.value = this.#latest;
			});
		if (first) show();
		else this.#frame.ask(show);
	}
}

function isEmpty(raw: unknown): boolean {
	return raw === null || raw === undefined || (typeof raw === "object" && Object.keys(raw).length === 0);
}
