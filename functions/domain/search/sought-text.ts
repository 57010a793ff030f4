import { foldName } from '../matching/fold-name.ts';
import { jaroWinkler } from '../matching/text-distance.ts';

/** A word or name that is sought, perhaps with wildcards (`*`). */
export interface SoughtText {
  /** Lower case, as written, wildcards included: what similarity is measured on. */
  readonly written: string;
  /** Folded letters between the wildcards; one part when there is none. The first holds at least one letter. */
  readonly parts: readonly [string, ...string[]];
}

/** Marks of direction, joiners and other invisible characters: they are typed by accident, by copying. */
const invisible = /\p{Cf}/gu;

/** Words as written, in lower case, without what parts them: `Anne-Marie` is two. */
export function wordsAsWritten(text: string): string[] {
  return text
    .normalize('NFC')
    .replaceAll(invisible, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}\p{M}*'’‘`´ʼ]+/u)
    .filter((word) => word !== '');
}

/** A text to seek; undefined when it holds no letter or digit before a wildcard. */
export function soughtText(text: string): SoughtText | undefined {
  const written = wordsAsWritten(text).join(' ');
  const [first = '', ...others] = written.split('*').map(foldName);
  return first === '' ? undefined : { written, parts: [first, ...others] };
}

/** True when the text holds a wildcard. */
export function hasWildcard({ parts }: SoughtText): boolean {
  return parts.length > 1;
}

/** True when the folded text is what is sought: spaces part no two spellings, and a wildcard stands for anything. */
export function isSought({ parts }: SoughtText, folded: string): boolean {
  const [first, ...others] = parts.map(withoutSpaces);
  const text = withoutSpaces(folded);
  if (first === undefined || !text.startsWith(first)) return false;
  const last = others.pop();
  if (last === undefined) return text === first;
  let at = first.length;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

function withoutSpaces(text: string): string {
  return text.replaceAll(' ', '');
}

/**
 * How alike a stored name is to the one sought, 0 to 1: equal after folding is 1, else Jaro–Winkler of the two as written.
 * Letters with an accent then count as one letter of their own: an accent alone parts no two names, and beside another
 * difference the nearer spelling comes first (PDS does this for all names; see search-score.ts).
 */
export function textSimilarity(sought: SoughtText, stored: string): number {
  if (!hasWildcard(sought) && isSought(sought, foldName(stored))) return 1;
  return jaroWinkler(markAccents(sought.written), markAccents(wordsAsWritten(stored).join(' ')));
}

function markAccents(text: string): string {
  return Array.from(text, (letter) =>
    letter > '\x7f' && /^[a-z]+$/.test(foldName(letter)) ? '@' : letter,
  ).join('');
}
