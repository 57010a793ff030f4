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
  const sameYear = first.startsWith(second.slice(0, 4));
  const monthAndDay = first.slice(5);
  const otherMonthAndDay = second.slice(5);
  if (bothFirst) {
    const [year, otherYear] = [first.slice(0, 4), second.slice(0, 4)];
    const isSlip = isOneEdit(year, otherYear) && Math.abs(Number(year) - Number(otherYear)) < generation;
    return isSlip ? 'january-year-digit' : 'disagree';
  }
  if (sameYear && monthAndDay === `${otherMonthAndDay.slice(3)}-${otherMonthAndDay.slice(0, 2)}`)
    return 'swapped';
  if (isOneDigit(first, second)) return 'one-digit';
  if (sameYear && (first.endsWith(januaryTheFirst) || second.endsWith(januaryTheFirst)))
    return 'january-year';
  const sameMonth = monthAndDay.startsWith(otherMonthAndDay.slice(0, 2));
  const sameDay = monthAndDay.endsWith(otherMonthAndDay.slice(3));
  if (Number(sameYear) + Number(sameMonth) + Number(sameDay) >= 2) return 'two-parts';
  return sameYear ? 'year' : 'disagree';
}

/** One digit of a whole date is another, or two that follow each other, hyphens aside, are exchanged. */
function isOneDigit(first: string, second: string): boolean {
  let differing = 0;
  let before = 0;
  for (let at = 0; at < first.length; at += 1) {
    if (first.charCodeAt(at) === second.charCodeAt(at)) continue;
    differing += 1;
    if (differing > 2) return false;
    if (differing === 1) before = at;
    else {
      const isNext = at === before + 1 || (at === before + 2 && first[before + 1] === '-');
      if (!isNext || first[at] !== second[before] || first[before] !== second[at]) return false;
    }
  }
  return true;
}

function comparePartial(first: string, second: string): LevelOf<'birthDate'> {
  const shared = Math.min(first.length, second.length);
  if (first.slice(0, shared) !== second.slice(0, shared)) return 'partial-disagree';
  return shared === 4 ? 'year-only' : 'year-month';
}
