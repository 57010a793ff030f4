import { foldPostcode } from './compare-addresses.ts';
import type { ComparisonFields } from './comparison-fields.ts';
import { formalNames } from './nicknames.ts';
import { soundOf } from './sound-of.ts';

/**
 * The blocks under which a record stands, each of which survives errors that others do not. A name is its sound, after
 * nicknames; names are unordered, so a family name typed as the given name still meets.
 *
 * | kind | value | order within the block | survives |
 * |---|---|---|---|
 * | `name-date` | one name, birth date | the other names' initials | any error in the other name, the postcode, the gender |
 * | `postcode` | whole postcode, no name | year of birth | any error in all names and the birth date |
 * | `name-year` | one name, the other's initial, year of birth | month | wrong day or month, exchanged, a moved house |
 * | `name-day` | one name, the other's initial, day and month of birth | outward code | wrong year, a moved house |
 * | `name-place` | one name, the other's initial | outward code | no birth date, a mistyped inward code |
 * | `address` | house number and sound of the street | birth date | any error in all names, the postcode or the birth date |
 * | `family-date` | first two letters of the family name, birth date | | for `GET /Patient` alone: a wildcard behind them |
 * | `family-decade` | family name as spelt, decade of birth | | for `GET /Patient` alone: a range of birth dates |
 *
 * So one wrong digit in the birth date, exchanged day and month, a mistyped family name or a moved house still finds the
 * person, and most pairs of these do.
 */
export const blockingKinds = [
  'name-date',
  'postcode',
  'name-year',
  'name-day',
  'name-place',
  'address',
  'family-date',
  'family-decade',
] as const;

type BlockingKind = (typeof blockingKinds)[number];

/** One key; its parts are plain, for the store to pseudonymise. */
export interface BlockingKey {
  readonly kind: BlockingKind;
  readonly value: string;
  /** Where in the block the record stands: parts parted by spaces, most telling first; may be empty. */
  readonly order: string;
}

/** A block to read. */
export interface SearchKey {
  readonly kind: BlockingKind;
  readonly value: string;
  /** Only the part of the block that begins so is read. */
  readonly prefix?: string;
  /** The part that is read when the whole is larger than a search may take: those left out agree on less. */
  readonly narrow?: string;
}

/** Keys for more words would cost writes and find nobody new: two family and two given names are kept. */
const wordsKept = 2;

/** An unusual record (two double names with nicknames) is cut to this many keys; each costs a write unit. */
const longestKeys = 18;

interface NameParts {
  /** Sounds of all names. */
  readonly sounds: readonly string[];
  /** A name's sound with the other name's initial, both ways round. */
  readonly pairs: readonly string[];
  readonly initials: string;
}

function unique(words: readonly string[]): readonly string[] {
  return [...new Set(words)];
}

function namePartsOf({ family, given }: ComparisonFields): NameParts {
  const familyWords = (family ?? '')
    .split(' ')
    .filter((word) => word !== '')
    .slice(0, wordsKept);
  const givenWords = given.slice(0, wordsKept);
  const whole = (words: readonly string[]) => words.filter((word) => word.length > 1);
  const formal = whole(givenWords).flatMap(formalNames);
  const familySounds = unique(whole(familyWords).map(soundOf));
  const givenSounds = unique(formal.map(soundOf));
  const familyInitials = unique(familyWords.map(initialOf));
  // The first given name and what it stands for: Bill is filed under B and under W.
  const givenInitials = unique([...givenWords.slice(0, 1), ...formal].map(initialOf));
  const join = (sounds: readonly string[], initials: readonly string[]) =>
    sounds.flatMap((sound) => initials.map((initial) => `${sound} ${initial}`));
  return {
    sounds: unique([...familySounds, ...givenSounds]),
    pairs: unique([...join(familySounds, givenInitials), ...join(givenSounds, familyInitials)]),
    initials: [familyWords[0], givenWords[0]]
      .map((word) => (word === undefined ? '' : initialOf(word)))
      .sort()
      .join(''),
  };
}

function initialOf(word: string): string {
  return String.fromCodePoint(word.codePointAt(0) ?? 0);
}

interface DateParts {
  readonly whole?: string;
  readonly year?: string;
  readonly month?: string;
  readonly day?: string;
}

function datePartsOf({ birthDate }: ComparisonFields): DateParts {
  if (birthDate === undefined) return {};
  const [year, month, day] = birthDate.split('-');
  return {
    ...(year !== undefined && { year }),
    ...(month !== undefined && { month }),
    ...(day !== undefined && { whole: birthDate, day: `${month}-${day}` }),
  };
}

interface PlaceParts {
  readonly whole?: string;
  readonly outward: string;
}

