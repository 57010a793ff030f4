import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Demographics } from '../../../../functions/domain/identity/demographics.ts';
import { comparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import { foldName } from '../../../../functions/domain/matching/fold-name.ts';
import { areNicknames, formalNames } from '../../../../functions/domain/matching/nicknames.ts';

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
    expect(fields).toEqual({ given: [] });
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

  it('gives a name without nicknames back', () => {
    expect(formalNames('aurelia')).toEqual(['aurelia']);
    expect(formalNames('constructor')).toEqual(['constructor']);
  });
});
