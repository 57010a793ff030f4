import type { ObjectionStatement } from '../domain/access/objection.ts';
import type { NhsNumber } from '../domain/identity/nhs-number.ts';
import { nhsNumberKey, objectionKey } from './keys.ts';
import { expectOwner, type NumberEntry } from './nhs-number.ts';
import { expectActive } from './person.ts';
import { type Store, schemaVersion } from './store.ts';
import { putVersion, transact, type Write } from './transaction.ts';

/** What was said about sharing one person's record; one item, so that whatever reads the person reads all of it. */
export interface Objections {
  readonly version: number;
  readonly statements: readonly ObjectionStatement[];
}

/** Bytes of statements as JSON: an item may have 400 KB, and a statement has about one. Only an objection fills the last half. */
const fullAt = { objection: 350_000, other: 175_000 } as const;

/** True when there is no room: whatever else was said, an objection finds some. */
function isFull(held: readonly ObjectionStatement[], added: readonly ObjectionStatement[]): boolean {
  const limit = added.some(({ says }) => says === 'objection') ? fullAt.objection : fullAt.other;
  return Buffer.byteLength(JSON.stringify([held, added])) > limit;
}

/** Recorded; or another statement came in between (read again); or there is no room for more. */
export type RecordedObjection = 'recorded' | 'changed' | 'full';

/**
 * Adds statements to those of a person that were read. It fails when others were added since, when the person was merged – an
 * objection must not stay behind with somebody who is read no more – and, where it was said of a number, when the number has
 * gone to another.
 */
export async function recordObjections(
  store: Store,
  personId: string,
  current: Objections | undefined,
  added: readonly ObjectionStatement[],
  ofNumber?: NhsNumber,
): Promise<RecordedObjection> {
  if (isFull(current?.statements ?? [], added)) return 'full';
  const outcome = await transact(store, [
    putObjections(store, personId, current, added),
    expectActive(store, personId),
    ...(ofNumber ? [expectOwner(store, ofNumber, personId)] : []),
  ]);
  return outcome.ok ? 'recorded' : 'changed';
}

/** Holds statements with a number that is nobody's yet; whoever turns out to have it takes them over ({@link putObjections}). */
export async function holdObjections(
  store: Store,
  nhsNumber: NhsNumber,
  { held }: NumberEntry,
  added: readonly ObjectionStatement[],
): Promise<RecordedObjection> {
  if (isFull(held?.statements ?? [], added)) return 'full';
  const outcome = await transact(store, [
    putVersion(
      store.recordTable,
      {
        ...nhsNumberKey(store.keys, nhsNumber),
        type: 'NhsNumber',
        schemaVersion,
        version: (held?.version ?? 0) + 1,
        statements: [...(held?.statements ?? []), ...added],
      },
      held?.version ?? 0,
      'number-changed',
    ),
  ]);
  return outcome.ok ? 'recorded' : 'changed';
}

/** The write that adds statements to those that were read. */
export function putObjections(
  store: Store,
  personId: string,
  current: Objections | undefined,
  added: readonly ObjectionStatement[],
): Write<'objection-changed'> {
  const version = current?.version ?? 0;
  return putVersion(
    store.recordTable,
    {
      ...objectionKey(personId),
      type: 'Objections',
      schemaVersion,
      personId,
      version: version + 1,
      statements: [...(current?.statements ?? []), ...added],
    },
    version,
    'objection-changed',
  );
}
