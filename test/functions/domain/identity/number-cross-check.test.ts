import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Demographics } from '../../../../functions/domain/identity/demographics.ts';
import {
  crossCheckNumber,
  isProvenByNumber,
} from '../../../../functions/domain/identity/number-cross-check.ts';

function person(change: Partial<Demographics> = {}): Demographics {
  return {
    names: [{ family: 'Lockwood', given: ['Marian'] }],
    birthDate: '1971-03-09',
    postcode: 'E2 8AA',
    deceased: false,
    restricted: false,
    ...change,
  };
}
const stranger = { names: [{ family: 'Okafor', given: ['Chidi'] }], postcode: 'SW1A 1AA' };

describe('the cross-check of an NHS number', () => {
  it('agrees when the birth date is the same, whatever else has changed', () => {
    expect(crossCheckNumber(person(stranger), person())).toBe('agrees');
  });

  it.each([
    ['one part differs', '1971-03-19'],
    ['the month differs', '1971-04-09'],
    ['the year differs', '1981-03-09'],
    ['day and month are exchanged', '1971-09-03'],
    ['the digits of the day are turned', '1971-03-90'],
    ['the last digits of the year are turned', '1917-03-09'],
    ['the day is not known', '1971-03'],
    ['only the year is known', '1971'],
  ])('agrees in part when %s: with the name, or the outward postcode', (_, birthDate) => {
    const held = person();
    expect(crossCheckNumber(person({ birthDate }), held)).toBe('agrees');
    expect(crossCheckNumber(person({ birthDate, names: stranger.names }), held)).toBe('agrees');
    expect(crossCheckNumber(person({ birthDate, postcode: stranger.postcode }), held)).toBe('agrees');
    expect(crossCheckNumber(person({ birthDate, ...stranger }), held)).toBe('contradicts');
  });

  it.each([
    ['two parts differ', '1981-04-09'],
    ['all parts differ', '1999-12-31'],
    ['what is known of it differs', '1972'],
  ])('contradicts when %s, even with the same name and postcode', (_, birthDate) => {
    expect(crossCheckNumber(person({ birthDate }), person())).toBe('contradicts');
  });

  it('takes the initial and three letters of the surname for the name, accents and spaces aside', () => {
    const held = person({ postcode: 'N1 1AA' });
    const sent = (family: string, given: string) =>
      crossCheckNumber(person({ birthDate: '1971-03-19', names: [{ family, given: [given] }] }), held);
    expect(sent('Lócksmith', 'Mary')).toBe('agrees');
    expect(sent('LOC KWOOD', 'M')).toBe('agrees');
    expect(sent('Lockwood', 'Jo')).toBe('contradicts');
    expect(sent('Lowood', 'Marian')).toBe('contradicts');
  });

  it('knows former names and postcodes, but no former birth date', () => {
    const held = person({
      names: [
        { family: 'Newlywed', given: ['Marian'] },
        { family: 'Lockwood', given: ['Marian'], historic: true },
      ],
      postcode: 'N1 1AA',
      historicPostcodes: ['E2 9ZZ'],
    });
    const near = { birthDate: '1971-03-19' };
    expect(crossCheckNumber(person({ ...near, postcode: 'W1 1AA' }), held)).toBe('agrees');
    expect(crossCheckNumber(person({ ...near, names: stranger.names }), held)).toBe('agrees');
  });

  it.each([
    ['a missing birth date', { birthDate: undefined }],
    ['a filler for a birth date', { birthDate: '1900-01-01' }],
  ])('leaves it to the name where there is %s', (_, change) => {
    expect(crossCheckNumber(person(change as Partial<Demographics>), person())).toBe('agrees');
    const other = { ...change, ...stranger } as Partial<Demographics>;
    expect(crossCheckNumber(person(other), person())).toBe('contradicts');
  });

  it('has nothing to compare where there is nothing, or only fillers', () => {
    const nothing: Demographics = { names: [], deceased: false, restricted: false };
    expect(crossCheckNumber(nothing, person())).toBe('nothing-to-compare');
    const fillers = {
      names: [{ family: 'Unknown', given: ['Baby'] }],
      birthDate: '1900-01-01',
      postcode: 'ZZ99 3VZ',
    };
    expect(crossCheckNumber(person(fillers), person())).toBe('nothing-to-compare');
    expect(crossCheckNumber({ ...nothing, postcode: 'E2 9ZZ' }, person())).toBe('agrees');
    expect(crossCheckNumber({ ...nothing, postcode: 'N1 1AA' }, person())).toBe('nothing-to-compare');
  });
});

const anybody: fc.Arbitrary<Demographics> = fc.record(
  {
    names: fc.array(
      fc.record({ family: fc.constantFrom('Lockwood', 'Okafor', 'Unknown'), given: fc.constant(['Marian']) }),
      { maxLength: 2 },
    ),
    birthDate: fc.constantFrom(
      '1971-03-09',
      '1971-09-03',
      '1917-03-09',
      '1971-03',
      '1971',
      '1900-01-01',
      '1999-12-31',
    ),
    postcode: fc.constantFrom('E2 8AA', 'E2', 'ZZ99 3VZ', 'N1 1AA'),
    historicPostcodes: fc.constantFrom(['N1 1AA'], []),
    deceased: fc.constant(false),
    restricted: fc.constant(false),
  },
  { requiredKeys: ['names', 'deceased', 'restricted'] },
);

describe('an NHS number as proof', () => {
  const nothing: Demographics = { names: [], deceased: false, restricted: false };
  it('needs no more than itself while it is in use, and agreement once it is withdrawn', () => {
    const owner = { demographics: person(), nhsNumber: 'in use' };
    const withdrawn = { demographics: person() };
    expect([isProvenByNumber(nothing, owner), isProvenByNumber(nothing, withdrawn)]).toEqual([true, false]);
    expect([isProvenByNumber(person(), owner), isProvenByNumber(person(), withdrawn)]).toEqual([true, true]);
    const other = person({ ...stranger, birthDate: '1999-12-31' });
    expect([isProvenByNumber(other, owner), isProvenByNumber(other, withdrawn)]).toEqual([false, false]);
  });
});

describe('for anybody, the cross-check', () => {
  it('does not depend on which side is asked', () =>
    fc.assert(
      fc.property(anybody, anybody, (one, other) => {
        expect(crossCheckNumber(one, other)).toBe(crossCheckNumber(other, one));
      }),
    ));

  it('never contradicts a person themselves', () =>
    fc.assert(
      fc.property(anybody, (one) => {
        expect(crossCheckNumber(one, one)).not.toBe('contradicts');
      }),
    ));

  it('is not turned against the person by a name that agrees', () =>
    fc.assert(
      fc.property(anybody, anybody, (one, other) => {
        const name = { family: 'Sluicegate', given: ['Xenia'] };
        const before = crossCheckNumber(one, other);
        const after = crossCheckNumber(
          { ...one, names: [...one.names, name] },
          { ...other, names: [...other.names, name] },
        );
        if (before !== 'contradicts') expect(after).toBe('agrees');
      }),
    ));
});
