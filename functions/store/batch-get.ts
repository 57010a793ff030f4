import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import type { Key } from './keys.ts';
import type { Store } from './store.ts';

/** BatchGetItem takes 100 keys. */
const largestBatch = 100;

/** The items of the given keys that exist, in no order; what one call leaves unprocessed is asked for again. */
export async function batchGet<Item>(
  { client, recordTable }: Store,
  keys: readonly Key[],
  ConsistentRead = true,
): Promise<Item[]> {
  const found: Item[] = [];
  let left = [...new Map(keys.map(({ PK, SK }) => [`${PK} ${SK}`, { PK, SK }])).values()];
  while (left.length > 0) {
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetCommand({
        RequestItems: { [recordTable]: { Keys: left.slice(0, largestBatch), ConsistentRead } },
      }),
    );
    found.push(...((Responses?.[recordTable] ?? []) as Item[]));
    const unprocessed = (UnprocessedKeys?.[recordTable]?.Keys ?? []) as typeof left;
    left = [...unprocessed, ...left.slice(largestBatch)];
  }
  return found;
}
