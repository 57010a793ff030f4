import { createHash } from 'node:crypto';
import type { Caller } from '../domain/access/caller.ts';
import { agreementOf, decideOperation } from '../domain/access/decide-access.ts';
import { sourceTrustOf } from '../domain/access/region-policy.ts';
import { isVerified } from '../domain/identity/nhs-number.ts';
import type { PatientMessage } from '../formats/fhir/patient.ts';
import { rewriteReferences } from '../formats/fhir/references.ts';
import { readTransactionBundle, type TransactionMessage } from '../formats/fhir/transaction-bundle.ts';
import {
  type ClinicalEntry,
  type EntryPointer,
  getEntryPointers,
  pointerName,
  writeEntry,
} from '../store/clinical-entry.ts';
import { type IdentityConflict, type IncomingPatient, writeIdentity } from '../store/identity.ts';
import { entryId, type SourceRef, sourcePartition, sourceRef } from '../store/keys.ts';
import { loadAccessView } from '../store/person.ts';
import type { Relationship } from '../store/relationship.ts';
import { findAnsweredRequest, rememberRequest } from '../store/request.ts';
import {
  getSourceRecord,
  getSourceRecords,
  type QuarantineReason,
  type SourceRecord,
} from '../store/source-record.ts';
import { instant } from '../store/store.ts';
import { maximumWrites, transact, type Write } from '../store/transaction.ts';
import { type Refusal, type Region, type Result, refuse } from './region.ts';
import { resolveIdentity } from './resolve-identity.ts';

/** What became of one entry of the Bundle. */
export type EntryFate =
  | 'person-created'
  | 'person-linked'
  | 'person-updated'
  | 'quarantined'
  | 'stale'
  | 'unchanged'
  | 'stored'
  | 'not-stored';

/** The answer to a Bundle, entry by entry in its order. */
export interface SubmittedBundle {
  readonly entries: readonly {
    readonly fate: EntryFate;
    readonly resourceType: string;
    /** The person behind a patient or an entry; absent in quarantine. */
    readonly personId?: string;
    /** Why a patient is in quarantine. */
    readonly reason?: QuarantineReason;
    /** People whom a new person may duplicate: for review. */
    readonly possibleDuplicates?: number;
  }[];
}

type Conflict = IdentityConflict | 'stale' | 'repeated';
type EntryAnswer = SubmittedBundle['entries'][number];

/** A write can lose against another three times before the sender is asked to send again. */
const attempts = 4;

/**
 * Stores the patients and clinical entries of one transaction Bundle for the caller's organisation, all or none. A
 * repeated X-Request-ID gives the first answer again; with another body it is refused.
 */
export async function submitBundle(
  region: Region,
  caller: Caller,
  request: { bundle: unknown; body: string; requestId: string; newPersonId: () => string },
): Promise<Result<SubmittedBundle>> {
  const decision = decideOperation(region.policy, caller, 'record.write');
  if (!decision.allowed) return refuse(decision.code);
  const bodyDigest = digestOf(request.body);
  const read = readTransactionBundle(request.bundle);
  if (!read.ok) return refuse('INVALID_REQUEST', { issues: read.issues });

  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const answered = await findAnsweredRequest(region.store, caller.organisation, request.requestId);
    if (answered)
      return answered.bodyDigest === bodyDigest
        ? { ok: true, value: answered.answer as SubmittedBundle }
        : refuse('IDEMPOTENCY_MISMATCH');
    const plan = await planWrites(region, caller, read.message, request.newPersonId);
    if (!plan.ok) return plan;
    const { writes, answer } = plan.value;
    const remember = rememberRequest(region.store, caller.organisation, request.requestId, {
      bodyDigest,
      answer,
    });
    if (writes.length >= maximumWrites) return refuse('TOO_LARGE');
    const outcome = await transact<Conflict>(region.store, [...writes, remember]);
    if (outcome.ok) return { ok: true, value: answer };
  }
  return refuse('CONFLICT');
}

interface Plan {
  readonly writes: readonly Write<Conflict>[];
  readonly answer: SubmittedBundle;
}

async function planWrites(
  region: Region,
  caller: Caller,
  message: TransactionMessage,
  newPersonId: () => string,
): Promise<Result<Plan>> {
  const writes: Write<Conflict>[] = [];
  const answers = new Map<number, EntryAnswer>();
  const owners = new Map<string, string | undefined>();

  for (const { index, patient } of message.patients) {
    const planned = await planPatient(region, caller, patient, newPersonId);
    if (!planned.ok) return { ...planned, issues: [`Bundle.entry[${index}].resource: ${planned.issues}`] };
    writes.push(...planned.value.writes);
    answers.set(index, planned.value.answer);
    owners.set(sourcePartition(planned.value.source), planned.value.answer.personId);
  }

  const entries: { index: number; entry: ClinicalEntry }[] = [];
  for (const { index, entry, subjectLocalId } of message.entries) {
    const source = sourceRef(region.store.keys, caller.organisation, subjectLocalId);
    const name = sourcePartition(source);
    if (!owners.has(name)) {
      const held = await getSourceRecord(region.store, source);
      if (!held)
        return refuse('INVALID_REQUEST', {
          issues: [`Bundle.entry[${index}].resource.subject: no Patient of this organisation is held for it`],
        });
      owners.set(name, held.personId);
    }
    entries.push({ index, entry: newEntry(region, source, subjectLocalId, entry) });
  }
  const pointers = await getEntryPointers(
    region.store,
    entries.map(({ entry }) => entry),
  );
  const written = new Set<string>();
  for (const { index, entry } of entries) {
    const pointer = pointers.get(pointerName(entry));
    const personId = owners.get(sourcePartition(entry.source));
    const unchanged = pointer?.digest === entry.digest || written.has(pointerName(entry));
    answers.set(index, {
      fate: unchanged ? 'unchanged' : 'stored',
      resourceType: entry.resourceType,
      ...(personId && { personId }),
    });
    if (unchanged) continue;
    written.add(pointerName(entry));
    writes.push(...(await writeEntry(region.store, nextVersion(entry, pointer), pointer)));
  }
  for (const { index, resourceType } of message.unsupported)
    answers.set(index, { fate: 'not-stored', resourceType });
  return {
    ok: true,
    value: {
      writes,
      answer: { entries: [...answers].sort(([a], [b]) => a - b).map(([, answer]) => answer) },
    },
  };
}

