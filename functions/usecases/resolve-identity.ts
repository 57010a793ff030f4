import type { Demographics } from '../domain/identity/demographics.ts';
import { numbersOf } from '../domain/identity/held-numbers.ts';
import { groundsOf, type LinkGrounds } from '../domain/identity/link-grounds.ts';
import { crossCheckNumber, isProvenByNumber } from '../domain/identity/number-cross-check.ts';
import { isSameLife } from '../domain/identity/number-replacement.ts';
import {
  type ComparisonFields,
  comparisonFields,
  currentFields,
} from '../domain/matching/comparison-fields.ts';
import {
  comparedBits,
  type MatchResult,
  type RankedCandidate,
  rankCandidates,
} from '../domain/matching/rank-candidates.ts';
import type { SourceRef } from '../store/keys.ts';
import { sourcePartition } from '../store/keys.ts';
import type { NhsNumberOwner } from '../store/nhs-number.ts';
import type { Person } from '../store/person.ts';
import type { HeldSource, QuarantineReason, SetAsideReason, SourceRecord } from '../store/source-record.ts';
import type { IndexAnswer } from './search-index.ts';

/** A Patient message, read and dated, ready to be registered. */
export interface SentPatient {
  readonly source: SourceRef;
  readonly demographics: Demographics;
  /** A verified number; a claim of one that is not leads to quarantine. */
  readonly nhsNumber?: string;
  /** Numbers that the message calls old. */
  readonly supersededNhsNumbers: readonly string[];
  /** Why the number of the message is no more than a claim. */
  readonly claim?: QuarantineReason;
}

/** A person who may be the one of the message: for a steward to judge. */
export interface Suspect {
  readonly person: Person;
  readonly score: number;
}

/** A record that is held and belongs to nobody; `claimedOf` holds the number that it claims. */
export interface Quarantine {
  readonly kind: 'quarantine';
  readonly reason: QuarantineReason;
  readonly claimedOf?: Person;
}

/** A message that looks like somebody else than the linked record it is for: the record stays as it is. */
export interface SetAsideMessage {
  readonly kind: 'set-aside';
  readonly reason: SetAsideReason;
  readonly looksLike?: Person;
  readonly score?: number;
}

/** Whose a record is that had no person yet, and the registrations under way that would make the same person. */
export type Attribution = { readonly interrupts: readonly Rival[] } & (
  | { readonly kind: 'create'; readonly suspects: readonly Suspect[] }
  | { readonly kind: 'link'; readonly how: 'nhs-number' | 'steward'; readonly person: Person }
  | {
      readonly kind: 'link';
      readonly how: 'demographics';
      readonly person: Person;
      readonly score: number;
      readonly grounds: LinkGrounds;
    }
);

/** A registration under way that looks like the same person. */
export interface Rival {
  readonly source: SourceRef;
  readonly held: HeldSource;
}

/** What the decision may ask for; each is read at most once. */
export interface IdentityReader {
  readonly ownerOf: (nhsNumber: string) => NhsNumberOwner | undefined;
  /** The active persons of the ids, as they will be after the decisions taken before this one. */
  readonly peopleOf: (personIds: readonly string[]) => Promise<Map<string, Person>>;
  /** The index searched for the message; consistent, after the message's own blocking items were put. */
  readonly search: (sent: SentPatient) => Promise<IndexAnswer>;
  /** Whose the candidate is by a decision taken before this one; `undecided` when its turn is still to come. */
  readonly decidedBefore: (source: SourceRef) => { readonly personId?: string } | undefined;
  /** True when a person has decided that the source record is not of this person. */
  readonly isTakenAway: (source: SourceRef, person: Person) => Promise<boolean>;
  /** `YYYY-MM-DD`. */
  readonly today: string;
}

/** Suspects beyond these would be three more tasks about one doubt. */
const mostSuspects = 3;

/** A candidate among equals is worth a look from this probability on. */
const worthALook = 0.05;

/**
 * Decides whose record a message is. A verified NHS number decides, when the demographics agree with those of its owner; a
 * number that is not verified is a claim and leads to quarantine. Without an owner only a certain and unique match links:
 * twins, relatives and doubtful pairs stay apart, for a steward to judge. Two verified numbers are never one person.
 */
