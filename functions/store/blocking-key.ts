import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Demographics } from '../domain/identity/demographics.ts';
import { blockingKeys, type SearchKey } from '../domain/matching/blocking-keys.ts';
import { type ComparisonFields, comparisonFields } from '../domain/matching/comparison-fields.ts';
import { batchPut } from './batch-write.ts';
import {
  blockKey,
  blockOrder,
  blockPartition,
  type Key,
  type SourceRef,
  sourceOfBlock,
  sourcePartition,
} from './keys.ts';
import { type Store, schemaVersion } from './store.ts';

/** One source record that shares a blocking key with the query, with all that comparing it needs. */
export interface CandidateSource {
  readonly source: SourceRef;
  /** One for each name and former postcode that the record holds. */
  readonly variants: readonly ComparisonFields[];
}

/** What the blocks of a query hold. */
export interface FoundCandidates {
  readonly candidates: readonly CandidateSource[];
  /** A block held more than `limit` even after narrowing: uniqueness must not be claimed from a part of it. */
  readonly truncated: boolean;
  /** Store calls that it took. */
  readonly queries: number;
}

/**
 * The source records under the given blocking keys, each once: one Query a block, in parallel. A block larger than `limit`
 * is read again where it agrees most with the query (`narrow`): it is cut by evidence, never by chance.
 */
export async function findCandidates(
  store: Store,
  blocks: readonly SearchKey[],
  limit: number,
  {
    consistent = false,
    mostQueries = Number.MAX_SAFE_INTEGER,
    withRestricted = false,
  }: {
    readonly consistent?: boolean;
    /** For a search that says no place: only there may a restricted person be found (PDS). */
    readonly withRestricted?: boolean;
    /** Queries at most, those that read a block again included: the first blocks come first, then the large ones again. */
    readonly mostQueries?: number;
  } = {},
): Promise<FoundCandidates> {
  const chosen = blocks.slice(0, mostQueries);
  const wholes = await Promise.all(
    chosen.map(async (block) => ({
      block,
      page: await queryBlock(store, block, limit, consistent, block.prefix),
    })),
  );
  let left = mostQueries - chosen.length;
  const pages = await Promise.all(
    wholes.map(({ block, page }) => {
      if (!page.more || block.narrow === undefined || left <= 0) return page;
      left -= 1;
      return queryBlock(store, block, limit, consistent, block.narrow);
    }),
  );
  const queries = mostQueries - left;
  const found = new Map<string, CandidateSource>();
  for (const { items } of pages)
    for (const item of items) {
      if (item.restricted && !withRestricted) continue;
      const source = sourceOfBlock(item);
      const name = sourcePartition(source);
      if (!found.has(name)) found.set(name, { source, variants: JSON.parse(item.variants) });
    }
  return { candidates: [...found.values()], truncated: pages.some(({ more }) => more), queries };
}

async function queryBlock(
  { client, keys, recordTable }: Store,
  { kind, value }: SearchKey,
  Limit: number,
  ConsistentRead: boolean,
  within: string | undefined,
) {
  const { Items, LastEvaluatedKey } = await client.send(
    new QueryCommand({
      TableName: recordTable,
      KeyConditionExpression: within ? 'PK = :block AND begins_with(SK, :order)' : 'PK = :block',
      ExpressionAttributeValues: {
        ':block': blockPartition(keys, kind, value),
        ...(within && { ':order': blockOrder(keys, within) }),
      },
      ConsistentRead,
      Limit,
    }),
  );
  return {
    items: (Items ?? []) as BlockItem[],
    more: LastEvaluatedKey !== undefined,
  };
}

/** What stands in the index for a source record. */
export type BlockItem = Key & {
  readonly type: 'BlockingKey';
  readonly schemaVersion: number;
  /** The version of the source record that wrote it: only a later one takes it away. */
  readonly version: number;
  /** {@link CandidateSource.variants} as JSON: text is half the work of a map to store, read and compare, for no more bytes. */
  readonly variants: string;
  /** The record is restricted: it says no place, and stands in no answer to one. */
  readonly restricted?: true;
};

/** The blocking items of a source record; those of one that is restricted say no place: no query may locate such a person (PDS: S-flag). */
export function blocksOf(
  { keys }: Store,
  source: SourceRef,
  demographics: Demographics,
  version: number,
): BlockItem[] {
  const { restricted } = demographics;
  const compared = comparisonFields(restricted ? withoutPlace(demographics) : demographics);
  const variants = JSON.stringify(compared);
  const blocks = new Map<string, BlockItem>();
  for (const key of compared.flatMap(blockingKeys)) {
    const { PK, SK } = blockKey(keys, key, source);
    // Names that differ only in order meet in one block: the first, which is in use, says where in it.
    if (!blocks.has(PK))
      blocks.set(PK, {
        ...{ PK, SK, type: 'BlockingKey', schemaVersion, version, variants },
        ...(restricted && { restricted }),
      });
  }
  return [...blocks.values()];
}

function withoutPlace({ birthDate, deceased, gender, names, restricted }: Demographics): Demographics {
  return {
    names,
    deceased,
    restricted,
    ...(birthDate !== undefined && { birthDate }),
    ...(gender !== undefined && { gender }),
  };
}

/**
 * Puts blocking items, outside of any transaction: they cost half so, and a candidate counts only through its source
 * record. They must all be there before a registration searches (docs/decisions/0008-lock-free-registration.md).
 */
export async function putBlocks(store: Store, blocks: readonly BlockItem[]): Promise<void> {
  await batchPut(store, blocks);
}

/** Takes away items that no longer hold, except those that a later version of their source record has put again. */
export async function removeBlocks(
  { client, recordTable: TableName }: Store,
  blocks: readonly BlockItem[],
): Promise<void> {
  await Promise.all(
    blocks.map(({ PK, SK, version }) =>
      client
        .send(
          new DeleteCommand({
            TableName,
            Key: { PK, SK },
            ConditionExpression: 'attribute_not_exists(PK) OR #version <= :version',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':version': version },
          }),
        )
        .catch((error: unknown) => {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
        }),
    ),
  );
}
