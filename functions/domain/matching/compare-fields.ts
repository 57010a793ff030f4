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

/** The levels of all fields. */
export type Levels = NameLevels & OtherLevels;

/** The same person with given and family name exchanged, as they stand in a form filled in the wrong way round. */
export function exchangeNames({ family, given, ...rest }: ComparisonFields): ComparisonFields {
  return {
    ...rest,
    given: family === undefined ? [] : family.split(' '),
    ...(given.length > 0 && { family: given.join(' ') }),
  };
}

/** Compares names as they stand. */
export function compareNames(first: ComparisonFields, second: ComparisonFields): NameLevels {
  const family = compareFamily(first.family, second.family);
  const given = compareGiven(first.given, second.given);
  return { ...(family && { family }), ...(given && { given }) };
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
  const birthDate = compareBirthDates(first.birthDate, second.birthDate);
  const postcode = comparePostcodes(first.postcode, second.postcode);
  const addressLine = compareAddressLines(first.addressLine, second.addressLine, postcode === 'exact');
  const gender = compareGenders(first.gender, second.gender);
  const phone = comparePhones(first.phone, second.phone);
  const email = compareEmails(first.email, second.email);
  const practice = comparePractices(first.practice, second.practice);
  return {
    ...(birthDate && { birthDate }),
    ...(postcode && { postcode }),
    ...(addressLine && { addressLine }),
    ...(gender && { gender }),
    ...(phone && { phone }),
    ...(email && { email }),
    ...(practice && { practice }),
  };
}
