import { searchKeys } from './blocking-keys.ts';
import type { ComparisonFields } from './comparison-fields.ts';

/** True when a search without NHS number gives less than the error catalogue's TOO_FEW_SEARCH_FIELDS asks for. */
export function tooFewFields(fields: ComparisonFields): boolean {
  const present = [
    fields.family !== undefined,
    fields.given.length > 0,
    fields.birthDate !== undefined,
    fields.gender !== undefined,
    fields.postcode !== undefined,
  ].filter(Boolean).length;
  const isEnough =
    ((fields.family !== undefined || fields.given.length > 0) && fields.birthDate !== undefined) ||
    present >= 3;
  // A year of birth or an outward code beside one name leads to no key: the search could only answer "nobody".
  const { first, second } = searchKeys(fields);
  return !isEnough || first.length + second.length === 0;
}
