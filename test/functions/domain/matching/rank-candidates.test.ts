import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import { matchPolicy } from '../../../../functions/domain/matching/match-policy.ts';
import { rankCandidates } from '../../../../functions/domain/matching/rank-candidates.ts';
import { john, someFields, without } from './fields.ts';

const { thresholds } = matchPolicy;
/** A region of the size of Hertfordshire. */
const context = { people: 1_200_000 };
const rank = (
  query: ComparisonFields,
  people: Record<string, readonly ComparisonFields[]>,
  truncated = false,
) =>
  rankCandidates(
    [query],
    Object.entries(people).flatMap(([personId, records]) => records.map((fields) => ({ personId, fields }))),
    context,
    truncated,
  );

describe('rankCandidates', () => {
  it('answers none when there is nobody', () => {
    expect(rank(john, {})).toEqual({ outcome: 'none', truncated: false, candidates: [] });
  });

  it('answers none when nobody is even possible', () => {
    const stranger: ComparisonFields = { family: 'okafor', given: ['mary'], birthDate: '1988-12-25' };
    expect(rank(john, { a: [stranger] })).toMatchObject({
      outcome: 'none',
      candidates: [{ personId: 'a', grade: 'certainly-not' }],
    });
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
    expect(result.candidates.map(({ grade }) => grade)).toEqual(['possible', 'possible']);
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
    ['a similar given name', ['tim', 'jim']],
    ['another initial', ['r']],
    ['a shared middle name', ['james', 'paul']],
    ['a given name one letter apart', ['jon', 'ron']],
  ])('is never certain of a twin with %s', (_name, given) => {
    const query = { ...john, given: given.slice(0, 1) };
    const twin = { ...john, given: given.length > 1 ? given.slice(1) : john.given };
    const result = rank(query, { twin: [twin] });
    expect(result.candidates.some(({ grade }) => grade === 'certain')).toBe(false);
    expect(result.outcome).not.toBe('unique');
  });

  it('is never certain of a newborn who has no name yet: twins are both called "baby"', () => {
    const baby: ComparisonFields = { ...without(john, 'given'), unnamed: true };
    expect(rank(baby, { a: [john] })).toMatchObject({
      outcome: 'unproven',
      candidates: [{ evidence: { guard: 'given-name-missing' } }],
    });
    expect(rank(baby, { a: [baby] }).outcome).toBe('unproven');
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
    ['a son of the same name at home', { ...john, birthDate: '1991-07-19' }],
    [
      'a father of the same name, where of both only the year of birth is known',
      { ...john, birthDate: '1940-01-01' },
    ],
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
        expect(scores.reduce((sum, score) => sum + score, 0)).toBeLessThanOrEqual(1 + 1e-9);
        const certain = candidates.filter(({ grade }) => grade === 'certain');
        expect(certain.length).toBe(outcome === 'unique' ? 1 : 0);
        for (const { score } of certain) expect(score).toBeGreaterThanOrEqual(thresholds.certain);
        if (truncated) expect(outcome).toBe('unproven');
        for (const { evidence, score } of candidates) {
          const total = evidence.fields.reduce((sum, { weight }) => sum + weight, 0);
          expect(score).toBeCloseTo(1 / (1 + 2 ** -total), 9);
        }
      }),
    );
  });

  it('gives the same answer in whatever order the candidates come', () => {
    const list = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), someFields), { maxLength: 6 });
    fc.assert(
      fc.property(someFields, list, (query, found) => {
        const candidates = found.map(([personId, fields]) => ({ personId, fields }));
        const forwards = rankCandidates([query], candidates, context, false);
        const backwards = rankCandidates([query], [...candidates].reverse(), context, false);
        const shape = ({ candidates: list, outcome }: typeof forwards) => ({
          outcome,
          list: list.map(({ grade, personId, score }) => ({ grade, personId, score: score.toPrecision(9) })),
        });
        expect(shape(forwards)).toEqual(shape(backwards));
      }),
    );
  });
});
