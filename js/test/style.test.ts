import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it, vi } from "vitest";

const { STYLE } = await vi.importActual<typeof import("../src/style")>("../src/style");

it("the style sheet is valid, as far as esbuild can tell", () => {
	const esbuild = join(import.meta.dirname, "../node_modules/.bin/esbuild");
	const { status, stderr } = spawnSync(esbuild, ["--loader=css"], { input: STYLE, encoding: "utf-8" });
	expect([status, stderr]).toEqual([0, ""]);
});

it("the style sheet touches nothing outside the view", () => {
	expect(STYLE.trim().match(/^\S.*/gm)).toEqual([".hookcell {", "}"]);
});

it("nothing in the view moves by itself", () => expect(STYLE).not.toMatch(/transition|animation|@keyframes/));
