import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { sourceTrustOf } from '../domain/access/region-policy.ts';
import { parseNhsNumber } from '../domain/identity/nhs-number.ts';
import { sourceRef } from '../store/keys.ts';
import { type MergeRefusal, type MergeRequest, mergePersons } from '../store/merge-persons.ts';
import { getReviewTask, openReviewTask, reviewTaskId } from '../store/review-task.ts';
import { getSourceRecord } from '../store/source-record.ts';
import { transact } from '../store/transaction.ts';
import { deciderOf } from './merge-patients.ts';
import { type Region, type Result, refuse } from './region.ts';

/** A record of the sender as a merge message names it. */
interface NamedRecord {
  readonly localId: string;
  /** As sent: never log or repeat it. */
  readonly nhsNumber?: string;
}

/** What an organisation says of two records of its own: `from` is the same person as `into`. */
export interface RecordMerge {
  readonly into: NamedRecord;
  readonly from: NamedRecord;
  readonly messageId: string;
}

/** Why the records were not brought together; a steward has it on the list unless nobody is known. */
export type RecordMergeRefusal =
  | 'unknown-survivor'
  | 'unknown-merged'
  | 'unverified'
  | Exclude<MergeRefusal, 'unknown-person' | 'already-one'>;

/** Whose the records are now, or why they are not one's. */
export type RecordMergeOutcome =
  | { readonly ok: true; readonly personId: string; readonly changed: boolean }
  | { readonly ok: false; readonly reason: RecordMergeRefusal };

/**
 * Brings the persons of two of the caller's own records together, because the caller says that they are one. Only a person
 * with nobody else's records goes into the other, whichever way the message has it: a feed never moves what others sent. What
 * it may not decide – two verified NHS numbers, others' records on both sides – is put to a steward and changes nothing.
 */
export async function mergeOwnRecords(
  region: Region,
  caller: Caller,
  merge: RecordMerge,
): Promise<Result<RecordMergeOutcome>> {
  const { policy, store } = region;
  const decision = decideOperation(policy, caller, 'record.write');
  if (!decision.allowed) return refuse(decision.code);
  const [into, from] = await Promise.all(
    [merge.into, merge.from].map(({ localId }) =>
      getSourceRecord(store, sourceRef(store.keys, caller.organisation, localId)),
    ),
  );
  if (!into) return not('unknown-survivor');
  if (!from) return not('unknown-merged');
  if (!into.personId || !from.personId) return not('unverified');
  const sides = { into: into.personId, from: from.personId };
  if (numbersDiffer(merge)) return doubt(region, sides, 'nhs-numbers-differ');
  const grounds = { how: 'feed', decidedBy: deciderOf(caller), messageId: merge.messageId } as const;
  const request = (ways: typeof sides): MergeRequest => ({
    ...ways,
    grounds,
    trustOf: (ods) => sourceTrustOf(policy, ods),
  });
  let outcome = await mergePersons(store, request(sides));
  if (!outcome.ok && outcome.reason === 'others-records')
    outcome = await mergePersons(store, request({ into: sides.from, from: sides.into }));
  if (outcome.ok) return done(outcome.survivor.personId, true);
  const { reason, survivor } = outcome;
  if (reason === 'already-one') return done(survivor?.personId ?? sides.into, false);
  if (reason === 'unknown-person') return not('unknown-survivor');
  return doubt(region, sides, reason);
}

/** Two numbers in one message say that its sender holds two people for one. */
function numbersDiffer({ from, into }: RecordMerge): boolean {
  const [one, other] = [from, into].map(({ nhsNumber }) => parseNhsNumber(nhsNumber ?? ''));
  return one?.ok === true && other?.ok === true && one.nhsNumber !== other.nhsNumber;
}

function done(personId: string, changed: boolean): Result<RecordMergeOutcome> {
  return { ok: true, value: { ok: true, personId, changed } };
}

function not(reason: RecordMergeRefusal): Result<RecordMergeOutcome> {
  return { ok: true, value: { ok: false, reason } };
}

/** Puts the two persons to a steward, unless one was asked about them before. */
async function doubt(
  { store }: Region,
  { from, into }: { readonly from: string; readonly into: string },
  reason: Exclude<RecordMergeRefusal, 'unknown-survivor' | 'unknown-merged' | 'unverified'>,
): Promise<Result<RecordMergeOutcome>> {
  if (reason === 'changed' || reason === 'too-large') return not(reason);
  const task = {
    kind: 'possible-duplicate',
    reason: `feed-merge: ${reason}`,
    personId: from,
    otherPersonId: into,
  } as const;
  const known = from === into || (await getReviewTask(store, reviewTaskId(store, task)));
  // Somebody else may have put it there in between, which is as good.
  if (!known) await transact(store, openReviewTask(store, task));
  return not(reason);
}
