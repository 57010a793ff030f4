import { PutCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import type { LogEntry } from '../domain/audit/audit-entry.ts';
import { auditPartitions, logPositionKey, logPositionPartition } from './keys.ts';
import { type AuditStore, schemaVersion } from './store.ts';

/** Where an entry is in the log, by its id. */
export type Positions = ReadonlyMap<string, number>;

/**
 * The positions of those of the entries that are in the log. One Query for each partition in which the entries are: an item
 * there holds the positions of a whole batch.
 */
export async function findPositions(
  { client, auditTable }: AuditStore,
  ids: readonly string[],
): Promise<Positions> {
  const partitions = new Set(ids.map(logPositionPartition));
  const found = new Map<string, number>();
  const wanted = new Set(ids);
  await Promise.all(
    [...partitions].map(async (partition) => {
      const pages = paginateQuery(
        { client },
        {
          TableName: auditTable,
          KeyConditionExpression: 'PK = :partition',
          ExpressionAttributeValues: { ':partition': partition },
          ConsistentRead: true,
        },
      );
      for await (const { Items = [] } of pages)
        for (const { positions } of Items)
          for (const [id, index] of Object.entries(positions as Record<string, number>))
            if (wanted.has(id)) found.set(id, index);
    }),
  );
  return found;
}

/** Entries whose positions fit into one item with room to spare. */
const positionsAnItem = 5_000;

/** Remembers where entries are; the same again changes nothing. */
export async function keepPositions({ client, auditTable }: AuditStore, positions: Positions): Promise<void> {
  const byPartition = Map.groupBy(positions, ([id]) => logPositionPartition(id));
  const items = [...byPartition].flatMap(([, all]) =>
    Array.from({ length: Math.ceil(all.length / positionsAnItem) }, (_, part) =>
      all.slice(part * positionsAnItem, (part + 1) * positionsAnItem),
    ),
  );
  await Promise.all(
    items.map(
      ([first, ...rest]) =>
        first &&
        client.send(
          new PutCommand({
            TableName: auditTable,
            Item: {
              ...logPositionKey(...first),
              type: 'LogPositions',
              schemaVersion,
              positions: Object.fromEntries([first, ...rest]),
            },
          }),
        ),
    ),
  );
}

/** Every entry of one minute (`YYYY-MM-DDTHH:MM`) that the table holds. */
export async function listEntriesOf({ client, auditTable }: AuditStore, minute: string): Promise<LogEntry[]> {
  const entries = await Promise.all(
    auditPartitions(minute).map(async (partition) => {
      const items: LogEntry[] = [];
      const pages = paginateQuery(
        { client },
        {
          TableName: auditTable,
          KeyConditionExpression: 'PK = :partition',
          ExpressionAttributeValues: { ':partition': partition },
          ConsistentRead: true,
        },
      );
      for await (const page of pages) items.push(...((page.Items ?? []) as LogEntry[]));
      return items;
    }),
  );
  return entries.flat();
}
