import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { requestKey } from './keys.ts';
import { type Store, schemaVersion } from './store.ts';
import type { Write } from './transaction.ts';

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
  return unlessExpired(store, Item);
}

/** The answer that an item holds, unless its time is over: DynamoDB removes an expired item within days, not at once. */
export function unlessExpired(
  { now }: Store,
  item: Record<string, unknown> | undefined,
): AnsweredRequest | undefined {
  const isExpired = item && Number(item.expiresAt) * 1000 <= now().getTime();
  return isExpired ? undefined : (item as AnsweredRequest | undefined);
}

/** The write that remembers an answer, to go into the same transaction as the change itself. */
export function rememberRequest(
  store: Store,
  ods: string,
  requestId: string,
  request: AnsweredRequest,
): Write<'repeated'> {
  const nowSeconds = Math.floor(store.now().getTime() / 1000);
  return {
    item: {
      Put: {
        TableName: store.recordTable,
        Item: {
          ...requestKey(store.keys, ods, requestId),
          type: 'Idempotency',
          schemaVersion,
          ...request,
          expiresAt: nowSeconds + idempotencyHours * 3600,
        },
        ConditionExpression: 'attribute_not_exists(PK) OR expiresAt <= :now',
        ExpressionAttributeValues: { ':now': nowSeconds },
      },
    },
    otherwise: 'repeated',
  };
}
