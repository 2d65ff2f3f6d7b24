/** Values of unknown shape, read without ever failing: what cannot be read is unknown, and the rest stays. */

import { asBlock, asLine } from "./text";
import type { Counts, Moment } from "./wire";

export type Raw = Record<string, unknown>;

export const isRecord = (x: unknown): x is Raw => typeof x === "object" && x !== null && !Array.isArray(x);
export const isNumber = (x: unknown): x is number => typeof x === "number" && Number.isFinite(x);
export const isNumbered = (x: unknown): x is number => typeof x === "number" && Number.isSafeInteger(x) && x >= 0;

export const list = (x: unknown): readonly unknown[] => (Array.isArray(x) ? x : []);
export const count = (x: unknown): number => (isNumbered(x) ? x : 0);
export const numbers = (x: unknown): readonly number[] => list(x).filter(isNumbered);
export const moment = (x: unknown): Moment | null => (isNumber(x) ? x : null);
export const line = (x: unknown): string => (typeof x === "string" ? asLine(x) : "");
export const lines = (x: unknown): readonly string[] => list(x).map(line);
export const block = (x: unknown): string => (typeof x === "string" ? asBlock(x) : "");
export const blocks = (x: unknown): readonly string[] => list(x).map(block);
export const lineOrNull = (x: unknown): string | null => (typeof x === "string" ? asLine(x) : null);
export const blockOrNull = (x: unknown): string | null => (typeof x === "string" ? asBlock(x) : null);

export function oneOf<T extends string>(words: readonly T[], x: unknown, otherwise: T): T {
	return words.find((word) => word === x) ?? otherwise;
}

/** Reads each item and leaves out those that cannot be read. */
export function readEach<T>(x: unknown, read: (raw: unknown) => T | null): readonly T[] {
	return list(x)
		.map(read)
		.filter((item) => item !== null);
}

/** By name; two names that read the same are one. */
export function readCounts(x: unknown): Counts {
	const counts = new Map<string, number>();
	for (const [name, n] of Object.entries(isRecord(x) ? x : {})) {
		const told = asLine(name);
		if (count(n) > 0) counts.set(told, (counts.get(told) ?? 0) + count(n));
	}
	return counts;
}
