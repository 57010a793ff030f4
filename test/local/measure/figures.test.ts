import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dedupeFigures } from '../../../local/measure/dedupe-figures.ts';
import { type JudgedQuery, matchFigures, quantile } from '../../../local/measure/match-figures.ts';

const query = (given: Partial<JudgedQuery>): JudgedQuery => ({
  indexed: true,
  complete: true,
  certain: 'none',
  rankedFirst: false,
  review: false,
  milliseconds: 1,
  readUnits: 2,
  candidates: 3,
  calls: 4,
  ...given,
});

describe('the figures of a match measurement', () => {
  test('count what the contract says, by hand', () => {
    const right = { certain: 'right', rankedFirst: true } as const;
    const figures = matchFigures([
      query(right),
      query({ ...right, complete: false }),
      query({ rankedFirst: true, review: true }),
      query({ certain: 'wrong', complete: false }),
      query({}),
      query({ indexed: false }),
      query({ indexed: false, certain: 'wrong' }),
      query({ indexed: false, review: true }),
      query({ indexed: false, complete: false }),
      query({ indexed: false }),
    ]);
    expect(figures).toMatchObject({
      queries: 10,
      recall: 2 / 5,
      recallComplete: 1 / 3,
      precision: 2 / 4,
      wrongWhenAbsent: 1 / 5,
      rank1: 3 / 5,
      rank1Complete: 2 / 3,
      reviewShare: 2 / 10,
      readUnitsPerQuery: 2,
      candidatesPerQuery: 3,
      callsPerQuery: 4,
    });
  });

  test('claim nothing of nothing', () => {
    expect(matchFigures([])).toEqual({
      queries: 0,
      recall: null,
      recallComplete: null,
      precision: null,
      wrongWhenAbsent: null,
      rank1: null,
      rank1Complete: null,
      reviewShare: null,
      p50Ms: null,
      p95Ms: null,
      candidatesPerQuery: null,
      readUnitsPerQuery: null,
      callsPerQuery: null,
    });
  });

  test('times are by nearest rank, however they came in', () => {
    const milliseconds = Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) + 1);
    expect(matchFigures(milliseconds.map((time) => query({ milliseconds: time })))).toMatchObject({
      p50Ms: 50,
      p95Ms: 95,
    });
    expect(quantile([7], 0.95)).toBe(7);
  });
});

describe('the figures of a dedupe measurement', () => {
  test('count pairs, by hand', () => {
    // Linked: A1-A2, A1-B1, A2-B1. True: the three pairs of A. Both: A1-A2.
    const judged = [
      { truth: 'A', personId: 'p1', queued: false },
      { truth: 'A', personId: 'p1', queued: true },
      { truth: 'A', personId: 'p2', queued: false },
      { truth: 'B', personId: 'p1', queued: false },
    ];
    expect(dedupeFigures(judged)).toEqual({
      records: 4,
      persons: 2,
      precision: 1 / 3,
      recall: 1 / 3,
      f1: 1 / 3,
      queued: 1 / 4,
    });
  });

  test('records in quarantine are linked with nobody, not with each other', () => {
    const quarantined = { truth: 'A', queued: true };
    expect(dedupeFigures([quarantined, quarantined])).toMatchObject({
      persons: 0,
      precision: null,
      recall: 0,
      f1: 0,
    });
  });

  test('claim nothing of nothing', () => {
    expect(dedupeFigures([])).toMatchObject({
      records: 0,
      precision: null,
      recall: null,
      f1: null,
      queued: null,
    });
  });

  test('agree with looking at every pair', () => {
    const record = fc.record({
      truth: fc.constantFrom('A', 'B', 'C'),
      personId: fc.constantFrom('p1', 'p2', 'p3', undefined),
      queued: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), (judged) => {
        const pairs = judged.flatMap((one, at) => judged.slice(at + 1).map((other) => ({ one, other })));
        const isLinked = ({ one, other }: (typeof pairs)[number]) =>
          one.personId !== undefined && one.personId === other.personId;
        const isTrue = ({ one, other }: (typeof pairs)[number]) => one.truth === other.truth;
        const right = pairs.filter((pair) => isLinked(pair) && isTrue(pair)).length;
        const { precision, recall } = dedupeFigures(judged);
        const [linked, truly] = [pairs.filter(isLinked).length, pairs.filter(isTrue).length];
        expect(precision).toBe(linked === 0 ? null : right / linked);
        expect(recall).toBe(truly === 0 ? null : right / truly);
      }),
    );
  });
});