export async function resolveIdentity(
  reader: IdentityReader,
  sent: SentPatient,
  held: HeldSource,
): Promise<Quarantine | Attribution> {
  const { nhsNumber, supersededNhsNumbers } = sent;
  if (sent.claim) return { kind: 'quarantine', reason: sent.claim };
  const owners = [nhsNumber ?? [], supersededNhsNumbers]
    .flat()
    .flatMap((number) => reader.ownerOf(number)?.personId ?? []);
  const people = await reader.peopleOf(owners);
  const personOf = (number: string) => people.get(reader.ownerOf(number)?.personId ?? '');

  const owner = nhsNumber === undefined ? undefined : personOf(nhsNumber);
  if (owner)
    return isProvenByNumber(sent.demographics, owner)
      ? { kind: 'link', person: owner, how: 'nhs-number', interrupts: [] }
      : { kind: 'quarantine', reason: 'nhs-number-of-another-person', claimedOf: owner };
  for (const old of supersededNhsNumbers) {
    const former = personOf(old);
    if (!former || !isSameLife(former.demographics, sent.demographics, reader.today)) continue;
    if (nhsNumber === undefined || former.nhsNumber === undefined || former.nhsNumber === old)
      return { kind: 'link', person: former, how: 'nhs-number', interrupts: [] };
  }
  return byDemographics(reader, sent, held);
}

async function byDemographics(
  reader: IdentityReader,
  sent: SentPatient,
  held: HeldSource,
): Promise<Attribution> {
  const queries = comparisonFields(sent.demographics);
  const answer = await reader.search(sent);
  const own = sourcePartition(sent.source);
  const rivals: Rival[] = [];
  const records: { personId: string; fields: ComparisonFields; nhsNumber?: string }[] = [];
  for (const { held: other, source, variants } of answer.candidates) {
    if (sourcePartition(source) === own) continue;
    const before = reader.decidedBefore(source);
    const personId = before ? before.personId : other.record?.personId;
    if (personId !== undefined) {
      const nhsNumber = other.record?.nhsNumber;
      for (const fields of variants) records.push({ personId, fields, ...(nhsNumber && { nhsNumber }) });
    } else if (!before && looksAlike(queries, variants, answer)) rivals.push({ source, held: other });
  }
  const differs = ({ nhsNumber }: { nhsNumber?: string }) =>
    sent.nhsNumber !== undefined && nhsNumber !== undefined && nhsNumber !== sent.nhsNumber;
  const others = new Set(records.filter(differs).map(({ personId }) => personId));
  const excluded = new Set(others);
  for (;;) {
    const result = rankCandidates(
      queries,
      records.filter(({ personId }) => !excluded.has(personId)),
      answer,
      answer.truncated,
    );
    const notable = notableOf(result);
    const people = await reader.peopleOf(notable.map(({ personId }) => personId));
    const impossible: string[] = [];
    for (const { personId } of notable) {
      const person = people.get(personId);
      const isOther =
        !person || differs(person) || (held.record && (await reader.isTakenAway(sent.source, person)));
      if (isOther) impossible.push(personId);
    }
    if (impossible.length > 0) {
      // Who cannot be the person is no rival of those who can: weigh them again among themselves.
      for (const personId of impossible) excluded.add(personId);
      continue;
    }
    return conclude(sent, result, notable, people, answer, rivals);
  }
}

function conclude(
  { demographics }: SentPatient,
  { candidates }: MatchResult,
  notable: readonly RankedCandidate[],
  people: ReadonlyMap<string, Person>,
  { people: counted }: IndexAnswer,
  interrupts: readonly Rival[],
): Attribution {
  const [leader] = notable;
  const person = leader && people.get(leader.personId);
  // A restricted person takes no automatic link: it would tell a sender that the person is held here.
  const mayLink = person && !person.demographics.restricted && !demographics.restricted;
  if (leader?.grade === 'certain' && mayLink)
    return {
      kind: 'link',
      person,
      how: 'demographics',
      score: leader.score,
      grounds: groundsOf(leader, candidates, counted),
      interrupts,
    };
  const suspects = notable.flatMap(({ personId, score }) => {
    const suspect = people.get(personId);
    return suspect ? [{ person: suspect, score }] : [];
  });
  return { kind: 'create', suspects: suspects.slice(0, mostSuspects), interrupts };
}

