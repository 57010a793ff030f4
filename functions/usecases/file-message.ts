import type { Caller } from '../domain/access/caller.ts';
import { isVerified } from '../domain/identity/nhs-number.ts';
import type { PatientMessage } from '../formats/fhir/patient.ts';
import { rewriteReferences } from '../formats/fhir/references.ts';
import type { TransactionMessage } from '../formats/fhir/transaction-bundle.ts';
import {
  type ClinicalEntry,
  type EntryPointer,
  getEntryPointers,
  pointerName,
  writeEntry,
} from '../store/clinical-entry.ts';
import { digestOf } from '../store/digest.ts';
import { entryId, type SourceRef, sourcePartition, sourceRef } from '../store/keys.ts';
import { findAnsweredRequest, rememberRequest } from '../store/request.ts';
import { getSourceRecord, type QuarantineReason } from '../store/source-record.ts';
import { instant, type Store } from '../store/store.ts';
import { maximumWrites, transact, type Write } from '../store/transaction.ts';
import { keepDocuments } from './keep-documents.ts';
import { type EntryNews, joinNews, newsOfEntry, renewLinks } from './link-news.ts';
import { type Region, type Result, refuse } from './region.ts';
import {
  type IncomingPatient,
  planRegistrations,
  type Registration,
  type RegistrationConflict,
} from './register-patients.ts';
import { relationshipsOfPatient } from './relationships-of.ts';

/** What became of one entry of a message. */
export type EntryFate = Registration['fate'] | 'stored' | 'not-stored';

/** What became of a message, entry by entry in its order. */
export interface FiledMessage {
  readonly entries: readonly (Omit<Registration, 'fate'> & {
    readonly fate: EntryFate;
    readonly resourceType: string;
    /** The person from whose record a corrected entry was taken. */
    readonly takenFrom?: string;
  })[];
}

type Conflict = RegistrationConflict | 'stale' | 'repeated';
type EntryAnswer = FiledMessage['entries'][number];

/** Each loss means that another registration has happened; after this many the sender is asked to send again. */
const attempts = 8;

/**
 * Files the patients and clinical entries of one message of the caller's organisation, all or none, whatever format it came
 * in. A repeated request id gives the first answer again; with another body it is refused.
 */
export async function fileMessage(
  region: Region,
  caller: Caller,
  message: TransactionMessage,
  request: { requestId: string; bodyDigest: string; newPersonId: () => string },
): Promise<Result<FiledMessage>> {
  const { bodyDigest, requestId } = request;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const answered = await findAnsweredRequest(region.store, caller.organisation, requestId);
    if (answered)
      return answered.bodyDigest === bodyDigest
        ? { ok: true, value: answered.answer as FiledMessage }
        : refuse('IDEMPOTENCY_MISMATCH');
    const plan = await planWrites(region, caller, message, request.newPersonId);
    if (!plan.ok) return plan;
    const { answer, settle, writes } = plan.value;
    const remember = rememberRequest(region.store, caller.organisation, requestId, { bodyDigest, answer });
    if (writes.length >= maximumWrites) return refuse('TOO_LARGE');
    const outcome = await transact<Conflict>(region.store, [...writes, remember]);
    if (!outcome.ok) continue;
    // The message is filed; what a failure leaves in the index is a detail that the record held before.
    await settle().catch(() => undefined);
    return { ok: true, value: answer };
  }
  return refuse('CONFLICT');
}

interface Plan {
  readonly writes: readonly Write<Conflict>[];
  readonly answer: FiledMessage;
  readonly settle: () => Promise<void>;
}

