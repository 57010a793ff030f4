import type { Bundle, DiagnosticReport, DocumentReference, Encounter, FhirResource } from 'fhir/r4.js';
import { type Completion, completing, type PatientCompletion } from './completion.ts';
import { readDocument, supersedeDocument } from './documents.ts';
import { type EventKind, events } from './events.ts';
import type { Header } from './header.ts';
import { readIdentity, type SaidIdentity } from './identifiers.ts';
import type { Hl7Issue, Hl7Result } from './issue.ts';
import { type OpenedMessage, openMessage, type Segment } from './message.ts';
import { readPerson, type SaidPatient } from './person.ts';
import { type Reading, readDateTime, report } from './reading.ts';
import { completeReport, readResults } from './results.ts';
import { isInstant } from './timestamps.ts';
import { readVisit } from './visit.ts';

/** A message in UK Core's shapes. */
export type ReadMessage =
  | {
      readonly kind: 'file';
      readonly header: Header;
      readonly bundle: Bundle;
      /** Of the Patient, and of the entries that have one. */
      readonly patient: PatientCompletion;
      readonly completions: readonly Completion[];
    }
  | {
      readonly kind: 'merge';
      readonly header: Header;
      /** Who stays (PID), and who is merged away (MRG). */
      readonly into: SaidIdentity & { readonly localId: string };
      readonly from: SaidIdentity & { readonly localId: string };
    };

/** Versions whose fields are 2.4's as far as they are read here. */
const versions = new Set(['2.3', '2.3.1', '2.4', '2.5', '2.5.1']);

/**
 * Reads one HL7 v2 message of the organisation. It is all or none: one bad field refuses the whole, with every issue found;
 * those of the header come alone.
 */
export function readMessage(text: string, organisation: string): Hl7Result<ReadMessage> {
  const opened = openMessage(text);
  if (!opened.ok) return opened;
  const { header, segments } = opened.value;
  const event = eventOf(header);
  const headerIssue = checkHeader(header, organisation, event);
  if (headerIssue || !event) return { ok: false, issues: headerIssue ? [headerIssue] : [] };
  const reading: Reading = { header, organisation, sentAt: undefined, issues: [] };
  const msh = segments.find(({ name }) => name === 'MSH');
  const sent = msh && readDateTime(reading, msh, 7);
  if (sent !== undefined && !isInstant(sent))
    report(reading, { name: 'MSH', sequence: 1 }, 7, '102', 'must have a time');
  const read = readBody({ ...reading, sentAt: sent }, opened.value, event);
  return reading.issues.length > 0 || !read
    ? { ok: false, issues: reading.issues }
    : { ok: true, value: read };
}

/** True where all of the issues are of the header: the message is rejected as it stands (AR), not for what it says (AE). */
export function isRejected(issues: readonly Hl7Issue[]): boolean {
  return issues.every(
    ({ condition, field, segment }) =>
      (segment === 'MSH' && field !== 7) || condition === '200' || condition === '201' || condition === '203',
  );
}

function eventOf({ event, messageType }: Header): EventKind | undefined {
  const ofType = Object.hasOwn(events, messageType) ? events[messageType] : undefined;
  return ofType && Object.hasOwn(ofType, event) ? ofType[event] : undefined;
}

function checkHeader(
  header: Header,
  organisation: string,
  event: EventKind | undefined,
): Hl7Issue | undefined {
  const at = (field: number, condition: Hl7Issue['condition'], text: string): Hl7Issue => ({
    segment: 'MSH',
    sequence: 1,
    field,
    condition,
    text,
  });
  const { controlId, messageType, processingId, separators, sendingFacility, version } = header;
  if (!versions.has(version)) return at(12, '203', 'is none of the versions 2.3 to 2.5.1');
  if (!Object.hasOwn(events, messageType)) return at(9, '200', 'is no type of message that is taken here');
  if (!event) return at(9, '201', 'is no event that is taken here');
  const processing = processingId.split(separators.component)[0]?.trim();
  if (processing && !['P', 'T', 'D'].includes(processing)) return at(11, '202', 'must be P, T or D');
  if (controlId.trim() === '') return at(10, '101', 'names no message control id');
  if (controlId.length > 199) return at(10, '102', 'is longer than 199 characters');
  const facility = sendingFacility.split(separators.component)[0]?.trim().toUpperCase();
  if (!facility) return at(4, '101', 'names no organisation');
  return facility === organisation
    ? undefined
    : at(4, '204', 'is not the ODS code of the organisation that sends');
}

