import { compareAddressLines, comparePostcodes } from './compare-addresses.ts';
import { compareBirthDates } from './compare-birth-dates.ts';
import { compareEmails, comparePhones, comparePractices } from './compare-contacts.ts';
import { compareFamily, compareGiven } from './compare-names.ts';
import type { ComparisonFields } from './comparison-fields.ts';
import type { LevelOf } from './match-policy.ts';

/** The levels of names, and which values they are about. */
export interface NameLevels {
  readonly family?: LevelOf<'family'>;
  readonly given?: LevelOf<'given'>;
}

/** The levels of everything but names; a field that one side lacks is absent. */
export type OtherLevels = {
  readonly [Field in
    | 'birthDate'
    | 'postcode'
    | 'addressLine'
    | 'gender'
    | 'phone'
    | 'email'
    | 'practice']?: LevelOf<Field>;
};

/** The same person with given and family name exchanged, as they stand in a form filled in the wrong way round. */
export function exchangeNames(fields: ComparisonFields): ComparisonFields {
  const turned = fields.family === undefined ? [] : fields.family.split(' ');
  if (fields.given.length > 0) return { ...fields, given: turned, family: fields.given.join(' ') };
  const { family: _, ...rest } = fields;
  return { ...rest, given: turned };
}

/** Compares names as they stand. */
export function compareNames(first: ComparisonFields, second: ComparisonFields): NameLevels {
  const family = compareFamily(first.family, second.family);
  const given = compareGiven(first.given, second.given);
  if (family === undefined) return given ? { given } : {};
  return given ? { family, given } : { family };
}

function compareGenders(
  first: ComparisonFields['gender'],
  second: ComparisonFields['gender'],
): LevelOf<'gender'> | undefined {
  if (first === undefined || second === undefined) return undefined;
  if (first === second) return 'agree';
  // "Other" against male or female is no contradiction: systems differ in what they can hold.
  return first === 'other' || second === 'other' ? undefined : 'disagree';
}

/** Compares everything but names. */
export function compareOthers(first: ComparisonFields, second: ComparisonFields): OtherLevels {
  // Assigned one by one: spreading each field that is there took half the time of a comparison.
  const levels: { -readonly [Field in keyof OtherLevels]: OtherLevels[Field] } = {};
  const birthDate = compareBirthDates(first.birthDate, second.birthDate);
  if (birthDate) levels.birthDate = birthDate;
  const postcode = comparePostcodes(first.postcode, second.postcode);
  if (postcode) levels.postcode = postcode;
  const addressLine = compareAddressLines(first.addressLine, second.addressLine, postcode === 'exact');
  if (addressLine) levels.addressLine = addressLine;
  const gender = compareGenders(first.gender, second.gender);
  if (gender) levels.gender = gender;
  const phone = comparePhones(first.phone, second.phone);
  if (phone) levels.phone = phone;
  const email = compareEmails(first.email, second.email);
  if (email) levels.email = email;
  const practice = comparePractices(first.practice, second.practice);
  if (practice) levels.practice = practice;
  return levels;
}
