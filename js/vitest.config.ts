import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    environment: "happy-dom",
    // Else style sheets are empty, to tests that read them, too.
    css: true,
    // One worker: the suite takes a second or two, and the machine may be running a browser too.
    maxWorkers: 1,
    // That browser may pause a test for long, and bundling takes seconds beside it.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
