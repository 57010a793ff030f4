import type { Patient } from 'fhir/r4.js';
import type { Demographics } from '../domain/identity/demographics.ts';
import { addNumbers } from '../domain/identity/held-numbers.ts';
import type { NhsNumber } from '../domain/identity/nhs-number.ts';
import { blockingKeys } from '../domain/matching/blocking-keys.ts';
import { comparisonFields } from '../domain/matching/comparison-fields.ts';
import { composePerson } from './compose-person.ts';
import {
  blockKey,
  demographicsKey,
  identityEventKey,
  type Key,
  linkKey,
  nhsNumberKey,
  personKey,
  type SourceRef,
} from './keys.ts';
import type { Link, Person } from './person.ts';
import type { Relationship } from './relationship.ts';
import type { QuarantineReason, SourceRecord } from './source-record.ts';
import { instant, type Store, schemaVersion } from './store.ts';
import { putNew, putVersion, type Write } from './transaction.ts';

/** A Patient message, read and dated, ready to be stored. */
export interface IncomingPatient {
  readonly source: SourceRef;
  readonly patient: Patient;
  readonly demographics: Demographics;
  readonly digest: string;
  readonly sentAt: string;
  /** A verified number; one that is not leads to quarantine. */
  readonly nhsNumber?: NhsNumber;
  readonly supersededNhsNumbers: readonly NhsNumber[];
}

/** Whose record it is: nobody's (quarantine), a new person's or that of a person already known. */
export type Attribution =
  | { readonly kind: 'quarantine'; readonly reason: QuarantineReason }
  | { readonly kind: 'create'; readonly personId: string; readonly possibleDuplicates: readonly string[] }
  | {
      readonly kind: 'link';
      readonly person: Person;
      readonly how: Link['how'];
      readonly policyVersion: string;
      readonly score?: number;
      /** False when the record is linked already and only its content changes. */
      readonly newLink: boolean;
    };

/** Conditions that an identity transaction can fail on; all mean: read again and decide again. */
export type IdentityConflict = 'source-changed' | 'person-changed' | 'nhs-number-taken';

/**
 * The writes that store one Patient message: source record, person (golden record over it and its `siblings`, the other
 * linked records), link and identity event, NHS number and blocking keys.
 */
export function writeIdentity(
  store: Store,
  incoming: IncomingPatient,
  attribution: Attribution,
  existing: SourceRecord | undefined,
  relationships: readonly Relationship[],
  siblings: readonly SourceRecord[],
  trustOf: (ods: string) => number,
): Write<IdentityConflict>[] {
  const TableName = store.recordTable;
  const now = instant(store);
  const held = attribution.kind === 'link' ? attribution.person : undefined;
  const owner = attribution.kind === 'create' ? attribution.personId : held?.personId;
  // A restricted person is never found by demographics: no query may locate them (PDS: S-flag).
  const indexed = owner !== undefined && !incoming.demographics.restricted;
  const blocks = indexed ? blocksOf(store, incoming) : [];

  const record: SourceRecord = {
    source: incoming.source,
    version: (existing?.version ?? 0) + 1,
    patient: incoming.patient,
    demographics: incoming.demographics,
    ...addNumbers(existing, incoming),
    digest: incoming.digest,
    sentAt: incoming.sentAt,
    receivedAt: now,
    blocks: blocks.map(({ PK, SK }) => ({ PK, SK })),
    ...(owner && { personId: owner }),
    ...(attribution.kind === 'quarantine' && { quarantine: attribution.reason }),
  };
  const writes: Write<IdentityConflict>[] = [
    putVersion(
      TableName,
      { ...demographicsKey(incoming.source), type: 'SourceRecord', schemaVersion, ...record },
      existing?.version ?? 0,
      'source-changed',
    ),
  ];
  for (const block of blocks) writes.push({ item: { Put: { TableName, Item: block } } });
  const kept = new Set(blocks.map(({ PK, SK }) => `${PK} ${SK}`));
  for (const { PK, SK } of existing?.blocks ?? [])
    if (!kept.has(`${PK} ${SK}`)) writes.push({ item: { Delete: { TableName, Key: { PK, SK } } } });
  if (attribution.kind === 'quarantine' || !owner) return writes;

  writes.push(
    putVersion(
      TableName,
      {
        ...personKey(owner),
        type: 'Person',
        schemaVersion,
        ...composePerson({
          personId: owner,
          version: (held?.version ?? 0) + 1,
          updatedAt: now,
          ...(held?.absorbed && { absorbed: held.absorbed }),
          sources: [...siblings, record],
          trustOf,
        }),
      },
      held?.version ?? 0,
      'person-changed',
    ),
  );
  writes.push(...nhsNumberWrites(store, owner, incoming, held?.nhsNumber));
  if (attribution.kind === 'create' || attribution.newLink)
    writes.push(...linkWrites(store, owner, incoming.source, attribution, relationships, now));
  else writes.push(refreshRelationships(TableName, owner, incoming.source, relationships));
  return writes;
}

