import { createHash } from 'node:crypto';
import { fhirIdPattern } from '../fhir/identifier-systems.ts';
import type { Header } from './header.ts';
import type { ErrorCondition, Hl7Issue } from './issue.ts';
import type { Field, Segment } from './message.ts';
import { isInstant, toFhirDate, toFhirDateTime } from './timestamps.ts';

/** A message while it is read: what all of its parts share, and what was found wrong so far. */
export interface Reading {
  readonly header: Header;
  /** ODS code of the sender. */
  readonly organisation: string;
  /** MSH-7 as a FHIR instant. */
  readonly sentAt: string | undefined;
  readonly issues: Hl7Issue[];
}

/** Notes what is wrong at a field; the message is then refused with all that was found. */
export function report(
  { issues }: Reading,
  { name, sequence }: Pick<Segment, 'name' | 'sequence'>,
  field: number,
  condition: ErrorCondition,
  text: string,
): undefined {
  issues.push({ segment: name, sequence, field, condition, text });
}

/** The FHIR dateTime of a field; undefined where it is blank, deleted or wrong, which is reported. */
export function readDateTime(reading: Reading, segment: Segment, index: number): string | undefined {
  const { value } = segment.field(index);
  if (value === undefined) return undefined;
  return toFhirDateTime(value) ?? report(reading, segment, index, '102', 'must be a date of the calendar');
}

/** The FHIR instant of a field; a date without a time is none and is left out. */
export function readInstant(reading: Reading, segment: Segment, index: number): string | undefined {
  const moment = readDateTime(reading, segment, index);
  return moment !== undefined && isInstant(moment) ? moment : undefined;
}

/** The FHIR date of a field, whatever time stands behind it. */
export function readDate(reading: Reading, segment: Segment, index: number): string | undefined {
  const { value } = segment.field(index);
  if (value === undefined) return undefined;
  return toFhirDate(value) ?? report(reading, segment, index, '102', 'must be a date of the calendar');
}

/** An id that FHIR takes: the parts themselves where there is one and it is fit, else their digest. */
export function idOf(...parts: readonly (string | undefined)[]): string {
  const [only = ''] = parts;
  if (parts.length === 1 && fhirIdPattern.test(only)) return only;
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}

/** `meta` of every resource of the message: when the sender said it. */
export function metaOf({ sentAt }: Reading): { meta?: { lastUpdated: string } } {
  return sentAt === undefined ? {} : { meta: { lastUpdated: sentAt } };
}

/** The texts of all repetitions, a line each. */
export function linesOf({ repetitions }: Field): string {
  return repetitions.map((one) => one.text()).join('\n');
}
