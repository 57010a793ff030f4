import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Store } from './store.ts';

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** One write of a transaction and what its failed condition means in the domain. */
export interface Write<Meaning extends string> {
  readonly item: TransactItem;
  /** The domain's name for a failed condition; a write without condition needs none. */
  readonly otherwise?: Meaning;
}

/** DynamoDB's limit on a transaction. */
export const maximumWrites = 100;

/** DynamoDB's limits on an item and on a transaction, in bytes, less what our own attributes and other writes need. */
const largestItem = 390_000;
const largestTransaction = 3_500_000;

/** True when the writes are larger than DynamoDB takes, one of them or all together. An item's JSON is larger than the item. */
export function areTooLarge(writes: readonly Write<string>[]): boolean {
  const sizes = writes.map(({ item }) => Buffer.byteLength(JSON.stringify(item.Put?.Item ?? {})));
  return (
    sizes.some((size) => size > largestItem) ||
    sizes.reduce((sum, size) => sum + size, 0) > largestTransaction
  );
}

/** The transaction happened, or which conditions failed, or another transaction held an item (send it again). */
export type TransactionOutcome<Meaning extends string> =
  | { readonly ok: true }
  | { readonly ok: false; readonly failed: readonly Meaning[]; readonly contended: boolean };

/**
 * Writes all or none. Cancellation reasons come back in the order of the writes, so each failed condition becomes the
 * meaning that its write gave it; a cancellation for any other reason (throttling, a malformed item) throws.
 */
export async function transact<Meaning extends string>(
  store: Store,
  writes: readonly Write<Meaning>[],
): Promise<TransactionOutcome<Meaning>> {
  try {
    await store.client.send(new TransactWriteCommand({ TransactItems: writes.map(({ item }) => item) }));
    return { ok: true };
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    const failed: Meaning[] = [];
    let contended = false;
    for (const [index, reason] of (error.CancellationReasons ?? []).entries()) {
      const meaning = writes[index]?.otherwise;
      if (reason.Code === 'ConditionalCheckFailed' && meaning) failed.push(meaning);
      else if (reason.Code === 'TransactionConflict') contended = true;
      else if (reason.Code !== 'None') throw error;
    }
    if (failed.length === 0 && !contended) throw error;
    return { ok: false, failed, contended };
  }
}

/** Puts `item` if it is absent. */
export function putNew<Meaning extends string>(
  TableName: string,
  Item: Record<string, unknown>,
  otherwise: Meaning,
): Write<Meaning> {
  return { item: { Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(PK)' } }, otherwise };
}

/** Puts `item` over exactly version `version`; 0 means that there must be none. */
export function putVersion<Meaning extends string>(
  TableName: string,
  Item: Record<string, unknown>,
  version: number,
  otherwise: Meaning,
): Write<Meaning> {
  if (version === 0) return putNew(TableName, Item, otherwise);
  return {
    item: {
      Put: {
        TableName,
        Item,
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': version },
      },
    },
    otherwise,
  };
}
