import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import { guardAgainst } from '../../../../functions/domain/matching/guards.ts';
import {
  guardReasons,
  type MatchPolicy,
  matchPolicy,
} from '../../../../functions/domain/matching/match-policy.ts';
import { scoreCandidate } from '../../../../functions/domain/matching/score-candidate.ts';
import { john, someFields, without } from './fields.ts';

const guard = (query: ComparisonFields, candidate: ComparisonFields, score = 0.999, policy?: MatchPolicy) =>
  guardAgainst(scoreCandidate(query, candidate), score, policy);

/** What is compared, beside the field under test. */
interface Case {
  readonly why: string;
  /** What differs from John Smith in the query, and what in the candidate. */
  readonly query?: Partial<ComparisonFields>;
  readonly candidate?: Partial<ComparisonFields>;
  /** What neither of them has. */
  readonly lacking?: readonly (keyof ComparisonFields)[];
}

const run = ({ candidate, lacking = [], query }: Case) =>
  guard(without({ ...john, ...query }, ...lacking), without({ ...john, ...candidate }, ...lacking));

const phone = { phone: '7700900123' };
const email = { email: 'john@example.com' };
const line = { addressLine: '12 high street' };
const similarLine = { addressLine: '12 high st' };
const january = { birthDate: '1970-01-01' };
const monthOnly = { birthDate: '1970-03' };
const yearOnly = { birthDate: '1970' };
const strange = { family: 'okafor' };

describe('nothing forbids to be certain', () => {
  it.each<Case>([
    { why: 'of whom all agrees' },
    { why: 'with a nickname', query: { given: ['jack'] } },
    { why: 'with a mistyped given name', query: { given: ['johnh'] } },
    { why: 'with an initial', query: { given: ['j'] } },
    { why: 'with a wrong digit in the birth date', query: { birthDate: '1970-03-05' } },
    { why: 'with day and month exchanged', query: { birthDate: '1970-04-03' } },
    { why: 'who moved', query: { postcode: 'M1 1AE' } },
    { why: 'without postcode', lacking: ['postcode'] },
    { why: 'without birth date, at the same postcode', lacking: ['birthDate'] },
    { why: 'of whom only the month of birth is known', query: monthOnly, lacking: ['postcode'] },
    { why: 'born on a first of January', query: january, candidate: january, lacking: ['postcode'] },
  ])('of a person $why', (one) => {
    expect(run(one)).toBeUndefined();
  });
});

describe('given-name-differs', () => {
  it.each<Case>([
    { why: 'twins', query: { given: ['james'] } },
    { why: 'twins whose initials differ', query: { given: ['r'] } },
    {
      why: 'twins who share a middle name',
      query: { given: ['james', 'paul'] },
      candidate: { given: ['john', 'paul'] },
    },
    {
      why: 'brothers called by names one letter apart',
      query: { given: ['tim'] },
      candidate: { given: ['jim'] },
    },
    {
      why: 'daughter and son called alike',
      query: { given: ['danielle'] },
      candidate: { given: ['daniel'] },
    },
    {
      why: 'brothers of other names, born years apart',
      query: { birthDate: '1944-11-20', given: ['james'] },
    },
    {
      why: 'brothers of other names, born a day apart',
      query: { birthDate: '1970-03-05', given: ['james'] },
    },
    {
      why: 'brothers of like names, of whom day and month are exchanged',
      query: { birthDate: '1970-04-03', given: ['tim'] },
      candidate: { given: ['jim'] },
    },
    {
      why: 'brothers who share a middle name, of whom no date is known',
      query: { given: ['peter', 'john'] },
      lacking: ['birthDate'],
    },
    {
      why: 'another family name and given name in part, at home, without birth date',
      query: { ...strange, given: ['peter', 'john'] },
      lacking: ['birthDate'],
    },
    { why: 'twins born on a first of January', query: { ...january, given: ['james'] }, candidate: january },
    { why: 'twins of whom the month is known', query: { ...monthOnly, given: ['james'] } },
    { why: 'twins of whom the year is known', query: { ...yearOnly, given: ['james'] } },
    { why: 'brothers of whom no date is known', query: { given: ['james'] }, lacking: ['birthDate'] },
    {
      why: 'twins who share telephone and email',
      query: { ...phone, ...email, given: ['james'] },
      candidate: { ...phone, ...email },
    },
  ])('parts $why', (one) => {
    expect(run(one)).toBe('given-name-differs');
  });

  it.each<Case>([
    { why: 'the given name agrees', query: {} },
    { why: 'the other name is one that nobody is given', query: { given: ['johm'] } },
    {
      why: 'the names are alike and the birth date is a slip away, as of no twins',
      query: { given: ['tim'], birthDate: '1970-03-05' },
      candidate: { given: ['jim'] },
    },
    {
      why: 'the names are alike and two parts of the birth date agree, as of no twins',
      query: { given: ['tim'], birthDate: '1985-03-04' },
      candidate: { given: ['jim'] },
    },
    {
      why: 'a middle name is the other’s first, and the birth date agrees',
      query: { given: ['peter', 'john'] },
    },
    { why: 'it is a known short form', query: { given: ['johnny'] } },
  ])('no more when $why', (one) => {
    expect(run(one)).toBeUndefined();
  });
});

