import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareAddressLines,
  comparePostcodes,
} from '../../../../functions/domain/matching/compare-addresses.ts';
import { compareBirthDates } from '../../../../functions/domain/matching/compare-birth-dates.ts';
import { compareFamily, compareGiven } from '../../../../functions/domain/matching/compare-names.ts';
import type { ComparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import { matchPolicy, matchPolicySchema } from '../../../../functions/domain/matching/match-policy.ts';
import { scoreCandidate } from '../../../../functions/domain/matching/score-candidate.ts';
import { isOneEdit, jaroWinkler } from '../../../../functions/domain/matching/text-distance.ts';
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
    ['hutchinson', 'hutchings', 'close'],
    ['s', 'smith', 'initial'],
    ['lee', 'lea', 'sound'],
    ['lee', 'lek', 'disagree'],
    ['smith', 'okafor', 'disagree'],
    ['σισυφος', 'παπαδοπουλος', 'disagree'],
  ])('family %s and %s: %s', (family, other, expected) => {
    expect(compareFamily(family, other)).toBe(expected);
  });

  it.each([
    ['john', 'john', 'exact'],
    ['mary ann', 'maryann', 'exact'],
    ['jack', 'john', 'nickname'],
    ['charlotte', 'charlote', 'typo'],
    ['tim', 'jim', 'similar'],
    ['daniel', 'danielle', 'similar'],
    ['karon', 'caron', 'typo'],
    ['fre', 'freda', 'nickname'],
    ['siobhan', 'shivaun', 'disagree'],
    ['philomena', 'filomena', 'sound'],
    ['amelia', 'emilia', 'nickname'],
    ['louise amy', 'amy louise', 'part'],
    ['amy louise', 'anna louise', 'disagree'],
    ['j', 'john', 'initial'],
    ['k', 'john', 'disagree'],
    ['john', 'mary', 'disagree'],
  ])('given %s and %s: %s', (given, other, expected) => {
    expect(compareGiven(given.split(' '), other.split(' '))).toBe(expected);
  });

  it.each([
    ['1970-03-04', '1970-03-04', 'exact'],
    ['1970-03-04', '1970-04-03', 'swapped'],
    ['1970-03-04', '1970-03-05', 'one-digit'],
    ['1970-03-04', '1907-03-04', 'one-digit'],
    ['1970-03-04', '1970-73-04', 'one-digit'],
    ['1970-01-01', '1970-01-01', 'first-of-january'],
    ['1970-01-01', '1971-01-01', 'january-year-digit'],
    ['1950-01-01', '1980-01-01', 'disagree'],
    ['1970-01-01', '1970-08-23', 'january-year'],
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
    ['LS1 4AB', 'LS1 4XY', 'sector'],
    ['LS1 4AB', 'LS1 5XY', 'outcode'],
    ['2119', '2119', 'outcode'],
    ['2119', '3119', 'disagree'],
    ['LS1 4AB', 'LS1', 'outcode'],
    ['LS1 4AB', 'LS17 7DF', 'area'],
    ['LS1 4AB', 'M1 1AE', 'disagree'],
    ['LS1 4AB', undefined, undefined],
  ])('postcode %s and %s: %s', (postcode, other, expected) => {
    expect(comparePostcodes(postcode, other)).toBe(expected);
  });

  it.each([
    ['12 high street', '12 high street', false, 'exact'],
    ['12 high street', '12 high street', true, 'exact-same-postcode'],
    ['12 high street', '12 high st', true, 'similar-same-postcode'],
    ['12 high street', '14 high street', true, 'disagree'],
    ['12 high street', undefined, true, undefined],
  ])('address line %s and %s: %s', (line, other, samePostcode, expected) => {
    expect(compareAddressLines(line, other, samePostcode)).toBe(expected);
  });

  it.each([
    ['martha', 'marhta', 0.9611],
    ['dwayne', 'duane', 0.84],
    ['dixon', 'dicksonx', 0.8133],
    ['abc', 'xyz', 0],
    ['', '', 1],
    ['a', '', 0],
  ])("Jaro–Winkler of %s and %s is the literature's %d", (first, second, expected) => {
    expect(jaroWinkler(first, second)).toBeCloseTo(expected, 4);
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
  it('gives one row a field that add up to the bits', () => {
    fc.assert(
      fc.property(someFields, someFields, (query, candidate) => {
        const { bits, fields } = scoreCandidate(query, candidate);
        expect(bits).toBeCloseTo(
          fields.reduce((sum, { weight }) => sum + weight, 0),
          9,
        );
        expect(fields.slice(0, 9).map(({ field }) => field)).toEqual([
          'family',
          'given',
          'birthDate',
          'postcode',
          'addressLine',
          'gender',
          'phone',
          'email',
          'practice',
        ]);
      }),
    );
  });

  it('does not depend on who asks and who answers', () => {
    fc.assert(
      fc.property(someFields, someFields, (first, second) => {
        expect(scoreCandidate(first, second).bits).toBeCloseTo(scoreCandidate(second, first).bits, 9);
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
          const left = scoreCandidate(without(query, field), agreeing).bits;
          expect(scoreCandidate(query, agreeing).bits).toBeGreaterThanOrEqual(left - 1e-9);
        },
      ),
    );
  });

  it('gives nothing for what is missing', () => {
    const { bits, fields } = scoreCandidate({ given: [] }, john);
    expect(bits).toBe(0);
    expect(fields.every(({ outcome, weight }) => outcome === 'missing' && weight === 0)).toBe(true);
  });

  it('counts a rare name for more than a common one, exact or nearly so', () => {
    const weightOf = (family: string, other: string) =>
      scoreCandidate({ given: [], family }, { given: [], family: other }).bits;
    expect(weightOf('zachariasen', 'zachariasen')).toBeGreaterThan(weightOf('smith', 'smith') + 4);
    expect(weightOf('zachariasen', 'zachariasne')).toBeGreaterThan(weightOf('smith', 'smiht'));
    expect(weightOf('smith', 'smith')).toBeGreaterThan(weightOf('smith', 'smiht'));
  });

  it('takes off a little for a name that is no longer in use', () => {
    expect(scoreCandidate(john, { ...john, historic: true }).bits).toBeCloseTo(
      scoreCandidate(john, john).bits + matchPolicy.weights.historic,
      9,
    );
  });

  it('takes "other" against male or female as unknown, not as a contradiction', () => {
    expect(outcomeOf({ ...john, gender: 'other' }, john, 'gender')).toBe('missing');
    expect(outcomeOf({ ...john, gender: 'female' }, john, 'gender')).toBe('disagree');
  });

  it('finds the family name in the place of the given name', () => {
    const exchanged = { ...john, family: 'john', given: ['smith'] };
    expect(outcomeOf(exchanged, john, 'order')).toBe('swapped');
    expect(outcomeOf(exchanged, john, 'family')).toBe('exact');
    expect(outcomeOf({ given: ['smith'] }, john, 'family')).toBe('exact');
  });

  it('survives names that are no words and names of any length', () => {
    const text = fc.string({ unit: 'binary', maxLength: 100 });
    fc.assert(
      fc.property(text, text, (family, other) => {
        const { bits } = scoreCandidate({ given: [family], family }, { given: [other], family: other });
        expect(Number.isFinite(bits)).toBe(true);
      }),
    );
  });
});

