import type { LevelOf } from './match-policy.ts';
import { isOneEdit } from './text-distance.ts';

const januaryTheFirst = '-01-01';

/** Years between a parent and a child at the least: where only years are known, one wrong digit could be the other of the two. */
const generation = 15;

/**
 * The level at which two birth dates agree, as calendar text; a partial date is compared in what both know, and a date
 * that no calendar has (day 71) as it was typed.
 *
 * The first of January stands in many systems for "only the year is known", so its agreement says little more than the
 * year's, and its difference from a real day of the same year is no contradiction.
 */
export function compareBirthDates(
  first: string | undefined,
  second: string | undefined,
): LevelOf<'birthDate'> | undefined {
  if (first === undefined || second === undefined) return undefined;
  if (first.length < 10 || second.length < 10) return comparePartial(first, second);
  const bothFirst = first.endsWith(januaryTheFirst) && second.endsWith(januaryTheFirst);
  if (first === second) return bothFirst ? 'first-of-january' : 'exact';
  const [year = '', month, day] = first.split('-');
  const [otherYear = '', otherMonth, otherDay] = second.split('-');
  if (bothFirst) {
    const isSlip = isOneEdit(year, otherYear) && Math.abs(Number(year) - Number(otherYear)) < generation;
    return isSlip ? 'january-year-digit' : 'disagree';
  }
  if (year === otherYear && month === otherDay && day === otherMonth) return 'swapped';
  if (isOneEdit(first.replaceAll('-', ''), second.replaceAll('-', ''))) return 'one-digit';
  if (year === otherYear && (first.endsWith(januaryTheFirst) || second.endsWith(januaryTheFirst)))
    return 'january-year';
  const agreeing = Number(year === otherYear) + Number(month === otherMonth) + Number(day === otherDay);
  if (agreeing >= 2) return 'two-parts';
  return year === otherYear ? 'year' : 'disagree';
}

function comparePartial(first: string, second: string): LevelOf<'birthDate'> {
  const shared = Math.min(first.length, second.length);
  if (first.slice(0, shared) !== second.slice(0, shared)) return 'partial-disagree';
  return shared === 4 ? 'year-only' : 'year-month';
}
