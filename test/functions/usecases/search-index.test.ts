import { BatchGetCommand, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComparisonFields } from '../../../functions/domain/matching/comparison-fields.ts';
import { matchPolicy } from '../../../functions/domain/matching/match-policy.ts';
import { blockKey, sourceRef } from '../../../functions/store/keys.ts';
import { deriveRegionKeys } from '../../../functions/store/region-keys.ts';
import type { Store } from '../../../functions/store/store.ts';
import { searchIndex } from '../../../functions/usecases/search-index.ts';
import { someFields } from '../domain/matching/fields.ts';

const keys = deriveRegionKeys('a secret for tests only, of more than thirty-two characters');
const { blockLimit, resolvedLimit } = matchPolicy.blocking;

/** An index in which every block, and every part of it, has more records than anybody reads: all of one placeholder. */
function endlessIndex(everybody: ComparisonFields) {
  const counted = { calls: 0, read: 0, lookedUp: 0 };
  const client = {
    send: async (command: unknown) => {
      counted.calls += 1;
      if (command instanceof GetCommand) return { Item: { people: 60_000_000 } };
      if (command instanceof BatchGetCommand) {
        const requested = Object.values(command.input.RequestItems ?? {}).flatMap(({ Keys = [] }) => Keys);
        counted.lookedUp += requested.length;
        return { Responses: {} };
      }
      if (!(command instanceof QueryCommand)) throw new Error('a search only reads');
      const { ExpressionAttributeValues, Limit = Number.POSITIVE_INFINITY } = command.input;
      counted.read += Limit;
      const PK = ExpressionAttributeValues?.[':block'];
      const Items = Array.from({ length: Limit }, (_, index) => {
        const source = sourceRef(keys, 'T9A', `${PK}-${index}`);
        const { SK } = blockKey(keys, { kind: 'postcode', value: 'E1 1ZZ', order: '' }, source);
        return { PK, SK, variants: JSON.stringify([everybody]) };
      });
      return { Items, LastEvaluatedKey: { PK } };
    },
  };
  const store = { client, keys, recordTable: 'record', now: () => new Date(0) } as unknown as Store;
  return { store, counted };
}

describe('searchIndex in blocks without end', () => {
  it('takes a bounded number of store calls, compares a bounded number of records, and says that it was cut', async () => {
    const mostQueries = 9;
    await fc.assert(
      fc.asyncProperty(someFields, someFields, fc.boolean(), async (query, everybody, registering) => {
        const { counted, store } = endlessIndex(everybody);
        const { candidates, truncated } = await searchIndex(store, [query], { registering });
        // Beside the blocks: the count of people, and two rounds of records.
        expect(counted.calls).toBeLessThanOrEqual(mostQueries + 3);
        expect(counted.read).toBeLessThanOrEqual(mostQueries * blockLimit);
        expect(counted.lookedUp).toBeLessThanOrEqual(2 * resolvedLimit);
        expect(candidates.length).toBeLessThanOrEqual(resolvedLimit);
        expect(truncated).toBe(counted.read > 0);
      }),
    );
  });
});
