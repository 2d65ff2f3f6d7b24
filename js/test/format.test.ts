import { describe, expect, it } from "vitest";
import { clockText, duration, plural, tenths, thousands } from "../src/format";

describe("the clock of a run", () => {
	it.each([
		[0, "0:00.0"],
		[-3, "0:00.0"],
		[11.9, "0:11.9"],
		[59.99, "0:59.9"],
		[60, "1:00.0"],
		[3599.95, "59:59.9"],
		[3725, "1:02:05"],
	])("%d s is %s", (seconds, text) => expect(clockText(seconds)).toBe(text));
});

describe("a duration", () => {
	it.each([
		[0, "0 µs"],
		[0.00004, "40 µs"],
		[0.0004, "0.4 ms"],
		[0.00994, "9.9 ms"],
		[0.00999, "10 ms"],
		[0.412, "412 ms"],
		[0.9994, "999 ms"],
		[0.9996, "1.0 s"],
		[1.94, "1.9 s"],
		[59.94, "59.9 s"],
		[59.96, "1:00"],
		[3725, "1:02:05"],
	])("of %d s is %s", (seconds, text) => expect(duration(seconds)).toBe(text));

	it("that goes on keeps its shape", () => {
		expect([0, 0.04, 0.6, 12.34, 61].map(tenths)).toEqual(["0.0 s", "0.0 s", "0.6 s", "12.3 s", "1:01"]);
	});
});

it("large numbers have separators, and one of something is singular", () => {
	expect(thousands(9950)).toBe("9,950");
	expect([0, 1, 2, 1200].map((n) => plural(n, "hook"))).toEqual(["0 hooks", "1 hook", "2 hooks", "1,200 hooks"]);
});
