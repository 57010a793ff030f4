import { type HeldNumbers, numbersOf } from '../domain/identity/held-numbers.ts';
import { composePerson } from './compose-person.ts';
import { demographicsKey, linkKey, nhsNumberKey, personKey, sourcePartition } from './keys.ts';
import type { HeldObjections } from './nhs-number.ts';
import type { AccessView, Link, Person } from './person.ts';
import { keepPersonVersion } from './person-history.ts';
import { getSourceRecords, type SourceRecord } from './source-record.ts';
import { instant, type Store, schemaVersion } from './store.ts';
import { putVersion, type Write } from './transaction.ts';

/** The rank of an organisation in the region's order of trust, by ODS code. */
export type TrustOf = (ods: string) => number;

/** A person who takes part in a change of links. */
export interface Party extends Pick<AccessView, 'links'> {
  readonly person: Person;
}

/** Conditions that a change of links can fail on; all mean: read again and decide again. */
export type LinkConflict = 'person-changed' | 'source-changed' | 'number-changed';

/** Reads the source records behind the links of the parties, by {@link sourcePartition}. */
export function readRecordsOf(
  store: Store,
  parties: readonly Pick<Party, 'links'>[],
): Promise<Map<string, SourceRecord>> {
  return getSourceRecords(
    store,
    parties.flatMap(({ links }) => links.map(({ source }) => source)),
  );
}

/** The records of the links. */
export function recordsOf(
  records: ReadonlyMap<string, SourceRecord>,
  links: readonly Link[],
): SourceRecord[] {
  return links.flatMap(({ source }) => records.get(sourcePartition(source)) ?? []);
}

/**
 * The person as their records make them, as the next version. A number that also a record of somebody else names
 * (`others`) is left to them: it has one owner.
 */
export function renewPerson(
  store: Store,
  { absorbed, personId, version }: Pick<Person, 'personId' | 'version' | 'absorbed'>,
  records: readonly SourceRecord[],
  trustOf: TrustOf,
  others: readonly HeldNumbers[] = [],
): Person {
  const taken = numbersOf(...others);
  return composePerson({
    personId,
    version: version + 1,
    updatedAt: instant(store),
    ...(absorbed && { absorbed }),
    sources: records.map(({ nhsNumber, supersededNhsNumbers = [], ...record }) => ({
      ...record,
      ...(nhsNumber && !taken.has(nhsNumber) && { nhsNumber }),
      supersededNhsNumbers: supersededNhsNumbers.filter((number) => !taken.has(number)),
    })),
    trustOf,
  });
}

/** The numbers that the records name and that are not among those that the person may hold: what {@link renewPerson} leaves out. */
export function claimsBeyond(records: readonly SourceRecord[], mayHold: ReadonlySet<string>): HeldNumbers[] {
  return [{ supersededNhsNumbers: [...numbersOf(...records).difference(mayHold)] }];
}

/** The writes of a person over the version that was read, which is kept as it was; there is none of somebody new. */
export function putPerson(
  store: Store,
  person: Person,
  before: Person | undefined,
): Write<'person-changed'>[] {
  return [
    putVersion(
      store.recordTable,
      { ...personKey(person.personId), type: 'Person', schemaVersion, ...person },
      before?.version ?? 0,
      'person-changed',
    ),
    // One that another followed within its millisecond was shown at no instant.
    ...(before && before.updatedAt < person.updatedAt ? [keepPersonVersion(store, before)] : []),
  ];
}

/** A link as it stands with one person, and as it will stand with another. */
export interface MovedLink {
  readonly from: Link;
  readonly to: Link;
}

/** The writes that take links from one person to another: the link, and whose its source record is. */
export function moveLinks(
  { recordTable: TableName }: Store,
  from: string,
  to: string,
  links: readonly MovedLink[],
  records: ReadonlyMap<string, SourceRecord>,
): Write<LinkConflict>[] {
  return links.flatMap((link): Write<LinkConflict>[] => {
    const { source } = link.from;
    const { version = 0 } = records.get(sourcePartition(source)) ?? {};
    return [
      {
        item: {
          Delete: {
            TableName,
            Key: linkKey(from, source),
            // A message that arrives meanwhile can have prolonged a relationship here: it goes with the link.
            ConditionExpression: '#version = :version',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':version': link.from.version },
          },
        },
        otherwise: 'person-changed',
      },
      {
        item: {
          Put: { TableName, Item: { ...link.to, ...linkKey(to, source), type: 'Link', schemaVersion } },
        },
      },
      {
        item: {
          Update: {
            TableName,
            Key: demographicsKey(source),
            UpdateExpression: 'SET personId = :to, #version = :next',
            ConditionExpression: '#version = :version AND personId = :from',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: {
              ':to': to,
              ':from': from,
              ':version': version,
              ':next': version + 1,
            },
          },
        },
        otherwise: 'source-changed',
      },
    ];
  });
}

/**
 * The writes by which each NHS number follows the person who holds it afterwards; one not in use still leads to them. For a
 * number that was nobody's, `held` is what waited for its owner: the write fails when it is no longer that.
 */
export function moveNumbers(
  store: Store,
  before: readonly Person[],
  after: readonly Person[],
  held: ReadonlyMap<string, HeldObjections> = new Map(),
): Write<'number-changed'>[] {
  const owners = ownersOf(before);
  return [...ownersOf(after)].flatMap(([number, { personId, superseded }]): Write<'number-changed'>[] => {
    const owner = owners.get(number);
    if (owner?.personId === personId && owner.superseded === superseded) return [];
    const { recordTable: TableName } = store;
    const Item = {
      ...nhsNumberKey(store.keys, number),
      type: 'NhsNumber',
      schemaVersion,
      personId,
      superseded,
    };
    if (!owner) return [putVersion(TableName, Item, held.get(number)?.version ?? 0, 'number-changed')];
    const condition = {
      ConditionExpression: 'personId = :owner',
      ExpressionAttributeValues: { ':owner': owner.personId },
    };
    return [{ item: { Put: { TableName, Item, ...condition } }, otherwise: 'number-changed' }];
  });
}

function ownersOf(people: readonly Person[]): Map<string, { personId: string; superseded: boolean }> {
  const owners = new Map<string, { personId: string; superseded: boolean }>();
  // A merged person keeps their numbers on paper; the survivor holds them.
  for (const { personId, status, nhsNumber, supersededNhsNumbers = [] } of people) {
    if (status === 'merged') continue;
    for (const number of supersededNhsNumbers) owners.set(number, { personId, superseded: true });
    if (nhsNumber) owners.set(nhsNumber, { personId, superseded: false });
  }
  return owners;
}
