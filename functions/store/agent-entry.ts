import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { AuditEntry } from '../domain/audit/audit-entry.ts';
import { batchGet } from './batch-get.ts';
import { auditKey } from './keys.ts';
import { pseudonym, type RegionKeys } from './region-keys.ts';
import { type Store, schemaVersion } from './store.ts';
import { putNew, type Write } from './transaction.ts';

/** The pseudonym of who asked, by the identifier at their issuer. */
export function agentPseudonym(keys: RegionKeys, subject: string): string {
  return pseudonym(keys, 'agent', subject);
}

/** What is derived from the audit log about one user, in one set of counters (usage.ts). */
export const agentPartition = (generation: number, agent: string): string => `AGENT#${generation}#${agent}`;

/**
 * The pointer from a user to one of their audit entries. It is also the mark that the entry has been counted, so it is
 * put once and never twice. A second index of the audit table would do for the list; but an index that is throttled
 * throttles the put of the entry, and with it the answer to a clinician.
 */
export function agentEntry(store: Store, generation: number, entry: AuditEntry) {
  return {
    PK: agentPartition(generation, agentPseudonym(store.keys, entry.caller.subject)),
    SK: `ENTRY#${entry.id}`,
    type: 'AgentEntry',
    schemaVersion,
    entryId: entry.id,
  };
}

/** The write of an {@link agentEntry}; `counted <id>` when it is there already. */
export function putAgentEntry(
  store: Store,
  generation: number,
  entry: AuditEntry,
): Write<`counted ${string}`> {
  return putNew(store.recordTable, agentEntry(store, generation, entry), `counted ${entry.id}`);
}

/** One page of a user's audit entries, newest first, from before the entry `before` (its id) on. */
export async function listAgentEntries(
  store: Store,
  generation: number,
  subject: string,
  limit: number,
  before?: string,
): Promise<{ entries: AuditEntry[]; last?: string }> {
  const PK = agentPartition(generation, agentPseudonym(store.keys, subject));
  const { Items = [] } = await store.client.send(
    new QueryCommand({
      TableName: store.recordTable,
      KeyConditionExpression: 'PK = :agent AND begins_with(SK, :entry)',
      ExpressionAttributeValues: { ':agent': PK, ':entry': 'ENTRY#' },
      ScanIndexForward: false,
      Limit: limit + 1,
      ...(before && { ExclusiveStartKey: { PK, SK: `ENTRY#${before}` } }),
    }),
  );
  const page = Items.slice(0, limit) as { entryId: string }[];
  const found = await batchGet<AuditEntry>(
    { ...store, recordTable: store.auditTable },
    page.map(({ entryId }) => auditKey(entryId)),
  );
  const last = Items.length > limit ? page.at(-1)?.entryId : undefined;
  return { entries: found.toSorted((a, b) => (a.id < b.id ? 1 : -1)), ...(last && { last }) };
}
