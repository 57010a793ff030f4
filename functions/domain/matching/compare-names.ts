import levenshtein from 'fast-levenshtein';
import type { ComparisonFields } from './comparison-fields.ts';
import type { OutcomeOf } from './match-policy.ts';
import { areNicknames } from './nicknames.ts';
import { soundAlike } from './sound-of.ts';

/** True when one letter is wrong, missing or too many, or two neighbours are exchanged. */
export function isOneEdit(first: string, second: string): boolean {
  if (Math.abs(first.length - second.length) > 1) return false;
  const distance = levenshtein.get(first, second);
  if (distance === 1) return true;
  if (distance !== 2 || first.length !== second.length) return false;
  let at = 0;
  while (first[at] === second[at]) at += 1;
  return (
    first[at] === second[at + 1] &&
    first[at + 1] === second[at] &&
    first.slice(at + 2) === second.slice(at + 2)
  );
}

/** Compares family names; undefined when one is missing. */
export function compareFamily(
  first: ComparisonFields,
  second: ComparisonFields,
): OutcomeOf<'family'> | undefined {
  const { family } = first;
  const { family: other } = second;
  if (family === undefined || other === undefined) return undefined;
  const compact = family.replaceAll(' ', '');
  const otherCompact = other.replaceAll(' ', '');
  if (compact === otherCompact) return 'exact';
  // Two names of three letters that differ in one (Lee, Lea) are as likely two names.
  if (Math.min(compact.length, otherCompact.length) >= 4 && isOneEdit(compact, otherCompact)) return 'typo';
  const words = family.split(' ');
  const otherWords = other.split(' ');
  if (
    (words.length > 1 || otherWords.length > 1) &&
    words.some((word) => word.length > 2 && otherWords.includes(word))
  )
    return 'part';
  if (levenshtein.get(compact, otherCompact) <= 3 && soundAlike(compact, otherCompact)) return 'sound';
  return 'disagree';
}

/** Compares given names, the first with the first; undefined when one is missing. */
export function compareGiven(
  first: ComparisonFields,
  second: ComparisonFields,
): OutcomeOf<'given'> | undefined {
  const [name] = first.given;
  const [other] = second.given;
  if (name === undefined || other === undefined) return undefined;
  if (name.length === 1 || other.length === 1) return name[0] === other[0] ? 'initial' : 'initial-disagree';
  if (name === other || first.given.join('') === second.given.join('')) return 'exact';
  if (areNicknames(name, other)) return 'nickname';
  // Only a first name counts here: siblings often share their middle name.
  if (first.given.slice(1).includes(other) || second.given.slice(1).includes(name)) return 'reordered';
  if (isOneEdit(name, other))
    return Math.min(name.length, other.length) >= 5 && name[0] === other[0] ? 'typo' : 'near';
  if (levenshtein.get(name, other) <= 3 && soundAlike(name, other)) return 'sound';
  return 'disagree';
}

/** True when each one's family name is the other's first given name (and the two differ). */
export function areNamesSwapped(first: ComparisonFields, second: ComparisonFields): boolean {
  const [name] = first.given;
  const [other] = second.given;
  return (
    first.family !== undefined &&
    first.family !== second.family &&
    first.family === other &&
    second.family === name
  );
}
