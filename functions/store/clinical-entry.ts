import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { FhirResource } from 'fhir/r4.js';
import { type NoneKnownScope, noneKnown } from '../domain/record/none-known.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import { batchGet } from './batch-get.ts';
import {
  entryHistoryKey,
  entryKey,
  entryPointerKey,
  type SourceRef,
  sectionPrefix,
  sourcePartition,
} from './keys.ts';
import { queryAll } from './query-all.ts';
import { type Store, schemaVersion } from './store.ts';
import { putVersion, type Write } from './transaction.ts';

/** One FHIR resource of one section, as held under the source record that sent it. */
export interface ClinicalEntry {
  readonly source: SourceRef;
  /** Opaque and stable; the sender's own id stays inside `resource`. */
  readonly entryId: string;
  /** The sender's own id, where it names nobody: it is shown. */
  readonly senderId?: string;
  readonly resourceType: string;
  readonly section: SectionCode;
  /** Sort date, as functions/domain/record/clinical-date.ts makes it. */
  readonly date: string;
  readonly securityLabels: readonly string[];
  readonly enteredInError: boolean;
  readonly resource: FhirResource;
  readonly digest: string;
  readonly version: number;
  /** The sender's time of this version (meta.lastUpdated, else the message's), else the time of receipt; in UTC. */
  readonly sentAt: string;
  /** ISO 8601 UTC instant from which this version holds. */
  readonly validFrom: string;
}

/** An entry as the table holds it. */
export interface EntryItem extends Omit<ClinicalEntry, 'resource'> {
  /** JSON text: nothing asks the table for what is in it, and as a map it costs the SDK five times as much to read. */
  readonly resource: string;
  /** See domain/record/none-known.ts: for the list of sections, which reads no resources. */
  readonly noneKnown?: NoneKnownScope;
}

function toItem({ resource, ...entry }: ClinicalEntry): EntryItem {
  const scope = noneKnown({ ...resource });
  return { ...entry, resource: JSON.stringify(resource), ...(scope && { noneKnown: scope }) };
}

/** The entry that an item of the table holds, with whatever else the item holds. */
export function fromItem<Item extends EntryItem>({ resource, ...item }: Item) {
  return { ...item, resource: JSON.parse(resource) as FhirResource };
}

/** Where the current version of an entry is: a sender's resource is one, also when it is corrected to be about somebody else. */
export interface EntryPointer {
  readonly source: SourceRef;
  readonly entryId: string;
  readonly resourceType: string;
  readonly sortKey: string;
  /** Whether the entry is shown is known from its pointer alone. */
  readonly section: SectionCode;
  readonly securityLabels: readonly string[];
  readonly enteredInError: boolean;
  readonly digest: string;
  readonly sentAt: string;
  readonly version: number;
}

/** The pointers of the given entries that exist, by {@link pointerName}. */
export async function getEntryPointers(
  store: Store,
  wanted: readonly Pick<EntryPointer, 'resourceType' | 'entryId'>[],
): Promise<Map<string, EntryPointer>> {
  const pointers = await batchGet<EntryPointer>(
    store,
    wanted.map(({ resourceType, entryId }) => entryPointerKey(resourceType, entryId)),
  );
  return new Map(pointers.map((pointer) => [pointerName(pointer), pointer]));
}

/** The name under which {@link getEntryPointers} returns a pointer. */
export function pointerName({
  resourceType,
  entryId,
}: Pick<EntryPointer, 'resourceType' | 'entryId'>): string {
  return `${resourceType}/${entryId}`;
}

/** The versions that pointers name, by {@link pointerName}; one that was moved since its pointer was read is missing. */
export async function getPointedEntries(
  store: Store,
  pointers: readonly EntryPointer[],
): Promise<Map<string, ClinicalEntry>> {
  const entries = await batchGet<EntryItem>(
    store,
    pointers.map(({ sortKey, source }) => ({ PK: sourcePartition(source), SK: sortKey })),
  );
  return new Map(entries.map((item) => [pointerName(item), fromItem(item)]));
}

