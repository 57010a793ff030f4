import { isOneEdit } from './compare-names.ts';
import type { OutcomeOf } from './match-policy.ts';

/** Compares birth dates as calendar text; a partial date is compared in what both know. */
export function compareBirthDates(
  first: string | undefined,
  second: string | undefined,
): OutcomeOf<'birthDate'> | undefined {
  if (first === undefined || second === undefined) return undefined;
  const [year, month, day] = first.split('-');
  const [otherYear, otherMonth, otherDay] = second.split('-');
  if (day === undefined || otherDay === undefined) {
    if (year !== otherYear) return 'partial-disagree';
    if (month === undefined || otherMonth === undefined) return 'year-only';
    return month === otherMonth ? 'year-month' : 'partial-disagree';
  }
  if (first === second) return 'exact';
  if (year === otherYear && month === otherDay && day === otherMonth) return 'swapped';
  const digits = first.replaceAll('-', '');
  const otherDigits = second.replaceAll('-', '');
  if (isOneEdit(digits, otherDigits)) return 'one-edit';
  const agreeing = [year === otherYear, month === otherMonth, day === otherDay].filter(Boolean).length;
  if (agreeing >= 2) return 'two-parts';
  return year === otherYear ? 'year' : 'disagree';
}
