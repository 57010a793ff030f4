import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBirthDates } from '../../../../functions/domain/matching/compare-birth-dates.ts';

describe('compareBirthDates', () => {
  it.each([
    ['1970-03-04', '1970-03-04', 'exact'],
    ['1970-03-04', '1970-04-03', 'swapped'],
    // Only a whole exchange is one.
    ['1970-03-04', '1970-05-03', 'year'],
    ['1970-03-04', '1970-04-05', 'year'],
    ['1970-03-04', '1985-04-03', 'disagree'],
    ['1970-03-04', '1970-03-05', 'one-digit'],
    ['1970-03-04', '1970-13-04', 'one-digit'],
    ['1970-03-04', '1970-73-04', 'one-digit'],
    ['1970-03-04', '1978-03-04', 'one-digit'],
    // Two digits that follow each other, exchanged; between month and day too.
    ['1970-03-04', '1907-03-04', 'one-digit'],
    ['1970-03-14', '1970-03-41', 'one-digit'],
    ['1970-03-14', '1970-01-34', 'one-digit'],
    // Not two that are apart, nor an exchange and one more slip.
    ['1923-05-04', '1329-05-04', 'two-parts'],
    ['1970-03-14', '1470-03-19', 'disagree'],
    ['1973-04-12', '1972-04-13', 'disagree'],
    ['1970-03-14', '1907-03-15', 'disagree'],
    ['1970-03-04', '1970-03-21', 'two-parts'],
    ['1970-03-14', '1970-11-14', 'two-parts'],
    ['1970-03-04', '1985-03-04', 'two-parts'],
    ['1970-03-04', '1970-11-21', 'year'],
    ['1970-03-04', '1985-03-21', 'disagree'],
    ['1970-03-04', '1985-11-04', 'disagree'],
    ['1970-03-04', '1988-12-25', 'disagree'],
    // The first of January stands for "only the year is known".
    ['1970-01-01', '1970-01-01', 'first-of-january'],
    ['1970-01-01', '1971-01-01', 'january-year-digit'],
    ['1970-01-01', '1980-01-01', 'january-year-digit'],
    ['1945-01-01', '1954-01-01', 'january-year-digit'],
    // As far apart as parent and child.
    ['1950-01-01', '1980-01-01', 'disagree'],
    ['1916-01-01', '1961-01-01', 'disagree'],
    ['1970-01-01', '1985-01-01', 'disagree'],
    ['1970-01-01', '1970-08-23', 'january-year'],
    ['1970-01-01', '1970-01-23', 'january-year'],
    ['1970-01-01', '1970-01-02', 'one-digit'],
    ['1970-01-01', '1971-08-23', 'disagree'],
    ['1970-01-02', '1985-01-02', 'two-parts'],
    // A partial date is compared in what both know.
    ['1970-03', '1970-03-04', 'year-month'],
    ['1970-03', '1970-03', 'year-month'],
    ['1970', '1970-03-04', 'year-only'],
    ['1970', '1970-03', 'year-only'],
    ['1970', '1970', 'year-only'],
    ['1970-04', '1970-03-04', 'partial-disagree'],
    ['1971', '1970-03-04', 'partial-disagree'],
    ['1971', '1970', 'partial-disagree'],
  ])('%s and %s: %s, either way round', (date, other, expected) => {
    expect(compareBirthDates(date, other)).toBe(expected);
    expect(compareBirthDates(other, date)).toBe(expected);
  });

  it('says nothing where one is missing', () => {
    expect(compareBirthDates(undefined, '1970-03-04')).toBeUndefined();
    expect(compareBirthDates('1970-03-04', undefined)).toBeUndefined();
  });

  const year = fc.integer({ min: 1920, max: 2026 }).map(String);
  const two = (min: number, max: number) =>
    fc.integer({ min, max }).map((part) => String(part).padStart(2, '0'));

  it('sees any one wrong digit of a date that is no first of January', () => {
    fc.assert(
      fc.property(
        year,
        two(2, 12),
        two(2, 28),
        fc.constantFrom(0, 1, 2, 3, 5, 6, 8, 9),
        fc.nat(9),
        (y, m, d, at, digit) => {
          const date = `${y}-${m}-${d}`;
          const slip = `${date.slice(0, at)}${digit}${date.slice(at + 1)}`;
          const expected = slip === date ? 'exact' : slip === `${y}-${d}-${m}` ? 'swapped' : 'one-digit';
          expect(compareBirthDates(date, slip)).toBe(expected);
        },
      ),
    );
  });

  it('finds day and month exchanged', () => {
    fc.assert(
      fc.property(year, two(1, 12), two(1, 12), (y, m, d) => {
        fc.pre(m !== d);
        expect(compareBirthDates(`${y}-${m}-${d}`, `${y}-${d}-${m}`)).toBe('swapped');
      }),
    );
  });

  it('does not depend on which date comes first', () => {
    const digits = fc.constantFrom('1970', '1971', '1907', '1985');
    const parts = fc.constantFrom('-01-01', '-03-04', '-04-03', '-03-14', '-31-04', '-03', '');
    const date = fc.tuple(digits, parts).map(([y, rest]) => y + rest);
    fc.assert(
      fc.property(date, date, (first, second) => {
        expect(compareBirthDates(first, second)).toBe(compareBirthDates(second, first));
      }),
    );
  });
});
