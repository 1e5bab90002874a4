import { defineConfig } from "vitest/config";

/** Tests load through Node itself, as production does; no Vite transforms. */
const native = { experimental: { viteModuleRunner: false } } as const;

function project(name: string, include: string[], more: Record<string, unknown> = {}) {
  return { test: { ...native, name, include, pool: "forks" as const, ...more } };
}

const minutes = 60_000;

export default defineConfig({
  test: {
    projects: [
      project("rules", ["tools/**/*.test.ts"]),
      project("unit", ["src/**/*.test.ts"], { testTimeout: 60_000 }),
      project("store", ["test/store/**/*.test.ts"], { testTimeout: 3 * minutes }),
      project("integration", ["test/{integration,controllers,clients}/**/*.test.ts"], {
        testTimeout: 4 * minutes,
      }),
      project("simulation", ["test/sim/**/*.test.ts"], { testTimeout: 10 * minutes }),
      project("e2e", ["test/e2e/**/*.test.ts"], {
        testTimeout: 5 * minutes,
        hookTimeout: 5 * minutes,
        fileParallelism: false,
      }),
    ],
  },
});
