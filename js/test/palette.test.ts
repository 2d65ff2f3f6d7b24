import { describe, expect, it, vi } from "vitest";
import { LOOK_NAMES, LOOKS, lookOf, lookOfOutcome } from "../src/palette";
import type { StateType } from "../src/wire";
import { TYPES } from "./builders";

const { STYLE } = await vi.importActual<typeof import("../src/style")>("../src/style");

/** JupyterLab's dark theme draws outputs on #212121. */
const BACKGROUNDS = { light: ["#ffffff", "#f5f5f5"], dark: ["#111111", "#1e1e1e", "#212121"] } as const;

function luminance(colour: string): number {
	const channel = (at: number): number => {
		const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
		return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
	};
	return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
	const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
	return (light + 0.05) / (dark + 0.05);
}

const THEMES = ["light", "dark"] as const;
const PAIRS = LOOK_NAMES.flatMap((name) =>
	THEMES.flatMap((theme) => BACKGROUNDS[theme].map((bg) => [name, theme, bg] as const)),
);

describe("the palette", () => {
	it.each(PAIRS)("%s can be read in the %s theme on %s", (name, theme, background) => {
		expect(contrast(LOOKS[name][theme], background)).toBeGreaterThanOrEqual(4.5);
	});

	it("has readable dim text and text on every surface of its own", () => {
		const all = (token: string) =>
			[...STYLE.matchAll(new RegExp(`--hc-${token}: (#[0-9a-f]{6})`, "g"))].map(([, c]) => c ?? "");
		const [[lightDim = "", darkDim = ""], [lightText = "", darkText = ""]] = [all("dim"), all("fg")];
		const [lightInset = "", darkInset = ""] = all("bg2");
		for (const bg of [...BACKGROUNDS.light, lightInset])
			for (const c of [lightDim, lightText]) expect(contrast(c, bg)).toBeGreaterThanOrEqual(4.5);
		for (const bg of [...BACKGROUNDS.dark, darkInset])
			for (const c of [darkDim, darkText]) expect(contrast(c, bg)).toBeGreaterThanOrEqual(4.5);
	});

	it("tells every state apart without colour, by icon or by fill", () => {
		const signs = new Set(LOOK_NAMES.map((name) => `${LOOKS[name].icon} ${LOOKS[name].fill}`));
		expect(signs.size).toBe(LOOK_NAMES.length - 2); // Cancelling and Cancelled share theirs, and Pending and Scheduled.
	});

	it("knows the look of every state the engine names", () => {
		for (const [name, type] of Object.entries(TYPES)) expect(LOOKS[lookOf(name, type as StateType)]).toBeDefined();
		expect(lookOf("TimedOut", "PENDING")).toBe("Failed");
	});

	it("falls back on the type for a name it does not know", () => {
		expect(lookOf("constructor", "FAILED")).toBe("Failed");
		expect(lookOf("Skipped", "COMPLETED")).toBe("Completed");
	});

	it("paints a hook by its outcome", () => {
		expect((["running", "ok", "failed", "timed out", "abandoned"] as const).map(lookOfOutcome)).toEqual([
			"Running",
			"Completed",
			"Failed",
			"Failed",
			"Cancelled",
		]);
	});
});
