import { doubleMetaphone } from 'double-metaphone';

/** Four sounds tell enough: longer codes would let one wrong letter near the end part two spellings. */
const longestCode = 4;

/** Codes of words that were met: a search compares one name with hundreds, and few names serve most people. */
const knownCodes = new Map<string, readonly [string, string]>();

/** Beyond this many words all are forgotten: about a megabyte. */
const longestMemory = 10_000;

function codesOf(word: string): readonly [string, string] {
  const known = knownCodes.get(word);
  if (known) return known;
  if (knownCodes.size >= longestMemory) knownCodes.clear();
  const codes = doubleMetaphone(word);
  knownCodes.set(word, codes);
  return codes;
}

/**
 * How a folded word sounds (Double Metaphone, its first code): Smyth and Smith are one.
 *
 * A word with no sound of its own (another script, digits) stands for itself.
 */
export function soundOf(foldedWord: string): string {
  const [primary] = codesOf(foldedWord);
  return primary === '' ? foldedWord.slice(0, longestCode) : primary.slice(0, longestCode);
}

/** True when any of the two words' Double Metaphone codes agree in full. */
export function soundAlike(first: string, second: string): boolean {
  const [primary, secondary] = codesOf(first);
  const [otherPrimary, otherSecondary] = codesOf(second);
  if (primary === '' || otherPrimary === '') return false;
  return (
    primary === otherPrimary ||
    primary === otherSecondary ||
    secondary === otherPrimary ||
    secondary === otherSecondary
  );
}
