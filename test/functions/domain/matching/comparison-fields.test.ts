import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Demographics } from '../../../../functions/domain/identity/demographics.ts';
import {
  comparisonFields,
  foldEmail,
  foldPhone,
} from '../../../../functions/domain/matching/comparison-fields.ts';
import { foldName } from '../../../../functions/domain/matching/fold-name.ts';
import {
  areNicknames,
  formalNames,
  isKnownGivenName,
} from '../../../../functions/domain/matching/nicknames.ts';

const person = (over: Partial<Demographics>): Demographics => ({
  names: [],
  deceased: false,
  restricted: false,
  ...over,
});

describe('foldName', () => {
  it.each([
    ['Zoë', 'zoe'],
    ["O'NEIL", 'oneil'],
    ['O’Neil', 'oneil'],
    ['Smith-Jones', 'smith jones'],
    ['  van  der   Berg ', 'van der berg'],
    ['Łukasz Øster', 'lukasz oster'],
    ['ＪＡＮＥ', 'jane'],
    ['Σίσυφος', 'σισυφος'],
    ['...', ''],
  ])('folds %j to %j', (text, expected) => {
    expect(foldName(text)).toBe(expected);
  });

  it('changes nothing when applied twice, and never grows without bound', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const once = foldName(text);
        expect(foldName(once)).toBe(once);
        expect(once.length).toBeLessThanOrEqual(100);
      }),
    );
  });
});

describe('comparisonFields', () => {
  it('gives one set for each different name, the current one first', () => {
    const fields = comparisonFields(
      person({
        names: [
          { family: 'Jones', given: ['Ann'] },
          { family: 'JONES', given: ['ANN'] },
          { family: 'Smith', given: ['Ann'] },
        ],
        birthDate: '1970-03-04',
      }),
    );
    expect(fields).toEqual([
      { family: 'jones', given: ['ann'], birthDate: '1970-03-04' },
      { family: 'smith', given: ['ann'], birthDate: '1970-03-04' },
    ]);
  });

  it('takes placeholders as missing', () => {
    const [fields] = comparisonFields(
      person({
        names: [{ family: 'UNKNOWN', given: ['Baby', 'of', 'Jones'] }],
        birthDate: '1900-01-01',
        gender: 'unknown',
        postcode: 'ZZ99 3VZ',
      }),
    );
    expect(fields).toEqual({ given: [], unnamed: true });
  });

  it.each([
    'Baby',
    'BABY BOY',
    'Twin One',
    'twin 2',
    'Triplet Two',
    'b/o Jones',
    'Infant of Smith',
    'Not known',
  ])('takes the given name %j as missing', (given) => {
    expect(comparisonFields(person({ names: [{ family: 'Hall', given: [given] }] }))[0]?.given).toEqual([]);
  });

  it.each(['Boyd', 'Girling', 'Twining', 'Noah', 'Ming'])('keeps the real name %s', (family) => {
    expect(comparisonFields(person({ names: [{ family, given: [family] }] }))[0]).toEqual({
      family: family.toLowerCase(),
      given: [family.toLowerCase()],
    });
  });

  it('keeps the digits of a birth date that no calendar has', () => {
    expect(comparisonFields(person({ typedBirthDate: '1970-71-04' }))[0]?.birthDate).toBe('1970-71-04');
  });

  it('marks old names as historic, and gives the current name at each postcode that was left', () => {
    const fields = comparisonFields(
      person({
        names: [
          { family: 'Jones', given: ['Ann'] },
          { family: 'Smith', given: ['Ann'], historic: true },
        ],
        postcode: 'LS1 4AB',
        historicPostcodes: ['M1 1AE', 'LS1 4AB', 'ZZ99 3VZ', 'M1 1AE'],
        addressLine: '1, High Street',
      }),
    );
    expect(fields).toEqual([
      { family: 'jones', given: ['ann'], postcode: 'LS1 4AB', addressLine: '1 high street' },
      { family: 'smith', given: ['ann'], postcode: 'LS1 4AB', addressLine: '1 high street', historic: true },
      { family: 'jones', given: ['ann'], postcode: 'M1 1AE', historic: true },
    ]);
  });

  it('gives eight variants at most', () => {
    const historicPostcodes = Array.from(
      { length: 20 },
      (_, index) => `LS1 ${index % 10}A${'ABCDE'[index % 5]}`,
    );
    expect(comparisonFields(person({ historicPostcodes })).length).toBeLessThanOrEqual(8);
  });

  it.each([
    ['07700 900123', '7700900123'],
    ['+44 (0)7700 900123', '7700900123'],
    ['0044 7700 900-123', '7700900123'],
    ['123', undefined],
    ['unknown', undefined],
  ])('folds the telephone number %j to %j', (text, expected) => {
    expect(foldPhone(text)).toBe(expected);
  });

  it.each([
    [' Ann.Jones@Example.com ', 'ann.jones@example.com'],
    ['none', undefined],
    ['a@b@c', undefined],
  ])('folds the email address %j to %j', (text, expected) => {
    expect(foldEmail(text)).toBe(expected);
  });

  it('drops titles from given names', () => {
    expect(
      comparisonFields(person({ names: [{ family: 'Hall', given: ['Mrs', 'Ada'] }] }))[0]?.given,
    ).toEqual(['ada']);
  });

  it('gives one empty set for a person of whom nothing is known', () => {
    expect(comparisonFields(person({}))).toEqual([{ given: [] }]);
  });
});

describe('nicknames', () => {
  it('knows that Beth may be Elizabeth, either way round', () => {
    expect(areNicknames('beth', 'elizabeth')).toBe(true);
    expect(areNicknames('elizabeth', 'beth')).toBe(true);
  });

  it('does not lead from Edward over Ted to Theodore', () => {
    expect(areNicknames('ted', 'edward') && areNicknames('ted', 'theodore')).toBe(true);
    expect(areNicknames('edward', 'theodore')).toBe(false);
  });

  it('files a nickname under its commonest formal names, two at most, and a formal name under itself', () => {
    expect(formalNames('ted')).toHaveLength(2);
    expect(formalNames('william')).toEqual(['william']);
  });

  it('knows names that people are given, and that a slip is none', () => {
    expect(isKnownGivenName('jim') && isKnownGivenName('william')).toBe(true);
    expect(isKnownGivenName('wiliam')).toBe(false);
  });

  it('gives a name without nicknames back', () => {
    expect(formalNames('aurelia')).toEqual(['aurelia']);
    expect(formalNames('constructor')).toEqual(['constructor']);
  });
});
