import type { ComparisonFields } from './comparison-fields.ts';
import { formalNames } from './nicknames.ts';
import { soundOf } from './sound-of.ts';

/**
 * The passes, each of which survives errors that others do not. A name is its sound, after nicknames; names
 * are unordered, so a family name typed as the given name still meets.
 *
 * | kind | one name and … | survives |
 * |---|---|---|
 * | `nd` | the whole birth date | any error in the other names, the postcode or the gender |
 * | `np` | the whole postcode | any error in the birth date or the other names |
 * | `dp` | birth date and postcode, no name | any error in all names |
 * | `ny` | family and given, year of birth | wrong day or month, day and month exchanged, no postcode |
 * | `nm` | family and given, day and month of birth | wrong year, no postcode |
 * | `no` | family and given, outward postcode | no birth date, mistyped inward postcode |
 * | `nn` | family and given as spelt | neither birth date nor postcode known |
 * | `dw` | birth date and the first two letters of the family name | for `GET /Patient` alone: a wildcard behind them |
 *
 * At nine million people `nd` of the commonest given name holds about 15 people, `ny` of John Smith about 60,
 * `nn` of John Smith about 2,000, which is why a search uses `nn` only where it has nothing better.
 */
export const blockingKinds = ['nd', 'np', 'dp', 'ny', 'nm', 'no', 'nn', 'dw'] as const;

type BlockingKind = (typeof blockingKinds)[number];

/** One key; the value is plain, for the store to pseudonymise. */
export interface BlockingKey {
  readonly kind: BlockingKind;
  readonly value: string;
}

/** Keys for more words would cost writes and find nobody new: two family and two given names are kept. */
const wordsKept = 2;

function soundsOfGiven(word: string): readonly string[] {
  return formalNames(word).map(soundOf);
}

function familyWords({ family }: ComparisonFields): readonly string[] {
  return (family ?? '')
    .split(' ')
    .filter((word) => word.length > 1)
    .slice(0, wordsKept);
}

function givenWords({ given }: ComparisonFields): readonly string[] {
  return given.filter((word) => word.length > 1).slice(0, wordsKept);
}

function pairsOf(fields: ComparisonFields): readonly string[] {
  const [firstGiven] = givenWords(fields);
  if (firstGiven === undefined) return [];
  return familyWords(fields).flatMap((family) =>
    soundsOfGiven(firstGiven).map((given) => [soundOf(family), given].sort().join(' ')),
  );
}

/** The key of a search by family name, of which only the start may be known (folded, two letters at least), and birth date. */
export function familyOfDay(family: string, birthDate: string): BlockingKey {
  return { kind: 'dw', value: `${family.replaceAll(' ', '').slice(0, 2)} ${birthDate}` };
}

/** All keys of one record: the store writes one item under each. No value is listed twice. */
export function blockingKeys(fields: ComparisonFields): readonly BlockingKey[] {
  const { birthDate, postcode } = fields;
  const [year, month, day] = birthDate?.split('-') ?? [];
  const [outward, inward] = postcode?.split(' ') ?? [];
  const names = new Set([
    ...familyWords(fields).map(soundOf),
    ...givenWords(fields).flatMap((word) => soundsOfGiven(word)),
  ]);
  const pairs = new Set(pairsOf(fields));
  const keys: BlockingKey[] = [];
  for (const name of names) {
    if (day !== undefined) keys.push({ kind: 'nd', value: `${name} ${birthDate}` });
    if (inward !== undefined) keys.push({ kind: 'np', value: `${name} ${postcode}` });
  }
  if (day !== undefined && inward !== undefined) keys.push({ kind: 'dp', value: `${birthDate} ${postcode}` });
  for (const pair of pairs) {
    if (year !== undefined) keys.push({ kind: 'ny', value: `${pair} ${year}` });
    if (day !== undefined) keys.push({ kind: 'nm', value: `${pair} ${month}-${day}` });
    if (outward !== undefined) keys.push({ kind: 'no', value: `${pair} ${outward}` });
  }
  if (fields.family !== undefined && birthDate !== undefined && day !== undefined)
    keys.push(familyOfDay(fields.family, birthDate));
  const [firstGiven] = givenWords(fields);
  if (fields.family !== undefined && firstGiven !== undefined)
    for (const formal of formalNames(firstGiven))
      keys.push({ kind: 'nn', value: [fields.family, formal].sort().join(' ') });
  return keys;
}

/** The keys to read for a query: all of {@link blockingKeys}, but `nn` only when neither date nor postcode leads on. */
export function searchKeys(fields: ComparisonFields): readonly BlockingKey[] {
  const keys = blockingKeys(fields);
  const selective = keys.filter(({ kind }) => kind !== 'nn' && kind !== 'dw');
  return selective.length > 0 ? selective : keys;
}
