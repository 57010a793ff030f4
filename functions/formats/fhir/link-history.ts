import type { Parameters, ParametersParameter } from 'fhir/r4.js';
import type { LinkGrounds } from '../../domain/identity/link-grounds.ts';
import { replayGrounds } from '../../domain/identity/replay-grounds.ts';
import { matchPolicy } from '../../domain/matching/match-policy.ts';
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
  readonly grounds?: LinkGrounds;
  readonly decidedBy?: { readonly name: string; readonly organisation: string };
  readonly comment?: string;
  readonly messageId?: string;
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
      ...(event.grounds ? writeGrounds(event.grounds, event.policyVersion) : []),
      ...(event.decidedBy ? [writeDecider(event.decidedBy)] : []),
      ...(event.comment ? [{ name: 'comment', valueString: event.comment }] : []),
      ...(event.messageId ? [{ name: 'message', valueString: event.messageId }] : []),
    ],
  };
}

/** The rows that decided, the rivals, and – while the policy that decided is still in force – whether they give the same again. */
function writeGrounds(grounds: LinkGrounds, policyVersion: string | undefined): ParametersParameter[] {
  const { fields, people, rivals = [] } = grounds;
  const isInForce = policyVersion === matchPolicy.version;
  return [
    ...(people === undefined ? [] : [{ name: 'people', valueInteger: people }]),
    ...fields.map(([field, level, weight, termFrequency]) => ({
      name: 'field',
      part: [
        { name: 'name', valueCode: field },
        { name: 'outcome', valueCode: level },
        { name: 'weight', valueDecimal: weight },
        ...(termFrequency === undefined ? [] : [{ name: 'termFrequency', valueDecimal: termFrequency }]),
      ],
    })),
    ...rivals.map(([personId, score]) => ({
      name: 'rival',
      part: [
        { name: 'patient', valueReference: { reference: `Patient/${personId}` } },
        { name: 'score', valueDecimal: score },
      ],
    })),
    ...(isInForce ? [{ name: 'replayed', valueBoolean: replayGrounds(grounds, matchPolicy).agrees }] : []),
  ];
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
