import { describe, expect, it } from 'vitest';
import {
  compareNames,
  compareOthers,
  exchangeNames,
} from '../../../../functions/domain/matching/compare-fields.ts';
import type { ComparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import { john, without } from './fields.ts';

const complete: ComparisonFields = {
  ...john,
  addressLine: '12 high street',
  phone: '7700900123',
  email: 'john@example.com',
  practice: 'T9C01',
};

describe('compareNames and compareOthers', () => {
  it('give a level to each field that both have', () => {
    expect(compareNames(complete, complete)).toStrictEqual({ family: 'exact', given: 'exact' });
    expect(compareOthers(complete, complete)).toStrictEqual({
      birthDate: 'exact',
      postcode: 'exact',
      addressLine: 'exact-same-postcode',
      gender: 'agree',
      phone: 'exact',
      email: 'exact',
      practice: 'agree',
    });
  });

  it('give none to a field that one side lacks', () => {
    expect(compareNames(complete, { given: [] })).toStrictEqual({});
    expect(compareOthers(complete, { given: [] })).toStrictEqual({});
  });

  it('take a line for the house alone only where the whole postcode agrees', () => {
    const moved = { ...complete, postcode: 'LS1 4AD' };
    expect(compareOthers(complete, moved).addressLine).toBe('exact');
    expect(compareOthers(without(complete, 'postcode'), complete).addressLine).toBe('exact');
  });

  it.each([
    ['male', 'male', 'agree'],
    ['male', 'female', 'disagree'],
    ['other', 'other', 'agree'],
    // Systems differ in what they can hold.
    ['other', 'male', undefined],
    ['female', 'other', undefined],
    ['female', undefined, undefined],
  ] as const)('gender %s and %s: %s, either way round', (gender, other, expected) => {
    const one: ComparisonFields = { given: [], gender };
    const two: ComparisonFields = { given: [], ...(other && { gender: other }) };
    expect(compareOthers(one, two).gender).toBe(expected);
    expect(compareOthers(two, one).gender).toBe(expected);
  });
});

describe('exchangeNames', () => {
  const namesOf = (fields: Pick<ComparisonFields, 'family' | 'given'>) => {
    const { family, given } = exchangeNames({ ...john, ...fields });
    return { family, given };
  };

  it('puts each name in the place of the other', () => {
    expect(namesOf({ given: ['john', 'paul'], family: 'smith jones' })).toStrictEqual({
      given: ['smith', 'jones'],
      family: 'john paul',
    });
  });

  it('makes no name of a missing one', () => {
    expect(namesOf({ given: [] })).toEqual({ given: ['smith'] });
    expect(exchangeNames({ given: ['john'] })).toStrictEqual({ given: [], family: 'john' });
    expect(exchangeNames({ given: [] })).toStrictEqual({ given: [] });
  });
});
