import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Store } from './store.ts';

/**
 * One page of a list that is a partition of the record table, oldest first unless `newestFirst`, from behind `after` (a sort
 * key); `last` is the sort key behind which there may be more.
 */
export async function queryList<Item>(
  { client, recordTable }: Store,
  PK: string,
  { after, limit, newestFirst = false }: { limit: number; after?: string | undefined; newestFirst?: boolean },
): Promise<{ items: Item[]; last?: string }> {
  const page = await client.send(
    new QueryCommand({
      TableName: recordTable,
      ConsistentRead: true,
      KeyConditionExpression: 'PK = :list',
      ExpressionAttributeValues: { ':list': PK },
      ...(newestFirst && { ScanIndexForward: false }),
      Limit: limit,
      ...(after && { ExclusiveStartKey: { PK, SK: after } }),
    }),
  );
  const last = page.LastEvaluatedKey?.SK as string | undefined;
  return { items: (page.Items ?? []) as Item[], ...(last && { last }) };
}