function readBody(
  reading: Reading,
  { header, segments }: OpenedMessage,
  event: EventKind,
): ReadMessage | undefined {
  const named = (name: string) => segments.filter((segment) => segment.name === name);
  const [pid, another] = named('PID');
  if (!pid) return report(reading, { name: 'PID', sequence: 1 }, 0, '100', 'is missing');
  if (another) return report(reading, another, 0, '100', 'stands twice: a message is about one patient');
  if (event.kind === 'merge') return readMerge(reading, header, pid, named('MRG'));
  const person = readPerson(reading, pid, named('PD1')[0]);
  if (!person) return undefined;
  const localId = person.patient.id;
  const [pv1] = named('PV1');
  switch (event.kind) {
    case 'person':
      return fileOf(header, person, []);
    case 'visit': {
      const visit = readVisit(reading, { change: event.change, localId, pv1, pv2: named('PV2')[0] });
      if (!visit) return fileOf(header, person, []);
      const { complete, encounter } = visit;
      return fileOf(
        header,
        person,
        [encounter],
        [completing<Encounter>({ type: 'Encounter', id: encounter.id, complete })],
      );
    }
    case 'results': {
      const results = readResults(reading, segments, localId);
      const reports = results.filter(({ resourceType }) => resourceType === 'DiagnosticReport');
      const completions = reports.map(({ id }) =>
        completing<DiagnosticReport>({ type: 'DiagnosticReport', id, complete: completeReport }),
      );
      return fileOf(header, person, results, completions);
    }
    case 'document': {
      const [txa, second] = named('TXA');
      if (!txa || second)
        return report(reading, { name: 'TXA', sequence: second ? 2 : 1 }, 0, '100', 'must stand once');
      const said = readDocument(reading, { event: header.event, localId, txa, obxs: named('OBX') });
      const { document, replaced } = said ?? {};
      return fileOf(
        header,
        person,
        [document, replaced].filter((one) => one !== undefined),
        replaced
          ? [
              completing<DocumentReference>({
                type: 'DocumentReference',
                id: replaced.id,
                complete: supersedeDocument,
                onlyIfHeld: true,
              }),
            ]
          : [],
      );
    }
  }
}

function fileOf(
  header: Header,
  { complete, patient }: SaidPatient,
  entries: readonly (FhirResource & { readonly id: string })[],
  completions: readonly Completion[] = [],
): ReadMessage {
  return {
    kind: 'file',
    header,
    bundle: {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [patient, ...entries].map((resource) => ({
        resource,
        request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
      })),
    },
    patient: { complete },
    completions,
  };
}

/** A34 and A40: PID-3 names who stays, MRG-1 who is merged away. */
function readMerge(
  reading: Reading,
  header: Header,
  pid: Segment,
  [mrg, another]: readonly Segment[],
): ReadMessage | undefined {
  if (!mrg || another)
    return report(reading, { name: 'MRG', sequence: another ? 2 : 1 }, 0, '100', 'must stand once');
  const into = readIdentity(pid.field(3), reading.organisation, pid.field(32));
  const from = readIdentity(mrg.field(1), reading.organisation);
  if (into.localId === undefined) report(reading, pid, 3, '101', 'names no identifier of the patient');
  if (from.localId === undefined) report(reading, mrg, 1, '101', 'names no identifier of the patient');
  if (into.localId === undefined || from.localId === undefined) return undefined;
  if (into.localId === from.localId) return report(reading, mrg, 1, '205', 'names the patient of PID-3');
  return {
    kind: 'merge',
    header,
    into: { ...into, localId: into.localId },
    from: { ...from, localId: from.localId },
  };
}
