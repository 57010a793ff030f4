import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import { refersToDocument } from '../formats/fhir/attachments.ts';
import { batchGet } from '../store/batch-get.ts';
import type { ClinicalEntry, EntryPointer } from '../store/clinical-entry.ts';
import { type Document, getDocument } from '../store/document.ts';
import { type EntryThen, openEntriesThen } from '../store/entries-then.ts';
import { demographicsKey, entryPointerKey, sourcePartition } from '../store/keys.ts';
import type { SourceRecord } from '../store/source-record.ts';
import type { Store } from '../store/store.ts';
import { type OpenRecord, openRecord } from './open-record.ts';
import { refuseAhead, visibilityThen } from './record-as-it-was.ts';
import { type Region, type Result, refuse } from './region.ts';

/** A document with its bytes, and the entry that it is part of. */
export interface HeldDocument {
  readonly personId: string;
  readonly section: SectionCode;
  readonly document: Document;
  readonly bytes: Buffer;
}

/** Stand in for what an unknown id does not lead to: such a request takes the same reads as any other. */
const nobody = '00000000-0000-4000-8000-000000000000';
const noEntry = { resourceType: 'DocumentReference', entryId: '0'.repeat(32) };
const noPlace = { source: { ods: 'XXX', local: '0'.repeat(32) }, sortKey: 'SECTION#documents#0000' };

/**
 * One document, after the checks that its entry is read by, and only where the entry refers to it that is shown: that of now,
 * or that of the instant `asOf`. An id that is unknown, and one that the caller may not see, give the same answer as a
 * patient to whom they have no relationship.
 */
export async function readBinary(
  region: Region,
  caller: Caller,
  { asOf, id }: { readonly id: string; readonly asOf?: string | undefined },
): Promise<Result<HeldDocument>> {
  const { policy, store } = region;
  const need = { permission: 'record.read' } as const;
  const operation = decideOperation(policy, caller, need.permission);
  if (!operation.allowed) return refuse(operation.code);
  const ahead = refuseAhead(region, asOf);
  if (ahead) return ahead;
  const document = await getDocument(store, id);
  const { entry: current, personId } = await findEntry(store, document ?? noEntry);
  const opened = await openRecord(region, caller, personId ?? nobody, need);
  // To who claimed a relationship with somebody sealed, the id of a document must not tell that it is one.
  if (!opened.ok)
    return opened.code === 'PATIENT_NOT_FOUND' ? { ...opened, code: 'NO_RELATIONSHIP' } : opened;
  const { person } = opened.value;
  const entry = document && asOf ? await entryThen(store, document, asOf) : current;
  if (!document || !entry || !isShown(opened.value, entry, id))
    return refuse('NO_RELATIONSHIP', { personId: person.personId });
  if (!store.documents) throw new Error('this function was not given the documents bucket');
  const bytes = await store.documents.get(document.digest);
  return { ok: true, value: { personId: person.personId, section: entry.section, document, bytes } };
}

function entryThen(store: Store, { entryId, resourceType, source }: Document, asOf: string) {
  return openEntriesThen(store, asOf).get(source, resourceType, entryId);
}

/** The current version of an entry, and whose its source record is. */
async function findEntry(
  store: Store,
  { entryId, resourceType }: Pick<EntryPointer, 'resourceType' | 'entryId'>,
): Promise<{ entry?: ClinicalEntry | undefined; personId?: string | undefined }> {
  const [pointer] = await batchGet<EntryPointer>(store, [entryPointerKey(resourceType, entryId)]);
  const { sortKey, source } = pointer ?? noPlace;
  const items = await batchGet<ClinicalEntry | SourceRecord>(store, [
    demographicsKey(source),
    { PK: sourcePartition(source), SK: sortKey },
  ]);
  const entry = items.find((item) => 'entryId' in item);
  const record = items.find((item) => 'patient' in item);
  return { entry, personId: record?.personId };
}

function isShown(record: OpenRecord, entry: EntryThen | ClinicalEntry, documentId: string): boolean {
  const own = sourcePartition(entry.source);
  const held = record.sourcesOf(entry.section).find(({ source }) => sourcePartition(source) === own);
  return (
    held?.sharing === 'shared' &&
    visibilityThen(record, new Set([own]), { ...entry, ods: entry.source.ods }) === 'shown' &&
    refersToDocument(entry.resource, documentId)
  );
}
