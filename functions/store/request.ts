import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { requestKey } from './keys.ts';
import { type Store, schemaVersion } from './store.ts';
import { putNew, type Write } from './transaction.ts';

/** Hours for which a request can be repeated safely. */
export const idempotencyHours = 24;

/** What was answered to a request that changed something. */
export interface AnsweredRequest {
  readonly bodyDigest: string;
  readonly answer: unknown;
}

/** The answer to an earlier request with this id; undefined when there was none. */
export async function findAnsweredRequest(
  store: Store,
  ods: string,
  requestId: string,
): Promise<AnsweredRequest | undefined> {
  const { Item } = await store.client.send(
    new GetCommand({
      TableName: store.recordTable,
      Key: requestKey(store.keys, ods, requestId),
      ConsistentRead: true,
    }),
  );
  return Item as AnsweredRequest | undefined;
}

/** The write that remembers an answer, to go into the same transaction as the change itself. */
export function rememberRequest(
  store: Store,
  ods: string,
  requestId: string,
  request: AnsweredRequest,
): Write<'repeated'> {
  return putNew(
    store.recordTable,
    {
      ...requestKey(store.keys, ods, requestId),
      type: 'Idempotency',
      schemaVersion,
      ...request,
      expiresAt: Math.floor(store.now().getTime() / 1000) + idempotencyHours * 3600,
    },
    'repeated',
  );
}
