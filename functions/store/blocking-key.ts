import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ComparisonFields } from '../domain/matching/comparison-fields.ts';
import { blockPartition } from './keys.ts';
import type { Store } from './store.ts';

/** One source record of a person, as a candidate that can be scored without another read. */
export interface Candidate {
  readonly personId: string;
  readonly fields: ComparisonFields;
}

/**
 * The candidates under the given blocking keys, each name variant once; `truncated` when a block held more than `limit`,
 * so that uniqueness is never claimed from a part of it.
 */
export async function findCandidates(
  store: Store,
  blocks: readonly { readonly kind: string; readonly value: string }[],
  limit: number,
): Promise<{ candidates: Candidate[]; truncated: boolean }> {
  const pages = await Promise.all(
    blocks.map(({ kind, value }) =>
      store.client.send(
        new QueryCommand({
          TableName: store.recordTable,
          KeyConditionExpression: 'PK = :block',
          ExpressionAttributeValues: { ':block': blockPartition(store.keys, kind, value) },
          Limit: limit,
        }),
      ),
    ),
  );
  const found = new Map<string, Candidate>();
  for (const page of pages)
    for (const item of page.Items ?? [])
      for (const fields of item.variants as ComparisonFields[])
        found.set(`${item.SK}#${JSON.stringify(fields)}`, {
          personId: item.personId as string,
          fields,
        });
  return { candidates: [...found.values()], truncated: pages.some((page) => page.LastEvaluatedKey) };
}
