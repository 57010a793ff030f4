import { daysBetween } from '../identity/calendar-date.ts';

/**
 * How somebody's age bears on who may speak for them: from 16 as an adult; at 13 to 15 a child who understands decides alone,
 * also against a parent; under 13 a parent speaks for them, and each look at the record is marked. `unknown` without a whole
 * birth date.
 */
export type AgeBand = 'under-13' | '13-to-15' | 'adult' | 'unknown';

/** The {@link AgeBand} of a birth date (`YYYY-MM-DD`, or less) on a day. */
export function ageBandOf(birthDate: string | undefined, today: string): AgeBand {
  if (birthDate === undefined || daysBetween(birthDate, today) === undefined || birthDate.length < 10)
    return 'unknown';
  // Who was born on 29 February is a year older on 1 March of a common year (a later text sorts behind).
  const hadBirthday = today.slice(5) >= birthDate.slice(5);
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4)) - (hadBirthday ? 0 : 1);
  if (years >= 16) return 'adult';
  return years >= 13 ? '13-to-15' : 'under-13';
}
