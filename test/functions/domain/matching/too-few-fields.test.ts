import { describe, expect, it } from 'vitest';
import type { ComparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import { tooFewFields } from '../../../../functions/domain/matching/too-few-fields.ts';

describe('tooFewFields', () => {
  it.each<[string, ComparisonFields]>([
    ['family and birth date', { family: 'smith', given: [], birthDate: '1970-03-04' }],
    ['family, given and gender', { family: 'smith', given: ['john'], gender: 'male' }],
    [
      'birth date, gender and postcode',
      { given: [], birthDate: '1970-03-04', gender: 'male', postcode: 'LS1 4AB' },
    ],
    ['given, family and year of birth', { family: 'smith', given: ['john'], birthDate: '1970' }],
    ['given name and birth date', { given: ['john'], birthDate: '1970-03-04' }],
    ['family, gender and postcode', { family: 'smith', given: [], gender: 'male', postcode: 'LS1 4AB' }],
    ['names and gender only', { family: 'smith', given: ['john'], gender: 'male' }],
  ])('takes %s', (_name, fields) => {
    expect(tooFewFields(fields)).toBe(false);
  });

  it.each<[string, ComparisonFields]>([
    ['nothing', { given: [] }],
    ['a given name', { given: ['john'] }],
    ['a birth date', { given: [], birthDate: '1970-03-04' }],
    ['gender and birth date', { given: [], gender: 'male', birthDate: '1970-03-04' }],
    ['gender and postcode', { given: [], gender: 'male', postcode: 'LS1 4AB' }],
    ['family name and postcode', { family: 'smith', given: [], postcode: 'LS1 4AB' }],
    ['a telephone number and an email address', { given: [], phone: '7700900123', email: 'ann@example.com' }],
    ['a family name', { family: 'smith', given: [] }],
    ['both names', { family: 'smith', given: ['john'] }],
    ['postcode and birth date', { given: [], birthDate: '1970-03-04', postcode: 'LS1 4AB' }],
    ['family and year of birth, which leads nowhere', { family: 'smith', given: [], birthDate: '1970' }],
    [
      'family, gender and an outward postcode, which lead nowhere',
      { family: 'smith', given: [], gender: 'male', postcode: 'LS1' },
    ],
  ])('refuses %s', (_name, fields) => {
    expect(tooFewFields(fields)).toBe(true);
  });
});
