import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import { rankCandidates } from '../../../../functions/domain/matching/rank-candidates.ts';
import { john, someFields, without } from './fields.ts';

const thresholds = { certain: 0.95, probable: 0.5, possible: 0.01, lead: 0.05, maxCandidates: 50 };
const rank = (
  query: ComparisonFields,
  people: Record<string, readonly ComparisonFields[]>,
  truncated = false,
) =>
  rankCandidates(
    query,
    Object.entries(people).flatMap(([personId, records]) => records.map((fields) => ({ personId, fields }))),
    thresholds,
    truncated,
  );

describe('rankCandidates', () => {
  it('answers none when there is nobody', () => {
    expect(rank(john, {})).toEqual({ outcome: 'none', truncated: false, candidates: [] });
  });

  it('answers none when nobody is even possible', () => {
    const stranger: ComparisonFields = { family: 'okafor', given: ['mary'], birthDate: '1988-12-25' };
    expect(rank(john, { a: [stranger] })).toEqual({ outcome: 'none', truncated: false, candidates: [] });
  });

  it('is certain of one whole agreement', () => {
    expect(rank(john, { a: [john] })).toMatchObject({
      outcome: 'unique',
      candidates: [{ personId: 'a', grade: 'certain' }],
    });
  });

  it('takes the best of the records and names of one person, who is no rival of themselves', () => {
    const maiden = { ...john, family: 'okafor' };
    const result = rank(john, { a: [maiden, john, maiden] });
    expect(result.outcome).toBe('unique');
    expect(result.candidates).toHaveLength(1);
  });

  it('calls two people who fit alike ambiguous, and neither certain', () => {
    const result = rank(john, { a: [john], b: [john] });
    expect(result.outcome).toBe('ambiguous');
    expect(result.candidates.map(({ grade }) => grade)).toEqual(['probable', 'probable']);
  });

  it('never claims uniqueness from a search that was cut short', () => {
    const result = rank(john, { a: [john] }, true);
    expect(result).toMatchObject({
      outcome: 'unproven',
      truncated: true,
      candidates: [{ grade: 'probable' }],
    });
    expect(rank(john, {}, true).outcome).toBe('unproven');
  });

  it.each([
    ['another given name', ['james']],
    ['a similar given name', ['jon', 'ron']],
    ['another initial', ['r']],
    ['a shared middle name', ['james', 'paul']],
    ['a given name that sounds alike', ['johan']],
  ])('is never certain of a twin with %s', (_name, given) => {
    const query = { ...john, given: given.slice(0, 1) };
    const twin = { ...john, given: given.length > 1 ? given.slice(1) : john.given };
    const result = rank(query, { twin: [twin] });
    expect(result.candidates.some(({ grade }) => grade === 'certain')).toBe(false);
    expect(result.outcome).not.toBe('unique');
  });

  it('is never certain without a given name to tell twins by', () => {
    expect(rank(without(john, 'given'), { a: [john] }).outcome).toBe('unproven');
    expect(rank(without(john, 'given'), { a: [without(john, 'given')] }).outcome).toBe('unproven');
  });

  it('tells twins apart when both are known', () => {
    const result = rank(john, { john: [john], james: [{ ...john, given: ['james'] }] });
    expect(result).toMatchObject({
      outcome: 'unique',
      candidates: [{ personId: 'john', grade: 'certain' }, { personId: 'james' }],
    });
  });

  it.each([
    ['a father of the same name', { ...john, birthDate: '1944-11-20' }],
    ['a wife', { ...john, given: ['mary'], gender: 'female' as const, birthDate: '1972-08-30' }],
    ['a stranger of the same name', without({ ...john, birthDate: '1988-12-25', postcode: 'M1 1AE' })],
  ])('is never certain of %s', (_name, other) => {
    expect(rank(john, { other: [other] }).outcome).not.toBe('unique');
  });

  it.each([
    ['a mistyped family name', { ...john, family: 'smiht' }],
    ['a nickname', { ...john, given: ['jack'] }],
    ['a wrong digit in the birth date', { ...john, birthDate: '1970-03-05' }],
    ['a new address', { ...john, postcode: 'M1 1AE' }],
    ['no postcode and no gender', without(john, 'postcode', 'gender')],
  ])('is certain of a person despite %s', (_name, query) => {
    expect(rank(query, { a: [john] }).outcome).toBe('unique');
  });

  it('sorts by score, keeps to the thresholds and gives at most one certain answer', () => {
    const people = fc.dictionary(
      fc.constantFrom('a', 'b', 'c', 'd'),
      fc.array(someFields, { minLength: 1, maxLength: 3 }),
    );
    fc.assert(
      fc.property(someFields, people, fc.boolean(), (query, known, truncated) => {
        const { candidates, outcome } = rank(query, known, truncated);
        const scores = candidates.map(({ score }) => score);
        expect(scores).toEqual([...scores].sort((first, second) => second - first));
        expect(scores.every((score) => score >= thresholds.possible)).toBe(true);
        const certain = candidates.filter(({ grade }) => grade === 'certain');
        expect(certain.length).toBe(outcome === 'unique' ? 1 : 0);
        for (const { score } of certain) expect(score).toBeGreaterThanOrEqual(thresholds.certain);
        if (truncated) expect(outcome).toBe('unproven');
      }),
    );
  });

  it('gives the same answer in whatever order the candidates come', () => {
    const list = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), someFields), { maxLength: 6 });
    fc.assert(
      fc.property(someFields, list, (query, found) => {
        const candidates = found.map(([personId, fields]) => ({ personId, fields }));
        const forwards = rankCandidates(query, candidates, thresholds, false);
        const backwards = rankCandidates(query, [...candidates].reverse(), thresholds, false);
        const shape = ({ candidates: list, outcome }: typeof forwards) => ({
          outcome,
          list: list.map(({ grade, personId, score }) => ({ grade, personId, score })),
        });
        expect(shape(forwards)).toEqual(shape(backwards));
      }),
    );
  });
});
