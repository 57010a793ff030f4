import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBirthDates } from '../../../../functions/domain/matching/compare-birth-dates.ts';
import {
  compareFamily,
  compareGiven,
  isOneEdit,
} from '../../../../functions/domain/matching/compare-names.ts';
import { comparePostcodes } from '../../../../functions/domain/matching/compare-postcodes.ts';
import type { ComparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import { matchPolicy } from '../../../../functions/domain/matching/match-policy.ts';
import { scoreCandidate } from '../../../../functions/domain/matching/score-candidate.ts';
import { john, someFields, without } from './fields.ts';

const outcomeOf = (query: ComparisonFields, candidate: ComparisonFields, field: string) =>
  scoreCandidate(query, candidate).fields.find((row) => row.field === field)?.outcome;

describe('comparisons', () => {
  it.each([
    ['smith', 'smith', 'exact'],
    ['de souza', 'desouza', 'exact'],
    ['smith', 'smithe', 'typo'],
    ['smith', 'simth', 'typo'],
    ['smith jones', 'jones', 'part'],
    ['meier', 'mayer', 'sound'],
    ['lee', 'lea', 'sound'],
    ['lee', 'lek', 'disagree'],
    ['smith', 'okafor', 'disagree'],
    ['σισυφος', 'παπαδοπουλος', 'disagree'],
  ])('family %s and %s: %s', (family, other, expected) => {
    expect(compareFamily({ given: [], family }, { given: [], family: other })).toBe(expected);
  });

  it.each([
    ['john', 'john', 'exact'],
    ['mary ann', 'maryann', 'exact'],
    ['jack', 'john', 'nickname'],
    ['charlotte', 'charlote', 'typo'],
    ['tim', 'jim', 'near'],
    ['caron', 'karon', 'near'],
    ['siobhan', 'shivaun', 'disagree'],
    ['philomena', 'filomena', 'sound'],
    ['amelia', 'emilia', 'sound'],
    ['louise amy', 'amy louise', 'reordered'],
    ['amy louise', 'anna louise', 'disagree'],
    ['j', 'john', 'initial'],
    ['k', 'john', 'initial-disagree'],
    ['john', 'mary', 'disagree'],
  ])('given %s and %s: %s', (given, other, expected) => {
    expect(compareGiven({ given: given.split(' ') }, { given: other.split(' ') })).toBe(expected);
  });

  it.each([
    ['1970-03-04', '1970-03-04', 'exact'],
    ['1970-03-04', '1970-04-03', 'swapped'],
    ['1970-03-04', '1970-03-05', 'one-edit'],
    ['1970-03-04', '1907-03-04', 'one-edit'],
    ['1970-03-04', '1970-03-21', 'two-parts'],
    ['1970-03-04', '1970-11-21', 'year'],
    ['1970-03-04', '1988-12-25', 'disagree'],
    ['1970-03', '1970-03-04', 'year-month'],
    ['1970', '1970-03-04', 'year-only'],
    ['1970-04', '1970-03-04', 'partial-disagree'],
    ['1971', '1970-03-04', 'partial-disagree'],
    [undefined, '1970-03-04', undefined],
  ])('birth date %s and %s: %s', (date, other, expected) => {
    expect(compareBirthDates(date, other)).toBe(expected);
  });

  it.each([
    ['LS1 4AB', 'LS1 4AB', 'exact'],
    ['LS1 4AB', 'LSI 4AB', 'exact'],
    ['OX1 4AB', '0X1 4AB', 'exact'],
    ['LS1 4AB', 'LS1 4AD', 'one-edit'],
    ['LS1 4AB', 'LS1 5XY', 'outcode'],
    ['LS1 4AB', 'LS1', 'outcode'],
    ['LS1 4AB', 'LS17 7DF', 'area'],
    ['LS1 4AB', 'M1 1AE', 'disagree'],
    ['LS1 4AB', undefined, undefined],
  ])('postcode %s and %s: %s', (postcode, other, expected) => {
    expect(comparePostcodes(postcode, other)).toBe(expected);
  });

  it('does not take a shifted word for exchanged neighbours', () => {
    expect(isOneEdit('abac', 'baca')).toBe(false);
  });

  it('sees one wrong, missing or additional letter and exchanged neighbours as one edit, and no more', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(letters, fc.nat(), (word, seed) => {
        const at = seed % (word.length - 1);
        expect(isOneEdit(word, word)).toBe(false);
        expect(isOneEdit(word, `${word.slice(0, at)}${word.slice(at + 1)}`)).toBe(true);
        expect(isOneEdit(word, `${word.slice(0, at)}x${word.slice(at + 1)}`)).toBe(true);
        const exchanged = `${word.slice(0, at)}${word[at + 1]}${word[at]}${word.slice(at + 2)}`;
        expect(isOneEdit(word, exchanged)).toBe(word[at] !== word[at + 1]);
        expect(isOneEdit(word, `${word}xy`)).toBe(false);
        expect(isOneEdit(word, `x${word.slice(1, -1)}x`)).toBe(false);
      }),
    );
  });
});

