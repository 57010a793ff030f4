import { describe, expect, it } from 'vitest';
import type { Demographics } from '../../../../functions/domain/identity/demographics.ts';
import { isSameLife } from '../../../../functions/domain/identity/number-replacement.ts';

const today = '2026-11-21';
const adult: Demographics = {
  names: [{ family: 'Lockwood', given: ['Marian'] }],
  birthDate: '1971-03-09',
  gender: 'female',
  postcode: 'E2 8AA',
  deceased: false,
  restricted: false,
};
const child: Demographics = { ...adult, birthDate: '2019-05-05' };
const named = (family: string, given: string) => ({ names: [{ family, given: [given] }] });

describe('a number that replaces another', () => {
  it.each([
    ['nothing else changes', adult, {}],
    ['an adult marries', adult, named('Newlywed', 'Marian')],
    ['somebody moves', adult, { postcode: 'N1 1AA' }],
    ['a slip in the birth date is corrected', adult, { birthDate: '1971-03-19' }],
    ['the gender was not known', adult, { gender: 'unknown' as const }],
    ['a child keeps the name', child, {}],
  ])('is of one life when %s', (_, held, change) => {
    expect(isSameLife(held, { ...held, ...change }, today)).toBe(true);
  });

  it.each([
    ['a child has another surname (adoption)', child, named('Adopted', 'Marian')],
    ['somebody has another given name', adult, named('Lockwood', 'Simone')],
    ['the gender differs', adult, { gender: 'male' as const }],
    ['the new record is restricted (protection)', adult, { restricted: true }],
    ['the birth date is another', adult, { birthDate: '1999-12-31' }],
    ['nothing is known to compare', adult, { names: [], birthDate: undefined as never }],
    [
      'the age is not known and the surname another',
      { ...adult, birthDate: undefined as never },
      named('Newlywed', 'Marian'),
    ],
  ])('is not followed when %s', (_, held, change) => {
    const sent = { ...held, ...change };
    expect(isSameLife(held, sent, today)).toBe(false);
    expect(isSameLife(sent, held, today)).toBe(false);
  });

  it('does not take a former name for the present one', () => {
    const held = { ...child, names: [...named('Born', 'Marian').names] };
    const sent = {
      ...child,
      names: [
        ...named('Adopted', 'Marian').names,
        { family: 'Born', given: ['Marian'], historic: true as const },
      ],
    };
    expect(isSameLife(held, sent, today)).toBe(false);
  });

  it('counts eighteen years to the day', () => {
    const born = (birthDate: string) => ({ ...adult, birthDate });
    const surname = named('Newlywed', 'Marian');
    expect(isSameLife(born('2008-11-19'), { ...born('2008-11-19'), ...surname }, today)).toBe(true);
    expect(isSameLife(born('2008-11-25'), { ...born('2008-11-25'), ...surname }, today)).toBe(false);
  });
});