/**
 * The writes that make `entry` the current version: the entry under its section, its pointer and, when it supersedes one,
 * the superseded version (`held`, which its pointer named) with its [validFrom, validTo) interval. `stale` when another version
 * was written in between.
 */
export function writeEntry(
  store: Store,
  entry: ClinicalEntry,
  superseded?: EntryPointer,
  held?: ClinicalEntry,
): Write<'stale'>[] {
  const TableName = store.recordTable;
  const { source, resourceType, entryId } = entry;
  const key = entryKey(source, entry.section, entry.date, resourceType, entryId);
  const writes: Write<'stale'>[] = [
    {
      item: { Put: { TableName, Item: { ...toItem(entry), ...key, type: 'ClinicalEntry', schemaVersion } } },
    },
    putVersion(
      TableName,
      {
        ...entryPointerKey(resourceType, entryId),
        type: 'EntryPointer',
        schemaVersion,
        source,
        entryId,
        resourceType,
        sortKey: key.SK,
        section: entry.section,
        securityLabels: entry.securityLabels,
        enteredInError: entry.enteredInError,
        digest: entry.digest,
        sentAt: entry.sentAt,
        version: entry.version,
      },
      superseded?.version ?? 0,
      'stale',
    ),
  ];
  // Where it is not there, its pointer has changed, and the condition on it fails.
  if (!superseded || !held) return writes;
  writes.push({
    item: {
      Put: {
        TableName,
        Item: { ...toItem(held), ...entryHistoryKey(held), type: 'EntryHistory', validTo: entry.validFrom },
      },
    },
  });
  // A changed date or section moves the entry within its partition, a corrected subject to another one.
  const PK = sourcePartition(superseded.source);
  if (superseded.sortKey !== key.SK || PK !== key.PK)
    writes.push({ item: { Delete: { TableName, Key: { PK, SK: superseded.sortKey } } } });
  return writes;
}

/** An entry with its sort key, whose part behind the section orders entries of all sources: date, type, id. */
export type PlacedEntry = ClinicalEntry & { readonly SK: string };

/** A stretch of a source's entries: the sort keys between two, both included. */
export interface EntryRange {
  readonly from: string;
  readonly to: string;
}

/** One page of a stretch of a source's entries, newest first, behind `after` (a sort key of the stretch, whether or not it is there). */
export async function queryEntries(
  store: Store,
  source: SourceRef,
  range: EntryRange,
  limit: number,
  after?: string,
  signal?: AbortSignal,
): Promise<{ entries: PlacedEntry[]; more: boolean }> {
  const PK = sourcePartition(source);
  const page = await store.client.send(
    new QueryCommand({
      TableName: store.recordTable,
      ConsistentRead: true,
      KeyConditionExpression: 'PK = :source AND SK BETWEEN :from AND :to',
      ExpressionAttributeValues: { ':source': PK, ':from': range.from, ':to': range.to },
      ScanIndexForward: false,
      Limit: limit,
      ...(after && { ExclusiveStartKey: { PK, SK: after } }),
    }),
    signal && { abortSignal: signal },
  );
  const items = (page.Items ?? []) as (EntryItem & { SK: string })[];
  return { entries: items.map(fromItem), more: page.LastEvaluatedKey !== undefined };
}

/** What the list of sections needs of each entry of a source. */
export type EntryOutline = Pick<
  ClinicalEntry,
  'resourceType' | 'section' | 'date' | 'securityLabels' | 'enteredInError' | 'validFrom'
> &
  Pick<EntryItem, 'noneKnown'>;

/** The outline of every entry of a source. */
export async function outlineEntries(
  store: Store,
  source: SourceRef,
  signal?: AbortSignal,
): Promise<EntryOutline[]> {
  const attributes = [
    'resourceType',
    'section',
    'date',
    'securityLabels',
    'enteredInError',
    'validFrom',
    'noneKnown',
  ];
  return queryAll<EntryOutline>(
    store,
    {
      KeyConditionExpression: 'PK = :source AND begins_with(SK, :sections)',
      ProjectionExpression: attributes.map((name) => `#${name}`).join(', '),
      ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: { ':source': sourcePartition(source), ':sections': sectionPrefix() },
    },
    signal,
  );
}
