import { objectionHistoryKey, objectionKey } from './keys.ts';
import { expectActive } from './person.ts';
import { queryAll } from './query-all.ts';
import { instant, type Store, schemaVersion } from './store.ts';
import { putNew, putVersion, transact } from './transaction.ts';

/** An objection to sharing, or its reversal: who recorded it, where and when. */
export interface Objection {
  readonly inForce: boolean;
  readonly version: number;
  readonly recordedAt: string;
  readonly recordedBy: { readonly subject: string; readonly name: string; readonly organisation: string };
  /** The id under which the history holds it. */
  readonly id: string;
  /** It came with a person who was merged into this one, and stands in place of the person's own. */
  readonly carried?: { readonly from: string; readonly instead?: Objection };
}

/**
 * Records an objection or a reversal over the one that was read; `conflict` when another was recorded in between, or the
 * person was merged: an objection must not stay behind with somebody who is read no more.
 */
export async function recordObjection(
  store: Store,
  personId: string,
  current: Objection | undefined,
  inForce: boolean,
  recordedBy: Objection['recordedBy'],
): Promise<{ ok: true; objection: Objection } | { ok: false; conflict: true }> {
  const id = store.newId();
  const version = current?.version ?? 0;
  const objection: Objection = { inForce, version: version + 1, recordedAt: instant(store), recordedBy, id };
  const item = { ...objection, schemaVersion, personId };
  const outcome = await transact(store, [
    putVersion(
      store.recordTable,
      { ...item, ...objectionKey(personId), type: 'Objection' },
      version,
      'conflict',
    ),
    putNew(
      store.recordTable,
      { ...item, ...objectionHistoryKey(personId, id), type: 'ObjectionHistory' },
      'conflict',
    ),
    expectActive(store, personId),
  ]);
  return outcome.ok ? { ok: true, objection } : { ok: false, conflict: true };
}

/** Every objection and reversal of a person, oldest first. */
export async function listObjections(store: Store, personId: string): Promise<Objection[]> {
  const { PK, SK } = objectionHistoryKey(personId, '');
  return queryAll<Objection>(store, {
    KeyConditionExpression: 'PK = :person AND begins_with(SK, :prefix)',
    ExpressionAttributeValues: { ':person': PK, ':prefix': SK },
  });
}
