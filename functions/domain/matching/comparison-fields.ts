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
  /** `YYYY-MM-DD`, `YYYY-MM` or `YYYY`, mistyped digits and all. */
  readonly birthDate?: string;
  readonly gender?: 'male' | 'female' | 'other';
  /** Capitals with one space, or an outward code alone. */
  readonly postcode?: string;
  /** Folded words of the home address. */
  readonly addressLine?: string;
  /** National significant digits. */
  readonly phone?: string;
  /** Lower case. */
  readonly email?: string;
  /** ODS code of the GP practice. */
  readonly practice?: string;
  /** In place of a given name stands what newborns are called before they have one: "Baby", "Twin One". */
  readonly unnamed?: true;
  /** The name or the postcode is no longer in use. */
  readonly historic?: true;
}

/** Spellings of one person that are compared at most; a record with more of them is cut, current ones first. */
const longestVariants = 8;

function foldWords(text: string): string[] {
  return foldName(text)
    .split(' ')
    .filter((word) => word !== '' && !isTitle(word));
}

function foldFamily(name: PersonName): string | undefined {
  // A title with nothing behind it is a family name: John Major, Ann Lord.
  const folded = foldWords(name.family ?? '').join(' ') || foldName(name.family ?? '');
  return folded === '' || isPlaceholderName(folded) ? undefined : folded;
}

function foldGiven(name: PersonName): { readonly given: readonly string[]; readonly unnamed: boolean } {
  const folded = foldWords(name.given.join(' '));
  const unnamed = isPlaceholderName(folded.join(' '));
  return { given: unnamed ? [] : folded, unnamed };
}

/** +44 7700 900123, 0044…, 07700 900123 and (07700) 900-123 are one number; undefined for what is no number. */
export function foldPhone(text: string): string | undefined {
  const digits = text
    .slice(0, 40)
    .replaceAll(/\D/g, '')
    .replace(/^(?:00)?44/, '')
    .replace(/^0+/, '');
  return digits.length >= 7 && digits.length <= 15 ? digits : undefined;
}

/** An address of at most 254 characters in lower case (RFC 5321, section 4.5.3.1.3); undefined for anything else. */
export function foldEmail(text: string): string | undefined {
  const folded = text.trim().toLowerCase();
  return folded.length <= 254 && /^[^\s@]+@[^\s@]+$/.test(folded) ? folded : undefined;
}

function sharedFields({
  typedBirthDate,
  birthDate = typedBirthDate,
  gender,
  addressLine,
  phones = [],
  emails = [],
  generalPractitioner,
}: Demographics): Omit<ComparisonFields, 'given'> {
  const line = addressLine === undefined ? '' : foldName(addressLine);
  const phone = phones.map(foldPhone).find((text) => text !== undefined);
  const email = emails.map(foldEmail).find((text) => text !== undefined);
  return {
    ...(birthDate !== undefined && !isPlaceholderBirthDate(birthDate) && { birthDate }),
    ...(gender !== undefined && gender !== 'unknown' && { gender }),
    ...(line !== '' && { addressLine: line }),
    ...(phone !== undefined && { phone }),
    ...(email !== undefined && { email }),
    ...(generalPractitioner !== undefined && { practice: generalPractitioner }),
  };
}

type Spelling = Pick<ComparisonFields, 'family' | 'given' | 'unnamed' | 'historic'>;

function spellings({ names }: Demographics): readonly Spelling[] {
  const found = new Map<string, Spelling>();
  for (const name of names) {
    const family = foldFamily(name);
    const { given, unnamed } = foldGiven(name);
    if (family === undefined && given.length === 0 && !unnamed) continue;
    const key = `${family ?? ''}|${given.join(' ')}`;
    if (!found.has(key))
      found.set(key, {
        ...(family !== undefined && { family }),
        given,
        ...(unnamed && { unnamed }),
        ...(name.historic && { historic: true }),
      });
  }
  return found.size > 0 ? [...found.values()] : [{ given: [] }];
}

/** The comparison fields of a person as they are now: none when all their names are of the past. */
export function currentFields(demographics: Demographics): readonly ComparisonFields[] {
  return comparisonFields(demographics).filter(({ historic }) => historic !== true);
}

/**
 * The comparison fields of a person, one for each different name that they have or had, then the current name at each
 * postcode that they have left (at least one, at most eight). A birth date has no history: an old one was an error.
 */
export function comparisonFields(demographics: Demographics): readonly ComparisonFields[] {
  const shared = sharedFields(demographics);
  const { postcode, historicPostcodes = [] } = demographics;
  const current = postcode !== undefined && !isPlaceholderPostcode(postcode) ? { postcode } : {};
  const names = spellings(demographics);
  const variants = names.map((name): ComparisonFields => ({ ...name, ...shared, ...current }));
  const [name = { given: [] }] = names;
  // The street of a former home is not known here, so it is left out with the current postcode.
  const { addressLine: _, ...elsewhere } = shared;
  for (const left of new Set(historicPostcodes))
    if (left !== postcode && !isPlaceholderPostcode(left))
      variants.push({ ...name, ...elsewhere, postcode: left, historic: true });
  return variants.slice(0, longestVariants);
}
