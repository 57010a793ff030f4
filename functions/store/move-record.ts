import { numbersOf } from '../domain/identity/held-numbers.ts';
import { inheritObjections } from './carry-objection.ts';
import { recordIdentityEvent } from './identity-event.ts';
import { type Decider, markNotDuplicate, markNotPerson } from './identity-mark.ts';
import { nhsNumberKey, notPersonKey, type SourceRef, sourcePartition } from './keys.ts';
import {
  claimsBeyond,
  type LinkConflict,
  moveLinks,
  moveNumbers,
  putPerson,
  readRecordsOf,
  recordsOf,
  renewPerson,
  type TrustOf,
} from './move-links.ts';
import { type Link, type Person, readAccessView } from './person.ts';
import { instant, type Store } from './store.ts';
import { maximumWrites, transact, type Write } from './transaction.ts';

/** What is asked of {@link moveRecord}. */
export interface RecordMove {
  readonly source: SourceRef;
  /** The person who holds it now. */
  readonly from: string;
  /** An active person, or an id that is nobody's yet: then the record makes a person of its own. */
  readonly to: string;
  readonly decidedBy: Decider;
  readonly comment?: string | undefined;
  readonly trustOf: TrustOf;
}

/** Why a record was not moved. `last-record`: without it nothing is left of the person; merge them. */
export type RecordMoveRefusal = 'not-linked' | 'last-record' | 'too-large' | 'changed';

/** Both persons afterwards, or why nothing changed. */
export type RecordMoveOutcome =
  | { readonly ok: true; readonly from: Person; readonly to: Person }
  | { readonly ok: false; readonly reason: RecordMoveRefusal };

type Conflict = LinkConflict | 'objection-changed';

/** A change can lose against another three times before the caller is asked to send it again. */
const attempts = 4;

/**
 * Takes a source record, with its clinical entries, from one person to another by a person's decision: the machine leaves
 * the new link alone and never links the record to the former person again.
 */
export async function moveRecord(store: Store, move: RecordMove): Promise<RecordMoveOutcome> {
  for (let attempt = 1; attempt < attempts; attempt += 1) {
    const outcome = await tryMove(store, move);
    if (outcome.ok || outcome.reason !== 'changed') return outcome;
  }
  return tryMove(store, move);
}

async function tryMove(store: Store, move: RecordMove): Promise<RecordMoveOutcome> {
  const { comment, decidedBy, source, trustOf } = move;
  const [from, to] = await Promise.all([readAccessView(store, move.from), readAccessView(store, move.to)]);
  const name = sourcePartition(source);
  const link = from.links.find((one) => sourcePartition(one.source) === name);
  if (!from.person || !link || to.person?.status === 'merged') return { ok: false, reason: 'not-linked' };
  const staying = from.links.filter((one) => one !== link);
  if (staying.length === 0) return { ok: false, reason: 'last-record' };
  const moved: Link = { ...link, how: 'steward', linkedAt: instant(store), policyVersion: 'steward' };
  const records = await readRecordsOf(store, [from, to]);
  const stayingRecords = recordsOf(records, staying);
  const owned = recordsOf(records, [...to.links, moved]);
  const frame = to.person ?? { personId: move.to, version: 0 };
  // What other records of the former person name as well stays with them: a number has one owner.
  const kept = numbersOf(from.person).intersection(numbersOf(...stayingRecords));
  const gained = numbersOf(from.person).difference(kept);
  const mayHold = to.person ? numbersOf(to.person).union(gained) : gained;
  const leaving = gained.intersection(numbersOf(...recordsOf(records, [moved])));
  const former = renewPerson(
    store,
    withoutRetired(from.person, leaving),
    stayingRecords,
    trustOf,
    claimsBeyond(stayingRecords, kept),
  );
  const owner = renewPerson(store, frame, owned, trustOf, claimsBeyond(owned, mayHold));
  const grounds = { decidedBy, ...(comment && { comment }), sources: [source] };
  const writes: Write<Conflict>[] = [
    ...putPerson(store, former, from.person),
    ...putPerson(store, owner, to.person),
    ...moveLinks(store, move.from, move.to, [{ from: link, to: moved }], records),
    ...moveNumbers(store, to.person ? [from.person, to.person] : [from.person], [former, owner]),
    ...inheritObjections(
      store,
      { personId: move.from, objections: from.objections },
      { personId: move.to, objections: to.objections, isNew: to.person === undefined },
      new Set([...leaving].map((number) => nhsNumberKey(store.keys, number).PK)),
    ),
    recordIdentityEvent(store, move.from, { ...grounds, event: 'record-moved-to', otherPersonId: move.to }),
    recordIdentityEvent(store, move.to, { ...grounds, event: 'record-moved-from', otherPersonId: move.from }),
    // Whose record it is and whose it is not are two people: else the machine would bring them together again.
    markNotPerson(store, source, move.from, decidedBy),
    ...markNotDuplicate(store, move.from, move.to, decidedBy),
    { item: { Delete: { TableName: store.recordTable, Key: notPersonKey(source, move.to) } } },
  ];
  if (writes.length > maximumWrites) return { ok: false, reason: 'too-large' };
  const outcome = await transact(store, writes);
  return outcome.ok ? { ok: true, from: former, to: owner } : { ok: false, reason: 'changed' };
}

/** A number that a merge took out of use goes with the record that names it: else two people would claim it. */
function withoutRetired(person: Person, leaving: ReadonlySet<string>): Person {
  const { absorbed } = person;
  if (!absorbed) return person;
  return {
    ...person,
    absorbed: absorbed.map(({ retiredNhsNumber, ...one }) =>
      retiredNhsNumber === undefined || leaving.has(retiredNhsNumber) ? one : { ...one, retiredNhsNumber },
    ),
  };
}
