import { batchGet } from './batch-get.ts';
import { type Key, notDuplicateKey, notPersonKey, type SourceRef } from './keys.ts';
import { instant, type Store, schemaVersion } from './store.ts';
import type { Write } from './transaction.ts';

/** Who took a decision about an identity. */
export interface Decider {
  readonly subject: string;
  readonly name: string;
  readonly organisation: string;
}

/** The writes by which a person says that two persons are not one; said twice, it stands once. */
export function markNotDuplicate(
  store: Store,
  personId: string,
  otherPersonId: string,
  decidedBy: Decider,
): Write<never>[] {
  return [[personId, otherPersonId] as const, [otherPersonId, personId] as const].map(([one, other]) =>
    mark(store, notDuplicateKey(one, other), 'NotDuplicate', { otherPersonId: other, decidedBy }),
  );
}

/** The write by which a person says that a source record is not of this person. */
export function markNotPerson(
  store: Store,
  source: SourceRef,
  personId: string,
  decidedBy: Decider,
): Write<never> {
  return mark(store, notPersonKey(source, personId), 'NotPerson', { personId, decidedBy });
}

function mark(store: Store, key: Key, type: string, content: object): Write<never> {
  const Item = { ...key, type, schemaVersion, markedAt: instant(store), ...content };
  return { item: { Put: { TableName: store.recordTable, Item } } };
}

/** The ids under which a person is known: their own and those of the persons merged into them. */
type KnownIds = readonly string[];

/** True when a person decided that the two are not one, whichever of their ids the mark names. */
export async function isKeptApart(store: Store, ids: KnownIds, otherIds: KnownIds): Promise<boolean> {
  const keys = ids.flatMap((id) => otherIds.map((other) => notDuplicateKey(id, other)));
  return (await batchGet(store, keys)).length > 0;
}

/** Fails when somebody has said, this very moment, that the two are not one. */
export function expectNotKeptApart(
  { recordTable: TableName }: Store,
  personId: string,
  otherPersonId: string,
): Write<'person-changed'> {
  return {
    item: {
      ConditionCheck: {
        TableName,
        Key: notDuplicateKey(personId, otherPersonId),
        ConditionExpression: 'attribute_not_exists(PK)',
      },
    },
    otherwise: 'person-changed',
  };
}

/** True when a person decided that the source record is not of this person. */
export async function isTakenAway(store: Store, source: SourceRef, ids: KnownIds): Promise<boolean> {
  return (
    (
      await batchGet(
        store,
        ids.map((id) => notPersonKey(source, id)),
      )
    ).length > 0
  );
}
