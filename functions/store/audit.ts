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

/** The entries about one person, newest first: one page of at most `limit`, after the entry `after`. */
export async function listAuditEntries(
  store: Store,
  personId: string,
  limit: number,
  after?: Record<string, unknown>,
): Promise<{ entries: AuditEntry[]; last?: Record<string, unknown> }> {
  const page = await store.client.send(
    new QueryCommand({
      TableName: store.auditTable,
      IndexName: 'byPatient',
      KeyConditionExpression: 'patientKey = :patient',
      ExpressionAttributeValues: { ':patient': auditPatientKey(personId) },
      ScanIndexForward: false,
      Limit: limit,
      ...(after && { ExclusiveStartKey: after }),
    }),
  );
  return {
    entries: (page.Items ?? []) as AuditEntry[],
    ...(page.LastEvaluatedKey && { last: page.LastEvaluatedKey }),
  };
}
