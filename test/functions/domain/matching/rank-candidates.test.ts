import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import { matchPolicy } from '../../../../functions/domain/matching/match-policy.ts';
import {
  type MatchContext,
  type MatchResult,
  priorBits,
  rankCandidates,
} from '../../../../functions/domain/matching/rank-candidates.ts';
import { scoreCandidate } from '../../../../functions/domain/matching/score-candidate.ts';
import { john, someFields, without } from './fields.ts';

const { prior, thresholds } = matchPolicy;
/** A region of the size of Hertfordshire. */
const context = { people: 1_200_000 };
const rank = (
  query: ComparisonFields,
  people: Record<string, readonly ComparisonFields[]>,
  truncated = false,
  within: MatchContext = context,
) =>
  rankCandidates(
    [query],
    Object.entries(people).flatMap(([personId, records]) => records.map((fields) => ({ personId, fields }))),
    within,
    truncated,
  );
const weightOf = (result: MatchResult, field: string, place = 0) =>
  result.candidates[place]?.evidence.fields.find((row) => row.field === field)?.weight ?? Number.NaN;

describe('priorBits', () => {
  it('is log2 of the odds of one person of the index against nobody in it', () => {
    expect(priorBits({ people: 1_200_000 })).toBeCloseTo(Math.log2(9 / 1_200_000), 9);
    expect(priorBits({ people: 2_400_000 })).toBeCloseTo(priorBits({ people: 1_200_000 }) - 1, 9);
  });

  it('takes an index never counted for London, and a small one for a thousand people', () => {
    expect(priorBits({})).toBe(priorBits({ people: 9_000_000 }));
    expect(priorBits({ people: undefined })).toBe(priorBits({ people: 9_000_000 }));
    for (const people of [0, 1, 999, 1_000]) expect(priorBits({ people })).toBe(priorBits({ people: 1_000 }));
    expect(priorBits({ people: 1_001 })).toBeLessThan(priorBits({ people: 1_000 }));
  });

  it('knows how many of the people who are asked for are in the index', () => {
    const rarely = { ...matchPolicy, prior: { ...prior, coverage: 0.5 } };
    expect(priorBits({ people: 1_200_000, policy: rarely })).toBeCloseTo(Math.log2(1 / 1_200_000), 9);
  });
});

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

  it('is the posterior over each candidate, a relative who is not in the index, and nobody', () => {
    const wife: ComparisonFields = { ...john, given: ['mary'], gender: 'female', birthDate: '1972-08-30' };
    const result = rank(john, { john: [john], mary: [wife] });
    const [own, hers] = [john, wife].map((fields) => scoreCandidate(john, fields));
    const odds = ({ bits = 0 } = {}) => 2 ** (priorBits(context) + bits);
    const relatives = odds(own) * (own?.household ?? 0) * prior.householdOthers * prior.relativesNotIndexed;
    const all = odds(own) + odds(hers);
    expect(result.candidates[0]?.score).toBeCloseTo(odds(own) / (1 + relatives + all), 12);
    expect(weightOf(result, 'prior')).toBeCloseTo(priorBits(context), 9);
    expect(weightOf(result, 'household')).toBeCloseTo(-Math.log2(1 + relatives), 9);
    expect(weightOf(result, 'rivals')).toBeCloseTo(
      -Math.log2((1 + relatives + odds(hers)) / (1 + relatives)),
      9,
    );
  });

  it('lists what speaks for a candidate: prior, nine fields, household, rivals', () => {
    const rows = rank(john, { a: [john] }).candidates[0]?.evidence.fields.map(({ field, outcome }) => [
      field,
      outcome,
    ]);
    expect(rows?.slice(0, 2)).toEqual([
      ['prior', 'one-of-the-index'],
      ['family', 'exact'],
    ]);
    expect(rows?.slice(-2)).toEqual([
      ['household', 'relative-not-in-the-index'],
      ['rivals', 'others-in-the-index'],
    ]);
    expect(rows).toHaveLength(12);
  });

  it('has no rivals to fear where there are none', () => {
    expect(weightOf(rank(john, { a: [john] }), 'rivals')).toBeCloseTo(0, 9);
    expect(weightOf(rank(john, { a: [john], b: [john] }), 'rivals')).toBeLessThan(-0.9);
  });

  it('needs the more evidence the more people there are', () => {
    const query = without(john, 'gender', 'postcode');
    const scores = [1_000, 1_000_000, 60_000_000].map(
      (people) => rank(query, { a: [john] }, false, { people }).candidates[0]?.score ?? 0,
    );
    expect(scores).toEqual(scores.toSorted((one, other) => other - one));
    expect(rank(query, { a: [john] }, false, { people: 1_000 }).outcome).toBe('unique');
    expect(rank(query, { a: [john] }, false, { people: 60_000_000 }).outcome).toBe('unproven');
  });

  it('follows the policy it is given', () => {
    const strict = { ...matchPolicy, thresholds: { ...thresholds, certain: 1, namesAlone: 1 } };
    expect(rank(john, { a: [john] }, false, { ...context, policy: strict }).outcome).toBe('unproven');
    const blind = { ...matchPolicy, guards: { ...matchPolicy.guards, 'given-name-differs': false } };
    const twin = { ...john, given: ['jim'], phone: '7700900123' };
    const query = { ...john, given: ['tim'], phone: '7700900123' };
    expect(rank(query, { twin: [twin] }).candidates[0]?.evidence.guard).toBe('given-name-differs');
    expect(rank(query, { twin: [twin] }, false, { ...context, policy: blind }).outcome).toBe('unique');
  });

  it('names no guard where the probability is too low to need one', () => {
    const stranger = { ...john, given: ['mary'], birthDate: '1944-11-20', postcode: 'M1 1AE' };
    expect(rank(john, { a: [stranger] }).candidates[0]?.evidence).not.toHaveProperty('guard');
    expect(rank(john, { a: [john] }).candidates[0]?.evidence).not.toHaveProperty('guard');
  });

  it('names a search that was cut short only where nothing else forbids to be certain', () => {
    expect(rank(john, { a: [john] }, true).candidates[0]?.evidence.guard).toBe('search-truncated');
    const baby: ComparisonFields = { ...without(john, 'given'), unnamed: true };
    expect(rank(baby, { a: [john] }, true).candidates[0]?.evidence.guard).toBe('given-name-missing');
    const stranger = { ...john, given: ['mary'], birthDate: '1944-11-20', postcode: 'M1 1AE' };
    expect(rank(john, { a: [stranger] }, true).candidates[0]?.evidence).not.toHaveProperty('guard');
  });

  it('asks with each of the names that the query has, and lets the best of them speak', () => {
    const maiden = { ...john, family: 'okafor' };
    const records = [{ personId: 'a', fields: john }];
    const both = rankCandidates([maiden, john], records, context, false);
    const turned = rankCandidates([john, maiden], records, context, false);
    const alone = rankCandidates([john], records, context, false);
    expect(both.candidates[0]?.score).toBe(alone.candidates[0]?.score);
    expect(turned.candidates[0]?.score).toBe(alone.candidates[0]?.score);
    expect(both.candidates).toHaveLength(1);
  });

  it('calls ambiguous only what two people share, not what one may be', () => {
    // Certain but for a guard, with nobody else in sight.
    expect(rank({ ...john, given: ['tim'] }, { a: [{ ...john, given: ['jim'] }] }).outcome).toBe('unproven');
    // Two who share little are no proof of anybody.
    const weak = without(john, 'birthDate', 'postcode');
    const result = rank(weak, { a: [weak], b: [weak] });
    expect((result.candidates[0]?.score ?? 1) * 2).toBeLessThan(thresholds.certain);
    expect(result.outcome).toBe('unproven');
    // A rival with a twentieth of the probability is one.
    const rival = { ...john, postcode: 'LS1 4AD' };
    expect(rank(without(john, 'postcode'), { a: [john], b: [rival] }).outcome).toBe('ambiguous');
  });

  it('calls two unproven who are the likeliest, but may both be wrong', () => {
    const weak = without(john, 'birthDate', 'postcode');
    const { candidates, outcome } = rank(weak, { a: [weak], b: [weak] }, false, { people: 100_000 });
    const [first, second] = candidates.map(({ score }) => score);
    expect(second).toBeGreaterThan(0.05);
    expect((first ?? 1) + (second ?? 1)).toBeLessThan(thresholds.certain);
    expect(outcome).toBe('unproven');
  });

  it('puts a person before a relative of whom more agrees', () => {
    // The wife shares telephone and home with the one sought, who may not be in the index; the namesake shares little.
    const query: ComparisonFields = { ...john, given: ['jon'], phone: '7700900123' };
    const relative: ComparisonFields = { ...query, given: ['mary'], birthDate: '1972-08-30' };
    const namesake: ComparisonFields = { ...without(query, 'postcode'), phone: '7700900999' };
    const result = rank(query, { relative: [relative], namesake: [namesake] });
    const bits = [relative, namesake].map((fields) => scoreCandidate(query, fields).bits);
    expect(bits[0]).toBeGreaterThan(bits[1] ?? Number.NaN);
    expect(result.candidates[0]?.personId).toBe('namesake');
  });

  it('is not called ambiguous for a rival who is hardly one', () => {
    const query: ComparisonFields = { ...john, given: ['tim'], phone: '7700900123' };
    const twin = { ...john, given: ['jim'], phone: '7700900123' };
    const far = { ...john, given: ['tim'], birthDate: '1970-03-21', postcode: 'M1 1AE' };
    const result = rank(query, { twin: [twin], far: [far] });
    expect(result.candidates[0]).toMatchObject({
      personId: 'twin',
      evidence: { guard: 'given-name-differs' },
    });
    expect(result.candidates[1]?.score).toBeLessThan(0.05);
    expect(result.outcome).toBe('unproven');
  });

  it('grades by the policy’s thresholds', () => {
    const query = without(john, 'postcode', 'gender');
    for (const level of [0.2, 0.5, 0.8]) {
      const [candidate] = rank(query, { a: [john], b: [{ ...john, birthDate: '1970-03-05' }] }).candidates;
      const score = candidate?.score ?? 0;
      const policy = (certain: number, probable: number, possible: number) => ({
        ...matchPolicy,
        thresholds: { certain, probable, possible, namesAlone: certain },
      });
      const gradeWith = (...bounds: [number, number, number]) =>
        rank(query, { a: [john], b: [{ ...john, birthDate: '1970-03-05' }] }, false, {
          ...context,
          policy: policy(...bounds),
        }).candidates[0]?.grade;
      expect(gradeWith(score, level * score, level * score)).toBe('certain');
      expect(gradeWith(1, score, level * score)).toBe('probable');
      expect(gradeWith(1, 1, score)).toBe('possible');
      expect(gradeWith(1, 1, 1)).toBe('certainly-not');
    }
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

  it('puts people of one probability into the order of their ids, however they were found', () => {
    const found = ['c', 'a', 'b'].map((personId) => ({ personId, fields: john }));
    expect(rankCandidates([john], found, context, false).candidates.map(({ personId }) => personId)).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('thinks less of everybody for each rival more', () => {
    fc.assert(
      fc.property(someFields, someFields, someFields, (query, one, other) => {
        const alone = rank(query, { a: [one] }).candidates[0]?.score ?? 0;
        const beside = rank(query, { a: [one], b: [other] }).candidates.find(
          ({ personId }) => personId === 'a',
        );
        expect(beside?.score).toBeLessThanOrEqual(alone);
      }),
    );
  });

  it('is never less sure of a person for another of their records', () => {
    fc.assert(
      fc.property(someFields, someFields, someFields, (query, one, other) => {
        const bits = (records: readonly ComparisonFields[]) =>
          rank(query, { a: records }).candidates[0]?.evidence.fields ?? [];
        const sum = (records: readonly ComparisonFields[]) =>
          bits(records)
            .filter(({ field }) => field !== 'household')
            .reduce((total, { weight }) => total + weight, 0);
        expect(sum([one, other])).toBeCloseTo(Math.max(sum([one]), sum([other])), 9);
      }),
    );
  });
});