describe('scoreCandidate', () => {
  it('gives a probability and the rows that add up to it', () => {
    fc.assert(
      fc.property(someFields, someFields, (query, candidate) => {
        const { fields, score } = scoreCandidate(query, candidate);
        const total = fields.reduce((sum, { weight }) => sum + weight, 0);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(score).toBeCloseTo(1 / (1 + 2 ** -total), 12);
        expect(fields.map(({ field }) => field)).toEqual([
          'prior',
          'family',
          'given',
          'birthDate',
          'postcode',
          'gender',
          'household',
        ]);
      }),
    );
  });

  it('does not depend on who asks and who answers', () => {
    fc.assert(
      fc.property(someFields, someFields, (first, second) => {
        expect(scoreCandidate(first, second)).toEqual(scoreCandidate(second, first));
      }),
    );
  });

  it('never scores lower for a field that agrees than for the same field left out', () => {
    fc.assert(
      fc.property(
        someFields,
        someFields,
        fc.constantFrom('family', 'given', 'birthDate', 'gender', 'postcode'),
        (query, candidate, field) => {
          fc.pre(query[field] !== undefined && (field !== 'given' || query.given.length > 0));
          const agreeing = { ...candidate, [field]: query[field] };
          const left = scoreCandidate(without(query, field), agreeing).score;
          expect(scoreCandidate(query, agreeing).score).toBeGreaterThanOrEqual(left - 1e-12);
        },
      ),
    );
  });

  it('gives nothing for what is missing', () => {
    const rows = scoreCandidate({ given: [] }, john).fields.filter(({ field }) => field !== 'prior');
    expect(
      rows
        .filter(({ field }) => field !== 'household')
        .every(({ outcome, weight }) => outcome === 'missing' && weight === 0),
    ).toBe(true);
  });

  it('takes "other" against male or female as unknown, not as a contradiction', () => {
    expect(outcomeOf({ ...john, gender: 'other' }, john, 'gender')).toBe('missing');
    expect(outcomeOf({ ...john, gender: 'female' }, john, 'gender')).toBe('disagree');
  });

  it('finds the family name in the place of the given name', () => {
    const exchanged = { ...john, family: 'john', given: ['smith'] };
    expect(outcomeOf(exchanged, john, 'family')).toBe('swapped');
    expect(scoreCandidate(exchanged, john).score).toBeGreaterThan(0.99);
  });

  it('is nearly sure of a whole agreement, and of names, birth date and gender alone', () => {
    expect(scoreCandidate(john, john).score).toBeGreaterThan(0.999);
    expect(scoreCandidate(without(john, 'postcode'), john).score).toBeGreaterThan(0.99);
  });

  it('is not sure of a bare name, nor of a twin, a father or a wife', () => {
    expect(scoreCandidate(without(john, 'birthDate', 'postcode'), john).score).toBeLessThan(0.1);
    expect(scoreCandidate({ ...john, given: ['peter'] }, john).score).toBeLessThan(0.95);
    expect(scoreCandidate({ ...john, birthDate: '1944-11-20' }, john).score).toBeLessThan(0.5);
    expect(
      scoreCandidate({ ...john, given: ['mary'], gender: 'female', birthDate: '1972-08-30' }, john).score,
    ).toBeLessThan(0.01);
  });

  it('survives names that are no words and names of any length', () => {
    const text = fc.string({ unit: 'binary', maxLength: 100 });
    fc.assert(
      fc.property(text, text, (family, other) => {
        const { score } = scoreCandidate({ given: [family], family }, { given: [other], family: other });
        expect(Number.isFinite(score)).toBe(true);
      }),
    );
  });
});

describe('matchPolicy', () => {
  it('holds rates that are probabilities, with an exact agreement never likelier in the household than for the person', () => {
    for (const outcomes of Object.values(matchPolicy.fields))
      for (const [outcome, { household, person, stranger }] of Object.entries(outcomes)) {
        for (const rate of [household, person, stranger]) {
          expect(rate).toBeGreaterThan(0);
          expect(rate).toBeLessThanOrEqual(1);
        }
        if (outcome === 'exact' || outcome === 'agree' || outcome === 'initial') {
          expect(household).toBeLessThanOrEqual(person);
          expect(stranger).toBeLessThan(person);
        }
      }
  });

  it('holds outcomes of two whole dates and two postcodes that add up to one', () => {
    const sum = (rates: readonly number[]) => rates.reduce((total, rate) => total + rate, 0);
    const { birthDate, postcode } = matchPolicy.fields;
    const whole = [
      birthDate.exact,
      birthDate.swapped,
      birthDate['one-edit'],
      birthDate['two-parts'],
      birthDate.year,
      birthDate.disagree,
    ];
    for (const world of ['person', 'stranger', 'household'] as const) {
      expect(sum(whole.map((rates) => rates[world]))).toBeCloseTo(1, 1);
      expect(sum(Object.values(postcode).map((rates) => rates[world]))).toBeCloseTo(1, 1);
    }
  });
});
