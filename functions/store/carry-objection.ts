import type { Decider } from './identity-mark.ts';
import { objectionHistoryKey, objectionKey } from './keys.ts';
import type { Objection } from './objection.ts';
import { instant, type Store, schemaVersion } from './store.ts';
import { putVersion, type Write } from './transaction.ts';

type ObjectionWrite = Write<'objection-changed'>;

/** A person with the objection that stands in their own partition. */
export interface Objector {
  readonly personId: string;
  readonly objection?: Objection | undefined;
}

/**
 * The writes that keep an objection in force over a merge: if the merged person objects and the survivor does not, the
 * survivor does from then on. The merged person's own item stays where it is, for the day the merge is undone.
 */
export function carryObjection(store: Store, from: Objector, into: Objector): ObjectionWrite[] {
  const unchanged = expectObjection(store, from);
  if (!from.objection?.inForce || into.objection?.inForce) return [unchanged, expectObjection(store, into)];
  return [unchanged, ...carryOver(store, into, from.personId, from.objection, into.objection)];
}

/**
 * The writes that give each their own objection back. `stillAbsorbed` are the persons merged into the survivor after this
 * one, first first: if the carried objection goes, that of one of them may have to stand. An objection recorded while the two
 * were one holds for both afterwards: nobody knows which of them spoke.
 */
export function returnObjection(
  store: Store,
  from: Objector & { readonly mergedAt: string },
  survivor: Objector,
  stillAbsorbed: readonly Objector[],
  undoneBy: Decider,
): ObjectionWrite[] {
  const { objection } = survivor;
  if (objection?.carried?.from === from.personId) {
    const { instead } = objection.carried;
    const next = stillAbsorbed.find((one) => one.objection?.inForce);
    return next?.objection
      ? carryOver(store, survivor, next.personId, next.objection, instead)
      : restore(store, survivor.personId, objection.version, instead, undoneBy);
  }
  const saidSince = objection && !objection.carried && objection.recordedAt >= from.mergedAt;
  return saidSince && objection.inForce && !from.objection?.inForce
    ? [
        expectObjection(store, survivor),
        ...putObjection(store, from, { ...own(objection), id: store.newId() }),
      ]
    : [expectObjection(store, survivor)];
}

/** The writes that give a person who starts with a record of another that other's objection, if one is in force. */
export function inheritObjection(store: Store, from: Objector, to: string): ObjectionWrite[] {
  const { objection } = from;
  if (!objection?.inForce) return [expectObjection(store, from)];
  return [
    expectObjection(store, from),
    ...putObjection(store, { personId: to }, { ...own(objection), id: store.newId() }),
  ];
}

function carryOver(
  store: Store,
  to: Objector,
  from: string,
  objection: Objection,
  instead: Objection | undefined,
): ObjectionWrite[] {
  const carried = { from, ...(instead && { instead: own(instead) }) };
  return putObjection(store, to, { ...own(objection), id: store.newId(), carried });
}

function putObjection(
  store: Store,
  { personId, objection: current }: Objector,
  objection: Objection,
): ObjectionWrite[] {
  const version = current?.version ?? 0;
  const next = { ...objection, version: version + 1 };
  return [putCurrent(store, personId, next, version), putHistory(store, personId, next)];
}

/** Gives back what stood before, or nothing; the history says when the carried objection ended and by whom. */
function restore(
  store: Store,
  personId: string,
  version: number,
  before: Objection | undefined,
  recordedBy: Decider,
): ObjectionWrite[] {
  const ended = {
    inForce: before?.inForce ?? false,
    version: version + 1,
    recordedAt: instant(store),
    recordedBy,
    id: store.newId(),
  };
  const Delete = { TableName: store.recordTable, Key: objectionKey(personId), ...atVersion(version) };
  return [
    before
      ? putCurrent(store, personId, { ...own(before), version: version + 1 }, version)
      : { item: { Delete }, otherwise: 'objection-changed' },
    putHistory(store, personId, ended),
  ];
}

function putCurrent(store: Store, personId: string, objection: Objection, version: number): ObjectionWrite {
  const item = { ...objectionKey(personId), type: 'Objection', schemaVersion, personId, ...objection };
  return putVersion(store.recordTable, item, version, 'objection-changed');
}

function putHistory(store: Store, personId: string, objection: Objection): ObjectionWrite {
  const key = objectionHistoryKey(personId, objection.id);
  const Item = { ...key, type: 'ObjectionHistory', schemaVersion, personId, ...own(objection) };
  return { item: { Put: { TableName: store.recordTable, Item } } };
}

/** Fails when the objection is not the one that was read: one recorded at this moment must not be lost. */
function expectObjection(store: Store, { personId, objection }: Objector): ObjectionWrite {
  return {
    item: {
      ConditionCheck: {
        TableName: store.recordTable,
        Key: objectionKey(personId),
        ...(objection ? atVersion(objection.version) : { ConditionExpression: 'attribute_not_exists(PK)' }),
      },
    },
    otherwise: 'objection-changed',
  };
}

function atVersion(version: number) {
  return {
    ConditionExpression: '#version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': version },
  };
}

/** What was said, without whose item it stood in. */
function own({ id, inForce, recordedAt, recordedBy, version }: Objection): Objection {
  return { id, inForce, recordedAt, recordedBy, version };
}
