import type { PersonName } from '../identity/demographics.ts';
import type { NhsNumber } from '../identity/nhs-number.ts';
import type { SoughtText } from './sought-text.ts';

/** A range of days, both ends included; an end that is absent is open. */
export interface DateRange {
  /** `YYYY-MM-DD`. */
  readonly from?: string;
  readonly to?: string;
}

/** What a search asks for. */
export interface PatientSearch {
  /** Homophones, exchanged names and slips count as well, and history always; no wildcards. */
  readonly fuzzy: boolean;
  /** Only people whose score is 1. */
  readonly exactOnly: boolean;
  /** Former names, postcodes, phones and emails count as well. */
  readonly history: boolean;
  /** The family name may be another: see {@link lastResort}. */
  readonly anyFamily?: true;
  readonly nhsNumber?: NhsNumber;
  readonly family?: SoughtText;
  /** In the order of the names. */
  readonly given: readonly SoughtText[];
  readonly birthDate?: DateRange;
  readonly deathDate?: DateRange;
  readonly gender?: 'male' | 'female' | 'other' | 'unknown';
  /** Capital letters and digits, and wildcards when it is not fuzzy. */
  readonly postcode?: string;
  /** ODS code. */
  readonly generalPractitioner?: string;
  /** As {@link comparablePhone} gives it. */
  readonly phone?: string;
  /** In lower case. */
  readonly email?: string;
}

/** What is so now, and what was. */
export interface KnownValues<Value> {
  readonly current: readonly Value[];
  readonly historic: readonly Value[];
}

/**
 * What to look for when nobody fits: a fuzzy search that gives birth date, gender, postcode and both names finds whoever
 * fits but for the family name, which people change (PDS). Never but for the given name: twins share all the rest.
 */
export function lastResort(search: PatientSearch): PatientSearch | undefined {
  const { family, fuzzy, gender, given, postcode } = search;
  const isAllowed = fuzzy && family && given.length > 0 && gender !== undefined && postcode !== undefined;
  return isAllowed ? { ...search, anyFamily: true } : undefined;
}

/** All of a person that a search can meet. */
export interface SearchProfile {
  readonly restricted: boolean;
  /** As written. */
  readonly names: KnownValues<PersonName>;
  /** `YYYY-MM-DD`; a partial date meets no search. */
  readonly birthDate?: string;
  readonly deathDate?: string;
  readonly genders: KnownValues<'male' | 'female' | 'other' | 'unknown'>;
  readonly postcodes: KnownValues<string>;
  readonly generalPractitioner?: string;
  readonly phones: KnownValues<string>;
  readonly emails: KnownValues<string>;
}

/** The values that a search looks at: former ones only where history is asked for. */
export function valuesFor<Value>(
  { fuzzy, history }: Pick<PatientSearch, 'fuzzy' | 'history'>,
  { current, historic }: KnownValues<Value>,
): readonly Value[] {
  return fuzzy || history ? [...current, ...historic] : current;
}

/** True when the search says where somebody is to be found: such a search never answers a restricted person (PDS). */
export function seeksLocation(search: PatientSearch): boolean {
  const { postcode, generalPractitioner, phone, email } = search;
  return [postcode, generalPractitioner, phone, email].some((value) => value !== undefined);
}

/** True when the day lies in the range; a partial date lies in none. */
export function isWithin({ from, to }: DateRange, day: string | undefined): boolean {
  if (day?.length !== 10) return false;
  return (from === undefined || day >= from) && (to === undefined || day <= to);
}

/**
 * The digits that tell one phone from another: the last ten, so that +44, 0044 and 0 before a British number are the same
 * (other countries' numbers are hardly longer). Undefined for fewer than six digits.
 */
export function comparablePhone(text: string): string | undefined {
  const digits = text
    .normalize('NFKC')
    .replaceAll(/[^0-9]/g, '')
    .replace(/^0+/, '');
  return digits.length < 6 ? undefined : digits.slice(-10);
}
