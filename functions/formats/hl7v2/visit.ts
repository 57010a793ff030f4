import type { Encounter } from 'fhir/r4.js';
import { odsCodeSystem } from '../fhir/identifier-systems.ts';
import { encounterClassOf, tableSystem, toConcept } from './codes.ts';
import type { Repetition, Segment } from './message.ts';
import { nameInWords } from './person.ts';
import { idOf, metaOf, type Reading, readDateTime, report } from './reading.ts';

/** The system of an organisation's own visit numbers; whose they are is the assigner. */
const visitNumberSystem = 'https://towpath.example/fhir/NamingSystem/visit-number';

/** What an event does to a stay; `unsaid` where it only repeats what is known of it. */
export type VisitChange = 'begin' | 'plan' | 'move' | 'end' | 'cancel' | 'undo-end' | 'unsaid';

const statuses: Readonly<Record<VisitChange, Encounter['status'] | undefined>> = {
  begin: 'in-progress',
  plan: 'planned',
  move: 'in-progress',
  end: 'finished',
  cancel: 'cancelled',
  'undo-end': 'in-progress',
  unsaid: undefined,
};

/** An Encounter as one message says it. */
export interface SaidVisit {
  readonly encounter: Encounter & { readonly id: string };
  /** The Encounter as it stands after the message, where one is held already. */
  readonly complete: (said: Encounter, held: Encounter) => Encounter;
}

/** What readVisit needs of a message. */
interface VisitSegments {
  readonly change: VisitChange;
  readonly localId: string;
  readonly pv1: Segment | undefined;
  readonly pv2: Segment | undefined;
}

/**
 * The Encounter of PV1 and PV2, known by its visit number (PV1-19), or by when it began where there is none. Undefined where
 * the message names no stay; that is reported where the event is about one.
 */
export function readVisit(reading: Reading, segments: VisitSegments): SaidVisit | undefined {
  const { change, localId, pv1, pv2 } = segments;
  const number = pv1?.field(19).value;
  const start = pv1 && readStart(reading, segments);
  if (!pv1 || (number === undefined && start === undefined)) {
    const mayLack = change === 'unsaid' || change === 'plan';
    return mayLack
      ? undefined
      : report(reading, pv1 ?? { name: 'PV1', sequence: 1 }, 19, '101', 'names no visit');
  }
  const end = change === 'undo-end' ? undefined : readDateTime(reading, pv1, 45);
  if (start && end && start.slice(0, 10) > end.slice(0, 10))
    report(reading, pv1, 45, '102', 'lies before PV1-44');
  const status = statusOf(change, end);
  const period = { ...(start && { start }), ...(end && { end }) };
  const frame = frameOf(
    reading,
    localId,
    number,
    number === undefined ? idOf('visit', localId, start) : idOf(number),
  );
  const elements = elementsOf(pv1, pv2);
  return {
    encounter: {
      ...frame,
      status: status ?? (start ? 'in-progress' : 'unknown'),
      class: unknownClass,
      ...elements,
      ...periodOf(period),
    },
    complete: (said, held) => ({
      ...said,
      ...keptOf(held, pv1),
      ...elements,
      status: status ?? held.status,
      ...periodOf({ ...keptPeriodOf(held, pv1, change), ...period }),
    }),
  };
}

/** PV1-44, or for a stay that is only planned PV2-8. */
function readStart(reading: Reading, { change, pv1, pv2 }: VisitSegments): string | undefined {
  const begun = pv1 && readDateTime(reading, pv1, 44);
  return begun ?? (change === 'plan' && pv2 ? readDateTime(reading, pv2, 8) : undefined);
}

/** A stay whose discharge time is given is over, whatever the event. */
function statusOf(change: VisitChange, end: string | undefined): Encounter['status'] | undefined {
  if (end !== undefined && (change === 'begin' || change === 'unsaid')) return 'finished';
  return statuses[change];
}

