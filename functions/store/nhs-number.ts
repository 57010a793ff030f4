import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { NhsNumber } from '../domain/identity/nhs-number.ts';
import { nhsNumberKey } from './keys.ts';
import type { Store } from './store.ts';

/** Who holds an NHS number. */
export interface NhsNumberOwner {
  readonly personId: string;
  /** The number was superseded: the person now holds another. */
  readonly superseded: boolean;
}

/** The owner of an NHS number, current or superseded; undefined when no record holds it. */
export async function findNhsNumberOwner(
  store: Store,
  nhsNumber: NhsNumber,
): Promise<NhsNumberOwner | undefined> {
  const { Item } = await store.client.send(
    new GetCommand({
      TableName: store.recordTable,
      Key: nhsNumberKey(store.keys, nhsNumber),
      ConsistentRead: true,
    }),
  );
  return Item as NhsNumberOwner | undefined;
}
