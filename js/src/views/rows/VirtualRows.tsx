/** A list of any length, of which only the rows in sight are made. One stop of the Tab key; arrows go from row to row. */

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, RefObject, TargetedKeyboardEvent, VNode } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

export const ROW = 26;
export const IN_SIGHT = 20;
/** Rows beyond both ends, so that scrolling by a little shows no gap; and the rows it moves by at a time. */
const BEYOND = 6;
const STRIDE = 4;
const SEEN_EVERY_MS = 100;

/** Where a row is, and whether the Tab key stops at it. */
export interface RowPlace {
	readonly i: number;
	readonly reached: boolean;
	readonly top: string;
}

/** What each row's element must have, beside its place among the stops of the Tab key. */
export const placed = ({ i, top }: RowPlace) => ({ "data-i": i, style: { top } });

interface Props {
	/** As the kernel's groups grow, so does this. */
	count: number;
	row: (i: number, place: RowPlace) => VNode | null;
	/** The same for as long as the row is the same; and where such a row is now. */
	keyAt: (i: number) => string | undefined;
	indexOf: (key: string) => number;
	/** Rows from one place up to another are in sight. */
	seen: (from: number, to: number) => void;
	/** For keys beyond those that move; true when it has done something. */
	onKey: (event: TargetedKeyboardEvent<HTMLElement>, i: number, go: (to: number) => void) => boolean;
	onClick: (i: number, event: MouseEvent) => void;
	role: "tree" | "listbox";
	label: string;
	/** Stands above the rows and does not scroll. */
	head: ComponentChildren;
}

export function VirtualRows(props: Props) {
	const { count, row, keyAt, head, role, label } = props;
	const box = useRef<HTMLDivElement>(null);
	const first = useSignal(0);
	const reached = useSignal(0);
	const goal = useRef<number | null>(null);
	const top = useReading(box, first, props);
	const [from, to] = [Math.max(0, first.value - BEYOND), Math.min(count, first.value + IN_SIGHT + BEYOND + STRIDE)];
	const active = Math.min(reached.value, count - 1);
	const shown = Array.from({ length: Math.max(0, to - from) }, (_, k) => from + k);
	if (active >= 0 && !(active >= from && active < to)) shown.push(active);
	useSeen(props.seen, from, to);
	const go = (to: number): void => {
		const i = Math.max(0, Math.min(count - 1, to));
		goal.current = i;
		reached.value = i;
		bringIntoSight(box.current, i);
		top.read();
		focusGoal(box, goal);
	};
	useLayoutEffect(() => focusGoal(box, goal));
	const acts = {
		onKeyDown: (event: TargetedKeyboardEvent<HTMLElement>) => move(event, count, go, props.onKey),
		onFocusIn: (event: FocusEvent) => (reached.value = Math.max(0, placeOf(event))),
		onClick: (event: MouseEvent) => {
			const i = placeOf(event);
			if (i < 0) return;
			reached.value = i;
			props.onClick(i, event);
		},
	};
	return (
		<div ref={box} class="rows" onScroll={top.read}>
			{head}
			<div class="sheet" style={{ height: `${count * ROW}px` }} {...{ role, "aria-label": label }} {...acts}>
				{shown.map((i) => {
					const drawn = row(i, { i, reached: i === active, top: `${i * ROW}px` });
					if (drawn) drawn.key = keyAt(i) ?? i;
					return drawn;
				})}
			</div>
		</div>
	);
}

/** What is only flown over is not asked for. */
function useSeen(seen: Props["seen"], from: number, to: number): void {
	const latest = useRef<() => void>(() => {});
	const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
	latest.current = () => seen(from, to);
	useEffect(() => {
		if (timer.current !== undefined) return;
		latest.current();
		timer.current = setTimeout(() => {
			timer.current = undefined;
			latest.current();
		}, SEEN_EVERY_MS);
	});
	useEffect(() => () => clearTimeout(timer.current), []);
}

/** What is being read stays where it is when rows come or go above it. */
function useReading(box: RefObject<HTMLDivElement | null>, first: Signal<number>, { keyAt, indexOf }: Props) {
	const anchor = useRef<{ key: string; i: number; top: number } | null>(null);
	const latest = useRef(keyAt);
	latest.current = keyAt;
	const read = (): void => {
		const { scrollTop } = box.current ?? { scrollTop: 0 };
		const i = Math.floor(scrollTop / ROW);
		const key = scrollTop > 0 ? latest.current(i) : undefined;
		anchor.current = key === undefined ? null : { key, i, top: scrollTop };
		first.value = i - (i % STRIDE);
	};
	useLayoutEffect(() => {
		// To ask the box where it is now would make the browser lay out everything that was just drawn.
		if (!anchor.current || !box.current) return;
		const { key, i, top } = anchor.current;
		const now = indexOf(key);
		if (now < 0 || now === i) return;
		box.current.scrollTop = top + (now - i) * ROW;
		read();
	});
	return { read };
}

function bringIntoSight(box: HTMLElement | null, i: number): void {
	if (!box) return;
	const high = IN_SIGHT * ROW;
	if (i * ROW < box.scrollTop) box.scrollTop = i * ROW;
	if ((i + 1) * ROW > box.scrollTop + high) box.scrollTop = (i + 1) * ROW - high;
}

function focusGoal(box: RefObject<HTMLElement | null>, goal: { current: number | null }): void {
	if (goal.current === null) return;
	const found = box.current?.querySelector<HTMLElement>(`[data-i="${goal.current}"]`);
	if (!found) return;
	goal.current = null;
	found.focus({ preventScroll: true });
}

function placeOf(event: Event): number {
	const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-i]") : null;
	return Number(row?.dataset.i ?? -1);
}

function move(
	event: TargetedKeyboardEvent<HTMLElement>,
	count: number,
	go: (to: number) => void,
	onKey: Props["onKey"],
): void {
	const at = placeOf(event);
	const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: IN_SIGHT - 1, PageUp: 1 - IN_SIGHT };
	const ends: Record<string, number> = { Home: 0, End: count - 1 };
	const step = steps[event.key];
	const goal = ends[event.key] ?? (step === undefined ? undefined : at + step);
	if (at < 0 || event.altKey) return;
	if (!onKey(event, at, go)) {
		if (goal === undefined || event.shiftKey || event.ctrlKey || event.metaKey) return;
		go(goal);
	}
	event.preventDefault();
	event.stopPropagation();
}
