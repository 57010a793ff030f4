import type { Demographics, PersonName } from '../identity/demographics.ts';
import {
  isPlaceholderBirthDate,
  isPlaceholderName,
  isPlaceholderPostcode,
  isTitle,
} from '../identity/placeholders.ts';
import { foldName } from './fold-name.ts';

/** What matching compares: folded names, one spelling each; a missing or placeholder value is absent. */
export interface ComparisonFields {
  /** Folded words parted by one space. */
  readonly family?: string;
  /** Folded words in the order given. */
  readonly given: readonly string[];
  /** `YYYY-MM-DD`, `YYYY-MM` or `YYYY`. */
  readonly birthDate?: string;
  readonly gender?: 'male' | 'female' | 'other';
  /** Capitals with one space, or an outward code alone. */
  readonly postcode?: string;
}

function foldFamily(name: PersonName): string | undefined {
  const folded = foldName(name.family ?? '');
  return folded === '' || isPlaceholderName(folded) ? undefined : folded;
}

function foldGiven(name: PersonName): readonly string[] {
  const whole = foldName(name.given.join(' '));
  if (whole === '' || isPlaceholderName(whole)) return [];
  return whole.split(' ').filter((word) => !isTitle(word));
}

/** The comparison fields of a person, one for each different name that they have or had (at least one). */
export function comparisonFields(demographics: Demographics): readonly ComparisonFields[] {
  const { birthDate, gender, postcode } = demographics;
  const shared = {
    ...(birthDate !== undefined && !isPlaceholderBirthDate(birthDate) && { birthDate }),
    ...(gender !== undefined && gender !== 'unknown' && { gender }),
    ...(postcode !== undefined && !isPlaceholderPostcode(postcode) && { postcode }),
  };
  const variants = new Map<string, ComparisonFields>();
  for (const name of demographics.names) {
    const family = foldFamily(name);
    const given = foldGiven(name);
    if (family === undefined && given.length === 0) continue;
    const spelling = `${family ?? ''}|${given.join(' ')}`;
    if (!variants.has(spelling))
      variants.set(spelling, { ...(family !== undefined && { family }), given, ...shared });
  }
  return variants.size > 0 ? [...variants.values()] : [{ given: [], ...shared }];
}