function newEntry(
  { store }: Region,
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

async function planPatient(
  region: Region,
  caller: Caller,
  message: PatientMessage,
  newPersonId: () => string,
): Promise<Result<{ source: SourceRef; writes: Write<Conflict>[]; answer: EntryAnswer }> | Refusal> {
  const { store } = region;
  const source = sourceRef(store.keys, caller.organisation, message.localId);
  const existing = await getSourceRecord(store, source);
  const incoming = toIncoming(region, source, message);
  const resourceType = 'Patient';
  const held = {
    ...(existing?.personId && { personId: existing.personId }),
    ...(existing?.quarantine && { reason: existing.quarantine }),
  };
  if (existing?.digest === incoming.digest)
    return { ok: true, value: { source, writes: [], answer: { fate: 'unchanged', resourceType, ...held } } };
  if (existing && message.sentAt && message.sentAt < existing.sentAt)
    return { ok: true, value: { source, writes: [], answer: { fate: 'stale', resourceType, ...held } } };

  const attribution = await resolveIdentity(region, incoming, claimOf(message), existing, newPersonId);
  if (attribution.kind === 'conflict')
    return refuse('CONFLICT', {
      issues: ['another verified NHS number than the one held for this local record'],
    });
  const writes = writeIdentity(
    store,
    incoming,
    attribution,
    existing,
    relationshipsOf(region, caller, incoming),
    attribution.kind === 'link' ? await siblingsOf(region, attribution.person.personId, source) : [],
    (ods) => sourceTrustOf(region.policy, ods),
  );
  if (attribution.kind === 'quarantine')
    return {
      ok: true,
      value: { source, writes, answer: { fate: 'quarantined', resourceType, reason: attribution.reason } },
    };
  if (attribution.kind === 'create')
    return {
      ok: true,
      value: {
        source,
        writes,
        answer: {
          fate: 'person-created',
          resourceType,
          personId: attribution.personId,
          possibleDuplicates: attribution.possibleDuplicates.length,
        },
      },
    };
  const fate = attribution.newLink ? 'person-linked' : 'person-updated';
  return {
    ok: true,
    value: { source, writes, answer: { fate, resourceType, personId: attribution.person.personId } },
  };
}

/** The person's other linked records. */
async function siblingsOf({ store }: Region, personId: string, source: SourceRef): Promise<SourceRecord[]> {
  const { links } = await loadAccessView(store, personId);
  const name = sourcePartition(source);
  const others = links.map((link) => link.source).filter((other) => sourcePartition(other) !== name);
  return [...(await getSourceRecords(store, others)).values()];
}

function toIncoming({ store }: Region, source: SourceRef, message: PatientMessage): IncomingPatient {
  const { nhsNumber } = message;
  return {
    source,
    patient: message.resource,
    demographics: message.demographics,
    digest: digestOf(JSON.stringify(message.resource)),
    sentAt: message.sentAt ?? instant(store),
    supersededNhsNumbers: message.supersededNhsNumbers,
    ...(nhsNumber?.nhsNumber && isVerified(nhsNumber.status) && { nhsNumber: nhsNumber.nhsNumber }),
  };
}

/** A number that fails Modulus 11 or is not verified (status 01) is a claim, not an identity: hold the data, serve nothing. */
function claimOf({ nhsNumber }: PatientMessage): QuarantineReason | undefined {
  if (!nhsNumber) return undefined;
  if (!nhsNumber.valid) return 'nhs-number-invalid';
  return isVerified(nhsNumber.status) ? undefined : 'nhs-number-not-verified';
}

/** Sending its own record of a person shows that the organisation is involved; so does being named as the practice. */
function relationshipsOf(
  { policy, store }: Region,
  caller: Caller,
  incoming: IncomingPatient,
): Relationship[] {
  const since = instant(store);
  const until = new Date(store.now().getTime() + policy.relationshipDays * 86_400_000).toISOString();
  const found: Relationship[] = [{ organisation: caller.organisation, reason: 'feed', since, until }];
  const practice = incoming.demographics.generalPractitioner;
  if (practice && practice !== caller.organisation && agreementOf(policy, practice))
    found.push({ organisation: practice, reason: 'gp-registration', since, until });
  return found;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
