import { defineConfig } from 'vitest/config';

/** The smoke suite needs a region that already runs: `vitest run --config test/smoke/vitest.config.ts`. */
export default defineConfig({
  test: {
    include: ['test/smoke/**/*.test.ts'],
    // The first request to each function of a freshly deployed region starts a process.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
});
