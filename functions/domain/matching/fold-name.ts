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
 * Zoë and Zoe, O'Neil and ONeil, Smith-Jones and Smith Jones are the same; folding twice changes nothing.
 */
export function foldName(text: string): string {
  return (
    text
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
