import { BatchWriteCommand, type BatchWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Store } from './store.ts';

/** BatchWriteItem takes 25 items. */
const largestBatch = 25;

type Requests = NonNullable<BatchWriteCommandInput['RequestItems']>[string];

/** Puts the items, each on its own and without condition; what one call leaves unprocessed is sent again. */
export async function batchPut({ client, recordTable }: Store, items: readonly object[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(items.length / largestBatch) }, (_, index) =>
    items.slice(index * largestBatch, (index + 1) * largestBatch),
  );
  await Promise.all(
    batches.map(async (batch) => {
      let left: Requests = batch.map((Item) => ({ PutRequest: { Item } }));
      while (left.length > 0) {
        const { UnprocessedItems } = await client.send(
          new BatchWriteCommand({ RequestItems: { [recordTable]: left } }),
        );
        left = UnprocessedItems?.[recordTable] ?? [];
      }
    }),
  );
}
