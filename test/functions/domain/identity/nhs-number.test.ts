import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkDigitOf,
  formatNhsNumber,
  isVerified,
  nhsNumberStatuses,
  parseNhsNumber,
} from '../../../../functions/domain/identity/nhs-number.ts';

const digits = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((list) => list.join(''));

/** Numbers of the test range 999 that pass Modulus 11. */
const validNumber = digits(6)
  .map((middle) => `999${middle}`)
  .filter((nine) => checkDigitOf(nine) !== undefined)
  .map((nine) => `${nine}${checkDigitOf(nine)}`)
  .filter((number) => !/^(.)\1{9}$/.test(number));

describe('parseNhsNumber', () => {
  it.each(['9990000018', '999 000 0018', '999-000-0018', ' 9990000018 '])('reads %j', (text) => {
    expect(parseNhsNumber(text)).toEqual({ ok: true, nhsNumber: '9990000018' });
  });

  it('reads a number whose remainder is 0, so that the check digit 11 is written 0', () => {
    expect(parseNhsNumber('9990000050').ok).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['nine digits', '999000001'],
    ['eleven digits', '99900000188'],
    ['a wrong check digit', '9990000019'],
    ['a number whose check digit would be 10', '9990000000'],
    ['ten zeros', '0000000000'],
    ['ten ones', '1111111111'],
    ['letters', '999000001X'],
    ['full-width digits', '９９９００００００１８'],
    ['Arabic-Indic digits', '٩٩٩٠٠٠٠٠١٨'],
    ['a zero-width space', '99900\u200b00018'],
    ['a no-break space', '999\u00a0000\u00a00018'],
    ['a tab', '999\t000\t0018'],
    ['a line end', '9990000018\n'],
    ['an en dash', '999–000–0018'],
    ['endless spaces', `${' '.repeat(100_000)}9990000018`],
  ])('refuses %s', (_name, text) => {
    expect(parseNhsNumber(text)).toEqual({ ok: false });
  });

  it('has at most one valid tenth digit for any nine digits', () => {
    fc.assert(
      fc.property(digits(9), (nine) => {
        const valid = [...'0123456789'].filter((tenth) => parseNhsNumber(nine + tenth).ok);
        const isFiller = /^(.)\1{8}$/.test(nine);
        expect(valid).toHaveLength(checkDigitOf(nine) === undefined || isFiller ? 0 : 1);
      }),
    );
  });

  it('catches every single wrong digit', () => {
    fc.assert(
      fc.property(validNumber, fc.nat(9), fc.integer({ min: 1, max: 9 }), (number, at, shift) => {
        const wrong = (Number(number[at]) + shift) % 10;
        expect(parseNhsNumber(`${number.slice(0, at)}${wrong}${number.slice(at + 1)}`).ok).toBe(false);
      }),
    );
  });

  it('catches every exchange of two different neighbours', () => {
    fc.assert(
      fc.property(validNumber, fc.nat(8), (number, at) => {
        fc.pre(number[at] !== number[at + 1]);
        const exchanged = `${number.slice(0, at)}${number[at + 1]}${number[at]}${number.slice(at + 2)}`;
        expect(parseNhsNumber(exchanged).ok).toBe(false);
      }),
    );
  });

  it('reads back what formatNhsNumber writes', () => {
    fc.assert(
      fc.property(validNumber, (number) => {
        const parsed = parseNhsNumber(number);
        if (!parsed.ok) throw new Error('the generator made an invalid number');
        const shown = formatNhsNumber(parsed.nhsNumber);
        expect(shown).toMatch(/^\d{3} \d{3} \d{4}$/);
        expect(parseNhsNumber(shown)).toEqual(parsed);
      }),
    );
  });
});

describe('verification status', () => {
  it('knows the eight codes of the NHS Data Dictionary', () => {
    expect(Object.keys(nhsNumberStatuses).sort()).toEqual(['01', '02', '03', '04', '05', '06', '07', '08']);
  });

  it('takes only 01 as verified', () => {
    const verified = [...Object.keys(nhsNumberStatuses), '', '1', '001', undefined].filter(isVerified);
    expect(verified).toEqual(['01']);
  });
});
