import type { JsonObject } from '../../../functions/formats/fhir/json.ts';

/** One resource on its way into the region. */
export interface ResourceItem {
  /** The file it came from, as the user named it. */
  readonly file: string;
  /** What to call it in a report; holds no NHS number. */
  readonly label: string;
  readonly resourceType: string;
  readonly id: string;
  readonly resource: JsonObject;
  /** The `Patient.id` that it is or is about; absent where the patient is named by number alone. */
  readonly patientId?: string;
  /** Of a Patient, or of a reference by number: never shown. */
  readonly nhsNumber?: string;
}

/** A document or a message, which is sent as the one thing that it is. */
export interface WholeBundle {
  readonly file: string;
  readonly label: string;
  readonly bundle: JsonObject;
  /** Its resources, in its order and without a MessageHeader: for telling what became of each. */
  readonly items: readonly ResourceItem[];
}

/** A resource or a file that was not stored. */
export interface Rejection {
  readonly file: string;
  readonly resource: string;
  /** Holds no NHS number and no value of a patient. */
  readonly reason: string;
}

/** Ten digits in a row, or in threes and four as people write an NHS number; a UUID has neither. */
const tenDigits = /(?<!\d)(?:\d{10}|\d{3}[ -]\d{3}[ -]\d{4})(?!\d)/g;

/** The text without anything that could be an NHS number: senders use the number as an id. */
export function hideNumbers(text: string): string {
  return text.replaceAll(tenDigits, '(number)');
}

/** `Type/id`, where the id is none that could be an NHS number. */
export function labelOf(resourceType: string, id: string | undefined, place = ''): string {
  return `${hideNumbers(id === undefined ? resourceType : `${resourceType}/${id}`)}${place}`;
}
