import { describe, expect, it } from "vitest";
import { asBlock, asLine } from "../src/text";

describe("text from the kernel", () => {
	it("stays as it is when it is harmless", () => {
		for (const text of ["score[77]", "naïve 🦊👩‍👩‍👧", "שלום עולם", "a\u200fb"]) expect(asLine(text)).toBe(text);
	});

	it("shows control characters as Python's repr does", () => {
		expect(asLine("\x1b[31mred\x07\x00\x85")).toBe("\\x1b[31mred\\x07\\x00\\x85");
		expect(asBlock("a\rb")).toBe("a\\x0db");
	});

	it("shows what would turn the direction of text around", () => {
		expect(asLine("\u202egnp.exe\u2066")).toBe("\\u202egnp.exe\\u2066");
	});

	it("keeps a line one line, and a block its lines and tabs", () => {
		expect(asLine("a\nb\tc\u2028d")).toBe("a\\nb c\\u2028d");
		expect(asBlock("a\r\nb\tc\n")).toBe("a\nb\tc\n");
	});

	it("is cut when it is endless, never through an emoji", () => {
		expect(asLine("x".repeat(1000))).toHaveLength(301);
		expect(asBlock("x".repeat(10_000))).toHaveLength(4001);
		expect(asLine(`${"x".repeat(299)}🦊🦊`)).toBe(`${"x".repeat(299)}…`);
	});
});
