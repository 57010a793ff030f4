import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Patient } from 'fhir/r4.js';
import type { Demographics } from '../domain/identity/demographics.ts';
import { batchGet } from './batch-get.ts';
import { demographicsKey, type Key, type SourceRef, setAsideKey, sourcePartition } from './keys.ts';
import { type Store, schemaVersion } from './store.ts';
import { putVersion, type Write } from './transaction.ts';

/** Why a source record is held but belongs to nobody. */
export type QuarantineReason =
  | 'nhs-number-invalid'
  | 'nhs-number-not-verified'
  | 'nhs-number-of-another-person';

/** A Patient as a message said it. */
export interface SourceMessage {
  readonly source: SourceRef;
  readonly patient: Patient;
  /** What `patient` says, as matching and the golden record read it; former names and postcodes are kept as historic. */
  readonly demographics: Demographics;
  /** The verified number of this or an earlier message, and those that it replaced. */
  readonly nhsNumber?: string;
  readonly supersededNhsNumbers?: readonly string[];
  readonly digest: string;
  /** The sender's message time (meta.lastUpdated), else the time of receipt. */
  readonly sentAt: string;
  readonly receivedAt: string;
}

/** One organisation's Patient as received, and the person it belongs to, or why it is in quarantine. */
export interface SourceRecord extends SourceMessage {
  readonly version: number;
  readonly personId?: string;
  readonly quarantine?: QuarantineReason;
  /** Its number alone has linked it: nobody has looked yet whom else it is like (usecases/rematch-source.ts). */
  readonly unsearched?: true;
}

/** What is known of a source record when a message of it is registered. */
export interface HeldSource {
  /** 0 when there is nothing; a registration that was interrupted before it stored anything leaves a version without record. */
  readonly version: number;
  readonly record?: SourceRecord;
}

/** The item of a source record. */
export type StoredSource = Key & Partial<SourceRecord> & { readonly version: number };

function isRecord(item: Partial<SourceRecord> | undefined): item is SourceRecord {
  return item?.patient !== undefined;
}

/** Reads one source record; undefined when there is none. */
export async function getSourceRecord(store: Store, source: SourceRef): Promise<SourceRecord | undefined> {
  const { Item } = await store.client.send(
    new GetCommand({ TableName: store.recordTable, Key: demographicsKey(source), ConsistentRead: true }),
  );
  return isRecord(Item) ? Item : undefined;
}

/** The source records of the given names that exist, by the partition of each ({@link sourcePartition}), in one BatchGetItem a hundred. */
export async function getSourceRecords(
  store: Store,
  sources: readonly SourceRef[],
  { consistent = true }: { readonly consistent?: boolean } = {},
): Promise<Map<string, SourceRecord>> {
  const items = await batchGet<StoredSource>(store, sources.map(demographicsKey), consistent);
  return new Map(items.flatMap((item) => (isRecord(item) ? [[item.PK, item] as const] : [])));
}

/** What is held under each of the names, by {@link sourcePartition}, in one BatchGetItem a hundred. */
export async function holdSources(
  store: Store,
  sources: readonly SourceRef[],
  { consistent = true }: { readonly consistent?: boolean } = {},
): Promise<ReadonlyMap<string, HeldSource>> {
  return heldSources(sources, await batchGet<StoredSource>(store, sources.map(demographicsKey), consistent));
}

/** What the items hold under each of the names, by {@link sourcePartition}. */
export function heldSources(
  sources: readonly SourceRef[],
  items: readonly StoredSource[],
): ReadonlyMap<string, HeldSource> {
  const held = new Map<string, HeldSource>(
    sources.map((source) => [sourcePartition(source), { version: 0 }]),
  );
  for (const item of items)
    held.set(item.PK, { version: item.version, ...(isRecord(item) && { record: item }) });
  return held;
}

/** The write of a source record over exactly the version that was held. */
export function putSourceRecord(
  store: Store,
  record: SourceRecord,
  heldVersion: number,
): Write<'source-changed'> {
  return putVersion(
    store.recordTable,
    { ...demographicsKey(record.source), type: 'SourceRecord', schemaVersion, ...record },
    heldVersion,
    'source-changed',
  );
}

/** Seconds for which the trace of an interrupted registration is kept; by then whoever was interrupted has ended. */
const interruptionKeptSeconds = 86_400;

/**
 * The write that makes a registration under way fail and start again: it takes the version that the other has read. The
 * other then finds whom this transaction has made (docs/decisions/0008-lock-free-registration.md). It fails itself,
 * with `source-changed`, when the other has finished first.
 */
export function interruptRegistration(
  store: Store,
  source: SourceRef,
  { record, version }: HeldSource,
): Write<'source-changed'> {
  const expiresAt = Math.floor(store.now().getTime() / 1000) + interruptionKeptSeconds;
  return {
    item: {
      Update: {
        TableName: store.recordTable,
        Key: demographicsKey(source),
        UpdateExpression: `SET #version = :next, #type = :type, schemaVersion = :schema${record ? '' : ', expiresAt = :expires'}`,
        ConditionExpression: version === 0 ? 'attribute_not_exists(PK)' : '#version = :version',
        ExpressionAttributeNames: { '#version': 'version', '#type': 'type' },
        ExpressionAttributeValues: {
          ':next': version + 1,
          ':type': 'SourceRecord',
          ':schema': schemaVersion,
          ...(!record && { ':expires': expiresAt }),
          ...(version > 0 && { ':version': version }),
        },
      },
    },
    otherwise: 'source-changed',
  };
}

/** Why a message of a linked source record was not written over it. */
export type SetAsideReason = 'overlay' | 'nhs-number-changed' | 'nhs-number-of-another-person';

/** The latest message of a linked source record that looks like somebody else: kept beside the record for a person to judge. */
export interface SetAside extends SourceMessage {
  readonly reason: SetAsideReason;
  /** Whom it looks like, when somebody is known. */
  readonly looksLike?: string;
}

/** The message that is set aside for the source record; undefined when there is none. */
export async function getSetAside(store: Store, source: SourceRef): Promise<SetAside | undefined> {
  const { Item } = await store.client.send(
    new GetCommand({ TableName: store.recordTable, Key: setAsideKey(source), ConsistentRead: true }),
  );
  return Item as SetAside | undefined;
}

/** The write that takes away what was set aside, once it is decided. */
export function removeSetAside({ recordTable: TableName }: Store, source: SourceRef): Write<never> {
  return { item: { Delete: { TableName, Key: setAsideKey(source) } } };
}

/** The write that sets a message aside, in place of an earlier one. */
export function putSetAside(store: Store, message: SetAside): Write<never> {
  const Item = { ...setAsideKey(message.source), type: 'SetAside', schemaVersion, ...message };
  return { item: { Put: { TableName: store.recordTable, Item } } };
}
