import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { AuditEntry, AuditEvent } from '../domain/audit/audit-entry.ts';
import { auditKey, auditPatientKey } from './keys.ts';
import { instant, type Store, schemaVersion } from './store.ts';

/** Partitions among which one minute's entries are spread. */
const shards = 4;

/** Writes one entry by a single conditional put; throws when it is not certain that it is stored. */
export async function appendAuditEntry(store: Store, event: AuditEvent): Promise<AuditEntry> {
  const id = store.newId();
  const entry: AuditEntry = {
    ...event,
    id,
    recordedAt: instant(store),
    writerId: store.writer.id,
    writerSequence: ++store.writer.sequence,
  };
  const shard = String(Number.parseInt(id.slice(-1), 32) % shards || 0);
  try {
    await store.client.send(
      new PutCommand({
        TableName: store.auditTable,
        Item: {
          ...auditKey(id, entry.recordedAt, shard),
          type: 'AuditEntry',
          schemaVersion,
          ...entry,
          ...(entry.personId && { patientKey: auditPatientKey(entry.personId) }),
        },
        ConditionExpression: 'attribute_not_exists(PK)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
  } catch (error) {
    if (!isOwnEntry(error, entry)) throw error;
  }
  return entry;
}

/** A reply can be lost after the entry was stored; the client's retry then meets our own entry, which is as good. */
function isOwnEntry(error: unknown, entry: AuditEntry): boolean {
  if (!(error instanceof ConditionalCheckFailedException)) return false;
  return (
    error.Item?.writerId?.S === entry.writerId &&
    error.Item.writerSequence?.N === String(entry.writerSequence)
  );
}

/**
 * The entries about a person, under whichever of the given ids they were written, newest first: one page of at most `limit`,
 * from before the entry `before` (its id) on; `more` when there are older ones.
 */
export async function listAuditEntries(
  store: Store,
  personIds: readonly string[],
  limit: number,
  before?: string,
): Promise<{ entries: AuditEntry[]; more: boolean }> {
  const pages = await Promise.all(
    personIds.map((personId) => queryEntriesAbout(store, personId, limit + 1, before)),
  );
  const newest = pages.flat().toSorted((a, b) => (a.id < b.id ? 1 : -1));
  return { entries: newest.slice(0, limit), more: newest.length > limit };
}

async function queryEntriesAbout(
  store: Store,
  personId: string,
  Limit: number,
  before: string | undefined,
): Promise<AuditEntry[]> {
  const { Items } = await store.client.send(
    new QueryCommand({
      TableName: store.auditTable,
      IndexName: 'byPatient',
      KeyConditionExpression: before ? 'patientKey = :patient AND SK < :before' : 'patientKey = :patient',
      ExpressionAttributeValues: {
        ':patient': auditPatientKey(personId),
        ...(before && { ':before': before }),
      },
      ScanIndexForward: false,
      Limit,
    }),
  );
  return (Items ?? []) as AuditEntry[];
}
