import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareAddressLines,
  comparePostcodes,
  foldPostcode,
} from '../../../../functions/domain/matching/compare-addresses.ts';

describe('comparePostcodes', () => {
  it.each([
    ['LS1 4AB', 'LS1 4AB', 'exact'],
    ['LS1 4AB', 'LSI 4AB', 'exact'],
    ['OX1 4AB', '0X1 4AB', 'exact'],
    ['LS1 4AB', 'LS1 4AD', 'one-edit'],
    ['LS1 4AB', 'LS11 4AB', 'one-edit'],
    ['LS1 4AB', 'LS4 1AB', 'one-edit'],
    ['LS1 4AB', 'LS1 4XY', 'sector'],
    ['LS1 4AB', 'LS1 5XY', 'outcode'],
    ['LS1 4AB', 'LS1', 'outcode'],
    ['LS1', 'LS1', 'outcode'],
    // The same number of another outward code is another place.
    ['LS1 4AB', 'LS28 4XY', 'area'],
    ['LS1 4AB', 'LS17 7DF', 'area'],
    ['M1 1AE', 'M60 9AA', 'area'],
    ['LS1 4AB', 'L15 7DF', 'disagree'],
    ['LS1 4AB', 'LE17 7DF', 'disagree'],
    ['LS1 4AB', 'M1 1AE', 'disagree'],
    ['AB10 1AB', 'AL1 7DF', 'disagree'],
    ['ZE1 0AA', 'ZA1 7DF', 'disagree'],
    // An area has two letters, also where a third was mistyped for a digit.
    ['LSA 4AB', 'LSB 7DF', 'area'],
    // Other countries' postcodes are digits alone.
    ['2119', '2119', 'outcode'],
    ['2119', '2560', 'area'],
    ['2119', '3119', 'disagree'],
  ])('%s and %s: %s, either way round', (postcode, other, expected) => {
    expect(comparePostcodes(postcode, other)).toBe(expected);
    expect(comparePostcodes(other, postcode)).toBe(expected);
  });

  it('says nothing where one is missing', () => {
    expect(comparePostcodes('LS1 4AB', undefined)).toBeUndefined();
    expect(comparePostcodes(undefined, 'LS1 4AB')).toBeUndefined();
  });

  const outward = fc.constantFrom('E1', 'EC1A', 'LS17', 'M60', 'W1B', 'OX1');
  const inward = fc.constantFrom('4AB', '7DF', '1IO', '0QQ');

  it('sees any one wrong, lost or added character of a whole postcode, and exchanged neighbours', () => {
    fc.assert(
      fc.property(outward, inward, fc.nat(6), fc.constantFrom('X', '5', ''), (out, rest, at, other) => {
        const typed = out + rest;
        const place = at % (typed.length - 1);
        const normal = (text: string) => `${text.slice(0, -3)} ${text.slice(-3)}`;
        const slips = [
          `${typed.slice(0, place)}${other}${typed.slice(place + 1)}`,
          `${typed.slice(0, place)}${typed[place + 1]}${typed[place]}${typed.slice(place + 2)}`,
        ];
        for (const slip of slips)
          if (foldPostcode(slip) !== foldPostcode(typed))
            expect(comparePostcodes(`${out} ${rest}`, normal(slip)), slip).toBe('one-edit');
      }),
    );
  });

  it('does not depend on which postcode comes first', () => {
    const any = fc.oneof(
      fc.tuple(outward, inward).map((parts) => parts.join(' ')),
      outward,
      fc.constantFrom('2119', '2560', '31190'),
    );
    fc.assert(
      fc.property(any, any, (first, second) => {
        expect(comparePostcodes(first, second)).toBe(comparePostcodes(second, first));
        expect(comparePostcodes(first, first)).toBe(first.includes(' ') ? 'exact' : 'outcode');
      }),
    );
  });

  it('takes O and 0, I and 1 as one wherever they stand', () => {
    expect(foldPostcode('OIO1 0IO')).toBe('0101 010');
  });
});

describe('compareAddressLines', () => {
  it.each([
    ['12 high street', '12 high street', 'exact'],
    ['12 high street', '12 high st', 'similar'],
    ['the old mill', 'the old mille', 'similar'],
    ['12 high street', '14 high street', 'disagree'],
    ['12 high street', '1 high street', 'disagree'],
    ['12 high street', 'high street', 'disagree'],
    ['12 high street', '12 mill lane', 'disagree'],
  ])('%s and %s: %s, which says less at one postcode', (line, other, expected) => {
    const inOnePostcode = expected === 'disagree' ? expected : `${expected}-same-postcode`;
    expect(compareAddressLines(line, other, false)).toBe(expected);
    expect(compareAddressLines(other, line, false)).toBe(expected);
    expect(compareAddressLines(line, other, true)).toBe(inOnePostcode);
  });

  it('says nothing where one is missing', () => {
    expect(compareAddressLines('12 high street', undefined, true)).toBeUndefined();
    expect(compareAddressLines(undefined, '12 high street', false)).toBeUndefined();
  });
});
