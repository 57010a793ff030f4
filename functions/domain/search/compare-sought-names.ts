import levenshtein from 'fast-levenshtein';
import type { PersonName } from '../identity/demographics.ts';
import { foldName } from '../matching/fold-name.ts';
import { areNicknames } from '../matching/nicknames.ts';
import { soundAlike } from '../matching/sound-of.ts';
import { isOneEdit } from '../matching/text-distance.ts';
import type { PatientSearch } from './patient-search.ts';
import { isSought, type SoughtText, textSimilarity, wordsAsWritten } from './sought-text.ts';

/** How alike each sought name is, 0 to 1; a name that is not sought is absent. */
export interface NameSimilarity {
  readonly family?: number;
  readonly given?: number;
}

/** Family and given name exchanged is a find, but never an exact one. */
const exchangedShare = 0.95;

/** The names of a person against those sought; undefined when they do not meet. Any family name goes with any given names. */
export function compareSoughtNames(
  search: Pick<PatientSearch, 'fuzzy' | 'anyFamily' | 'family' | 'given'>,
  names: readonly PersonName[],
): NameSimilarity | undefined {
  const straight = search.fuzzy ? fuzzily(search, names) : plainly(search, names);
  if (straight !== undefined || !search.fuzzy) return straight;
  const exchanged = fuzzily(exchange(search), names);
  if (exchanged)
    return {
      ...(exchanged.given !== undefined && { family: exchanged.given * exchangedShare }),
      ...(exchanged.family !== undefined && { given: exchanged.family * exchangedShare }),
    };
  return search.anyFamily ? withAnyFamily(search, names) : undefined;
}

/** The given names as in any fuzzy search, and how near the family name comes. */
function withAnyFamily(
  { family, given }: Pick<PatientSearch, 'family' | 'given'>,
  names: readonly PersonName[],
): NameSimilarity | undefined {
  const similarity = fuzzily({ given }, names);
  if (!similarity || !family) return similarity;
  const families = names.flatMap((name) => name.family ?? []).map((name) => textSimilarity(family, name));
  return { ...similarity, family: Math.max(0, ...families) };
}

/** Each given name stands where it is sought: `Mic*` does not find Alan Michael (PDS). */
function plainly({ family, given }: Pick<PatientSearch, 'family' | 'given'>, names: readonly PersonName[]) {
  return bestOf(names, {
    family,
    given,
    meetsFamily: (sought, stored) => isSought(sought, foldName(stored)),
    meetsGiven: (sought, words) =>
      sought.every((one, at) => words[at] !== undefined && isSought(one, foldName(words[at]))),
  });
}

function fuzzily({ family, given }: Pick<PatientSearch, 'family' | 'given'>, names: readonly PersonName[]) {
  return bestOf(names, {
    family,
    given,
    meetsFamily: (sought, stored) => familyAlike(sought.parts[0], foldName(stored)),
    meetsGiven: (sought, words) =>
      givenAlike(
        sought.map(({ parts }) => parts[0]),
        words.map(foldName),
      ),
  });
}

function exchange({ family, given }: Pick<PatientSearch, 'family' | 'given'>) {
  const [first] = given;
  return { ...(first && { family: first }), given: family ? [family] : [] };
}

interface NameRule {
  readonly family: SoughtText | undefined;
  readonly given: readonly SoughtText[];
  readonly meetsFamily: (sought: SoughtText, stored: string) => boolean;
  readonly meetsGiven: (sought: readonly SoughtText[], words: readonly string[]) => boolean;
}

/** The best similarity of family and of given names among the names that meet the rule; undefined where one meets none. */
function bestOf(names: readonly PersonName[], rule: NameRule): NameSimilarity | undefined {
  const { family, given } = rule;
  const families: number[] = [];
  const givens: number[] = [];
  for (const name of names) {
    const words = name.given.flatMap(wordsAsWritten);
    if (family && name.family !== undefined && rule.meetsFamily(family, name.family))
      families.push(textSimilarity(family, name.family));
    if (given.length > 0 && words.length > 0 && rule.meetsGiven(given, words))
      givens.push(givenSimilarity(given, words));
  }
  if (family && families.length === 0) return undefined;
  if (given.length > 0 && givens.length === 0) return undefined;
  return {
    ...(family && { family: Math.max(...families) }),
    ...(given.length > 0 && { given: Math.max(...givens) }),
  };
}

/** Name by name in their order, as PDS does: a middle name that is sought as the first is a lesser find. */
function givenSimilarity(sought: readonly SoughtText[], words: readonly string[]): number {
  const each = sought.map((one, at) => textSimilarity(one, words[at] ?? words.at(-1) ?? ''));
  return each.reduce((sum, one) => sum + one, 0) / each.length;
}

/** The same sound, one slip, or one part of a name of several. */
function familyAlike(sought: string, stored: string): boolean {
  const words = sought.split(' ');
  const others = stored.split(' ');
  if (wordAlike(words.join(''), others.join(''))) return true;
  return (
    words.length + others.length > 2 &&
    words.some((word) => word.length > 2 && others.some((other) => wordAlike(word, other)))
  );
}

/**
 * The first names are alike, or all of the sought names are among those stored, in any order; the shorter list counts, as
 * not every system holds middle names. An initial stands for any name that begins so.
 */
function givenAlike(sought: readonly string[], stored: readonly string[]): boolean {
  const [first = ''] = sought;
  const [storedFirst = ''] = stored;
  if (givenWordAlike(first, storedFirst)) return true;
  if (wordAlike(sought.join(''), stored.join(''))) return true;
  const left = [...stored];
  let met = 0;
  for (const word of sought) {
    const at = left.findIndex((other) => givenWordAlike(word, other));
    if (at === -1) continue;
    left.splice(at, 1);
    met += 1;
  }
  return met >= Math.min(sought.length, stored.length);
}

function givenWordAlike(word: string, other: string): boolean {
  if (word === '' || other === '') return false;
  if (word.length === 1 || other.length === 1) return word[0] === other[0];
  return areNicknames(word, other) || wordAlike(word, other);
}

/** Below this length two names that differ in one letter are as likely two names (Lee, Lea). */
const shortestWithSlip = 4;

function wordAlike(word: string, other: string): boolean {
  if (word === other) return word !== '';
  if (Math.min(word.length, other.length) >= shortestWithSlip && isOneEdit(word, other)) return true;
  return levenshtein.get(word, other) <= 3 && soundAlike(word, other);
}
