import { numbersOf } from '../domain/identity/held-numbers.ts';
import { carryObjections, type Objector, returnObjections } from './carry-objection.ts';
import { recordIdentityEvent } from './identity-event.ts';
import { type Decider, expectNotKeptApart, isKeptApart, markNotDuplicate } from './identity-mark.ts';
import { sourcePartition } from './keys.ts';
import {
  claimsBeyond,
  type LinkConflict,
  type MovedLink,
  moveLinks,
  moveNumbers,
  type Party,
  putPerson,
  readRecordsOf,
  recordsOf,
  renewPerson,
  type TrustOf,
} from './move-links.ts';
import type { Objections } from './objection.ts';
import { type Absorbed, knownIds, type Link, type Person, readAccessView } from './person.ts';
import { getReviewTask, type ReviewTask, reviewTaskId, settleReviewTask } from './review-task.ts';
import type { SourceRecord } from './source-record.ts';
import { instant, type Store } from './store.ts';
import { maximumWrites, transact, type Write } from './transaction.ts';

/** Why an identity is changed: a person's decision, an organisation's word about two records of its own, or the machine's with its policy. */
export type Grounds =
  | { readonly how: 'feed'; readonly decidedBy: Decider; readonly messageId: string }
  | { readonly how: 'steward'; readonly decidedBy: Decider; readonly comment?: string | undefined }
  | { readonly how: 'machine'; readonly policyVersion: string; readonly score: number };

/** What is asked of {@link mergePersons}. */
export interface MergeRequest {
  /** Who is merged away; a merged person stands for the one who took them over. */
  readonly from: string;
  /** Who stays. */
  readonly into: string;
  readonly grounds: Grounds;
  readonly trustOf: TrustOf;
  /** Where both hold a verified number: the one that stays in use. Only a person decides this. */
  readonly survivingNhsNumber?: string | undefined;
  /** Merges two persons although somebody said that they are not one. */
  readonly overrideNotDuplicate?: boolean | undefined;
  /** The survivor's version that the caller has seen. */
  readonly expectedVersion?: number | undefined;
  /** The task that the merge answers; else the one about the pair, if one is open. */
  readonly task?: ReviewTask | undefined;
  /** Works the result out and writes nothing. */
  readonly preview?: boolean | undefined;
}

/** Why two persons were not merged, or not parted again. */
export type MergeRefusal =
  | 'unknown-person'
  | 'already-one'
  | 'not-duplicate'
  | 'human-decision'
  | 'restricted'
  | 'others-records'
  | 'nhs-numbers-differ'
  | 'not-merged'
  | 'merged-further'
  | 'no-record-left'
  | 'stale-version'
  | 'too-large'
  | 'changed';

/** Both persons afterwards, or why nothing changed. */
export type MergeOutcome =
  | { readonly ok: true; readonly survivor: Person; readonly other: Person }
  | { readonly ok: false; readonly reason: MergeRefusal; readonly survivor?: Person };

type Conflict = LinkConflict | 'objection-changed' | 'task-changed';

interface Side extends Party {
  readonly objections?: Objections;
}

/** A change can lose against another three times before the caller is asked to send it again. */
const attempts = 4;

/**
 * Merges one person into another in one transaction: links, NHS numbers and objections go over, the golden record
 * is made anew from all records, and both ledgers say so. The merged person stays as a signpost to the survivor. Clinical
 * entries do not move: they lie under their source record.
 */
export async function mergePersons(store: Store, request: MergeRequest): Promise<MergeOutcome> {
  return repeat(store, request.preview, async () => {
    const [from, into] = await Promise.all([
      loadActive(store, request.from),
      loadActive(store, request.into),
    ]);
    if (!from || !into) return refused('unknown-person');
    if (from.person.personId === into.person.personId)
      return { ...refused('already-one'), survivor: into.person };
    if (request.expectedVersion !== undefined && request.expectedVersion !== into.person.version)
      return refused('stale-version');
    const refusal = await refuseMerge(store, from, into, request);
    return refusal ? refused(refusal) : planMerge(store, from, into, request);
  });
}

async function refuseMerge(
  store: Store,
  from: Side,
  into: Side,
  { grounds, overrideNotDuplicate, survivingNhsNumber }: MergeRequest,
): Promise<MergeRefusal | undefined> {
  const apart = await isKeptApart(store, knownIds(from.person), knownIds(into.person));
  if (apart && !(grounds.how === 'steward' && overrideNotDuplicate)) return 'not-duplicate';
  const numbers = [from.person.nhsNumber, into.person.nhsNumber];
  const differ = numbers[0] && numbers[1] && numbers[0] !== numbers[1];
  if (survivingNhsNumber && !numbers.includes(survivingNhsNumber)) return 'nhs-numbers-differ';
  if (differ && !(grounds.how === 'steward' && survivingNhsNumber)) return 'nhs-numbers-differ';
  if (grounds.how === 'steward') return undefined;
  const isOthers = ({ source }: Link) =>
    grounds.how === 'feed' && source.ods !== grounds.decidedBy.organisation;
  if (from.links.some(isOthers)) return 'others-records';
  if (from.links.some(({ how }) => how === 'steward')) return 'human-decision';
  return [from, into].some(({ person }) => person.demographics.restricted) ? 'restricted' : undefined;
}

