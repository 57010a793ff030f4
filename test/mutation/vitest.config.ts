import { defineConfig } from 'vitest/config';

/** The tests that `npm run mutation` lets each mutant of the matching domain run against (stryker.config.json). */
export default defineConfig({
  test: {
    include: ['test/functions/domain/matching/**/*.test.ts'],
    // Training is not mutated: one run of its tests would take longer than all the others.
    exclude: ['**/train-policy.test.ts'],
    setupFiles: ['test/mutation/fixed-seed.ts'],
  },
});
