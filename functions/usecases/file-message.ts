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
import { type Region, type Result, refuse } from './region.ts';
import {
  type IncomingPatient,
  planRegistrations,
  type Registration,
  type RegistrationConflict,
} from './register-patients.ts';
import { relationshipsOf } from './relationships-of.ts';

/** What became of one entry of a message. */
export type EntryFate = Registration['fate'] | 'stored' | 'not-stored';

/** What became of a message, entry by entry in its order. */
export interface FiledMessage {
  readonly entries: readonly (Omit<Registration, 'fate'> & {
    readonly fate: EntryFate;
    readonly resourceType: string;
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
  const incoming = message.patients.map(({ patient }) => toIncoming(region, caller, patient));
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
  for (const { holder, index, resourceType, source, writes: own } of entries.value) {
    const { fate, personId } = subjects.get(sourcePartition(source)) ?? { personId: holder };
    // What came with somebody else's details is somebody else's: it is not filed under this record.
    const isMistaken = fate === 'set-aside';
    if (!isMistaken) kept.push(...own);
    const filed = own.length > 0 ? 'stored' : 'unchanged';
    answers.set(index, {
      fate: isMistaken ? 'not-stored' : filed,
      resourceType,
      ...(personId && !isMistaken && { personId }),
    });
  }
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
  /** Whose the source record is that an earlier Bundle brought. */
  readonly holder?: string;
  /** None when the entry is held as it is. */
  readonly writes: readonly Write<'stale'>[];
}

async function planEntries(
  { store }: Region,
  caller: Caller,
  message: TransactionMessage,
): Promise<Result<PlannedEntry[]>> {
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
  const planned: PlannedEntry[] = [];
  const written = new Set<string>();
  for (const { entry, index, subjectLocalId } of entries) {
    const { resourceType, source } = entry;
    const name = pointerName(entry);
    const pointer = pointers.get(name);
    const isUnchanged = pointer?.digest === entry.digest || written.has(name);
    written.add(name);
    const holder = holders.get(subjectLocalId);
    planned.push({
      index,
      resourceType,
      source,
      ...(holder && { holder }),
      writes: isUnchanged ? [] : await writeEntry(store, nextVersion(entry, pointer), pointer),
    });
  }
  return { ok: true, value: planned };
}

function newEntry(
  store: Store,
  source: SourceRef,
  subjectLocalId: string,
  entry: TransactionMessage['entries'][number]['entry'],
): ClinicalEntry {
  const { resourceType, section, date, securityLabels, enteredInError, resource } = entry;
  const idOf = (type: string, id: string) => entryId(store.keys, source.ods, type, `${source.local} ${id}`);
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
    validFrom: instant(store),
  };
}

function nextVersion(entry: ClinicalEntry, pointer: EntryPointer | undefined): ClinicalEntry {
  return { ...entry, version: (pointer?.version ?? 0) + 1 };
}

function toIncoming(region: Region, caller: Caller, message: PatientMessage): IncomingPatient {
  const { store } = region;
  const { demographics, nhsNumber, resource, sentAt } = message;
  const claim = claimOf(message);
  return {
    source: sourceRef(store.keys, caller.organisation, message.localId),
    patient: resource,
    demographics,
    digest: digestOf(JSON.stringify(resource)),
    sentAt: sentAt ?? instant(store),
    isDated: sentAt !== undefined,
    supersededNhsNumbers: message.supersededNhsNumbers,
    relationships: relationshipsOf(region, caller.organisation, demographics),
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