async function planMerge(store: Store, from: Side, into: Side, request: MergeRequest): Promise<Plan> {
  const { grounds, survivingNhsNumber, trustOf } = request;
  const [fromId, intoId] = [from.person.personId, into.person.personId];
  const records = await readRecordsOf(store, [from, into]);
  const retired = [from.person.nhsNumber, into.person.nhsNumber].find(
    (number) => survivingNhsNumber && number && number !== survivingNhsNumber,
  );
  const absorbed: Absorbed[] = [
    ...(into.person.absorbed ?? []),
    { personId: fromId, ...(retired && { retiredNhsNumber: retired }) },
    ...(from.person.absorbed ?? []),
  ];
  const all = recordsOf(records, [...into.links, ...from.links]);
  const survivor = renewPerson(
    store,
    { ...into.person, absorbed },
    all,
    trustOf,
    claimsBeyond(all, numbersOf(from.person, into.person)),
  );
  const other: Person = {
    ...from.person,
    status: 'merged',
    mergedInto: intoId,
    mergedAt: instant(store),
    handedOver: from.links.map(({ source }) => sourcePartition(source)),
    version: from.person.version + 1,
    updatedAt: instant(store),
  };
  const sources = from.links.map(({ source }) => source);
  const event = { ...groundsOfEvent(grounds), sources };
  return {
    ok: true,
    survivor,
    other,
    writes: [
      ...putPerson(store, survivor, into.person),
      ...putPerson(store, other, from.person),
      ...moveLinks(store, fromId, intoId, asTheyAre(from.links), records),
      ...moveNumbers(store, [from.person, into.person], [survivor]),
      ...carryObjections(store, objectorOf(from), objectorOf(into)),
      recordIdentityEvent(store, intoId, { ...event, event: 'merged-from', otherPersonId: fromId }),
      recordIdentityEvent(store, fromId, { ...event, event: 'merged-into', otherPersonId: intoId }),
      ...(await settleTask(store, fromId, intoId, request)),
      ...(request.overrideNotDuplicate ? [] : [expectNotKeptApart(store, fromId, intoId)]),
    ],
  };
}

/** What is asked of {@link unmergePersons}. */
export interface UnmergeRequest {
  /** The person who was merged away. */
  readonly personId: string;
  readonly decidedBy: Decider;
  readonly comment?: string | undefined;
  readonly trustOf: TrustOf;
  /** Marks the two as not duplicates, so that nothing brings them together again; true unless said otherwise. */
  readonly keepApart?: boolean | undefined;
  /** The merged person's version that the caller has seen. */
  readonly expectedVersion?: number | undefined;
}

/**
 * Undoes a merge: the person gets back the links that they handed over, with their numbers and objections, and both golden
 * records are made anew. What arrived since then stays with the source record for which it arrived. The survivor must not
 * have been merged further: later merges are undone first.
 */
export async function unmergePersons(store: Store, request: UnmergeRequest): Promise<MergeOutcome> {
  return repeat(store, false, async () => {
    const merged = await loadSide(store, request.personId);
    if (!merged) return refused('unknown-person');
    const { mergedInto, mergedAt } = merged.person;
    if (request.expectedVersion !== undefined && request.expectedVersion !== merged.person.version)
      return refused('stale-version');
    if (!mergedInto || !mergedAt) return refused('not-merged');
    const survivor = await loadSide(store, mergedInto);
    if (!survivor) return refused('unknown-person');
    if (survivor.person.status === 'merged') return refused('merged-further');
    return planUnmerge(store, { ...merged, mergedAt }, survivor, request);
  });
}

