import type { Patient } from 'fhir/r4.js';
import type { Caller } from '../domain/access/caller.ts';
import type { ErrorCode } from '../domain/error-catalogue.ts';
import { isVerified } from '../domain/identity/nhs-number.ts';
import type { FeedMessage } from '../formats/fhir/feed-message.ts';
import { type PatientMessage, readPatient } from '../formats/fhir/patient.ts';
import { digestOf } from '../store/digest.ts';
import { type HeldForMessage, readForMessage } from '../store/feed-reads.ts';
import { noteMessage } from '../store/feed-status.ts';
import { entryId, type SourceRef, sourcePartition, sourceRef } from '../store/keys.ts';
import { rememberRequest } from '../store/request.ts';
import { holdSources, type QuarantineReason } from '../store/source-record.ts';
import { instant } from '../store/store.ts';
import { areTooLarge, maximumWrites, transact, type Write } from '../store/transaction.ts';
import { joinNews, renewLinks } from './link-news.ts';
import { type PlannedEntry, planEntries } from './plan-entries.ts';
import { type Region, type Result, refuse } from './region.ts';
import {
  type IncomingPatient,
  planRegistrations,
  type Registration,
  type RegistrationConflict,
} from './register-patients.ts';
import { relationshipsOfPatient } from './relationships-of.ts';

/** What became of one entry of a message. */
export type EntryFate = Registration['fate'] | 'stored' | 'not-stored' | 'refused';

/** What became of a message, entry by entry in its order. */
export interface FiledMessage {
  readonly entries: readonly (Omit<Registration, 'fate'> & {
    readonly fate: EntryFate;
    readonly resourceType: string;
    /** Of a clinical entry: its opaque id, and its current version. */
    readonly entryId?: string;
    readonly version?: number;
    /** Of a batch: why this entry was refused. */
    readonly refusal?: { readonly code: ErrorCode; readonly issues: readonly string[] };
    /** The person from whose record a corrected entry was taken. */
    readonly takenFrom?: string;
  })[];
}

type Conflict = RegistrationConflict | 'stale' | 'repeated';
/** What became of one entry, with what its sender is told of it. */
export type EntryAnswer = FiledMessage['entries'][number];

/** Characters of a Patient: a source record holds it beside what matching makes of it, in one item of 400 KB. */
const largestPatient = 200_000;

/** Each loss means that another registration has happened; after this many the sender is asked to send again. */
const attempts = 8;

/**
 * Files the patients and clinical entries of one message of the caller's organisation, all or none, whatever format it came
 * in. A repeated request id gives the first answer again; with another body it is refused.
 */
export async function fileMessage(
  region: Region,
  caller: Caller,
  message: FeedMessage,
  request: { requestId: string; bodyDigest: string; newPersonId: () => string },
): Promise<Result<FiledMessage>> {
  const { bodyDigest, requestId } = request;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const held = await readForMessage(region.store, namesIn(region, caller, message, requestId));
    const { answered } = held;
    if (answered)
      return answered.bodyDigest === bodyDigest
        ? { ok: true, value: answered.answer as FiledMessage }
        : refuse('IDEMPOTENCY_MISMATCH');
    const plan = await planWrites(region, caller, message, held, request.newPersonId);
    if (!plan.ok) return plan;
    const { answer, settle, writes } = plan.value;
    const remember = rememberRequest(region.store, caller.organisation, requestId, { bodyDigest, answer });
    if (writes.length >= maximumWrites) return refuse('TOO_LARGE');
    const outcome = await transact<Conflict>(region.store, [...writes, remember]);
    if (!outcome.ok) continue;
    // The message is filed; what a failure leaves in the index is a detail that the record held before.
    await settle().catch(() => undefined);
    await noteMessage(region.store, caller.organisation);
    return { ok: true, value: answer };
  }
  return refuse('CONFLICT');
}

/** By which names what a message is about is held. */
function namesIn(
  { store }: Region,
  { organisation: ods }: Caller,
  { entries, patients }: FeedMessage,
  requestId: string,
): Parameters<typeof readForMessage>[1] {
  return {
    ods,
    requestId,
    sources: patients.map(({ patient }) => sourceRef(store.keys, ods, patient.localId)),
    entries: entries.map(({ entry: { id, resourceType } }) => ({
      resourceType,
      entryId: entryId(store.keys, ods, resourceType, id),
    })),
  };
}

interface Plan {
  readonly writes: readonly Write<Conflict>[];
  readonly answer: FiledMessage;
  readonly settle: () => Promise<void>;
}