function frameOf(reading: Reading, localId: string, number: string | undefined, id: string) {
  const ofUs = { identifier: { system: odsCodeSystem, value: reading.organisation } };
  return {
    resourceType: 'Encounter' as const,
    id,
    ...metaOf(reading),
    ...(number !== undefined && {
      identifier: [{ system: visitNumberSystem, value: number, assigner: ofUs }],
    }),
    subject: { reference: `Patient/${localId}` },
    serviceProvider: { type: 'Organization', ...ofUs },
  };
}

/** Which field of PV1 says which element: one that is `""` takes away what is held. */
const fieldOf = { class: 2, location: 3, type: 4, serviceType: 10 } as const;

function keptOf(held: Encounter, pv1: Segment): Partial<Encounter> {
  const { hospitalization, participant, reasonCode } = held;
  const kept = Object.entries(fieldOf).flatMap(([element, field]) => {
    const value = held[element as keyof typeof fieldOf];
    return value === undefined || pv1.field(field).state === 'deleted' ? [] : [[element, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    ...(participant && { participant }),
    ...(reasonCode && { reasonCode }),
    ...(hospitalization && { hospitalization }),
  };
}

function keptPeriodOf({ period }: Encounter, pv1: Segment, change: VisitChange) {
  const { end, start } = period ?? {};
  const isEndGone = change === 'undo-end' || pv1.field(45).state === 'deleted';
  return {
    ...(start && pv1.field(44).state !== 'deleted' && { start }),
    ...(end && !isEndGone && { end }),
  };
}

function periodOf(period: NonNullable<Encounter['period']>): Pick<Encounter, 'period'> {
  return Object.keys(period).length > 0 ? { period } : {};
}

const unknownClass = { system: tableSystem('0004'), code: 'U', display: 'Unknown' };

/** What PV1 and PV2 say, without what they leave blank. */
function elementsOf(pv1: Segment, pv2: Segment | undefined) {
  const code = pv1.field(2).value;
  const where = pv1.field(3).repetitions[0];
  const place = where && placeInWords(where);
  const type = toConcept(pv1.field(4).repetitions[0], '0007');
  const serviceType = toConcept(pv1.field(10).repetitions[0], '0069');
  const admitSource = toConcept(pv1.field(14).repetitions[0], '0023');
  const dischargeDisposition = toConcept(pv1.field(36).repetitions[0], '0112');
  const reason = toConcept(pv2?.field(3).repetitions[0]);
  const participant = [
    ...pv1.field(7).repetitions.map((one) => toParticipant(one, 'ATND', 'attender')),
    ...pv1.field(8).repetitions.map((one) => toParticipant(one, 'REF', 'referrer')),
    ...pv1.field(9).repetitions.map((one) => toParticipant(one, 'CON', 'consultant')),
  ].filter((one) => one !== undefined);
  return {
    ...(code && { class: encounterClassOf(code) }),
    ...(type && { type: [type] }),
    ...(serviceType && { serviceType }),
    ...(participant.length > 0 && { participant }),
    ...(reason && { reasonCode: [reason] }),
    ...((admitSource || dischargeDisposition) && {
      hospitalization: {
        ...(admitSource && { admitSource }),
        ...(dischargeDisposition && { dischargeDisposition }),
      },
    }),
    ...(place && { location: [{ location: { display: place } }] }),
  };
}

/** PL: point of care, room, bed, building. */
function placeInWords(place: Repetition): string {
  return [place(1), place(2), place(3), place(7)].filter((part) => part !== undefined).join(', ');
}

function toParticipant(person: Repetition, code: string, display: string) {
  const name = nameInWords(person);
  const identifier = person(1);
  if (name === '' && identifier === undefined) return undefined;
  return {
    type: [
      {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code, display }],
      },
    ],
    individual: {
      type: 'Practitioner',
      ...(identifier && { identifier: { value: identifier } }),
      ...(name && { display: name }),
    },
  };
}
