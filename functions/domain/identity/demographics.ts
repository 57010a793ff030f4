import { daysBetween } from './calendar-date.ts';

export { daysBetween, isRealBirthDate } from './calendar-date.ts';
export { normalisePostcode } from './postcode.ts';

/** One name of a person. */
export interface PersonName {
  readonly family?: string;
  readonly given: readonly string[];
  /** No longer in use (`use` old or maiden, or a period that has ended). */
  readonly historic?: true;
}

/** What is known of a person from one source, or by survivorship from all of them. */
export interface Demographics {
  /** Usual or official name first, then others, old ones last. */
  readonly names: readonly PersonName[];
  /** `YYYY-MM-DD`, `YYYY-MM` or `YYYY`. */
  readonly birthDate?: string;
  /** `NNNN-NN-NN` that no calendar has (the 71st of a month): nobody's birth date, but for matching still a slip away from one. */
  readonly typedBirthDate?: string;
  readonly gender?: 'male' | 'female' | 'other' | 'unknown';
  /** As {@link normalisePostcode} gives it. */
  readonly postcode?: string;
  /** Postcodes of addresses no longer lived at. */
  readonly historicPostcodes?: readonly string[];
  /** The lines of the home address, joined by commas. */
  readonly addressLine?: string;
  readonly phones?: readonly string[];
  readonly emails?: readonly string[];
  /** ODS code of the GP practice. */
  readonly generalPractitioner?: string;
  readonly deceased: boolean;
  /** `YYYY-MM-DD`, `YYYY-MM` or `YYYY`. */
  readonly deathDate?: string;
  /** The PDS sensitivity flag (`meta.security` R or V): no location of this person may ever be shown. */
  readonly restricted: boolean;
  /** The PDS record is invalid (I-flag, `REDACTED`): it was made for nobody, and is never shown. */
  readonly invalid?: true;
}

/**
 * True when the person died more than `days` days before today (GP Connect 0.7.4: the record stays readable 28 days).
 *
 * A partial death date counts from its last possible day, so that the record closes only when the time is surely
 * over. A death without any date is taken as long past: an unknown date must not keep a record open for ever.
 */
export function deceasedLongerThan(demographics: Demographics, days: number, todayIsoDate: string): boolean {
  if (!demographics.deceased) return false;
  if (demographics.deathDate === undefined) return true;
  const since = daysBetween(demographics.deathDate, todayIsoDate);
  return since === undefined || since > days;
}
