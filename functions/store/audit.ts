import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { AuditEntry, AuditEvent, LogEntry } from '../domain/audit/audit-entry.ts';
import { leafOf } from '../domain/audit/log-leaf.ts';
import { abandonEntry, nextEntry } from './audit-writer.ts';
import { auditKey, auditPatientKey } from './keys.ts';
import { type AuditStore, defaultAuditBudget, type Store } from './store.ts';

/**
 * Writes one entry by a single conditional put; where the table has not taken it within its budget, into the second sink.
 * Throws when it is not certain that either has it.
 */
export async function appendAuditEntry(store: Store, event: AuditEvent): Promise<AuditEntry> {
  const entry = nextEntry(store, { ...event, type: 'AuditEntry' });
  try {
    await putEntry(store, entry, AbortSignal.timeout(store.auditBudget ?? defaultAuditBudget));
  } catch (error) {
    try {
      if (!store.secondSink) throw error;
      await store.secondSink.put(entry.id, leafOf(entry));
    } catch (cause) {
      abandonEntry(store.writer, entry);
      throw cause;
    }
  }
  return entry;
}

/** Puts an entry that was made by a writer of this region into the table; one that is there already is left as it is. */
export async function putEntry(
  store: AuditStore,
  entry: LogEntry & { readonly personId?: string },
  abortSignal?: AbortSignal,
): Promise<void> {
  try {
    await store.client.send(
      new PutCommand({
        TableName: store.auditTable,
        Item: {
          ...auditKey(entry.id),
          ...entry,
          ...(entry.personId && { patientKey: auditPatientKey(entry.personId) }),
        },
        ConditionExpression: 'attribute_not_exists(PK)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
      abortSignal && { abortSignal },
    );
  } catch (error) {
    if (!isOwnEntry(error, entry)) throw error;
  }
}

/** A reply can be lost after the entry was stored; the client's retry then meets our own entry, which is as good. */
function isOwnEntry(error: unknown, entry: LogEntry): boolean {
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
