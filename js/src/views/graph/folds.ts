/** Which subflows are open: those of a small graph, unless the reader decided otherwise. */

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { IsOpen } from "./plan";
import { size, type Vertex } from "./vertices";

/** A graph of more than this many vertices begins with its subflows closed. */
const SMALL = 12;

export function useFolds(tops: readonly Vertex[]): { isOpen: IsOpen; toggle: (vertex: Vertex) => void } {
	const wishes = useSignal<ReadonlyMap<string, boolean>>(new Map());
	// Decided once for each subflow: a graph that grows does not close what is being read.
	const first = useRef(new Map<string, boolean>());
	const small = size(tops) <= SMALL;
	const isOpen: IsOpen = ({ key, kind, inner }) => {
		if (kind !== "flow" || inner.length === 0) return false;
		if (!first.current.has(key)) first.current.set(key, small);
		return wishes.value.get(key) ?? first.current.get(key) ?? false;
	};
	const toggle = (vertex: Vertex): void => {
		wishes.value = new Map(wishes.value).set(vertex.key, !isOpen(vertex));
	};
	return { isOpen, toggle };
}