/** An outward code alone is a town, and no whole postcode; the digits of another country's postcode are all there is. */
function placePartsOf({ postcode }: ComparisonFields): PlaceParts {
  const folded = foldPostcode(postcode ?? '');
  const [outward = '', inward] = folded.split(' ');
  const isWhole = inward !== undefined || /^\d/.test(outward);
  return { outward, ...(isWhole && { whole: folded }) };
}

/** The house number (not the flat's) and the sound of the street's first word; undefined for a line without either. */
function addressValueOf({ addressLine }: ComparisonFields): string | undefined {
  const [, number, street] = /(?:^| )(\d+[a-z]?) (\p{L}{3,})/u.exec(addressLine ?? '') ?? [];
  return number === undefined || street === undefined ? undefined : `${number} ${soundOf(street)}`;
}

/** The key of a search by family name, of which only the start may be known (folded, two letters at least), and birth date. */
export function familyOfDay(family: string, birthDate: string): BlockingKey {
  return { kind: 'family-date', value: `${family.replaceAll(' ', '').slice(0, 2)} ${birthDate}`, order: '' };
}

/** The key of a search by family name (folded) and a range of birth dates, one for each decade that it touches (`197`). */
export function familyOfDecade(family: string, decade: string): BlockingKey {
  return { kind: 'family-decade', value: `${family.replaceAll(' ', '')} ${decade}`, order: '' };
}

/** All keys of one record: the store writes one item under each. No value is listed twice. */
export function blockingKeys(fields: ComparisonFields): readonly BlockingKey[] {
  const { initials, pairs, sounds } = namePartsOf(fields);
  const { day, month = '', whole, year } = datePartsOf(fields);
  const { outward, whole: postcode } = placePartsOf(fields);
  const keys: BlockingKey[] = [];
  if (whole !== undefined)
    for (const sound of sounds) keys.push({ kind: 'name-date', value: `${sound} ${whole}`, order: initials });
  if (postcode !== undefined) keys.push({ kind: 'postcode', value: postcode, order: year ?? '' });
  if (fields.family !== undefined && whole !== undefined)
    keys.push(familyOfDay(fields.family, whole), familyOfDecade(fields.family, whole.slice(0, 3)));
  const address = addressValueOf(fields);
  if (address !== undefined) keys.push({ kind: 'address', value: address, order: fields.birthDate ?? '' });
  for (const pair of pairs) {
    if (year !== undefined) keys.push({ kind: 'name-year', value: `${pair} ${year}`, order: month });
    if (day !== undefined) keys.push({ kind: 'name-day', value: `${pair} ${day}`, order: outward });
    keys.push({ kind: 'name-place', value: pair, order: outward });
  }
  return keys.slice(0, longestKeys);
}

/** Blocks read in the first round, and in both, at most: with looking up records and people, a search takes twelve store calls. */
const longestFirst = 4;
const longestSearch = 9;

/** The blocks to read for a query, in two rounds: the second is needed only when the first does not settle the matter. */
export function searchKeys(fields: ComparisonFields): {
  readonly first: readonly SearchKey[];
  readonly second: readonly SearchKey[];
} {
  const { initials, pairs, sounds } = namePartsOf(fields);
  const { day, month, whole, year } = datePartsOf(fields);
  const { outward, whole: postcode } = placePartsOf(fields);
  const first: SearchKey[] = [];
  if (postcode !== undefined)
    first.push({ kind: 'postcode', value: postcode, ...(year !== undefined && { narrow: year }) });
  if (whole !== undefined)
    for (const sound of sounds)
      first.push({ kind: 'name-date', value: `${sound} ${whole}`, narrow: initials });
  const byYear = pairs.map((pair): SearchKey[] =>
    year === undefined
      ? []
      : [{ kind: 'name-year', value: `${pair} ${year}`, ...(month && { narrow: month }) }],
  );
  const byDay = pairs.map((pair): SearchKey[] =>
    day === undefined
      ? []
      : [{ kind: 'name-day', value: `${pair} ${day}`, ...(outward && { narrow: outward }) }],
  );
  const byPlace = pairs.map((pair): SearchKey[] => {
    // With a birth date, who moved is found by it; without one, everybody of the name is looked at as far as that goes.
    if (whole === undefined)
      return [{ kind: 'name-place', value: pair, ...(outward && { narrow: outward }) }];
    return outward === '' ? [] : [{ kind: 'name-place', value: pair, prefix: outward }];
  });
  const address = addressValueOf(fields);
  const byAddress: SearchKey[] =
    address === undefined
      ? []
      : [{ kind: 'address', value: address, ...(fields.birthDate && { narrow: fields.birthDate }) }];
  const inFirst = first.slice(0, longestFirst);
  const second = [...byAddress, ...[...byYear, ...byPlace, ...byDay].flat()];
  return { first: inFirst, second: second.slice(0, longestSearch - inFirst.length) };
}
