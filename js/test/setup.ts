import { afterEach, beforeEach, vi } from "vitest";

// jsdom knows neither nested rules nor container queries, and says so for each view drawn.
vi.mock("../src/style", () => ({ STYLE: ".hookcell {}" }));

/** jsdom has no media queries: light, and with motion, unless a test says otherwise. */
beforeEach(() => {
	vi.stubGlobal("matchMedia", (query: string) => Object.assign(new EventTarget(), { matches: false, media: query }));
	vi.useFakeTimers({ now: 1_763_680_000_000 });
});

afterEach(() => {
	vi.useRealTimers();
	vi.unstubAllGlobals();
	document.body.replaceChildren();
	document.body.removeAttribute("class");
	delete document.body.dataset.jpThemeLight;
});