async function planWrites(
  region: Region,
  caller: Caller,
  message: FeedMessage,
  known: HeldForMessage,
  newPersonId: () => string,
): Promise<Result<Plan>> {
  const entries = await planEntries(region, caller, message, known.pointers);
  if (!entries.ok) return entries;
  // Known before anything is put into the index: a Bundle that is refused leaves nothing there.
  const changes = entries.value.flatMap(({ writes }) => writes);
  const isTooLarge =
    changes.length + message.patients.length >= maximumWrites ||
    areTooLarge(changes) ||
    message.patients.some(({ patient }) => JSON.stringify(patient.resource).length > largestPatient);
  if (isTooLarge) return refuse('TOO_LARGE');
  const told = entries.value.flatMap(({ former, holder, news, source }) => [
    { source, holder, news },
    ...(former ? [{ ...former, holder: former.personId }] : []),
  ]);
  const newsOf = Map.groupBy(told, ({ source }) => sourcePartition(source));
  const { held, sent } = await toRegister(region, caller, message.patients);
  const entriesOf = (source: SourceRef) => newsOf.get(sourcePartition(source)) ?? [];
  const incoming = sent.map(({ complete, patient }) => {
    const said = toIncoming(region, caller, patient, entriesOf);
    if (!complete) return said;
    const beside = (held: Patient): IncomingPatient => {
      const whole = readPatient(complete(patient.resource, held));
      if (!whole.ok) throw new Error('a completed Patient is none');
      // Sent again, it is known by what it said.
      return {
        ...toIncoming(region, caller, { ...patient, ...whole.patient }, entriesOf),
        digest: said.digest,
      };
    };
    return { ...said, beside };
  });
  const { registrations, settle, writes } = await planRegistrations(
    region,
    incoming,
    newPersonId,
    known.sources,
  );
  const subjects = new Map<string, Registration>(held);
  for (const [position, registration] of registrations.entries()) {
    const { source } = incoming[position] ?? {};
    if (source) subjects.set(sourcePartition(source), registration);
  }
  const answers = new Map<number, EntryAnswer>();
  for (const patient of message.patients) {
    const source = sourceRef(region.store.keys, caller.organisation, patient.patient.localId);
    const registration = subjects.get(sourcePartition(source));
    if (!registration) continue;
    const isOlder = !sent.includes(patient) && !held.has(sourcePartition(source));
    answers.set(patient.index, {
      ...registration,
      ...(isOlder && { fate: 'stale' }),
      resourceType: 'Patient',
    });
  }
  const kept: Write<Conflict>[] = [...writes];
  for (const entry of entries.value) {
    const { entryId, index, resourceType, takenFrom, version } = entry;
    const { fate, personId } = subjects.get(sourcePartition(entry.source)) ?? { personId: entry.holder };
    // What came with somebody else's details is somebody else's: it is not filed under this record.
    const isMistaken = fate === 'set-aside';
    if (!isMistaken) kept.push(...entry.writes);
    answers.set(index, {
      fate: isMistaken ? 'not-stored' : entry.fate,
      resourceType,
      ...(!isMistaken && {
        entryId,
        version,
        ...(personId && { personId }),
        ...(takenFrom && { takenFrom }),
      }),
    });
  }
  const renewals = [...newsOf].flatMap(([name, own]) => {
    const registration = subjects.get(name);
    // Where the Patient itself is filed, what its entries say goes with it.
    if (registration && registration.fate !== 'unchanged' && registration.fate !== 'stale') return [];
    const personId = registration ? registration.personId : own[0]?.holder;
    const source = own[0]?.source;
    return personId && source
      ? [
          {
            personId,
            source,
            news: joinNews(
              region,
              own.map(({ news }) => news),
            ),
          },
        ]
      : [];
  });
  kept.push(...(await renewLinks(region, renewals)));
  for (const { index, resourceType } of message.unsupported)
    answers.set(index, { fate: 'not-stored', resourceType });
  return {
    ok: true,
    value: {
      writes: kept,
      answer: { entries: [...answers].sort(([a], [b]) => a - b).map(([, answer]) => answer) },
      settle,
    },
  };
}

type SentPatient = FeedMessage['patients'][number];

/**
 * Which Patients of a message are to be registered: of several versions of one, the newest; and of one that is only to be
 * created, none when it is held. `held` says whose those are, by source partition.
 */
async function toRegister(
  { store }: Region,
  { organisation }: Caller,
  patients: readonly SentPatient[],
): Promise<{ sent: readonly SentPatient[]; held: ReadonlyMap<string, Registration> }> {
  const newest = new Map<string, SentPatient>();
  const now = instant(store);
  for (const one of patients) {
    const before = newest.get(one.patient.localId);
    if (!before || (before.patient.sentAt ?? now) <= (one.patient.sentAt ?? now))
      newest.set(one.patient.localId, one);
  }
  const sourceOf = ({ patient }: SentPatient) => sourceRef(store.keys, organisation, patient.localId);
  const conditional = [...newest.values()].filter(({ onlyIfNew }) => onlyIfNew);
  const found = conditional.length > 0 ? await holdSources(store, conditional.map(sourceOf)) : new Map();
  const held = new Map(
    [...found].flatMap(([name, { record }]): [string, Registration][] =>
      record ? [[name, { fate: 'unchanged', ...(record.personId && { personId: record.personId }) }]] : [],
    ),
  );
  return { held, sent: [...newest.values()].filter((one) => !held.has(sourcePartition(sourceOf(one)))) };
}

function toIncoming(
  region: Region,
  caller: Caller,
  message: PatientMessage,
  entriesOf: (source: SourceRef) => readonly Pick<PlannedEntry, 'news'>[],
): IncomingPatient {
  const { store } = region;
  const { demographics, nhsNumber, resource, sentAt } = message;
  const claim = claimOf(message);
  const source = sourceRef(store.keys, caller.organisation, message.localId);
  return {
    source,
    patient: resource,
    demographics,
    digest: digestOf(JSON.stringify(resource)),
    sentAt: sentAt ?? instant(store),
    isDated: sentAt !== undefined,
    supersededNhsNumbers: message.supersededNhsNumbers,
    news: joinNews(
      region,
      entriesOf(source).map(({ news }) => news),
      relationshipsOfPatient(region, caller.organisation, demographics),
    ),
    ...(nhsNumber?.nhsNumber && isVerified(nhsNumber.status) && { nhsNumber: nhsNumber.nhsNumber }),
    ...(claim && { claim }),
  };
}

/** A number that fails Modulus 11 or is not verified (status 01) is a claim, not an identity: hold the data, serve nothing. */
function claimOf({ nhsNumber }: PatientMessage): QuarantineReason | undefined {
  if (!nhsNumber) return undefined;
  if (!nhsNumber.valid) return 'nhs-number-invalid';
  return isVerified(nhsNumber.status) ? undefined : 'nhs-number-not-verified';
}
