import levenshtein from 'fast-levenshtein';
import { isPlaceholderPostcode } from '../identity/placeholders.ts';
import { isOneEdit, jaroWinkler } from '../matching/text-distance.ts';
import { compareSoughtNames } from './compare-sought-names.ts';
import {
  isWithin,
  type PatientSearch,
  type SearchProfile,
  seeksLocation,
  valuesFor,
} from './patient-search.ts';
import { isSought } from './sought-text.ts';

/**
 * How closely a person fits a search, above 0 to 1 (exact); undefined when they are no answer to it.
 *
 * The score is the mean similarity of the fields that were asked for, as PDS has it: the scores that PDS publishes for
 * wildcards (0.9650, 0.9259) and for homophones (0.8827) come out the same, others in the same order.
 */
export function scoreSearch(search: PatientSearch, profile: SearchProfile): number | undefined {
  if (profile.restricted && seeksLocation(search)) return undefined;
  const similarities: number[] = [];
  for (const compare of comparisons) {
    const similarity = compare(search, profile);
    if (similarity === 'not-sought') continue;
    if (similarity === 'no-answer') return undefined;
    similarities.push(...(typeof similarity === 'number' ? [similarity] : similarity));
  }
  const score = similarities.reduce((sum, one) => sum + one, 0) / similarities.length;
  return search.exactOnly && score < 1 ? undefined : score;
}

/** What one comparison says: how alike (for names perhaps twice), nothing as it was not asked for, or that it rules out. */
type Similarity = number | readonly number[] | 'not-sought' | 'no-answer';

const comparisons: readonly ((search: PatientSearch, profile: SearchProfile) => Similarity)[] = [
  compareNhsNumber,
  compareNames,
  compareBirthDate,
  compareDeathDate,
  compareGender,
  comparePostcode,
  comparePractice,
  comparePhone,
  compareEmail,
];

/** What is not known tells neither way. */
const unknown = 0.5;

function compareNhsNumber({ nhsNumber }: PatientSearch): Similarity {
  // The number led here, perhaps superseded by the one that the person holds now.
  return nhsNumber === undefined ? 'not-sought' : 1;
}

function compareNames(search: PatientSearch, { names }: SearchProfile): Similarity {
  if (!search.family && search.given.length === 0) return 'not-sought';
  const similarity = compareSoughtNames(search, valuesFor(search, names));
  return similarity ? [similarity.family, similarity.given].filter((one) => one !== undefined) : 'no-answer';
}

/** Nobody is found by a birth date that was corrected (PDS), whatever else is sought. */
function compareBirthDate({ birthDate }: PatientSearch, profile: SearchProfile): Similarity {
  if (!birthDate) return 'not-sought';
  return isWithin(birthDate, profile.birthDate) ? 1 : 'no-answer';
}

function compareDeathDate({ deathDate, fuzzy }: PatientSearch, profile: SearchProfile): Similarity {
  if (!deathDate) return 'not-sought';
  if (isWithin(deathDate, profile.deathDate)) return 1;
  return fuzzy ? 0 : 'no-answer';
}

function compareGender({ gender, fuzzy }: PatientSearch, { genders }: SearchProfile): Similarity {
  if (gender === undefined) return 'not-sought';
  const [current] = genders.current;
  if (gender === current || (fuzzy && genders.historic.includes(gender))) return 1;
  const isOpen = (value: string | undefined) =>
    value === undefined || value === 'other' || value === 'unknown';
  return fuzzy && (isOpen(gender) || isOpen(current)) ? unknown : 'no-answer';
}

/** A practice does not rule out in a fuzzy search: people change it more often than systems hear of it (PDS). */
function comparePractice(search: PatientSearch, profile: SearchProfile): Similarity {
  const { generalPractitioner, fuzzy } = search;
  if (generalPractitioner === undefined) return 'not-sought';
  if (generalPractitioner === profile.generalPractitioner) return 1;
  if (!fuzzy) return 'no-answer';
  return profile.generalPractitioner === undefined ? unknown : 0;
}

/** ZZ99 is no place: seeking it finds nobody, not everybody without a home. */
function comparePostcode(search: PatientSearch, { postcodes }: SearchProfile): Similarity {
  const { postcode, fuzzy } = search;
  if (postcode === undefined) return 'not-sought';
  if (isPlaceholderPostcode(postcode)) return 'no-answer';
  const each = valuesFor(search, postcodes)
    .filter((stored) => !isPlaceholderPostcode(stored))
    .map((stored) => (fuzzy ? mistypedPostcode(postcode, stored) : soughtPostcode(postcode, stored)));
  const best = Math.max(0, ...each);
  return best > 0 ? best : 'no-answer';
}

function soughtPostcode(sought: string, stored: string): number {
  const [first = '', ...others] = sought.split('*');
  if (!isSought({ written: sought, parts: [first, ...others] }, stored)) return 0;
  return others.length > 0 ? jaroWinkler(sought, `${stored.slice(0, -3)} ${stored.slice(-3)}`) : 1;
}

/** Two slips are taken: a letter too many in each half (DN15258JY), or a wrong one. O and 0, I and 1 are the same. */
function mistypedPostcode(sought: string, stored: string): number {
  const [first, second] = [sought, stored].map((text) =>
    text.replaceAll(' ', '').replaceAll('O', '0').replaceAll('I', '1'),
  ) as [string, string];
  const distance = levenshtein.get(first, second);
  return distance > 2 || Math.min(first.length, second.length) < 5 ? 0 : 1 - distance / second.length;
}

function comparePhone(search: PatientSearch, { phones }: SearchProfile): Similarity {
  const { phone, fuzzy } = search;
  if (phone === undefined) return 'not-sought';
  const known = valuesFor(search, phones);
  if (known.includes(phone)) return 1;
  return fuzzy && known.some((other) => isOneEdit(phone, other)) ? 1 - 1 / phone.length : 'no-answer';
}

function compareEmail(search: PatientSearch, { emails }: SearchProfile): Similarity {
  if (search.email === undefined) return 'not-sought';
  return valuesFor(search, emails).includes(search.email) ? 1 : 'no-answer';
}