/** The candidates who may be the person, best first: those more likely than not, and those among whom the machine cannot choose. */
export function notableOf({ candidates, outcome }: MatchResult): readonly RankedCandidate[] {
  return candidates.filter(
    ({ grade, score }) =>
      grade === 'certain' || grade === 'probable' || (outcome === 'ambiguous' && score >= worthALook),
  );
}

/** True when the two would be taken for one person, or nearly, if there were nobody else. */
function looksAlike(
  queries: readonly ComparisonFields[],
  variants: readonly ComparisonFields[],
  { people }: Pick<IndexAnswer, 'people'>,
): boolean {
  const alone = rankCandidates(
    queries,
    variants.map((fields) => ({ personId: 'alone', fields })),
    { people },
    false,
  );
  return notableOf(alone).length > 0;
}

/**
 * Decides what a message of a linked record does. The link stands; a message that looks like somebody else is set aside and
 * never written over the record (an overlay: one person's details under another's local number). A different verified
 * number is taken over only when the message says that it replaces the old one, and nothing speaks of two lives.
 */
export async function resolveUpdate(
  reader: IdentityReader,
  sent: SentPatient,
  own: SourceRecord,
  person: Person,
): Promise<SetAsideMessage | { readonly kind: 'update' }> {
  const { nhsNumber, supersededNhsNumbers } = sent;
  // A number that the record carried before is no news, though it may be held by another: a steward may have parted them.
  const known = numbersOf(person, own);
  if (nhsNumber !== undefined && !known.has(nhsNumber)) {
    const ownerId = reader.ownerOf(nhsNumber)?.personId;
    const owner = ownerId === undefined ? undefined : (await reader.peopleOf([ownerId])).get(ownerId);
    const looksLike = owner && { looksLike: owner };
    if (person.nhsNumber !== undefined) {
      const isReplaced = supersededNhsNumbers.includes(person.nhsNumber);
      if (owner || !isReplaced || !isSameLife(person.demographics, sent.demographics, reader.today))
        return { kind: 'set-aside', reason: 'nhs-number-changed', ...looksLike };
    } else if (owner && crossCheckNumber(sent.demographics, owner.demographics) === 'contradicts')
      return { kind: 'set-aside', reason: 'nhs-number-of-another-person', ...looksLike };
  } else if (nhsNumber !== undefined && crossCheckNumber(sent.demographics, own.demographics) === 'agrees')
    return { kind: 'update' };
  return (await findOverlay(reader, sent, own, person)) ?? { kind: 'update' };
}

const tellingFields = new Set(['family', 'given', 'birthDate']);

async function findOverlay(
  reader: IdentityReader,
  sent: SentPatient,
  own: SourceRecord,
  person: Person,
): Promise<SetAsideMessage | undefined> {
  const queries = currentFields(sent.demographics);
  const history = comparisonFields(own.demographics).map((fields) => ({
    personId: person.personId,
    fields,
  }));
  const [toOwn] = rankCandidates(queries, history, {}, false).candidates;
  if (!toOwn || toOwn.grade === 'certain') return undefined;
  const contradicts = toOwn.evidence.fields.some(
    ({ field, weight }) => tellingFields.has(field) && weight < 0,
  );
  if (!contradicts) return undefined;
  const answer = await reader.search(sent);
  const others = answer.candidates.flatMap(({ held, variants }) => {
    const personId = held.record?.personId;
    if (personId === undefined || personId === person.personId) return [];
    return variants.map((fields) => ({ personId, fields }));
  });
  const result = rankCandidates(queries, others, answer, answer.truncated);
  const ownBits = comparedBits(toOwn.evidence);
  const [other] = notableOf(result);
  const looksLike = other && (await reader.peopleOf([other.personId])).get(other.personId);
  if (other && looksLike && comparedBits(other.evidence) > ownBits)
    return { kind: 'set-aside', reason: 'overlay', looksLike, score: other.score };
  return ownBits < 0 ? { kind: 'set-aside', reason: 'overlay' } : undefined;
}
