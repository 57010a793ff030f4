import { parseCalendarDate } from '../identity/calendar-date.ts';
import type { FiledResource } from './section-of.ts';

/** The date of an entry that tells none: it sorts before all others. */
export const unknownDate = '0000';

/**
 * The elements that date an entry, best first: when it was true or done, then when it was written down.
 * `Period` values count from their start, or their end where the start is unknown.
 */
const dateElements: Readonly<Record<string, readonly string[]>> = {
  AllergyIntolerance: ['recordedDate', 'onsetDateTime', 'onsetPeriod', 'lastOccurrence'],
  Appointment: ['start', 'requestedPeriod', 'created'],
  CarePlan: ['period', 'created'],
  CareTeam: ['period'],
  Communication: ['sent', 'received'],
  Composition: ['date'],
  Condition: ['onsetDateTime', 'onsetPeriod', 'recordedDate'],
  DiagnosticReport: ['effectiveDateTime', 'effectivePeriod', 'issued'],
  DocumentReference: ['date'],
  Encounter: ['period'],
  EpisodeOfCare: ['period'],
  FamilyMemberHistory: ['date'],
  Flag: ['period'],
  Goal: ['startDate', 'statusDate'],
  ImagingStudy: ['started'],
  Immunization: ['occurrenceDateTime', 'recorded'],
  List: ['date'],
  MedicationAdministration: ['effectiveDateTime', 'effectivePeriod'],
  MedicationDispense: ['whenHandedOver', 'whenPrepared'],
  MedicationRequest: ['authoredOn'],
  MedicationStatement: ['effectiveDateTime', 'effectivePeriod', 'dateAsserted'],
  Observation: ['effectiveDateTime', 'effectiveInstant', 'effectivePeriod', 'issued'],
  Procedure: ['performedDateTime', 'performedPeriod'],
  RelatedPerson: ['period'],
  RequestGroup: ['authoredOn'],
  RiskAssessment: ['occurrenceDateTime', 'occurrencePeriod'],
  ServiceRequest: ['occurrenceDateTime', 'occurrencePeriod', 'authoredOn'],
  Specimen: ['receivedTime'],
};

const moment = /^(.{10})T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?$/;

/**
 * The sort key of a FHIR date, dateTime or instant: as given when it is a (partial) date, else
 * `YYYY-MM-DDThh:mm:ss` in UTC; undefined when it is none.
 *
 * A time without a zone, which FHIR forbids and some systems send, is taken as UTC.
 */
export function dateSortKey(text: string): string | undefined {
  if (parseCalendarDate(text) !== undefined) return text;
  const match = moment.exec(text);
  if (match === null) return undefined;
  const [, day = '', hour = '', minute = '', second = '00', zone = 'Z'] = match;
  const isTime = Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 60;
  if (parseCalendarDate(day) === undefined || !isTime) return undefined;
  const asWritten = `${day}T${hour}:${minute}:${second === '60' ? '59' : second}`;
  const milliseconds = Date.parse(`${asWritten}${zone}`);
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds).toISOString().slice(0, 19);
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  const { start, end } = value as { readonly start?: unknown; readonly end?: unknown };
  return [start, end].filter((text) => typeof text === 'string');
}

/** The elements that should date this entry but hold no FHIR date. */
export function malformedDates(resource: FiledResource): readonly string[] {
  return (dateElements[resource.resourceType] ?? []).filter((element) =>
    textsOf(resource[element]).some((text) => dateSortKey(text) === undefined),
  );
}

/** The date that orders an entry in its section, as {@link dateSortKey} has it, or {@link unknownDate}. */
export function clinicalDate(resource: FiledResource): string {
  for (const element of dateElements[resource.resourceType] ?? [])
    for (const text of textsOf(resource[element])) {
      const key = dateSortKey(text);
      if (key !== undefined) return key;
    }
  return unknownDate;
}