describe('given-name-missing', () => {
  it.each<Case>([
    { why: '"baby" and a named child', query: { given: [], unnamed: true } },
    {
      why: '"twin one" and "twin two"',
      query: { given: [], unnamed: true },
      candidate: { given: [], unnamed: true },
    },
    { why: 'a named child and "baby"', candidate: { given: [], unnamed: true } },
    { why: 'a missing name and another family name', query: { ...strange, given: [] } },
    { why: 'a missing name and no family name', query: { given: [] }, lacking: ['family'] },
    { why: 'a missing name and a birth date without a home', query: { given: [] }, lacking: ['postcode'] },
    { why: 'a missing name, a birth date and the next street', query: { given: [], postcode: 'LS1 4XY' } },
    { why: 'a missing name and half of a double family name', query: { given: [], family: 'smith jones' } },
    {
      why: 'a missing name and another gender: twins are often of two',
      query: { given: [], gender: 'female' },
    },
    { why: 'a missing name and the year of birth', query: { ...yearOnly, given: [] } },
    { why: 'a missing name and no birth date', query: { given: [] }, lacking: ['birthDate'] },
    {
      why: 'a missing name, a first of January and a town',
      query: { ...january, given: [], postcode: 'LS1 5XY' },
      candidate: january,
    },
  ])('parts $why', (one) => {
    expect(run(one)).toBe('given-name-missing');
  });

  it.each<Case>([
    { why: 'both are named', query: {} },
    {
      why: 'the name is merely missing, and family name, birth date and home agree',
      query: { given: [] },
    },
    {
      why: 'the same with a mistyped family name',
      query: { given: [], family: 'smiht' },
    },
    {
      why: 'the same with a wrong digit',
      query: { given: [], birthDate: '1970-03-05' },
    },
    {
      why: 'day and month are exchanged',
      query: { given: [], birthDate: '1970-04-03' },
    },
    {
      why: 'to a first of January the postcode is added',
      query: { ...january, given: [] },
      candidate: january,
    },
    {
      why: 'to a first of January a nearly right postcode is added',
      query: { ...january, given: [], postcode: 'LS1 4AD' },
      candidate: january,
    },
    {
      why: 'to a first of January the address is added',
      query: { ...january, ...line, given: [] },
      candidate: { ...january, ...similarLine },
      lacking: ['postcode'],
    },
    {
      why: 'to a first of January the telephone is added',
      query: { ...january, ...phone, given: [] },
      candidate: { ...january, ...phone },
      lacking: ['postcode'],
    },
  ])('no more when $why', (one) => {
    expect(run(one)).toBeUndefined();
  });
});

describe('birth-date-differs', () => {
  it.each<Case>([
    { why: 'father and son of one name', query: { birthDate: '1944-11-20' } },
    { why: 'brothers born in one year', query: { birthDate: '1970-11-21' } },
    { why: 'a person and the year of another', query: { birthDate: '1944' } },
    {
      why: 'father and son of whom only the years are known',
      query: { birthDate: '1940-01-01' },
      candidate: january,
    },
    {
      why: 'father and son who share telephone, email and address',
      query: { ...phone, ...email, ...line, birthDate: '1944-11-20' },
      candidate: { ...phone, ...email, ...line },
    },
    {
      why: 'mother and child before it has a name',
      query: { birthDate: '1944-11-20', given: [], unnamed: true },
    },
  ])('parts $why', (one) => {
    expect(run(one)).toBe('birth-date-differs');
  });

  it.each<Case>([
    { why: 'two of three parts agree', query: { birthDate: '1985-03-04' } },
    { why: 'one is a first of January of the same year', query: january },
    { why: 'it is left out', query: { birthDate: '1944-11-20' }, lacking: ['birthDate'] },
  ])('no more when $why', (one) => {
    expect(run(one)).toBeUndefined();
  });
});

