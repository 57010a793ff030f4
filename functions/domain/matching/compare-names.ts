import levenshtein from 'fast-levenshtein';
import type { LevelOf } from './match-policy.ts';
import { areNicknames, isKnownGivenName } from './nicknames.ts';
import { soundAlike } from './sound-of.ts';
import { isAlike, isOneEdit } from './text-distance.ts';

/** From here on two spellings look alike; Splink's middle threshold, below which unrelated surnames begin. */
const closeSimilarity = 0.9;

/** Names that sound alike and differ in more letters than this are two names (Lee, Leigh: 2; Meier, Mayer: 2). */
const longestSoundDistance = 3;

/** Two names of three letters that differ in one (Lee, Lea) are as likely two names as a slip. */
const shortestTypo = 4;

function likeness(first: string, second: string): 'close' | 'sound' | 'disagree' {
  if (isAlike(first, second, closeSimilarity)) return 'close';
  if (Math.abs(first.length - second.length) > longestSoundDistance) return 'disagree';
  if (levenshtein.get(first, second) <= longestSoundDistance && soundAlike(first, second)) return 'sound';
  return 'disagree';
}

/** The level at which two folded family names agree; undefined when one is missing. */
export function compareFamily(
  family: string | undefined,
  other: string | undefined,
): LevelOf<'family'> | undefined {
  if (family === undefined || other === undefined) return undefined;
  if (family === other) return 'exact';
  const compact = family.replaceAll(' ', '');
  const otherCompact = other.replaceAll(' ', '');
  if (compact === otherCompact) return 'exact';
  if (compact.length === 1 || otherCompact.length === 1)
    return compact[0] === otherCompact[0] ? 'initial' : 'disagree';
  if (Math.min(compact.length, otherCompact.length) >= shortestTypo && isOneEdit(compact, otherCompact))
    return 'typo';
  if (shareWord(family, other)) return 'part';
  return likeness(compact, otherCompact);
}

/** One word of three or more letters in common, of which one side has several: Smith-Jones and Jones. */
function shareWord(family: string, other: string): boolean {
  if (!family.includes(' ') && !other.includes(' ')) return false;
  const others = other.split(' ');
  return family.split(' ').some((word) => word.length > 2 && others.includes(word));
}

/** "Lu" for Lucy, "Edw" for Edward: the beginning of the name, unless it is a name of its own (Daniel, Danielle). */
function isShortFor(short: string, name: string): boolean {
  return short.length < name.length && name.startsWith(short) && !isKnownGivenName(short);
}

/**
 * The level at which two lists of folded given names agree, the first with the first; undefined when one is empty.
 *
 * `similar` is one letter's difference between two names that people are really given (Tim and Jim, Amelia and Emelia):
 * a slip of the keyboard makes a word that is no name, parents of twins make two that are.
 */
export function compareGiven(
  given: readonly string[],
  others: readonly string[],
): LevelOf<'given'> | undefined {
  const [name] = given;
  const [other] = others;
  if (name === undefined || other === undefined) return undefined;
  if (name === other) return 'exact';
  const isSplit = given.length > 1 || others.length > 1;
  if (isSplit && given.join('') === others.join('')) return 'exact';
  if (name.length === 1 || other.length === 1) return name[0] === other[0] ? 'initial' : 'disagree';
  if (areNicknames(name, other) || isShortFor(name, other) || isShortFor(other, name)) return 'nickname';
  // Only a first name counts here: siblings often share their middle name.
  if (isSplit && (given.includes(other, 1) || others.includes(name, 1))) return 'part';
  const isSlip = isOneEdit(name, other);
  const alike = isSlip ? 'typo' : likeness(name, other);
  if (alike === 'disagree') return alike;
  if (isSlip && Math.min(name.length, other.length) < 3) return 'similar';
  const known = Number(isKnownGivenName(name)) + Number(isKnownGivenName(other));
  // A slip makes of a name a word that is none. Of two words that are none, only the smallest difference is taken for one.
  const isOfOneName = known === 1 || (known === 0 && isSlip);
  return isOfOneName ? alike : 'similar';
}
