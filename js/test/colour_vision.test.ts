/** How far apart the colours of states are for those who see fewer of them. */

import { describe, expect, it } from "vitest";
import { LOOK_NAMES, LOOKS } from "../src/palette";

type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

/** Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision Deficiency (2009). */
const SIGHT: Readonly<Record<string, Matrix>> = {
	"all colours": [
		[1, 0, 0],
		[0, 1, 0],
		[0, 0, 1],
	],
	protanopia: [
		[0.152286, 1.052583, -0.204868],
		[0.114503, 0.786281, 0.099216],
		[-0.003882, -0.048116, 1.051998],
	],
	deuteranopia: [
		[0.367322, 0.860646, -0.227968],
		[0.280085, 0.672501, 0.047413],
		[-0.01182, 0.04294, 0.968881],
	],
	tritanopia: [
		[1.255528, -0.076749, -0.178779],
		[-0.078411, 0.930809, 0.147602],
		[0.004733, 0.691367, 0.3039],
	],
};
const TO_XYZ: Matrix = [
	[0.4124564, 0.3575761, 0.1804375],
	[0.2126729, 0.7151522, 0.072175],
	[0.0193339, 0.119192, 0.9503041],
];
const WHITE: Triple = [0.95047, 1, 1.08883];

const times = (matrix: Matrix, [a, b, c]: Triple): Triple => {
	const row = ([x, y, z]: Triple): number => x * a + y * b + z * c;
	return [row(matrix[0]), row(matrix[1]), row(matrix[2])];
};
const each = ([a, b, c]: Triple, change: (part: number, i: number) => number): Triple => [
	change(a, 0),
	change(b, 1),
	change(c, 2),
];

function linear(colour: string): Triple {
	const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
	const [r = 0, g = 0, b = 0] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
	return [r, g, b];
}

function lab(rgb: Triple): Triple {
	const [x, y, z] = each(times(TO_XYZ, rgb), (part, i) => {
		const of = part / (WHITE[i] ?? 1);
		return of > 216 / 24389 ? Math.cbrt(of) : ((24389 / 27) * of + 16) / 116;
	});
	return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** CIE 1976. */
function apart(one: string, other: string, sight: Matrix): number {
	const seen = (colour: string): Triple =>
		lab(each(times(sight, linear(colour)), (part) => Math.min(1, Math.max(0, part))));
	const [a, b] = [seen(one), seen(other)];
	return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

const THEMES = ["light", "dark"] as const;
const SOLID = LOOK_NAMES.filter((name) => LOOKS[name].fill === "solid");
const PAIRS = SOLID.flatMap((one, i) => SOLID.slice(i + 1).map((other) => [one, other] as const));

describe.each(Object.keys(SIGHT))("with %s", (sight) => {
	it.each(THEMES)("two solid states are never alike in the %s theme", (theme) => {
		for (const [one, other] of PAIRS) {
			const distance = apart(LOOKS[one][theme], LOOKS[other][theme], SIGHT[sight] as Matrix);
			expect(distance, `${one} and ${other}`).toBeGreaterThanOrEqual(16);
		}
	});
});

it("there are six solid states, and each has its pairs", () => {
	expect([...SOLID].sort()).toEqual(["Completed", "Crashed", "Failed", "Paused", "Retrying", "Running"]);
	expect(PAIRS).toHaveLength(15);
});
