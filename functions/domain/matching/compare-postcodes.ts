import { isOneEdit } from './compare-names.ts';
import type { OutcomeOf } from './match-policy.ts';

/** O and 0, I and 1 are one key apart and look alike: they are taken as the same. */
function fold(postcode: string): string {
  return postcode.replaceAll('O', '0').replaceAll('I', '1');
}

function areaOf(postcode: string): string {
  return /^[A-Z]{1,2}/.exec(postcode)?.[0] ?? '';
}

/** Compares normalised postcodes, the whole first, then ever larger areas. */
export function comparePostcodes(
  first: string | undefined,
  second: string | undefined,
): OutcomeOf<'postcode'> | undefined {
  if (first === undefined || second === undefined) return undefined;
  const [outward = '', inward] = fold(first).split(' ');
  const [otherOutward, otherInward] = fold(second).split(' ');
  if (inward !== undefined && otherInward !== undefined) {
    if (outward === otherOutward && inward === otherInward) return 'exact';
    if (isOneEdit(outward + inward, `${otherOutward}${otherInward}`)) return 'one-edit';
  }
  if (outward === otherOutward) return 'outcode';
  return areaOf(first) === areaOf(second) ? 'area' : 'disagree';
}
