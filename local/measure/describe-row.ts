import { isRealBirthDate } from '../../functions/domain/identity/demographics.ts';
import type { JsonObject } from '../../functions/formats/fhir/json.ts';
import { patientOfRow } from '../cli/feed/patient-of-row.ts';
import type { PersonRow } from '../csv/read-people.ts';

/**
 * A row as the FHIR Patient that a feed or a search would send, for measuring: nothing is refused, and what FHIR cannot
 * hold is left out (of 31 February the year and the month stay). An NHS number counts as verified.
 */
export function describeRow({ birthDate, gender, nhsNumberStatus: _, ...row }: PersonRow): JsonObject {
  const longestRealDate = [10, 7, 4]
    .map((length) => birthDate?.slice(0, length) ?? '')
    .find((text) => isRealBirthDate(text));
  const sound: PersonRow = {
    ...row,
    id: `row-${row.row}`,
    ...(longestRealDate !== undefined && { birthDate: longestRealDate }),
  };
  const described = patientOfRow({ ...sound, ...(gender !== undefined && { gender }) }, true);
  const read = described.ok ? described : patientOfRow(sound, true);
  if (!read.ok) throw new Error(`row ${row.row}: ${read.reason}`);
  return read.patient;
}

/** The birth date of a row as it was typed, when it is ten characters of a date that no calendar has (day 71). */
export function impossibleBirthDate({ birthDate }: PersonRow): string | undefined {
  if (birthDate === undefined || isRealBirthDate(birthDate)) return undefined;
  return /^\d{4}-\d{2}-\d{2}$/.test(birthDate) ? birthDate : undefined;
}
