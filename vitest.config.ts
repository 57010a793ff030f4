import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a region that already runs: test/smoke/vitest.config.ts.
    exclude: ['test/smoke/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Vitest would leave one processor free: on a machine with two that is every other file's time, much of it spent waiting.
    maxWorkers: Math.max(2, availableParallelism()),
  },
});
