import { effect } from "@preact/signals";
import { expect, it, vi } from "vitest";
import { Clock } from "../src/clock";
import { T0 } from "./builders";

function reader(clock: Clock): { seen: number[]; stop: () => void } {
	const seen: number[] = [];
	return { seen, stop: effect(() => void seen.push(clock.now.value - T0)) };
}

const visibility = (state: DocumentVisibilityState) => {
	vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
	document.dispatchEvent(new Event("visibilitychange"));
};

it("ticks ten times a second while somebody reads it, and not otherwise", () => {
	const clock = new Clock();
	expect(vi.getTimerCount()).toBe(0);
	const { seen, stop } = reader(clock);
	vi.advanceTimersByTime(1000);
	expect(seen).toHaveLength(11);
	stop();
	expect(vi.getTimerCount()).toBe(0);
});

it("has one timer for many readers", () => {
	const clock = new Clock();
	const readers = [reader(clock), reader(clock), reader(clock)];
	expect(vi.getTimerCount()).toBe(1);
	for (const { stop } of readers) stop();
	expect(vi.getTimerCount()).toBe(0);
});

it("rests while the page is hidden and is right at once when it comes back", () => {
	const clock = new Clock();
	const { seen, stop } = reader(clock);
	visibility("hidden");
	expect(vi.getTimerCount()).toBe(0);
	vi.advanceTimersByTime(5000);
	visibility("visible");
	expect(seen.at(-1)).toBeCloseTo(5);
	stop();
});

it("steps once a second with reduced motion", () => {
	vi.stubGlobal("matchMedia", () => ({ matches: true }));
	const { seen, stop } = reader(new Clock());
	vi.advanceTimersByTime(3000);
	expect(seen).toHaveLength(4);
	stop();
});

it("shows the kernel's time, as told by the message that travelled least", () => {
	const clock = new Clock();
	clock.learn(T0 + 5 - 0.3, true);
	clock.learn(T0 + 5 - 0.02, true);
	clock.learn(T0 + 5 - 0.5, true);
	clock.tick();
	expect(clock.now.value - T0).toBeCloseTo(4.98);
});

it("follows a clock that was set", () => {
	const clock = new Clock();
	clock.learn(T0 + 3600, true);
	clock.learn(T0, true);
	clock.tick();
	expect(clock.now.value - T0).toBeCloseTo(0);
});

it("does not believe an old snapshot that the kernel's clock is behind", () => {
	const clock = new Clock();
	const told = (kernelNow: number, fresh: boolean) => {
		clock.learn(kernelNow, fresh);
		clock.tick();
		return clock.now.value - T0;
	};
	expect(told(T0 - 600, false)).toBeCloseTo(0);
	expect(told(T0 - 600, true)).toBeCloseTo(-600);
	expect(told(T0 - 900, false)).toBeCloseTo(-600);
});

it("moves with what is told to it and with a new picture, not twice at a time", () => {
	const clock = new Clock();
	const { seen, stop } = reader(clock);
	vi.advanceTimersByTime(60);
	clock.learn(T0 + 1, true);
	expect(seen).toHaveLength(1);
	clock.tick();
	vi.advanceTimersByTime(40);
	expect(seen).toHaveLength(2);
	vi.advanceTimersByTime(100);
	expect(seen).toHaveLength(3);
	stop();
});

it("goes on when the computer's clock is set back", () => {
	const clock = new Clock();
	const { seen, stop } = reader(clock);
	vi.advanceTimersByTime(1000);
	vi.setSystemTime((T0 - 60) * 1000);
	const before = seen.length;
	vi.advanceTimersByTime(1000);
	expect(seen.length - before).toBe(10);
	stop();
});