async function planWrites(
  region: Region,
  caller: Caller,
  message: TransactionMessage,
  newPersonId: () => string,
): Promise<Result<Plan>> {
  const entries = await planEntries(region, caller, message);
  if (!entries.ok) return entries;
  // Known before anything is put into the index: a Bundle that is refused leaves nothing there.
  const changes = entries.value.flatMap(({ writes }) => writes).length + message.patients.length;
  if (changes >= maximumWrites) return refuse('TOO_LARGE');
  const newsOf = Map.groupBy(entries.value, ({ source }) => sourcePartition(source));
  const incoming = message.patients.map(({ patient }) =>
    toIncoming(region, caller, patient, (source) => newsOf.get(sourcePartition(source)) ?? []),
  );
  const { registrations, settle, writes } = await planRegistrations(region, incoming, newPersonId);
  const answers = new Map<number, EntryAnswer>();
  const subjects = new Map<string, Registration>();
  for (const [position, registration] of registrations.entries()) {
    const { index } = message.patients[position] ?? { index: -1 };
    const { source } = incoming[position] ?? {};
    answers.set(index, { ...registration, resourceType: 'Patient' });
    if (source) subjects.set(sourcePartition(source), registration);
  }
  const kept: Write<Conflict>[] = [...writes];
  for (const { fate: filed, holder, index, resourceType, source, takenFrom, writes: own } of entries.value) {
    const { fate, personId } = subjects.get(sourcePartition(source)) ?? { personId: holder };
    // What came with somebody else's details is somebody else's: it is not filed under this record.
    const isMistaken = fate === 'set-aside';
    if (!isMistaken) kept.push(...own);
    answers.set(index, {
      fate: isMistaken ? 'not-stored' : filed,
      resourceType,
      ...(personId && !isMistaken && { personId }),
      ...(takenFrom && !isMistaken && { takenFrom }),
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

interface PlannedEntry {
  readonly index: number;
  readonly resourceType: string;
  readonly source: SourceRef;
  readonly fate: 'stored' | 'unchanged' | 'stale';
  /** Whose the source record is that an earlier Bundle brought. */
  readonly holder?: string;
  /** Whose record it was in until it was corrected to be about somebody else. */
  readonly takenFrom?: string;
  readonly news: EntryNews;
  /** None when the entry is held as it is, or newer. */
  readonly writes: readonly Write<'stale'>[];
}

async function planEntries(
  region: Region,
  caller: Caller,
  message: TransactionMessage,
): Promise<Result<PlannedEntry[]>> {
  const { store } = region;
  const inBundle = new Set(message.patients.map(({ patient }) => patient.localId));
  const holders = new Map<string, string | undefined>();
  const entries: { index: number; subjectLocalId: string; entry: ClinicalEntry }[] = [];
  for (const { index, entry, subjectLocalId } of message.entries) {
    const source = sourceRef(store.keys, caller.organisation, subjectLocalId);
    if (!inBundle.has(subjectLocalId) && !holders.has(subjectLocalId)) {
      const held = await getSourceRecord(store, source);
      if (!held)
        return refuse('INVALID_REQUEST', {
          issues: [`Bundle.entry[${index}].resource.subject: no Patient of this organisation is held for it`],
        });
      holders.set(subjectLocalId, held.personId);
    }
    entries.push({ index, subjectLocalId, entry: newEntry(store, source, subjectLocalId, entry) });
  }
  const pointers = await getEntryPointers(
    store,
    entries.map(({ entry }) => entry),
  );
  const newest = newestOf(entries.map(({ entry }) => entry));
  const planned: PlannedEntry[] = [];
  for (const { entry, index, subjectLocalId } of entries) {
    const { resourceType, source } = entry;
    const pointer = pointers.get(pointerName(entry));
    const fate = fateOf(entry, newest.get(pointerName(entry)), pointer);
    const holder = holders.get(subjectLocalId);
    const kept = fate === 'stored' ? await keepDocuments(store, nextVersion(entry, pointer)) : undefined;
    if (kept && !kept.ok) return kept;
    const isTaken = kept && pointer && sourcePartition(pointer.source) !== sourcePartition(source);
    const former = isTaken && (await getSourceRecord(store, pointer.source))?.personId;
    planned.push({
      index,
      resourceType,
      source,
      fate,
      ...(holder && { holder }),
      ...(former && { takenFrom: former }),
      news: kept ? newsOfEntry(region, caller.organisation, kept.value.entry) : { said: [], labels: [] },
      writes: kept ? [...(await writeEntry(store, kept.value.entry, pointer)), ...kept.value.writes] : [],
    });
  }
  return { ok: true, value: planned };
}

/** Of several versions of one resource in a message, the one that counts: the newest, and of two of one time the later. */
function newestOf(entries: readonly ClinicalEntry[]): ReadonlyMap<string, ClinicalEntry> {
  const newest = new Map<string, ClinicalEntry>();
  for (const entry of entries) {
    const name = pointerName(entry);
    const before = newest.get(name);
    if (!before || before.sentAt <= entry.sentAt) newest.set(name, entry);
  }
  return newest;
}

/** A message that was received before changes nothing, and neither does an older one than what is held. */
function fateOf(
  entry: ClinicalEntry,
  newest: ClinicalEntry | undefined,
  pointer: EntryPointer | undefined,
): PlannedEntry['fate'] {
  if (newest !== entry) return newest?.digest === entry.digest ? 'unchanged' : 'stale';
  if (!pointer) return 'stored';
  if (pointer.digest === entry.digest) return 'unchanged';
  return entry.sentAt < pointer.sentAt ? 'stale' : 'stored';
}

function newEntry(
  store: Store,
  source: SourceRef,
  subjectLocalId: string,
  entry: TransactionMessage['entries'][number]['entry'],
): ClinicalEntry {
  const { resourceType, section, date, securityLabels, enteredInError, resource } = entry;
  const idOf = (type: string, id: string) => entryId(store.keys, source.ods, type, id);
  return {
    source,
    entryId: idOf(resourceType, entry.id),
    resourceType,
    section,
    date,
    securityLabels,
    enteredInError,
    // A sender's ids can hold identifiers of the patient; another patient's reference is nobody's business here.
    resource: rewriteReferences(resource, (reference) => {
      const [type = '', id = ''] = reference.split('/');
      if (type !== 'Patient') return `${type}/${idOf(type, id)}`;
      return id === subjectLocalId ? `Patient/${source.local}` : undefined;
    }),
    digest: digestOf(JSON.stringify(resource)),
    version: 1,
    // Without a time it counts as new.
    sentAt: entry.sentAt ?? instant(store),
    validFrom: instant(store),
  };
}

function nextVersion(entry: ClinicalEntry, pointer: EntryPointer | undefined): ClinicalEntry {
  return { ...entry, version: (pointer?.version ?? 0) + 1 };
}

function toIncoming(
  region: Region,
  caller: Caller,
  message: PatientMessage,
  entriesOf: (source: SourceRef) => readonly PlannedEntry[],
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
