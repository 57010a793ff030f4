import { describe, expect, it } from 'vitest';
import { untilEvenMoment } from '../../../functions/edge/even-release.ts';

/** Milliseconds after its start at which an answer that was ready so late leaves. */
async function leavesAfter(readyAfter: number, step: number): Promise<number> {
  const startedAt = performance.now() - readyAfter;
  await untilEvenMoment(startedAt, step);
  return performance.now() - startedAt;
}

describe('an even moment', () => {
  it.each([
    ['at once', 0, 20],
    ['soon', 7, 20],
    ['just in time', 18.5, 20],
    ['too late for the first', 21, 40],
    ['much too late', 143, 160],
  ])('is the next whole step for what was ready %s, and never before', async (_when, readyAfter, moment) => {
    // A busy machine may be late, never early.
    expect(await leavesAfter(readyAfter, 20)).toBeGreaterThanOrEqual(moment);
  });

  it('is now where the region wants no steps', async () => {
    expect(await leavesAfter(5, 0)).toBeLessThan(100);
  });
});
