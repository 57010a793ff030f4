import { BatchWriteCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Store } from '../../functions/store/store.ts';

/** BatchWriteItem takes 25 items. */
const largestBatch = 25;

/** Removes a set of usage counters that is out of use, with all that belongs to it. */
export async function removeGeneration({ client, recordTable }: Store, generation: number): Promise<void> {
  const owned = new RegExp(`^(USAGE|AGENT)#${generation}(#|$)`);
  const types = new Set(['UsageCount', 'UsageStaff', 'AgentEntry']);
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: recordTable, ...(ExclusiveStartKey && { ExclusiveStartKey }) }),
    );
    const keys = (page.Items ?? [])
      .filter(({ PK, type }) => types.has(type) && owned.test(PK))
      .map(({ PK, SK }) => ({ DeleteRequest: { Key: { PK, SK } } }));
    for (let at = 0; at < keys.length; at += largestBatch) {
      let left = keys.slice(at, at + largestBatch);
      while (left.length > 0) {
        const { UnprocessedItems } = await client.send(
          new BatchWriteCommand({ RequestItems: { [recordTable]: left } }),
        );
        left = (UnprocessedItems?.[recordTable] ?? []) as typeof left;
      }
    }
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}
