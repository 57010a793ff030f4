import type { Caller } from '../domain/access/caller.ts';
import { batchGet } from '../store/batch-get.ts';
import { type ClinicalEntry, type EntryItem, type EntryPointer, fromItem } from '../store/clinical-entry.ts';
import type { EntryThen } from '../store/entries-then.ts';
import { demographicsKey, entryPointerKey, sourcePartition } from '../store/keys.ts';
import type { SourceRecord } from '../store/source-record.ts';
import type { Store } from '../store/store.ts';
import { type OpenRecord, openRecord } from './open-record.ts';
import { visibilityThen } from './record-as-it-was.ts';
import type { Region, Result } from './region.ts';

/** An entry as its opaque id names it. */
export type NamedEntry = Pick<EntryPointer, 'resourceType' | 'entryId'>;

/** The record in which an entry stands, and the entry where it is there: whether it is shown is for {@link isEntryShown}. */
export interface OpenedEntry {
  readonly record: OpenRecord;
  readonly entry?: ClinicalEntry | undefined;
}

/** Stand in for what an unknown id does not lead to: such a request takes the same reads as any other. */
const nobody = '00000000-0000-4000-8000-000000000000';
const noEntry: NamedEntry = { resourceType: 'DocumentReference', entryId: '0'.repeat(32) };
const noPlace = { source: { ods: 'XXX', local: '0'.repeat(32) }, sortKey: 'SECTION#documents#0000' };

/**
 * Opens the record in which an entry stands. An id that is unknown, or that names nothing at all (undefined), gives the
 * answer, and costs the store calls, of a patient to whom the caller has no relationship.
 */
export async function openEntry(
  region: Region,
  caller: Caller,
  named: NamedEntry | undefined,
): Promise<Result<OpenedEntry>> {
  const { entry, personId } = await findEntry(region.store, named ?? noEntry);
  const opened = await openRecord(region, caller, personId ?? nobody, { permission: 'record.read' });
  if (opened.ok) return { ok: true, value: { record: opened.value, entry } };
  // To who claimed a relationship with somebody sealed, the id must not tell that it is one of theirs.
  return opened.code === 'PATIENT_NOT_FOUND' ? { ...opened, code: 'NO_RELATIONSHIP' } : opened;
}

/** The current version of an entry, and whose its source record is. */
async function findEntry(
  store: Store,
  { entryId, resourceType }: NamedEntry,
): Promise<{ entry?: ClinicalEntry | undefined; personId?: string | undefined }> {
  const [pointer] = await batchGet<EntryPointer>(store, [entryPointerKey(resourceType, entryId)]);
  const { sortKey, source } = pointer ?? noPlace;
  const items = await batchGet<EntryItem | SourceRecord>(store, [
    demographicsKey(source),
    { PK: sourcePartition(source), SK: sortKey },
  ]);
  const item = items.find((one) => 'entryId' in one);
  const record = items.find((item) => 'patient' in item);
  return { ...(item && { entry: fromItem(item) }), personId: record?.personId };
}

/** Whether the opened record shows the entry, as of now or as a version of then: by its section, its sender and its labels. */
export function isEntryShown(record: OpenRecord, entry: EntryThen | ClinicalEntry): boolean {
  const own = sourcePartition(entry.source);
  const held = record.sourcesOf(entry.section).find(({ source }) => sourcePartition(source) === own);
  return (
    held?.sharing === 'shared' &&
    visibilityThen(record, new Set([own]), { ...entry, ods: entry.source.ods }) === 'shown'
  );
}
