import { paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Store } from './store.ts';

/** Every item of a record-table Query, of the shape that the caller wrote them in, read strongly consistently over as many answers as it takes. */
export async function queryAll<Item>(
  { client, recordTable }: Store,
  query: Omit<QueryCommandInput, 'TableName' | 'ConsistentRead'>,
  signal?: AbortSignal,
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of paginateQuery(
    { client },
    { ...query, TableName: recordTable, ConsistentRead: true },
    signal && { abortSignal: signal },
  ))
    items.push(...((page.Items ?? []) as Item[]));
  return items;
}
