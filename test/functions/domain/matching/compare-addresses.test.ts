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
