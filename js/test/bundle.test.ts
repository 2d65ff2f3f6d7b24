/** The one file that the kernel sends: what is in it, and how much of it there is. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";

const MOST_BYTES = 100_000;

function built(...how: string[]): string {
	const { stdout, stderr } = spawnSync(process.execPath, ["build.mjs", "--print", ...how], {
		cwd: join(import.meta.dirname, ".."),
		encoding: "utf-8",
		maxBuffer: 10 * 1024 ** 2,
	});
	expect(stderr).toBe("");
	return stdout;
}

const packed = built();
const plain = built("--plain");

it("is small enough to go over the wire with every board", () => {
	expect(Buffer.byteLength(packed)).toBeLessThan(MOST_BYTES);
});

it("unpacks to what was packed", () => {
	const [, base64 = ""] = packed.match(/atob\("([^"]+)"\)/) ?? [];
	expect(gunzipSync(Buffer.from(base64, "base64")).toString()).toBe(plain);
});

it("is the same however often it is built", () => expect(built()).toBe(packed));

it.each([
	["as it is sent", packed.replace(/atob\("[^"]+"\)/, "")],
	["unpacked", plain],
])("asks no network for anything, %s", (_, text) => {
	expect(text).not.toMatch(/\bfetch\s*\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|@import|url\(/);
	const addresses = new Set(text.match(/https?:\/\/[^\s"'`)]+/g));
	expect([...addresses].filter((address) => !address.startsWith("http://www.w3.org/"))).toEqual([]);
	expect(text.match(/\bimport\s*\(/g)?.length ?? 0).toBeLessThan(2);
});
