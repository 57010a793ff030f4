import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { NhsNumber } from '../domain/identity/nhs-number.ts';
import { batchGet } from './batch-get.ts';
import { type Key, nhsNumberKey } from './keys.ts';
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

/** The owners of the NHS numbers that have one, by number, in one BatchGetItem. */
export async function findNhsNumberOwners(
  store: Store,
  numbers: readonly string[],
): Promise<Map<string, NhsNumberOwner>> {
  const byKey = new Map(numbers.map((number) => [nhsNumberKey(store.keys, number).PK, number]));
  const found = await batchGet<NhsNumberOwner & Key>(
    store,
    numbers.map((number) => nhsNumberKey(store.keys, number)),
  );
  return new Map(
    found.flatMap((owner) => {
      const number = byKey.get(owner.PK);
      return number === undefined ? [] : [[number, owner] as const];
    }),
  );
}
