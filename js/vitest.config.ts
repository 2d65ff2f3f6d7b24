import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		environment: "jsdom",
		include: ["test/**/*.test.{ts,tsx}"],
		setupFiles: ["test/setup.ts"],
		restoreMocks: true,
		// A busy machine takes its time.
		testTimeout: 30_000,
	},
});