describe('one-name-alone', () => {
  it.each<Case>([
    {
      why: 'another family name, and a birth date without a place',
      query: { ...strange, postcode: 'M1 1AE' },
    },
    { why: 'another family name without postcode', query: strange, lacking: ['postcode'] },
    { why: 'another family name and the year of birth at one postcode', query: { ...strange, ...yearOnly } },
    {
      why: 'another family name in one town, without birth date',
      query: { ...strange, postcode: 'LS1 5XY' },
      lacking: ['birthDate'],
    },
    {
      why: 'no family name, and a birth date at another place',
      query: { postcode: 'M1 1AE' },
      lacking: ['family'],
    },
    {
      why: 'no family name and a first of January',
      query: january,
      candidate: january,
      lacking: ['family', 'postcode'],
    },
    {
      why: 'no family name and the year of birth in one town',
      query: { ...yearOnly, postcode: 'LS1 5XY' },
      lacking: ['family'],
    },
    {
      why: 'no family name, and the same given name at home',
      query: { given: ['jack'] },
      lacking: ['family', 'birthDate'],
    },
    { why: 'no family name, at home with the year of birth', query: yearOnly, lacking: ['family'] },
    {
      why: 'another family name and a wrong digit, in one town',
      query: { ...strange, birthDate: '1970-03-05', postcode: 'LS1 5XY' },
    },
    {
      why: 'another family name and a first of January, in one town',
      query: { ...strange, ...january, postcode: 'LS1 5XY' },
      candidate: january,
    },
    {
      why: 'no family name, and an initial at home',
      query: { given: ['j'] },
      lacking: ['family', 'birthDate'],
    },
  ])('parts $why', (one) => {
    expect(run(one)).toBe('one-name-alone');
  });

  it.each<Case>([
    { why: 'married: given name, birth date and postcode agree', query: strange },
    { why: 'married and in the next street', query: { ...strange, postcode: 'LS1 4XY' } },
    { why: 'married and at a nearly right postcode', query: { ...strange, postcode: 'LS1 4AD' } },
    { why: 'married and in the same town', query: { ...strange, postcode: 'LS1 5XY' } },
    {
      why: 'married, in one town, with day and month exchanged',
      query: { ...strange, birthDate: '1970-04-03', postcode: 'LS1 5XY' },
    },
    { why: 'married, with a wrong digit', query: { ...strange, birthDate: '1970-03-05' } },
    { why: 'married, born on a first of January', query: { ...strange, ...january }, candidate: january },
    {
      why: 'married, at one address',
      query: { ...strange, ...line, postcode: 'M1 1AE' },
      candidate: similarLine,
    },
    {
      why: 'married, with one telephone',
      query: { ...strange, ...phone, postcode: 'M1 1AE' },
      candidate: phone,
    },
    { why: 'married, with one email', query: { ...strange, ...email, postcode: 'M1 1AE' }, candidate: email },
    { why: 'married, at home, and the birth date is unknown', query: strange, lacking: ['birthDate'] },
    {
      why: 'married, at a nearly right postcode, and the birth date is unknown',
      query: { ...strange, postcode: 'LS1 4AD', given: ['jack'] },
      lacking: ['birthDate'],
    },
    { why: 'the family name is unknown and the birth date agrees', lacking: ['family', 'postcode'] },
    {
      why: 'the family name is unknown, on a first of January in one town',
      query: { ...january, postcode: 'LS1 5XY' },
      candidate: january,
      lacking: ['family'],
    },
  ])('no more of a person $why', (one) => {
    expect(run(one)).toBeUndefined();
  });
});

