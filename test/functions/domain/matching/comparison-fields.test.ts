import { describe, expect, it } from 'vitest';
import type { Demographics } from '../../../../functions/domain/identity/demographics.ts';
import {
  comparisonFields,
  foldEmail,
  foldPhone,
} from '../../../../functions/domain/matching/comparison-fields.ts';

const person = (over: Partial<Demographics>): Demographics => ({
  names: [],
  deceased: false,
  restricted: false,
  ...over,
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
    expect(fields).toStrictEqual([
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
    expect(fields).toStrictEqual({ given: [], unnamed: true });
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
    expect(comparisonFields(person({ names: [{ family: 'Hall', given: [given] }] }))[0]?.given).toStrictEqual(
      [],
    );
  });

  it.each(['Boyd', 'Girling', 'Twining', 'Noah', 'Ming'])('keeps the real name %s', (family) => {
    expect(comparisonFields(person({ names: [{ family, given: [family] }] }))[0]).toStrictEqual({
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
    expect(fields).toStrictEqual([
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
    expect(new Set(historicPostcodes).size).toBeGreaterThan(8);
    expect(comparisonFields(person({ historicPostcodes }))).toHaveLength(8);
  });

  it('takes the first usable of several telephone numbers and addresses', () => {
    expect(
      comparisonFields(
        person({ phones: ['none', '07700 900123', '07700 900456'], emails: ['-', 'ann@example.com', 'b@b'] }),
      ),
    ).toStrictEqual([{ given: [], phone: '7700900123', email: 'ann@example.com' }]);
  });

  it('leaves out contacts and lines that say nothing', () => {
    expect(
      comparisonFields(person({ phones: ['none'], emails: ['none'], addressLine: ' - ' })),
    ).toStrictEqual([{ given: [] }]);
  });

  it('keeps gender and GP practice as they are', () => {
    expect(comparisonFields(person({ gender: 'other', generalPractitioner: 'T9C01' }))).toStrictEqual([
      { given: [], gender: 'other', practice: 'T9C01' },
    ]);
  });

  it('prefers a birth date that exists to the digits that were typed', () => {
    expect(
      comparisonFields(person({ birthDate: '1970-07-04', typedBirthDate: '1970-71-04' }))[0]?.birthDate,
    ).toBe('1970-07-04');
  });

  it('leaves out a name of which nothing remains, but not the newborn who has none yet', () => {
    expect(
      comparisonFields(
        person({
          names: [
            { family: 'Unknown', given: ['Dr'] },
            { family: 'Hall', given: ['Ada'] },
          ],
        }),
      ),
    ).toStrictEqual([{ family: 'hall', given: ['ada'] }]);
    expect(comparisonFields(person({ names: [{ given: ['Baby'] }] }))).toStrictEqual([
      { given: [], unnamed: true },
    ]);
  });

  it('takes a name that is in use again, or still, for no old one', () => {
    expect(
      comparisonFields(
        person({
          names: [
            { family: 'Jones', given: ['Ann', 'Mary'] },
            { family: 'JONES', given: ['Ann', 'Mary'], historic: true },
            { family: 'Jones', given: ['Annmary'], historic: true },
          ],
        }),
      ),
    ).toStrictEqual([
      { family: 'jones', given: ['ann', 'mary'] },
      { family: 'jones', given: ['annmary'], historic: true },
    ]);
  });

  it('tells names apart by where family and given name end', () => {
    expect(
      comparisonFields(
        person({
          names: [
            { family: 'Ann Lee', given: [] },
            { family: 'Ann', given: ['Lee'] },
            { given: ['Ann', 'Lee'] },
          ],
        }),
      ),
    ).toStrictEqual([
      { family: 'ann lee', given: [] },
      { family: 'ann', given: ['lee'] },
      { given: ['ann', 'lee'] },
    ]);
  });

  it('takes a family name that is a title as the name that it is', () => {
    const major = { names: [{ family: 'Major', given: ['John'] }], deceased: false, restricted: false };
    expect(comparisonFields(major)[0]).toMatchObject({ family: 'major', given: ['john'] });
  });

  it('drops titles from given names', () => {
    expect(
      comparisonFields(person({ names: [{ family: 'Hall', given: ['Mrs', 'Ada'] }] }))[0]?.given,
    ).toStrictEqual(['ada']);
  });

  it('gives one empty set for a person of whom nothing is known', () => {
    expect(comparisonFields(person({}))).toStrictEqual([{ given: [] }]);
  });
});

describe('foldPhone', () => {
  it.each([
    ['07700 900123', '7700900123'],
    ['(07700) 900-123', '7700900123'],
    ['+44 (0)7700 900123', '7700900123'],
    ['0044 7700 900-123', '7700900123'],
    ['447700900123', '7700900123'],
    // Only the country's code at the start is one.
    ['020 7946 0044', '2079460044'],
    ['1234567', '1234567'],
    ['+353 1 234 5678 1234', '353123456781234'],
  ])('folds %j to %j', (text, expected) => {
    expect(foldPhone(text)).toBe(expected);
  });

  it.each(['123456', '000000000', '1234567890123456', 'unknown', ''])('takes %j as no number', (text) => {
    expect(foldPhone(text)).toBeUndefined();
  });

  it('reads no more of it than a number can fill', () => {
    expect(foldPhone(`${' '.repeat(40)}07700900123`)).toBeUndefined();
  });
});

describe('foldEmail', () => {
  it.each([
    [' Ann.Jones@Example.com ', 'ann.jones@example.com'],
    [`${'a'.repeat(242)}@example.com`, `${'a'.repeat(242)}@example.com`],
  ])('folds %j to %j', (text, expected) => {
    expect(foldEmail(text)).toBe(expected);
  });

  it.each([
    'none',
    'a@b@c',
    '@example.com',
    'ann@',
    'ann jones@example.com',
    `${'a'.repeat(243)}@example.com`,
  ])('takes %j as no address', (text) => {
    expect(foldEmail(text)).toBeUndefined();
  });
});
