import { sourceTrustOf } from '../domain/access/region-policy.ts';
import { crossCheckNumber } from '../domain/identity/number-cross-check.ts';
import { currentFields } from '../domain/matching/comparison-fields.ts';
import { matchPolicy } from '../domain/matching/match-policy.ts';
import { type CandidateRecord, rankCandidates } from '../domain/matching/rank-candidates.ts';
import { isKeptApart, isTakenAway } from '../store/identity-mark.ts';
import type { SourceRef } from '../store/keys.ts';
import { mergePersons } from '../store/merge-persons.ts';
import { readNumbers } from '../store/nhs-number.ts';
import { getPersons, knownIds, loadAccessView, type Person } from '../store/person.ts';
import { getReviewTask, openReviewTask, reviewTaskId } from '../store/review-task.ts';
import { getSourceRecord, getSourceRecords, type SourceRecord } from '../store/source-record.ts';
import { transact } from '../store/transaction.ts';
import type { Region } from './region.ts';
import { notableOf } from './resolve-identity.ts';
import { recordsOf, searchIndex } from './search-index.ts';

/** What a late pass came to. */
export type Rematch =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'queued' | 'merged'; readonly otherPersonId: string };

const nothing: Rematch = { kind: 'nothing' };

/**
 * Looks again for the person of a record whose details have changed, or that its number alone has linked. When it now
 * certainly is another active person's as well, the two are merged; when that is only likely, a person is asked. Never
 * against a human decision or a mark that two are not one, never for somebody restricted, never over two verified
 * numbers, and not when any other record of the person speaks against it.
 */
export async function rematchSource(region: Region, source: SourceRef): Promise<Rematch> {
  const { store } = region;
  const record = await getSourceRecord(store, source);
  if (!record?.personId) return nothing;
  const { links, person } = await loadAccessView(store, record.personId);
  if (!person || person.demographics.restricted) return nothing;
  const byNumber = await ownerOfNumber(region, record, person);
  if (byNumber && (await isDecided(region, source, person, byNumber.owner))) return nothing;
  if (byNumber)
    return byNumber.agrees
      ? merge(region, person, byNumber.owner, 1)
      : queue(region, person, byNumber.owner, undefined);

  const queries = currentFields(record.demographics);
  const answer = await searchIndex(store, queries, { own: source });
  const candidates = answer.candidates.filter(({ held }) => mayBeAnother(held.record, person));
  const owners = await getPersons(
    store,
    candidates.flatMap(({ held }) => held.record?.personId ?? []),
  );
  const others = new Map(
    owners.filter((other) => isPossible(person, other)).map((one) => [one.personId, one]),
  );
  const records = recordsOf({ candidates }).filter(({ personId }) => others.has(personId));
  const notable = notableOf(rankCandidates(queries, records, answer, answer.truncated));
  for (const { grade, personId, score } of notable) {
    const other = others.get(personId);
    if (!other || (await isDecided(region, source, person, other))) continue;
    const isAutomatic = links.every(({ how }) => how !== 'steward');
    const siblings = [
      ...(
        await getSourceRecords(
          store,
          links.map((link) => link.source),
        )
      ).values(),
    ];
    const theirs = records.filter((one) => one.personId === personId);
    if (grade === 'certain' && isAutomatic && siblings.every((one) => isCertain(one, theirs, answer.people)))
      return merge(region, person, other, score);
    return queue(region, person, other, score);
  }
  return nothing;
}

function mayBeAnother(record: SourceRecord | undefined, person: Person): boolean {
  return record?.personId !== undefined && record.personId !== person.personId;
}

function isPossible(person: Person, other: Person): boolean {
  const differ = person.nhsNumber && other.nhsNumber && person.nhsNumber !== other.nhsNumber;
  return other.personId !== person.personId && !other.demographics.restricted && !differ;
}

/** True when the record on its own would be linked to the other person. */
function isCertain(
  record: SourceRecord,
  theirs: readonly CandidateRecord[],
  people: number | undefined,
): boolean {
  return rankCandidates(currentFields(record.demographics), theirs, { people }, false).outcome === 'unique';
}

/** True when a person has decided that the two are not one, or that the record is not of the other. */
async function isDecided(
  { store }: Region,
  source: SourceRef,
  person: Person,
  other: Person,
): Promise<boolean> {
  const [isApart, isAway] = await Promise.all([
    isKeptApart(store, knownIds(person), knownIds(other)),
    isTakenAway(store, source, knownIds(other)),
  ]);
  return isApart || isAway;
}

/** Somebody else who holds the record's verified number; `agrees` when the demographics say so too. */
async function ownerOfNumber(
  { store }: Region,
  { demographics, nhsNumber }: SourceRecord,
  person: Person,
): Promise<{ owner: Person; agrees: boolean } | undefined> {
  const held = nhsNumber && (await readNumbers(store, [nhsNumber])).get(nhsNumber)?.owner;
  if (!held || knownIds(person).includes(held.personId)) return undefined;
  const [owner] = await getPersons(store, [held.personId]);
  if (!owner || owner.personId === person.personId || owner.demographics.restricted) return undefined;
  const agrees = crossCheckNumber(demographics, owner.demographics) === 'agrees';
  const isPersonsToo = crossCheckNumber(person.demographics, owner.demographics) === 'agrees';
  return { owner, agrees: agrees && isPersonsToo && isPossible(person, owner) };
}

async function merge(region: Region, from: Person, into: Person, score: number): Promise<Rematch> {
  const { policy, store } = region;
  const outcome = await mergePersons(store, {
    from: from.personId,
    into: into.personId,
    grounds: { how: 'machine', policyVersion: matchPolicy.version, score },
    trustOf: (ods) => sourceTrustOf(policy, ods),
  });
  if (outcome.ok) return { kind: 'merged', otherPersonId: into.personId };
  // What a person has decided is not put to a person again; anything else is for a person to see.
  return outcome.reason === 'not-duplicate' || outcome.reason === 'already-one'
    ? nothing
    : queue(region, from, into, score);
}

async function queue(
  { store }: Region,
  person: Person,
  other: Person,
  score: number | undefined,
): Promise<Rematch> {
  const sides = { personId: person.personId, otherPersonId: other.personId };
  if (await getReviewTask(store, reviewTaskId(store, sides))) return nothing;
  const outcome = await transact(
    store,
    openReviewTask(store, {
      kind: 'possible-duplicate',
      reason: 'late-pass',
      ...sides,
      ...(score !== undefined && { score, policyVersion: matchPolicy.version }),
    }),
  );
  return outcome.ok ? { kind: 'queued', otherPersonId: other.personId } : nothing;
}
