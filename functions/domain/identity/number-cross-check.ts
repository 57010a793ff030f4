import { foldName } from '../matching/fold-name.ts';
import type { Demographics, PersonName } from './demographics.ts';
import { isPlaceholderBirthDate, isPlaceholderName, isPlaceholderPostcode } from './placeholders.ts';

/** Whether the demographics beside an NHS number are those of the person who holds it. */
export type NumberCheck = 'agrees' | 'contradicts' | 'nothing-to-compare';

/**
 * Compares what came with a verified NHS number with what is known of its owner (NHS England, Person_ID Handbook, step 1):
 * the birth date is the same, or it agrees in part and so does the name – initial, and three letters of the surname – or
 * the outward postcode, now or formerly. A birth date that is missing on a side leaves it to the name, then the postcode.
 */
export function crossCheckNumber(claimed: Demographics, held: Demographics): NumberCheck {
  const dates = compareDates(birthDateOf(claimed), birthDateOf(held));
  if (dates === 'same') return 'agrees';
  if (dates === 'different') return 'contradicts';
  const names = agree(nameStarts(claimed), nameStarts(held));
  const outcodes = agree(outcodesOf(claimed), outcodesOf(held));
  if (names === 'yes' || (outcodes === 'yes' && (dates !== 'unknown' || names === 'unknown')))
    return 'agrees';
  return dates === 'partly' || names === 'no' ? 'contradicts' : 'nothing-to-compare';
}

/**
 * True when an NHS number is enough to say that this is its owner: nothing that came with it contradicts. A number that was
 * withdrawn – its owner has none in use – is nobody's proof any more: then the demographics must speak for them.
 */
export function isProvenByNumber(
  claimed: Demographics,
  owner: { readonly demographics: Demographics; readonly nhsNumber?: string | undefined },
): boolean {
  const check = crossCheckNumber(claimed, owner.demographics);
  return owner.nhsNumber === undefined ? check === 'agrees' : check !== 'contradicts';
}

/** True when some name of both has the same initial and the same first three letters of the surname. */
export function namesAgree(first: Demographics, second: Demographics): boolean {
  return agree(nameStarts(first), nameStarts(second)) === 'yes';
}

function agree(first: ReadonlySet<string>, second: ReadonlySet<string>): 'yes' | 'no' | 'unknown' {
  if (first.size === 0 || second.size === 0) return 'unknown';
  return [...first].some((value) => second.has(value)) ? 'yes' : 'no';
}

function birthDateOf({ birthDate }: Demographics): string | undefined {
  return birthDate !== undefined && !isPlaceholderBirthDate(birthDate) ? birthDate : undefined;
}

type DateAgreement = 'same' | 'consistent' | 'partly' | 'different' | 'unknown';

function compareDates(first: string | undefined, second: string | undefined): DateAgreement {
  if (first === undefined || second === undefined) return 'unknown';
  const [year = '', month, day] = first.split('-');
  const [otherYear = '', otherMonth, otherDay] = second.split('-');
  if (day === undefined || otherDay === undefined) {
    // A date known in part says nothing against one that begins with it.
    const shorter = first.length < second.length ? first : second;
    return first.startsWith(shorter) && second.startsWith(shorter) ? 'consistent' : 'different';
  }
  if (first === second) return 'same';
  const parts = [
    year === otherYear || isLastTwoTurned(year, otherYear),
    month === otherMonth,
    day === otherDay || isTurned(day, otherDay),
  ].filter(Boolean).length;
  const isMonthForDay = year === otherYear && month === otherDay && day === otherMonth;
  return parts >= 2 || isMonthForDay ? 'partly' : 'different';
}

function isTurned(first: string, second: string): boolean {
  return first === [...second].reverse().join('');
}

function isLastTwoTurned(first: string, second: string): boolean {
  return first.slice(0, 2) === second.slice(0, 2) && isTurned(first.slice(2), second.slice(2));
}

function nameStarts({ names }: Demographics): ReadonlySet<string> {
  return new Set(names.flatMap(nameStart));
}

function nameStart({ family, given }: PersonName): string[] {
  const surname = foldName(family ?? '');
  const first = foldName(given[0] ?? '');
  if (surname === '' || first === '' || isPlaceholderName(surname) || isPlaceholderName(first)) return [];
  return [`${first[0]} ${surname.replaceAll(' ', '').slice(0, 3)}`];
}

function outcodesOf({ historicPostcodes = [], postcode }: Demographics): ReadonlySet<string> {
  const postcodes = [...(postcode === undefined ? [] : [postcode]), ...historicPostcodes];
  return new Set(
    postcodes.filter((one) => !isPlaceholderPostcode(one)).map((one) => one.split(' ')[0] ?? one),
  );
}
