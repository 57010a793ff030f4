import { setTimeout } from 'node:timers/promises';
import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import type { Key } from './keys.ts';
import type { Store } from './store.ts';

/** Times that a batch is asked for while the table answers none of what is left; then the whole request fails. */
const fruitlessAttempts = 6;

/** The table takes no more at this moment: the caller is asked to come back. */
export class TableBusy extends Error {
  override readonly name = 'ThrottlingException';
}

/** BatchGetItem takes 100 keys. */
const largestBatch = 100;

/** The items of the given keys that exist, in no order; what one call leaves unprocessed is asked for again, a little later each time. */
export async function batchGet<Item>(
  { client, recordTable }: Store,
  keys: readonly Key[],
  ConsistentRead = true,
): Promise<Item[]> {
  const found: Item[] = [];
  let left = [...new Map(keys.map(({ PK, SK }) => [`${PK} ${SK}`, { PK, SK }])).values()];
  for (let fruitless = 0; left.length > 0; ) {
    if (fruitless > 0) await setTimeout(10 * 2 ** fruitless);
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetCommand({
        RequestItems: { [recordTable]: { Keys: left.slice(0, largestBatch), ConsistentRead } },
      }),
    );
    found.push(...((Responses?.[recordTable] ?? []) as Item[]));
    const unprocessed = (UnprocessedKeys?.[recordTable]?.Keys ?? []) as typeof left;
    fruitless = unprocessed.length < Math.min(left.length, largestBatch) ? 0 : fruitless + 1;
    if (fruitless === fruitlessAttempts) throw new TableBusy();
    left = [...unprocessed, ...left.slice(largestBatch)];
  }
  return found;
}