async function planUnmerge(
  store: Store,
  merged: Side & { readonly mergedAt: string },
  survivor: Side,
  { trustOf, decidedBy, comment, keepApart = true }: UnmergeRequest,
): Promise<Plan | Refused> {
  const [personId, survivorId] = [merged.person.personId, survivor.person.personId];
  const handedOver = new Set(merged.person.handedOver);
  const wasHandedOver = ({ source }: Link) => handedOver.has(sourcePartition(source));
  const returning = survivor.links.filter(wasHandedOver);
  const staying = survivor.links.filter((link) => !wasHandedOver(link));
  if (returning.length === 0 || staying.length === 0) return refused('no-record-left');
  const records = await readRecordsOf(store, [survivor]);
  const [returningRecords, stayingRecords] = [recordsOf(records, returning), recordsOf(records, staying)];
  const gone = new Set(knownIds(merged.person));
  const absorbed = (survivor.person.absorbed ?? []).filter((one) => !gone.has(one.personId));
  const theirs = numbersThatReturn(survivor.person, merged.person, returningRecords, stayingRecords);
  const kept = numbersOf(survivor.person).difference(theirs);
  const frame = { ...survivor.person, absorbed };
  const remaining = renewPerson(store, frame, stayingRecords, trustOf, claimsBeyond(stayingRecords, kept));
  const restored = renewPerson(
    store,
    merged.person,
    returningRecords,
    trustOf,
    claimsBeyond(returningRecords, theirs),
  );
  const event = {
    ...groundsOfEvent({ how: 'steward', decidedBy, comment }),
    sources: returning.map(({ source }) => source),
  };
  return {
    ok: true,
    survivor: remaining,
    other: restored,
    writes: [
      ...putPerson(store, remaining, survivor.person),
      ...putPerson(store, restored, merged.person),
      ...moveLinks(store, survivorId, personId, asTheyAre(returning), records),
      ...moveNumbers(store, [survivor.person], [remaining, restored]),
      ...returnObjections(
        store,
        { ...objectorOf(merged), mergedAt: merged.mergedAt },
        objectorOf(survivor),
        decidedBy,
      ),
      recordIdentityEvent(store, survivorId, { ...event, event: 'unmerged', otherPersonId: personId }),
      recordIdentityEvent(store, personId, { ...event, event: 'unmerged-from', otherPersonId: survivorId }),
      ...(keepApart ? markNotDuplicate(store, personId, survivorId, decidedBy) : []),
    ],
  };
}

/**
 * The numbers that go back with the records: those that only they name, and of those that both sides name what the person
 * held before the merge.
 */
function numbersThatReturn(
  survivor: Person,
  merged: Person,
  returning: readonly SourceRecord[],
  staying: readonly SourceRecord[],
): Set<string> {
  const named = numbersOf(...returning);
  const heldBefore = numbersOf(merged);
  const namedByBoth = named.intersection(numbersOf(...staying));
  const contested = namedByBoth.difference(heldBefore);
  return numbersOf(survivor).intersection(named).difference(contested);
}

type Refused = Extract<MergeOutcome, { ok: false }>;

interface Plan {
  readonly ok: true;
  readonly survivor: Person;
  readonly other: Person;
  readonly writes: readonly Write<Conflict>[];
}

async function repeat(
  store: Store,
  preview: boolean | undefined,
  plan: () => Promise<Plan | Refused>,
): Promise<MergeOutcome> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const planned = await plan();
    if (!planned.ok) return planned;
    const { writes, ...outcome } = planned;
    if (writes.length > maximumWrites) return refused('too-large');
    if (preview || (await transact(store, writes)).ok) return outcome;
  }
  return refused('changed');
}

function refused(reason: MergeRefusal): Refused {
  return { ok: false, reason };
}

async function loadSide(store: Store, personId: string): Promise<Side | undefined> {
  const { person, links, objections } = await readAccessView(store, personId);
  return person && { person, links, ...(objections && { objections }) };
}

async function loadActive(store: Store, personId: string): Promise<Side | undefined> {
  let side = await loadSide(store, personId);
  while (side?.person.mergedInto) side = await loadSide(store, side.person.mergedInto);
  return side;
}

/** A merge and its undoing leave each link as it was made. */
function asTheyAre(links: readonly Link[]): MovedLink[] {
  return links.map((link) => ({ from: link, to: link }));
}

function objectorOf({ person, objections }: Side): Objector {
  return { personId: person.personId, objections };
}

function groundsOfEvent(grounds: Grounds) {
  if (grounds.how === 'machine') {
    const { policyVersion, score } = grounds;
    return { policyVersion, score };
  }
  if (grounds.how === 'feed') {
    const { decidedBy, messageId } = grounds;
    return { decidedBy, messageId };
  }
  const { decidedBy, comment } = grounds;
  return { decidedBy, ...(comment && { comment }) };
}

/** A merge answers the task about the pair, if one is open. */
async function settleTask(
  store: Store,
  personId: string,
  otherPersonId: string,
  { grounds, task: asked }: MergeRequest,
): Promise<Write<'task-changed'>[]> {
  if (grounds.how === 'machine') return [];
  const task = asked ?? (await getReviewTask(store, reviewTaskId(store, { personId, otherPersonId })));
  if (task?.status !== 'open') return [];
  return settleReviewTask(
    store,
    task,
    'merge',
    grounds.decidedBy,
    grounds.how === 'steward' ? grounds.comment : undefined,
  );
}