/** Each organisation's relationship is prolonged on its own: a message that leaves the practice out ends nothing. */
function refreshRelationships(
  TableName: string,
  personId: string,
  source: SourceRef,
  relationships: readonly Relationship[],
): Write<IdentityConflict> {
  const sets = relationships.map((_, index) => `relationships.#o${index} = :r${index}`);
  return {
    item: {
      Update: {
        TableName,
        Key: linkKey(personId, source),
        UpdateExpression: `SET ${sets.join(', ')}`,
        ConditionExpression: 'attribute_exists(PK)',
        ExpressionAttributeNames: Object.fromEntries(
          relationships.map(({ organisation }, index) => [`#o${index}`, organisation]),
        ),
        ExpressionAttributeValues: Object.fromEntries(
          relationships.map(({ organisation, ...proof }, index) => [`:r${index}`, proof]),
        ),
      },
    },
    otherwise: 'person-changed',
  };
}

function blocksOf(store: Store, { demographics, source }: IncomingPatient) {
  const variants = comparisonFields(demographics);
  const blocks = new Map<string, Key & Record<string, unknown>>();
  for (const fields of variants)
    for (const { kind, value } of blockingKeys(fields)) {
      const key = blockKey(store.keys, { kind, value, order: '' }, source);
      blocks.set(key.PK, { ...key, type: 'BlockingKey', schemaVersion, variants });
    }
  return [...blocks.values()];
}

function nhsNumberWrites(
  store: Store,
  personId: string,
  { nhsNumber, supersededNhsNumbers }: IncomingPatient,
  held: string | undefined,
): Write<IdentityConflict>[] {
  const numbers = supersededNhsNumbers
    .filter((number) => number !== nhsNumber)
    .map((number) => ({ number, superseded: true }));
  if (nhsNumber && nhsNumber !== held) numbers.push({ number: nhsNumber, superseded: false });
  return numbers.map(({ number, superseded }) => ({
    item: {
      Put: {
        TableName: store.recordTable,
        Item: { ...nhsNumberKey(store.keys, number), type: 'NhsNumber', schemaVersion, personId, superseded },
        ConditionExpression: 'attribute_not_exists(PK) OR personId = :person',
        ExpressionAttributeValues: { ':person': personId },
      },
    },
    otherwise: 'nhs-number-taken',
  }));
}

function linkWrites(
  store: Store,
  personId: string,
  source: SourceRef,
  attribution: Exclude<Attribution, { kind: 'quarantine' }>,
  relationships: readonly Relationship[],
  now: string,
): Write<IdentityConflict>[] {
  const decision: Omit<Link, 'relationships'> = {
    source,
    how: attribution.kind === 'create' ? 'created' : attribution.how,
    linkedAt: now,
    policyVersion: attribution.kind === 'create' ? 'none' : attribution.policyVersion,
    ...(attribution.kind === 'link' && attribution.score !== undefined && { score: attribution.score }),
  };
  const event = {
    event: attribution.kind === 'create' ? 'created' : 'linked',
    ...decision,
    ...(attribution.kind === 'create' && { possibleDuplicates: attribution.possibleDuplicates }),
  };
  const link: Link = {
    ...decision,
    relationships: Object.fromEntries(
      relationships.map(({ organisation, ...proof }) => [organisation, proof]),
    ),
  };
  const id = store.newId();
  return [
    putNew(
      store.recordTable,
      { ...linkKey(personId, source), type: 'Link', schemaVersion, ...link },
      'person-changed',
    ),
    putNew(
      store.recordTable,
      { ...identityEventKey(personId, id), type: 'IdentityEvent', schemaVersion, id, ...event },
      'person-changed',
    ),
  ];
}
