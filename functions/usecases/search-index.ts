import { type SearchKey, searchKeys } from '../domain/matching/blocking-keys.ts';
import type { ComparisonFields } from '../domain/matching/comparison-fields.ts';
import { isSettled } from '../domain/matching/is-settled.ts';
import { type MatchPolicy, matchPolicy } from '../domain/matching/match-policy.ts';
import { type CandidateRecord, priorBits, rankCandidates } from '../domain/matching/rank-candidates.ts';
import { scoreCandidate } from '../domain/matching/score-candidate.ts';
import { type CandidateSource, findCandidates } from '../store/blocking-key.ts';
import { type SourceRef, sourcePartition } from '../store/keys.ts';
import { type HeldSource, holdSources } from '../store/source-record.ts';
import { readPeople } from '../store/statistics.ts';
import type { Store } from '../store/store.ts';

/** A source record that may be of the person sought, and what is held of it: its person, when it has one. */
export interface IndexCandidate extends CandidateSource {
  readonly held: HeldSource;
}

/** What the index has to say about a query. */
export interface IndexAnswer {
  readonly candidates: readonly IndexCandidate[];
  /** Some who share a block with the query were not compared: uniqueness must not be claimed. */
  readonly truncated: boolean;
  /** The people in the index, as far as they were counted. */
  readonly people: number | undefined;
}

/** With looking up source records twice and persons once, a match takes twelve store calls at most; one more a minute counts people. */
const mostQueries = 9;
const mostInFirst = 6;

/**
 * The source records that may be of the person sought, most alike first. The second round of blocks is read only when the
 * first does not settle whom the query is about. Only records of some weight are looked up: the rest change no answer.
 */
export async function searchIndex(
  store: Store,
  queries: readonly ComparisonFields[],
  options: {
    readonly policy?: MatchPolicy;
    /** For a registration: strongly consistent, and with restricted people, whom only a steward is told of. */
    readonly registering?: boolean;
    /** The record that is asked about: it stands in the index itself, and would settle the search by finding itself. */
    readonly own?: SourceRef;
  } = {},
): Promise<IndexAnswer> {
  const { own, policy = matchPolicy, registering = false } = options;
  const { blockLimit } = policy.blocking;
  const keys = queries.map(searchKeys);
  const reading = { consistent: registering, withRestricted: registering };
  const [people, first] = await Promise.all([
    readPeople(store),
    findCandidates(store, distinct(keys.flatMap((round) => round.first)), blockLimit, {
      ...reading,
      mostQueries: mostInFirst,
    }),
  ]);
  const found = new Map<string, CandidateSource>();
  const add = (candidates: readonly CandidateSource[]) => {
    for (const candidate of candidates) found.set(sourcePartition(candidate.source), candidate);
    if (own) found.delete(sourcePartition(own));
  };
  add(first.candidates);
  const answer = await lookUp(store, queries, found, {
    truncated: first.truncated,
    people,
    policy,
    registering,
  });
  if (isAnswered(queries, answer, policy)) return answer;
  const second = await findCandidates(store, distinct(keys.flatMap((round) => round.second)), blockLimit, {
    ...reading,
    mostQueries: mostQueries - first.queries,
  });
  const known = new Map(
    answer.candidates.map((candidate) => [sourcePartition(candidate.source), candidate.held]),
  );
  add(second.candidates);
  const truncated = first.truncated || second.truncated;
  return lookUp(store, queries, found, { truncated, people, policy, registering }, known);
}

function distinct(keys: readonly SearchKey[]): readonly SearchKey[] {
  return [...new Map(keys.map((key) => [`${key.kind} ${key.value} ${key.prefix ?? ''}`, key])).values()];
}

function isAnswered(queries: readonly ComparisonFields[], answer: IndexAnswer, policy: MatchPolicy): boolean {
  const [query] = queries;
  const { people, truncated } = answer;
  const result = rankCandidates(queries, recordsOf(answer), { people, policy }, truncated);
  return query !== undefined && isSettled(query, result, policy);
}

/** The candidates as records of people; one that belongs to nobody yet stands for itself. */
export function recordsOf({ candidates }: Pick<IndexAnswer, 'candidates'>): CandidateRecord[] {
  return candidates.flatMap(({ held, source, variants }) =>
    variants.map((fields) => ({ personId: held.record?.personId ?? sourcePartition(source), fields })),
  );
}

async function lookUp(
  store: Store,
  queries: readonly ComparisonFields[],
  found: ReadonlyMap<string, CandidateSource>,
  search: Pick<IndexAnswer, 'truncated' | 'people'> & {
    readonly policy: MatchPolicy;
    readonly registering: boolean;
  },
  known: ReadonlyMap<string, HeldSource> = new Map(),
): Promise<IndexAnswer> {
  const { people, policy, registering, truncated } = search;
  const worthwhile = Math.log2(policy.thresholds.possible) - priorBits({ people, policy });
  const plausible = [...found]
    .map(([name, candidate]) => ({ name, candidate, bits: bestBits(queries, candidate, policy) }))
    .filter(({ bits }) => bits >= worthwhile)
    .sort((one, other) => other.bits - one.bits || (one.name < other.name ? -1 : 1));
  const { resolvedLimit } = policy.blocking;
  const chosen = plausible.slice(0, resolvedLimit);
  const unknown = chosen.filter(({ name }) => !known.has(name));
  const held = await holdSources(
    store,
    unknown.map(({ candidate }) => candidate.source),
    { consistent: registering },
  );
  return {
    candidates: chosen.map(({ candidate, name }) => ({
      ...candidate,
      held: known.get(name) ?? held.get(name) ?? { version: 0 },
    })),
    truncated: truncated || plausible.length > resolvedLimit,
    people,
  };
}

function bestBits(
  queries: readonly ComparisonFields[],
  { variants }: CandidateSource,
  policy: MatchPolicy,
): number {
  return Math.max(
    ...queries.flatMap((query) => variants.map((fields) => scoreCandidate(query, fields, policy).bits)),
  );
}
