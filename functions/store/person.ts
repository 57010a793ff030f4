import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Patient } from 'fhir/r4.js';
import type { Relationship } from '../domain/access/relationship.ts';
import type { Demographics } from '../domain/identity/demographics.ts';
import type { GoldenField } from '../domain/identity/golden-record.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import { batchGet } from './batch-get.ts';
import { accessRange, linkKey, personKey, type SourceRef } from './keys.ts';
import type { Objections } from './objection.ts';
import { queryAll } from './query-all.ts';
import type { Store } from './store.ts';
import type { Write } from './transaction.ts';

/** A person: the golden demographics over all linked source records. */
export interface Person {
  readonly personId: string;
  /** A merged person has no links; reading it leads on to `mergedInto`. */
  readonly status: 'active' | 'merged';
  /** The person who took over the links, when merged, and since when. */
  readonly mergedInto?: string;
  readonly mergedAt?: string;
  /** The links that the merge took over, by the partition of their source record: what an unmerge gives back. */
  readonly handedOver?: readonly string[];
  /** Everybody who was merged into this person, and into those in turn. */
  readonly absorbed?: readonly Absorbed[];
  readonly version: number;
  readonly demographics: Demographics;
  /** The golden name, address and telecom in full, as their sources wrote them. */
  readonly resource: Pick<Patient, 'resourceType' | 'name' | 'address' | 'telecom'>;
  /** The verified NHS number, when one is known. */
  readonly nhsNumber?: string;
  /** Numbers that the person held before; each still leads to them. */
  readonly supersededNhsNumbers?: readonly string[];
  /** By source record ({@link sourcePartition}), the fields of the golden record that it decided. */
  readonly provenance: Readonly<Record<string, readonly GoldenField[]>>;
  /** Source records that mark the person as restricted (S-flag); only the source that set the mark takes it away. */
  readonly restrictedBy: readonly string[];
  readonly updatedAt: string;
}

/** A person who was merged into another. */
export interface Absorbed {
  readonly personId: string;
  /** The number that a steward took out of use with the merge, where both had one. */
  readonly retiredNhsNumber?: string;
}

/** The ids under which a person is known: their own and those of all who were merged into them. */
export function knownIds({ personId, absorbed = [] }: Pick<Person, 'personId' | 'absorbed'>): string[] {
  return [personId, ...absorbed.map((one) => one.personId)];
}

/** Fails when the person was merged: what is written beside it must not stay behind with somebody who is read no more. */
export function expectActive({ recordTable: TableName }: Store, personId: string): Write<'person-changed'> {
  return {
    item: {
      ConditionCheck: {
        TableName,
        Key: personKey(personId),
        ConditionExpression: 'attribute_not_exists(mergedInto)',
      },
    },
    otherwise: 'person-changed',
  };
}

/** A source record that belongs to the person. */
export interface Link {
  readonly source: SourceRef;
  /** How the link was made; what a `steward` decided is never changed by the machine. */
  readonly how: 'nhs-number' | 'demographics' | 'created' | 'steward';
  readonly linkedAt: string;
  readonly policyVersion: string;
  readonly score?: number;
  readonly version: number;
  /** Who is involved in the care by this source record's word: it goes wherever the record goes. */
  readonly relationships: readonly Relationship[];
  /** Labels that ask for care and that an entry of the record bears, or once bore. */
  readonly labels: readonly string[];
  /** Every section in which the record has or had an entry; absent where that, and so `labels`, is not known to be all. */
  readonly sections?: readonly SectionCode[];
}

/** All that access needs about one person, read in one consistent Query; empty for an unknown id. */
export interface AccessView {
  readonly person?: Person;
  readonly links: readonly Link[];
  readonly relationships: readonly Relationship[];
  readonly objections?: Objections;
}

/** Reads one person, or the one into whom they were merged; undefined when there is none. */
export function getPerson(store: Store, personId: string): Promise<Person | undefined> {
  return followMerges(
    personId,
    (id) => readPerson(store, id),
    (person) => person,
  );
}

/**
 * The persons of the given ids, and for each who was merged the survivor, each once, in as few calls as that takes: an id
 * that names nobody gives nobody.
 */
export async function getPersons(store: Store, personIds: readonly string[]): Promise<Person[]> {
  const active = new Map<string, Person>();
  for (let left = [...new Set(personIds)]; left.length > 0; ) {
    const found = await batchGet<Person>(store, left.map(personKey));
    for (const person of found) if (!person.mergedInto) active.set(person.personId, person);
    left = [...new Set(found.flatMap(({ mergedInto }) => mergedInto ?? []))].filter((id) => !active.has(id));
  }
  return [...active.values()];
}

/** The links of the given records with their persons, as far as they stand, in no order. */
export function getLinks(
  store: Store,
  records: readonly { readonly personId: string; readonly source: SourceRef }[],
): Promise<Link[]> {
  return batchGet<Link>(
    store,
    records.map(({ personId, source }) => linkKey(personId, source)),
  );
}

async function readPerson(store: Store, personId: string): Promise<Person | undefined> {
  const { Item } = await store.client.send(
    new GetCommand({ TableName: store.recordTable, Key: personKey(personId), ConsistentRead: true }),
  );
  return Item as Person | undefined;
}

/**
 * Reads the {@link AccessView} strongly consistently, so that an objection holds from the next read on. That of a merged
 * person is the survivor's, relationships included: those of the merged person went over with the links.
 */
export async function loadAccessView(store: Store, personId: string): Promise<AccessView> {
  const relationships: Relationship[] = [];
  const view = await followMerges(
    personId,
    async (id) => {
      const read = await readAccessView(store, id);
      // A claim stands under the id by which it was made.
      relationships.push(...read.relationships);
      return read;
    },
    ({ person }) => person,
  );
  return { ...view, relationships };
}

async function followMerges<Found>(
  personId: string,
  read: (personId: string) => Promise<Found>,
  personOf: (found: Found) => Person | undefined,
): Promise<Found> {
  let found = await read(personId);
  // Merges make no circle (each needs two active persons), so the way ends.
  for (let next = personOf(found)?.mergedInto; next; next = personOf(found)?.mergedInto)
    found = await read(next);
  return found;
}

/** The {@link AccessView} under exactly this id, also of a merged person: for identity work alone. */
export async function readAccessView(store: Store, personId: string): Promise<AccessView> {
  const links: Link[] = [];
  const claims: Relationship[] = [];
  let person: Person | undefined;
  let objections: Objections | undefined;
  type Item =
    | (Person & { type: 'Person' })
    | (Link & { type: 'Link' })
    | (Objections & { type: 'Objections' })
    | (Relationship & { type: 'RelationshipClaim' });
  const items = await queryAll<Item>(store, {
    KeyConditionExpression: 'PK = :person AND SK BETWEEN :from AND :to',
    ExpressionAttributeValues: {
      ':person': personKey(personId).PK,
      ':from': accessRange.from,
      ':to': accessRange.to,
    },
  });
  for (const item of items) {
    if (item.type === 'Person') person = item;
    else if (item.type === 'Objections') objections = item;
    else if (item.type === 'Link') links.push(item);
    else if (item.type === 'RelationshipClaim') claims.push(item);
  }
  const relationships = [...links.flatMap((link) => link.relationships), ...claims];
  return { links, relationships, ...(person && { person }), ...(objections && { objections }) };
}
