import type { Parameters, ParametersParameter } from 'fhir/r4.js';
import { odsCodeSystem } from './identifier-systems.ts';

interface RecordLike {
  readonly ods: string;
  readonly local: string;
}

interface EventLike {
  readonly id: string;
  readonly at: string;
  readonly event: string;
  readonly otherPersonId?: string;
  readonly source?: RecordLike;
  readonly sources?: readonly RecordLike[];
  readonly how?: string;
  readonly policyVersion?: string;
  readonly score?: number;
  readonly decidedBy?: { readonly name: string; readonly organisation: string };
  readonly comment?: string;
}

/** A person's ledger as FHIR Parameters: one `event` each, newest first, and `next` when there is more. */
export function writeLinkHistory(
  personId: string,
  events: readonly EventLike[],
  next: string | undefined,
): Parameters {
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'patient', valueReference: { reference: `Patient/${personId}` } },
      ...events.map(writeEvent),
      ...(next ? [{ name: 'next', valueUri: next }] : []),
    ],
  };
}

function writeEvent(event: EventLike): ParametersParameter {
  const records = event.sources ?? (event.source ? [event.source] : []);
  return {
    name: 'event',
    part: [
      { name: 'id', valueId: event.id },
      { name: 'at', valueInstant: event.at },
      { name: 'kind', valueCode: event.event },
      ...(event.otherPersonId
        ? [{ name: 'other', valueReference: { reference: `Patient/${event.otherPersonId}` } }]
        : []),
      ...records.map(writeRecord),
      ...(event.how ? [{ name: 'how', valueCode: event.how }] : []),
      ...(event.policyVersion ? [{ name: 'policy', valueString: event.policyVersion }] : []),
      ...(event.score === undefined ? [] : [{ name: 'score', valueDecimal: event.score }]),
      ...(event.decidedBy ? [writeDecider(event.decidedBy)] : []),
      ...(event.comment ? [{ name: 'comment', valueString: event.comment }] : []),
    ],
  };
}

function writeRecord({ local, ods }: RecordLike): ParametersParameter {
  return {
    name: 'record',
    part: [
      { name: 'organisation', valueIdentifier: { system: odsCodeSystem, value: ods } },
      { name: 'id', valueId: local },
    ],
  };
}

function writeDecider({ name, organisation }: NonNullable<EventLike['decidedBy']>): ParametersParameter {
  return {
    name: 'decidedBy',
    part: [
      { name: 'name', valueString: name },
      { name: 'organisation', valueIdentifier: { system: odsCodeSystem, value: organisation } },
    ],
  };
}
