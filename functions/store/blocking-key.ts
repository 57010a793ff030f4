import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ComparisonFields } from '../domain/matching/comparison-fields.ts';
import {
  blockOrder,
  blockPartition,
  type Key,
  type SourceRef,
  sourceOfBlock,
  sourcePartition,
} from './keys.ts';
import { getSourceRecords, type SourceRecord } from './source-record.ts';
import type { Store } from './store.ts';

/** A block to read; `within` narrows it to the items whose order begins so, when it holds more than the limit. */
export interface SearchBlock {
  readonly kind: string;
  readonly value: string;
  readonly within?: string;
}

/** One source record that shares a blocking key with the query, with all that comparing it needs. */
export interface CandidateSource {
  readonly source: SourceRef;
  /** One for each name that the record holds. */
  readonly variants: readonly ComparisonFields[];
}

/** What the blocks of a query hold. */
export interface FoundCandidates {
  readonly candidates: readonly CandidateSource[];
  /** A block held more than `limit` even after narrowing: uniqueness must not be claimed from a part of it. */
  readonly truncated: boolean;
}

/** The source records under the given blocking keys, each once: one Query a block, in parallel. */
export async function findCandidates(
  store: Store,
  blocks: readonly SearchBlock[],
  limit: number,
  { consistent = false }: { readonly consistent?: boolean } = {},
): Promise<FoundCandidates> {
  const pages = await Promise.all(
    blocks.map(async (block) => {
      const whole = await queryBlock(store, block, limit, consistent);
      if (!whole.more || block.within === undefined) return whole;
      return queryBlock(store, block, limit, consistent, block.within);
    }),
  );
  const found = new Map<string, CandidateSource>();
  for (const { items } of pages)
    for (const item of items) {
      const source = sourceOfBlock(item);
      found.set(sourcePartition(source), { source, variants: item.variants });
    }
  return { candidates: [...found.values()], truncated: pages.some(({ more }) => more) };
}

async function queryBlock(
  { client, keys, recordTable }: Store,
  { kind, value }: SearchBlock,
  Limit: number,
  ConsistentRead: boolean,
  within?: string,
) {
  const { Items, LastEvaluatedKey } = await client.send(
    new QueryCommand({
      TableName: recordTable,
      KeyConditionExpression:
        within === undefined ? 'PK = :block' : 'PK = :block AND begins_with(SK, :order)',
      ExpressionAttributeValues: {
        ':block': blockPartition(keys, kind, value),
        ...(within !== undefined && { ':order': blockOrder(keys, within) }),
      },
      ConsistentRead,
      Limit,
    }),
  );
  return {
    items: (Items ?? []) as (Pick<CandidateSource, 'variants'> & Key)[],
    more: LastEvaluatedKey !== undefined,
  };
}

/**
 * The source records of the given candidates, by {@link sourcePartition}, in one BatchGetItem: `personId` says whose each
 * is. A candidate whose record is absent or has no person is being registered at this moment, or is in quarantine.
 */
export function resolveCandidates(
  store: Store,
  candidates: readonly CandidateSource[],
  options: { readonly consistent?: boolean } = {},
): Promise<Map<string, SourceRecord>> {
  return getSourceRecords(
    store,
    candidates.map(({ source }) => source),
    options,
  );
}
