import { foldName } from '../matching/fold-name.ts';
import { daysBetween } from './calendar-date.ts';
import type { Demographics } from './demographics.ts';
import { crossCheckNumber, namesAgree } from './number-cross-check.ts';

const adultAfterDays = 18 * 365.25;

/**
 * True when a message that says "this new NHS number replaces that old one" may be believed to speak of one life: two numbers
 * of one person that were found to be one. A new number is also issued after adoption, for protection and after a change of
 * gender, and then old and new must never meet (NHS England, Person_ID Handbook; Gender Recognition Act 2004, section 22).
 * So nothing is followed when either side is restricted, when the gender differs, or when a name changed that a marriage
 * does not change: the given name, or a child's surname. What is not followed is as if it had not been said.
 */
export function isSameLife(held: Demographics, sent: Demographics, today: string): boolean {
  if (held.restricted || sent.restricted) return false;
  if (isOtherGender(held, sent)) return false;
  if (crossCheckNumber(sent, held) !== 'agrees') return false;
  const [heldName] = held.names;
  const [sentName] = sent.names;
  if (heldName === undefined || sentName === undefined) return false;
  const current = { ...held, names: [heldName] };
  if (namesAgree(current, { ...sent, names: [sentName] })) return true;
  const age = daysBetween(sent.birthDate ?? '', today);
  const isAdult = age !== undefined && age > adultAfterDays;
  return isAdult && foldName(heldName.given[0] ?? '') === foldName(sentName.given[0] ?? '');
}

function isOtherGender({ gender }: Demographics, { gender: other }: Demographics): boolean {
  const known = [gender, other].filter((one) => one === 'male' || one === 'female');
  return known.length === 2 && gender !== other;
}