describe('names-alone', () => {
  it.each<Case>([
    { why: 'namesakes with another postcode', query: { postcode: 'M1 1AE' }, lacking: ['birthDate'] },
    { why: 'namesakes of one year', query: yearOnly, lacking: ['postcode'] },
    { why: 'namesakes born in one month', query: { birthDate: '1970-03-21', postcode: 'M1 1AE' } },
    {
      why: 'namesakes, one of whom has a first of January of the year',
      query: january,
      lacking: ['postcode'],
    },
    {
      why: 'a namesake of whom only the initial is known',
      query: { given: ['j'] },
      lacking: ['birthDate', 'postcode'],
    },
    {
      why: 'a namesake of half a double name',
      query: { family: 'smith jones' },
      lacking: ['birthDate', 'postcode'],
    },
    {
      why: 'namesakes with another telephone and another house',
      query: { ...yearOnly, phone: '7700900999', addressLine: '5 mill lane' },
      candidate: { ...phone, ...line },
      lacking: ['postcode'],
    },
  ])('parts $why', (one) => {
    expect(run(one)).toBe('names-alone');
  });

  it.each<Case>([
    { why: 'nothing speaks against it', lacking: ['birthDate', 'postcode'] },
    {
      why: 'nothing speaks against a nickname and a slip',
      query: { given: ['jack'], family: 'smiht' },
      lacking: ['birthDate', 'postcode'],
    },
    {
      why: 'of both only the year is known, one digit apart',
      query: { birthDate: '1971-01-01' },
      candidate: january,
      lacking: ['postcode'],
    },
    { why: 'the town agrees', query: { ...yearOnly, postcode: 'LS1 5XY' } },
    { why: 'the address agrees', query: { ...yearOnly, ...line }, candidate: line, lacking: ['postcode'] },
    {
      why: 'the telephone agrees',
      query: { ...yearOnly, ...phone },
      candidate: phone,
      lacking: ['postcode'],
    },
    { why: 'the email agrees', query: { ...yearOnly, ...email }, candidate: email, lacking: ['postcode'] },
    { why: 'the birth date agrees', query: { postcode: 'M1 1AE' } },
    {
      why: 'the area agrees, and no date speaks against it',
      query: { postcode: 'LS17 7DF' },
      lacking: ['birthDate'],
    },
  ])('no more when $why', (one) => {
    expect(run(one)).toBeUndefined();
  });

  it('asks for a higher probability of names that nothing supports', () => {
    const { namesAlone } = matchPolicy.thresholds;
    const known = without(john, 'birthDate', 'postcode');
    expect(guard(known, known, namesAlone)).toBeUndefined();
    expect(guard(known, known, namesAlone - 0.0001)).toBe('names-alone');
  });
});

describe('guards', () => {
  it('do not depend on who asks and who answers', () => {
    fc.assert(
      fc.property(someFields, someFields, (first, second) => {
        expect(guard(first, second)).toBe(guard(second, first));
      }),
    );
  });

  it('are never raised by a field that agrees', () => {
    fc.assert(
      fc.property(
        someFields,
        someFields,
        fc.constantFrom('family', 'given', 'birthDate', 'postcode', 'gender'),
        (query, candidate, field) => {
          fc.pre(query[field] !== undefined && (field !== 'given' || query.given.length > 0));
          const agreeing = { ...candidate, [field]: query[field] };
          // A partial date that agrees is no whole one: it may be a twin's or a father's.
          fc.pre(field !== 'birthDate' || query.birthDate?.length === 10);
          // Where a family name reads like a given name, leaving one out lets the other be read in its place.
          const isExchanged = scoreCandidate(without(query, field), agreeing).fields.some(
            (row) => row.field === 'order',
          );
          if (!isExchanged && guard(without(query, field), agreeing) === undefined)
            expect(guard(query, agreeing)).toBeUndefined();
        },
      ),
    );
  });

  it.each(guardReasons)('can be switched off one by one, to measure what they cost: %s', (reason) => {
    const policy = { ...matchPolicy, guards: { ...matchPolicy.guards, [reason]: false } };
    const reasons = [
      guard({ ...john, given: ['james'] }, john, 0.999, policy),
      guard({ ...john, given: [], unnamed: true }, john, 0.999, policy),
      guard({ ...john, birthDate: '1944-11-20' }, john, 0.999, policy),
      guard({ ...john, ...strange, postcode: 'M1 1AE' }, john, 0.999, policy),
      guard(without({ ...john, postcode: 'M1 1AE' }, 'birthDate'), john, 0.999, policy),
    ];
    expect(reasons).toEqual(guardReasons.map((one) => (one === reason ? undefined : one)));
  });

  it('are all in force in the shipped policy', () => {
    expect(Object.values(matchPolicy.guards)).toEqual(guardReasons.map(() => true));
  });
});