describe('matchPolicy', () => {
  it('is as its schema says', () => {
    expect(matchPolicySchema.parse(matchPolicy)).toEqual(matchPolicy);
  });

  it('takes an exact agreement to be likelier for one person than by chance or in the household', () => {
    for (const [field, { levels }] of Object.entries(matchPolicy.fields))
      for (const [level, { household, person, stranger }] of Object.entries(levels))
        if ((level === 'exact' || level === 'agree') && field !== 'addressLine') {
          expect(stranger, field).toBeLessThan(person);
          expect(household, field).toBeLessThanOrEqual(person * 1.1);
        }
  });

  it('holds levels of whole dates, postcodes and family names that add up to one', () => {
    const { birthDate, family, postcode } = matchPolicy.fields;
    const sum = (rates: readonly number[]) => rates.reduce((total, rate) => total + rate, 0);
    const { 'partial-disagree': _, 'year-month': __, 'year-only': ___, ...whole } = birthDate.levels;
    const {
      'first-of-january': ____,
      'january-year-digit': _____,
      'january-year': ______,
      ...telling
    } = whole;
    const { initial: _______, ...spelt } = family.levels;
    for (const levels of [telling, postcode.levels, spelt])
      for (const world of ['person', 'stranger'] as const)
        expect(sum(Object.values(levels).map((rates) => rates[world]))).toBeCloseTo(1, 1);
  });
});
