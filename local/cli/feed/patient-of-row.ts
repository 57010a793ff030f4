import { isRealBirthDate } from '../../../functions/domain/identity/demographics.ts';
import { nhsNumberStatuses } from '../../../functions/domain/identity/nhs-number.ts';
import {
  fhirIdPattern,
  nhsNumberSystem,
  verificationStatusExtension,
  verificationStatusSystem,
} from '../../../functions/formats/fhir/identifier-systems.ts';
import type { JsonObject } from '../../../functions/formats/fhir/json.ts';
import type { PersonRow } from '../../csv/read-people.ts';

/** FHIR's genders, and the NHS Data Dictionary's PERSON STATED GENDER codes (1, 2, 9; 0 in older extracts). */
const genders: ReadonlyMap<string, string> = new Map([
  ...['male', 'm', '1'].map((text) => [text, 'male'] as const),
  ...['female', 'f', '2'].map((text) => [text, 'female'] as const),
  ...['other', 'o'].map((text) => [text, 'other'] as const),
  ...['unknown', 'u', '0', '9', 'x'].map((text) => [text, 'unknown'] as const),
]);

/**
 * A row of a file as the FHIR Patient that its organisation would send. A number counts as verified where the row's own
 * status says so (01), or where the user vouches for the whole file; else it is a claim. A value that FHIR cannot hold
 * refuses the row: leaving it out would pass off a doubtful record as a poorer but sound one.
 */
export function patientOfRow(
  row: PersonRow,
  areNumbersVerified: boolean,
): { readonly ok: true; readonly patient: JsonObject } | { readonly ok: false; readonly reason: string } {
  const { addressLine, birthDate, email, family, given, id, nhsNumber, nhsNumberStatus, phone, postcode } =
    row;
  const refuse = (reason: string) => ({ ok: false, reason }) as const;
  if (!fhirIdPattern.test(id))
    return refuse('its id is no FHIR id (letters, digits, hyphens and dots, at most 64)');
  if (birthDate !== undefined && !isRealBirthDate(birthDate))
    return refuse('its birthDate is no real date written YYYY-MM-DD, YYYYMMDD, YYYY-MM or YYYY');
  const gender = row.gender === undefined ? undefined : genders.get(row.gender.toLowerCase());
  if (row.gender !== undefined && gender === undefined)
    return refuse('its gender is none of male, female, other, unknown, nor a code for one of them');
  const status = nhsNumberStatus?.padStart(2, '0') ?? (areNumbersVerified ? '01' : undefined);
  if (status !== undefined && !Object.hasOwn(nhsNumberStatuses, status))
    return refuse('its nhsNumberStatus is none of 01 to 08');
  return {
    ok: true,
    patient: {
      resourceType: 'Patient',
      id,
      ...(nhsNumber !== undefined && { identifier: [numberIdentifier(nhsNumber, status)] }),
      ...((family ?? given) !== undefined && {
        name: [
          {
            ...(family !== undefined && { family }),
            ...(given !== undefined && { given: given.split(/\s+/) }),
          },
        ],
      }),
      ...((phone ?? email) !== undefined && {
        telecom: [
          ...(phone === undefined ? [] : [{ system: 'phone', value: phone }]),
          ...(email === undefined ? [] : [{ system: 'email', value: email }]),
        ],
      }),
      ...(gender !== undefined && { gender }),
      ...(birthDate !== undefined && { birthDate }),
      ...((addressLine ?? postcode) !== undefined && {
        address: [
          {
            ...(addressLine !== undefined && { line: [addressLine] }),
            ...(postcode !== undefined && { postalCode: postcode }),
          },
        ],
      }),
    },
  };
}

function numberIdentifier(value: string, status: string | undefined): JsonObject {
  if (status === undefined) return { system: nhsNumberSystem, value };
  return {
    system: nhsNumberSystem,
    value,
    extension: [
      {
        url: verificationStatusExtension,
        valueCodeableConcept: { coding: [{ system: verificationStatusSystem, code: status }] },
      },
    ],
  };
}
