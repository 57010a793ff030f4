import { type Came, type ObjectionStatement, standingAt } from '../domain/access/objection.ts';
import type { Decider } from './identity-mark.ts';
import { objectionKey } from './keys.ts';
import type { HeldObjections } from './nhs-number.ts';
import { type Objections, putObjections } from './objection.ts';
import { instant, type Store } from './store.ts';
import type { Write } from './transaction.ts';

type ObjectionWrite = Write<'objection-changed'>;

/** A person with what stands in their own partition. */
export interface Objector {
  readonly personId: string;
  readonly objections?: Objections | undefined;
}

/**
 * The writes that keep objections standing over a merge: the survivor has those of the merged person too from then on. The
 * merged person's own item stays where it is, for the day the merge is undone.
 */
export function carryObjections(store: Store, from: Objector, into: Objector): ObjectionWrite[] {
  return [expectObjections(store, from), add(store, into, copyStanding(store, from, 'merge'))];
}

/**
 * The writes that give each their own again: with the survivor ends what came with the merged person. What was recorded while
 * the two were one stands for both afterwards: nobody knows which of them spoke.
 */
export function returnObjections(
  store: Store,
  from: Objector & { readonly mergedAt: string },
  survivor: Objector,
  undoneBy: Decider,
): ObjectionWrite[] {
  const now = instant(store);
  const standing = standingAt(survivor.objections?.statements ?? [], now);
  const ended = standing
    .filter(({ came }) => came?.how === 'merge' && came.from === from.personId)
    .map(
      ({ askedBy, id, kind, onBehalfOf, scope }): ObjectionStatement => ({
        says: 'reversal',
        id: store.newId(),
        reverses: id,
        kind,
        scope,
        recordedAt: now,
        recordedBy: undoneBy,
        onBehalfOf,
        askedBy,
        reason: 'The persons were parted again: it stands with the other.',
      }),
    );
  const saidSince = new Set(
    standing
      .filter(({ came, recordedAt }) => came?.how !== 'merge' && recordedAt >= from.mergedAt)
      .map(({ id }) => id),
  );
  return [
    add(store, survivor, ended),
    add(
      store,
      from,
      copyStanding(store, survivor, 'unmerge', ({ id }) => saidSince.has(id)),
    ),
  ];
}

/**
 * The writes that give a person who gets a record of another what the other has objected to: all of it where the record makes
 * a new person, as nobody knows which of the two spoke; else what was said of a number (`numbers`, pseudonyms) that goes along.
 */
export function inheritObjections(
  store: Store,
  from: Objector,
  to: Objector & { readonly isNew: boolean },
  numbers: ReadonlySet<string>,
): ObjectionWrite[] {
  const copies = copyStanding(
    store,
    from,
    'moved-record',
    ({ ofNumber }) => to.isNew || (ofNumber !== undefined && numbers.has(ofNumber)),
  );
  return [expectObjections(store, from), add(store, to, copies)];
}

/** The write by which a person takes over what was held for a number that has become theirs. */
export function adoptObjections(
  store: Store,
  { objections, personId }: Objector,
  held: readonly HeldObjections[],
): ObjectionWrite[] {
  const now = instant(store);
  const adopted = held.flatMap(({ statements }) =>
    statements.map((one) => ({
      ...one,
      recordedAt: now,
      came: { how: 'number', id: one.id, recordedAt: one.recordedAt } satisfies Came,
    })),
  );
  return adopted.length > 0 ? [putObjections(store, personId, objections, adopted)] : [];
}

/** What stands of one person, said anew of another: with whatever ends it later, and confirmed where it was. */
function copyStanding(
  store: Store,
  { objections, personId }: Objector,
  how: Came['how'],
  isCopied: (objection: ReturnType<typeof standingAt>[number]) => boolean = () => true,
): ObjectionStatement[] {
  const now = instant(store);
  const statements = objections?.statements ?? [];
  const copies = new Map(
    standingAt(statements, now)
      .filter(isCopied)
      .map(({ id }) => [id, store.newId()]),
  );
  return statements.flatMap((one): ObjectionStatement[] => {
    const came: Came = {
      how,
      from: personId,
      id: one.id,
      recordedAt: one.came?.recordedAt ?? one.recordedAt,
    };
    const copy = { id: copies.get(one.id) ?? store.newId(), recordedAt: now, came };
    if (one.says === 'objection') return copies.has(one.id) ? [{ ...one, ...copy }] : [];
    const about = copies.get(one.says === 'reversal' ? one.reverses : one.confirms);
    if (about === undefined) return [];
    return [
      one.says === 'reversal' ? { ...one, ...copy, reverses: about } : { ...one, ...copy, confirms: about },
    ];
  });
}

/** The write of what is added, or the check that nothing was meanwhile: what is recorded at this moment must not be lost. */
function add(store: Store, objector: Objector, added: readonly ObjectionStatement[]): ObjectionWrite {
  return added.length > 0
    ? putObjections(store, objector.personId, objector.objections, added)
    : expectObjections(store, objector);
}

/** Fails when what was said is not what was read. */
function expectObjections(store: Store, { objections, personId }: Objector): ObjectionWrite {
  return {
    item: {
      ConditionCheck: {
        TableName: store.recordTable,
        Key: objectionKey(personId),
        ...(objections
          ? {
              ConditionExpression: '#version = :version',
              ExpressionAttributeNames: { '#version': 'version' },
              ExpressionAttributeValues: { ':version': objections.version },
            }
          : { ConditionExpression: 'attribute_not_exists(PK)' }),
      },
    },
    otherwise: 'objection-changed',
  };
}
