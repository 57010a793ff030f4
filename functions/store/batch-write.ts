import { setTimeout } from 'node:timers/promises';
import { BatchWriteCommand, type BatchWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { TableBusy } from './batch-get.ts';
import type { Store } from './store.ts';

/** Times that a batch is sent while the table takes none of what is left; then the whole request fails. */
const fruitlessAttempts = 6;

/** BatchWriteItem takes 25 items. */
const largestBatch = 25;

type Requests = NonNullable<BatchWriteCommandInput['RequestItems']>[string];

/** Puts the items, each on its own and without condition; what one call leaves unprocessed is sent again, a little later each time. */
export async function batchPut({ client, recordTable }: Store, items: readonly object[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(items.length / largestBatch) }, (_, index) =>
    items.slice(index * largestBatch, (index + 1) * largestBatch),
  );
  await Promise.all(
    batches.map(async (batch) => {
      let left: Requests = batch.map((Item) => ({ PutRequest: { Item } }));
      for (let fruitless = 0; left.length > 0; ) {
        if (fruitless > 0) await setTimeout(10 * 2 ** fruitless);
        const { UnprocessedItems } = await client.send(
          new BatchWriteCommand({ RequestItems: { [recordTable]: left } }),
        );
        const unprocessed = UnprocessedItems?.[recordTable] ?? [];
        fruitless = unprocessed.length < left.length ? 0 : fruitless + 1;
        if (fruitless === fruitlessAttempts) throw new TableBusy();
        left = unprocessed;
      }
    }),
  );
}
