/** Letters that Unicode does not decompose but that British keyboards write in plain letters. */
const plainLetters: Readonly<Record<string, string>> = {
  ß: 'ss',
  ø: 'o',
  æ: 'ae',
  œ: 'oe',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};

/** Longer names are cut: nobody is told apart by the hundredth letter, and comparison takes quadratic time. */
const longestName = 100;

/**
 * A name as matching sees it: lower case, without accents and apostrophes, words parted by one space.
 *
 * Zoë and Zoe, O'Neil and ONeil, Smith-Jones and Smith Jones are the same; what cannot be seen (zero-width and direction
 * marks, soft hyphens: Unicode's format characters) is not there. Folding twice changes nothing.
 */
export function foldName(text: string): string {
  return (
    text
      .replaceAll(/\p{Cf}/gu, '')
      .slice(0, longestName)
      .normalize('NFKD')
      .toLowerCase()
      .normalize('NFKD')
      .replaceAll(/\p{M}|['’‘`´ʼ]/gu, '')
      .replaceAll(/[ßøæœłđðþı]/g, (letter) => plainLetters[letter] ?? letter)
      .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()
      .slice(0, longestName)
      // The cut can leave half of a character, or the space before the next word.
      .replace(/[\uD800-\uDBFF]$| $/, '')
  );
}
