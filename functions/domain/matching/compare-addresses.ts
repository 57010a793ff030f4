import type { LevelOf } from './match-policy.ts';
import { isAlike, isOneEdit } from './text-distance.ts';

/** O and 0, I and 1 are one key apart and look alike: they are taken as the same. */
export function foldPostcode(postcode: string): string {
  return postcode.replaceAll('O', '0').replaceAll('I', '1');
}

function areaOf(postcode: string): string {
  return /^[A-Z]{1,2}|^\d/.exec(postcode)?.[0] ?? '';
}

/** The level at which two normalised postcodes agree, the whole first, then ever larger areas. */
export function comparePostcodes(
  first: string | undefined,
  second: string | undefined,
): LevelOf<'postcode'> | undefined {
  if (first === undefined || second === undefined) return undefined;
  const folded = foldPostcode(first);
  const otherFolded = foldPostcode(second);
  const [gap, otherGap] = [folded.indexOf(' '), otherFolded.indexOf(' ')];
  const outward = gap < 0 ? folded : folded.slice(0, gap);
  const otherOutward = otherGap < 0 ? otherFolded : otherFolded.slice(0, otherGap);
  if (gap >= 0 && otherGap >= 0) {
    if (folded === otherFolded) return 'exact';
    const [inward, otherInward] = [folded.slice(gap + 1), otherFolded.slice(otherGap + 1)];
    if (isOneEdit(outward + inward, otherOutward + otherInward)) return 'one-edit';
    if (outward === otherOutward && inward[0] === otherInward[0]) return 'sector';
  }
  if (outward === otherOutward) return 'outcode';
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
