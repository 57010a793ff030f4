import type { LevelOf } from './match-policy.ts';
import { isAlike, isOneEdit } from './text-distance.ts';

/** O and 0, I and 1 are one key apart and look alike: they are taken as the same. */
export function foldPostcode(postcode: string): string {
  // Most postcodes have neither letter, and a text that is not copied costs nothing.
  const folded = postcode.includes('O') ? postcode.replaceAll('O', '0') : postcode;
  return folded.includes('I') ? folded.replaceAll('I', '1') : folded;
}

/** The letters of the area (`LS` of LS1 4AB); another country's postcode has its first digit. */
function areaOf(postcode: string): string {
  let end = 0;
  while (end < 2 && isLetter(postcode.charCodeAt(end))) end += 1;
  return postcode.slice(0, end || 1);
}

function isLetter(code: number): boolean {
  return code >= 65 && code <= 90;
}

/** One edit of what was typed: the space was put in afterwards, and a letter lost or gained moves it. */
function isOneSlip(postcode: string, other: string): boolean {
  // An edit leaves the first letter or the last as it was: most pairs end here, before anything is copied.
  const isOpen = postcode[0] === other[0] || postcode.at(-1) === other.at(-1);
  return isOpen && isOneEdit(postcode.replace(' ', ''), other.replace(' ', ''));
}

/** The level at which two normalised postcodes agree, the whole first, then ever larger areas. */
export function comparePostcodes(
  first: string | undefined,
  second: string | undefined,
): LevelOf<'postcode'> | undefined {
  if (first === undefined || second === undefined) return undefined;
  const postcode = foldPostcode(first);
  const other = foldPostcode(second);
  const space = postcode.indexOf(' ');
  const otherSpace = other.indexOf(' ');
  const areWhole = space > 0 && otherSpace > 0;
  if (areWhole && postcode === other) return 'exact';
  if (areWhole && isOneSlip(postcode, other)) return 'one-edit';
  const outward = space > 0 ? postcode.slice(0, space) : postcode;
  if (outward === (otherSpace > 0 ? other.slice(0, otherSpace) : other))
    return areWhole && postcode[space + 1] === other[space + 1] ? 'sector' : 'outcode';
  return areaOf(first) === areaOf(second) ? 'area' : 'disagree';
}

/** Two lines that look this alike are one address written twice ("12 High St", "12 High Street"). */
const similarLine = 0.9;

/**
 * The level at which two address lines agree. At one postcode, all lines are alike but for the house, so an agreement
 * there says less than the same agreement between two postcodes.
 */
export function compareAddressLines(
  first: string | undefined,
  second: string | undefined,
  samePostcode: boolean,
): LevelOf<'addressLine'> | undefined {
  if (first === undefined || second === undefined) return undefined;
  if (first === second) return samePostcode ? 'exact-same-postcode' : 'exact';
  // Another house number is another house, however alike the street.
  const sameNumber = /^\d*/.exec(first)?.[0] === /^\d*/.exec(second)?.[0];
  if (sameNumber && isAlike(first, second, similarLine))
    return samePostcode ? 'similar-same-postcode' : 'similar';
  return 'disagree';
}
