import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { putNew, transact } from '../../../functions/store/transaction.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

/*
 * Cancellations that no local engine produces: another transaction on the same item, throttling, a malformed item. The
 * client is the only thing replaced.
 */

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store?.close());
afterEach(() => vi.restoreAllMocks());

const writes = ['first taken', 'second taken'].map((meaning) =>
  putNew('any-table', { PK: meaning, SK: 's' }, meaning),
);

function cancelWith(...codes: string[]) {
  const error = new TransactionCanceledException({
    message: 'cancelled',
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
  vi.spyOn(DynamoDBDocumentClient.prototype, 'send').mockRejectedValueOnce(error as never);
  return transact(store, writes);
}

describe('a cancelled transaction', () => {
  it('names the meaning of each failed condition, in the order of the writes', async () => {
    expect(await cancelWith('None', 'ConditionalCheckFailed')).toEqual({
      ok: false,
      failed: ['second taken'],
      contended: false,
    });
    expect(await cancelWith('ConditionalCheckFailed', 'ConditionalCheckFailed')).toMatchObject({
      failed: ['first taken', 'second taken'],
    });
  });

  it('says that another transaction held an item', async () => {
    expect(await cancelWith('TransactionConflict', 'None')).toEqual({
      ok: false,
      failed: [],
      contended: true,
    });
    expect(await cancelWith('TransactionConflict', 'ConditionalCheckFailed')).toEqual({
      ok: false,
      failed: ['second taken'],
      contended: true,
    });
  });

  it.each([
    'ThrottlingError',
    'ProvisionedThroughputExceeded',
    'ItemCollectionSizeLimitExceeded',
    'ValidationError',
  ])('is no conflict when the reason is %s', async (code) => {
    await expect(cancelWith(code, 'None')).rejects.toBeInstanceOf(TransactionCanceledException);
  });
});
