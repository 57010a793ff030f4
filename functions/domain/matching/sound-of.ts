import { doubleMetaphone } from 'double-metaphone';

/** Four sounds tell enough: longer codes would let one wrong letter near the end part two spellings. */
const longestCode = 4;

/**
 * How a folded word sounds (Double Metaphone, its first code): Smyth and Smith are one.
 *
 * A word with no sound of its own (another script, digits) stands for itself.
 */
export function soundOf(foldedWord: string): string {
  const [primary] = doubleMetaphone(foldedWord);
  return primary === '' ? foldedWord.slice(0, longestCode) : primary.slice(0, longestCode);
}

/** True when any of the two words' Double Metaphone codes agree in full. */
export function soundAlike(first: string, second: string): boolean {
  const [primary, secondary] = doubleMetaphone(first);
  const [otherPrimary, otherSecondary] = doubleMetaphone(second);
  if (primary === '' || otherPrimary === '') return false;
  return (
    primary === otherPrimary ||
    primary === otherSecondary ||
    secondary === otherPrimary ||
    secondary === otherSecondary
  );
}
