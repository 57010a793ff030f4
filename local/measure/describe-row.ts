import { isRealBirthDate } from '../../functions/domain/identity/demographics.ts';
import { nhsNumberSystem } from '../../functions/formats/fhir/identifier-systems.ts';
import type { PersonRow } from '../csv/read-people.ts';

/** A row as the FHIR Patient that a search or a feed would send; a value that FHIR cannot hold is left out. */
export function describeRow(row: PersonRow): Record<string, unknown> {
  const { addressLine, email, family, given, nhsNumber, phone, postcode } = row;
  const birthDate = longestRealDate(row.birthDate);
  const gender = readGender(row.gender);
  const telecom = [
    ...(phone === undefined ? [] : [{ system: 'phone', value: phone }]),
    ...(email === undefined ? [] : [{ system: 'email', value: email }]),
  ];
  return {
    resourceType: 'Patient',
    ...(nhsNumber && { identifier: [{ system: nhsNumberSystem, value: nhsNumber }] }),
    ...((family || given) && {
      name: [{ ...(family && { family }), ...(given && { given: given.split(/\s+/) }) }],
    }),
    ...(telecom.length > 0 && { telecom }),
    ...(gender && { gender }),
    ...(birthDate && { birthDate }),
    ...((addressLine || postcode) && {
      address: [{ ...(addressLine && { line: [addressLine] }), ...(postcode && { postalCode: postcode }) }],
    }),
  };
}

/** The date, or as much of it as is real: of 31 February the year and the month. */
function longestRealDate(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return [text, text.slice(0, 7), text.slice(0, 4)].find((date) => isRealBirthDate(date));
}

const genders: Readonly<Record<string, string>> = {
  m: 'male',
  male: 'male',
  f: 'female',
  female: 'female',
  o: 'other',
  other: 'other',
};

function readGender(text: string | undefined): string | undefined {
  return genders[text?.toLowerCase() ?? ''];
}
