import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { peopleKey } from './keys.ts';
import { type Store, schemaVersion } from './store.ts';

/** Milliseconds for which a count is used again: matching needs its order of magnitude. */
const countKeptMilliseconds = 60_000;

const counts = new WeakMap<Store, { readonly people: number | undefined; readonly until: number }>();

/** The number of active persons in the index, at most a minute old; undefined when they were never counted. */
export async function readPeople(store: Store): Promise<number | undefined> {
  const now = store.now().getTime();
  const kept = counts.get(store);
  if (kept && now < kept.until) return kept.people;
  const { Item } = await store.client.send(new GetCommand({ TableName: store.recordTable, Key: peopleKey }));
  const people = Item?.people as number | undefined;
  counts.set(store, { people, until: now + countKeptMilliseconds });
  return people;
}

/** Counts persons who came (positive) or went (negative). */
export async function countPeople(store: Store, change: number): Promise<void> {
  await store.client.send(
    new UpdateCommand({
      TableName: store.recordTable,
      Key: peopleKey,
      UpdateExpression: 'SET #type = :type, schemaVersion = :schema ADD people :change',
      ExpressionAttributeNames: { '#type': 'type' },
      ExpressionAttributeValues: { ':type': 'Statistics', ':schema': schemaVersion, ':change': change },
    }),
  );
}
