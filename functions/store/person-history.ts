import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { IdentityEvent } from './identity-event.ts';
import { identityEventKey, personHistoryKey, personKey, type SourceRef, sourcePartition } from './keys.ts';
import type { Person } from './person.ts';
import { queryAll } from './query-all.ts';
import { type Store, schemaVersion } from './store.ts';
import type { Write } from './transaction.ts';

/** The write that keeps a version of a person which another one supersedes: it held from `updatedAt` until that one's. */
export function keepPersonVersion({ recordTable: TableName }: Store, person: Person): Write<never> {
  const Item = { ...person, ...personHistoryKey(person), type: 'PersonHistory', schemaVersion };
  return { item: { Put: { TableName, Item } } };
}

/** A person as they were shown at an instant, and the source records that were theirs. */
export interface PersonThen {
  readonly person: Person;
  readonly sources: readonly SourceRef[];
}

/**
 * Whom the id showed at the instant: the person themselves, or the one into whom they had been merged by then; undefined
 * when there was nobody of that id yet. `asOf` is ISO 8601 UTC with milliseconds.
 */
export async function loadPersonThen(
  store: Store,
  personId: string,
  asOf: string,
): Promise<PersonThen | undefined> {
  let person = await getPersonThen(store, personId, asOf);
  while (person?.mergedInto) person = await getPersonThen(store, person.mergedInto, asOf);
  return person && { person, sources: await listSourcesThen(store, person.personId, asOf) };
}

async function getPersonThen(store: Store, personId: string, asOf: string): Promise<Person | undefined> {
  const { client, recordTable: TableName } = store;
  const { Item } = await client.send(
    new GetCommand({ TableName, Key: personKey(personId), ConsistentRead: true }),
  );
  const current = Item as Person | undefined;
  if (!current || current.updatedAt <= asOf) return current;
  const { PK } = personHistoryKey(current);
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: 'PK = :versions AND SK < :behind',
      // Every version of the instant itself sorts before this.
      ExpressionAttributeValues: { ':versions': PK, ':behind': `${asOf}~` },
      ScanIndexForward: false,
      Limit: 1,
    }),
  );
  return Items[0] as Person | undefined;
}

/** The source records that were the person's at the instant, replayed from their ledger. */
async function listSourcesThen(store: Store, personId: string, asOf: string): Promise<SourceRef[]> {
  const { PK, SK } = identityEventKey(personId, '');
  const events = await queryAll<IdentityEvent>(store, {
    KeyConditionExpression: 'PK = :person AND begins_with(SK, :events)',
    ExpressionAttributeValues: { ':person': PK, ':events': SK },
  });
  return replaySources(events.filter(({ at }) => at <= asOf));
}

/** What an event of the ledger does to the source records of the person in whose ledger it stands. */
const effects: Readonly<Record<IdentityEvent['event'], 'adds' | 'takes' | 'none'>> = {
  created: 'adds',
  linked: 'adds',
  'merged-from': 'adds',
  'merged-into': 'takes',
  'unmerged-from': 'adds',
  unmerged: 'takes',
  'record-moved-from': 'adds',
  'record-moved-to': 'takes',
  'message-accepted': 'none',
  'kept-apart': 'none',
};

/** The source records that a ledger, oldest event first, leaves with its person, in the order in which links are read. */
function replaySources(events: readonly Pick<IdentityEvent, 'event' | 'source' | 'sources'>[]): SourceRef[] {
  const held = new Map<string, SourceRef>();
  for (const { event, source, sources = source ? [source] : [] } of events)
    for (const one of sources) {
      if (effects[event] === 'adds') held.set(sourcePartition(one), one);
      else if (effects[event] === 'takes') held.delete(sourcePartition(one));
    }
  return [...held].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, source]) => source);
}
