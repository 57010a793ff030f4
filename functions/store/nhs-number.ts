import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { ObjectionStatement } from '../domain/access/objection.ts';
import type { NhsNumber } from '../domain/identity/nhs-number.ts';
import { batchGet } from './batch-get.ts';
import { type Key, nhsNumberKey } from './keys.ts';
import type { Store } from './store.ts';
import type { Write } from './transaction.ts';

/** Who holds an NHS number. */
export interface NhsNumberOwner {
  readonly personId: string;
  /** The number was superseded: the person now holds another. */
  readonly superseded: boolean;
}

/** Objections that were said of a number before it was anybody's. */
export interface HeldObjections {
  readonly version: number;
  readonly statements: readonly ObjectionStatement[];
}

/** What is known of a number: its owner, or what waits for one; both are in one item, so that neither can miss the other. */
export interface NumberEntry {
  readonly owner?: NhsNumberOwner;
  readonly held?: HeldObjections;
}

type NumberItem = Partial<NhsNumberOwner & HeldObjections>;

/** What is known of an NHS number, current or superseded. */
export async function readNumber(store: Store, nhsNumber: NhsNumber): Promise<NumberEntry> {
  const { Item } = await store.client.send(
    new GetCommand({
      TableName: store.recordTable,
      Key: nhsNumberKey(store.keys, nhsNumber),
      ConsistentRead: true,
    }),
  );
  return entryOf(Item as NumberItem | undefined);
}

/** What is known of each of the NHS numbers of which anything is, by number, in one BatchGetItem. */
export async function readNumbers(
  store: Store,
  numbers: readonly string[],
): Promise<Map<string, NumberEntry>> {
  const byKey = new Map(numbers.map((number) => [nhsNumberKey(store.keys, number).PK, number]));
  const found = await batchGet<NumberItem & Key>(
    store,
    numbers.map((number) => nhsNumberKey(store.keys, number)),
  );
  return new Map(
    found.flatMap((item) => {
      const number = byKey.get(item.PK);
      return number === undefined ? [] : [[number, entryOf(item)] as const];
    }),
  );
}

/** The owner of an NHS number; undefined when no record holds it. */
export async function findNhsNumberOwner(
  store: Store,
  nhsNumber: NhsNumber,
): Promise<NhsNumberOwner | undefined> {
  return (await readNumber(store, nhsNumber)).owner;
}

/** Fails when the number is not that person's. */
export function expectOwner(
  { keys, recordTable: TableName }: Store,
  nhsNumber: string,
  personId: string,
): Write<'number-changed'> {
  return {
    item: {
      ConditionCheck: {
        TableName,
        Key: nhsNumberKey(keys, nhsNumber),
        ConditionExpression: 'personId = :person',
        ExpressionAttributeValues: { ':person': personId },
      },
    },
    otherwise: 'number-changed',
  };
}

function entryOf({ personId, statements, superseded = false, version }: NumberItem = {}): NumberEntry {
  if (personId !== undefined) return { owner: { personId, superseded } };
  return statements && version !== undefined ? { held: { statements, version } } : {};
}
