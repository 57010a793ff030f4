import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Demographics,
  daysBetween,
  deceasedLongerThan,
  isRealBirthDate,
  normalisePostcode,
} from '../../../../functions/domain/identity/demographics.ts';

const day = 86_400_000;
/** Any day of years 1 to 9999, made by the platform's calendar as the reference. */
const isoDay = fc
  .integer({ min: -719_162, max: 2_932_896 })
  .map((days) => new Date(days * day).toISOString().slice(0, 10));

describe('isRealBirthDate', () => {
  it.each(['1970-03-04', '1970-03', '1970', '2000-02-29', '1900-02-28', '0001-01-01'])('takes %s', (text) => {
    expect(isRealBirthDate(text)).toBe(true);
  });

  it.each([
    '1970-02-30',
    '1900-02-29',
    '2023-02-29',
    '1970-04-31',
    '1970-13-01',
    '1970-00-10',
    '1970-01-00',
    '0000-01-01',
    '70-01-01',
    '1970-1-1',
    '19700304',
    '1970-03-04T00:00:00Z',
    ' 1970-03-04',
    '1970-03-04\n',
    '',
  ])('refuses %j', (text) => {
    expect(isRealBirthDate(text)).toBe(false);
  });

  it('agrees with the calendar for every day', () => {
    fc.assert(fc.property(isoDay, (date) => isRealBirthDate(date)));
  });
});

describe('daysBetween', () => {
  it('agrees with the calendar for any two days', () => {
    fc.assert(
      fc.property(isoDay, isoDay, (from, to) => {
        expect(daysBetween(from, to)).toBe((Date.parse(to) - Date.parse(from)) / day);
      }),
    );
  });

  it('counts a partial date from its last day', () => {
    expect(daysBetween('2024-02', '2024-03-01')).toBe(1);
    expect(daysBetween('2023', '2024-01-01')).toBe(1);
  });

  it('knows no distance to what is no date', () => {
    expect(daysBetween('2024-02-30', '2024-03-01')).toBeUndefined();
  });
});

describe('deceasedLongerThan', () => {
  const person: Demographics = { names: [], deceased: true, deathDate: '2026-01-01', restricted: false };

  it('holds from the day after the window', () => {
    expect(deceasedLongerThan(person, 28, '2026-01-29')).toBe(false);
    expect(deceasedLongerThan(person, 28, '2026-01-30')).toBe(true);
  });

  it('never holds for the living, whatever date stands there', () => {
    expect(deceasedLongerThan({ ...person, deceased: false }, 28, '2026-12-31')).toBe(false);
  });

  it('takes a death without a date as long past', () => {
    expect(deceasedLongerThan({ names: [], deceased: true, restricted: false }, 28, '2026-01-01')).toBe(true);
  });

  it('waits until the last day that a partial date can mean is past', () => {
    expect(deceasedLongerThan({ ...person, deathDate: '2026-01' }, 28, '2026-02-28')).toBe(false);
    expect(deceasedLongerThan({ ...person, deathDate: '2026-01' }, 28, '2026-03-01')).toBe(true);
  });
});

describe('normalisePostcode', () => {
  it.each([
    ['ls177df', 'LS17 7DF'],
    ['LS17 7DF', 'LS17 7DF'],
    [' ls17  7df ', 'LS17 7DF'],
    ['w1a-1aa', 'W1A 1AA'],
    ['m1 1ae', 'M1 1AE'],
    ['LS17', 'LS17'],
    ['nn6 idr', 'NN6 IDR'],
  ])('writes %j as %j', (text, expected) => {
    expect(normalisePostcode(text)).toBe(expected);
  });

  it.each(['', 'L', '123', '1234567', 'LS17 7DFXX', '!'.repeat(1000)])('knows no postcode in %j', (text) => {
    expect(normalisePostcode(text)).toBeUndefined();
  });

  it('changes nothing when applied twice', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 10 }), (text) => {
        const once = normalisePostcode(text);
        expect(once === undefined ? undefined : normalisePostcode(once)).toBe(once);
      }),
    );
  });
});
