import type { ComparisonFields } from './comparison-fields.ts';
import { type GuardReason, guardAgainst } from './guards.ts';
import { type MatchPolicy, matchPolicy } from './match-policy.ts';
import { type Comparison, type FieldEvidence, scoreCandidate } from './score-candidate.ts';
import { relativesOdds } from './weigh-level.ts';

/** FHIR `match-grade`. */
export type MatchGrade = 'certain' | 'probable' | 'possible' | 'certainly-not';

/** Why a candidate stands where it does. */
export interface MatchEvidence {
  /** The probability, 0 to 1, that the query is about this person: 1 / (1 + 2^−total), total being the sum of the weights. */
  readonly score: number;
  /** Prior, one row a field, household and rivals; the weights add up to the total. */
  readonly fields: readonly FieldEvidence[];
  /** Why the grade is not certain although the score is. */
  readonly guard?: GuardReason | 'search-truncated';
}

/** The rows that come of comparing the two records, without those of the choice among candidates (prior, household, rivals). */
export function comparedRows({ fields }: Pick<MatchEvidence, 'fields'>): FieldEvidence[] {
  return fields.filter(({ field }) => field !== 'prior' && field !== 'household' && field !== 'rivals');
}

/** The weight of {@link comparedRows}, in bits. */
export function comparedBits(evidence: Pick<MatchEvidence, 'fields'>): number {
  return comparedRows(evidence).reduce((sum, { weight }) => sum + weight, 0);
}

/** One person who may be the one sought. */
export interface RankedCandidate {
  readonly personId: string;
  readonly score: number;
  readonly grade: MatchGrade;
  /** The best of the person's records and names. */
  readonly evidence: MatchEvidence;
}

/** The answer to one query. */
export interface MatchResult {
  /**
   * `unique`: one candidate is certain. `ambiguous`: two or more fit too well to be told apart. `unproven`: somebody may
   * be the person, or the search was cut short. `none`: nobody.
   */
  readonly outcome: 'unique' | 'ambiguous' | 'unproven' | 'none';
  /** More candidates existed than were scored. */
  readonly truncated: boolean;
  /** Everybody found, best first; the grade of those below the policy's `possible` is certainly-not. */
  readonly candidates: readonly RankedCandidate[];
}

/** A record of somebody that may fit. */
export interface CandidateRecord {
  readonly personId: string;
  readonly fields: ComparisonFields;
}

/** What the weighing rests on beside the fields. */
export interface MatchContext {
  /** People in the index; undefined when they were never counted, which is taken for a large region's number. */
  readonly people?: number | undefined;
  readonly policy?: MatchPolicy;
}

/** London's population (9 million, 2024): of an index never counted the largest is assumed, which makes chance likeliest. */
const uncountedPeople = 9_000_000;

/** Below this probability a rival's part in the ambiguity is not worth the name. */
const rivalProbability = 0.05;

interface Scored {
  readonly personId: string;
  readonly comparison: Comparison;
  /** Of the prior odds and the fields: how much likelier this person is than nobody in the index. */
  readonly odds: number;
}

/** log2 of the odds that the query is about one given person of the index rather than about nobody in it. */
export function priorBits({ people = uncountedPeople, policy = matchPolicy }: MatchContext): number {
  const { coverage, peopleAtLeast } = policy.prior;
  return Math.log2(coverage / (1 - coverage) / Math.max(people, peopleAtLeast));
}

function bestOfEach(
  queries: readonly ComparisonFields[],
  records: readonly CandidateRecord[],
  policy: MatchPolicy,
): Map<string, Comparison> {
  const bestOf = new Map<string, Comparison>();
  for (const query of queries)
    for (const { personId, fields } of records) {
      const comparison = scoreCandidate(query, fields, policy);
      const best = bestOf.get(personId);
      if (best === undefined || comparison.bits > best.bits) bestOf.set(personId, comparison);
    }
  return bestOf;
}

/**
 * Ranks the people behind candidate records by the probability that the query is about them, over {each candidate, a
 * relative of theirs who is not in the index, nobody in the index}. A person with several records or names stands with
 * the best of them; so does the query, whose spellings are all of one person.
 */
export function rankCandidates(
  queries: readonly ComparisonFields[],
  records: readonly CandidateRecord[],
  context: MatchContext,
  truncated: boolean,
): MatchResult {
  const policy = context.policy ?? matchPolicy;
  const prior = priorBits(context);
  const scored = [...bestOfEach(queries, records, policy)]
    .map(
      ([personId, comparison]): Scored => ({
        personId,
        comparison,
        odds: 2 ** (prior + comparison.bits),
      }),
    )
    .sort((first, second) => second.odds - first.odds || (first.personId < second.personId ? -1 : 1));
  const oddsOfAll = scored.reduce((sum, { odds }) => sum + odds, 0);
  const candidates = scored
    .map((candidate) => grade(candidate, oddsOfAll, prior, policy, truncated))
    .sort((first, second) => second.score - first.score);
  return { outcome: outcomeOf(candidates, policy, truncated), truncated, candidates };
}

function grade(
  { comparison, odds, personId }: Scored,
  oddsOfAll: number,
  prior: number,
  policy: MatchPolicy,
  truncated: boolean,
): RankedCandidate {
  const relatives = relativesOdds(policy, odds, comparison.household);
  // Sums of floating point can fall a hair short of their parts.
  const rivals = Math.max(0, oddsOfAll - odds);
  const householdWeight = -Math.log2(1 + relatives);
  const rivalsWeight = -Math.log2((1 + relatives + rivals) / (1 + relatives));
  const fields: FieldEvidence[] = [
    { field: 'prior', outcome: 'one-of-the-index', weight: prior },
    ...comparison.fields,
    { field: 'household', outcome: 'relative-not-in-the-index', weight: householdWeight },
    { field: 'rivals', outcome: 'others-in-the-index', weight: rivalsWeight },
  ];
  const score = odds / (1 + relatives + oddsOfAll);
  const { certain, possible, probable } = policy.thresholds;
  const guard =
    score < certain
      ? undefined
      : (guardAgainst(comparison, score, policy) ?? (truncated ? 'search-truncated' : undefined));
  const evidence: MatchEvidence = { score, fields, ...(guard && { guard }) };
  const named = (name: MatchGrade): RankedCandidate => ({ personId, score, grade: name, evidence });
  if (score >= certain && guard === undefined) return named('certain');
  if (score >= probable) return named('probable');
  return named(score >= possible ? 'possible' : 'certainly-not');
}

function outcomeOf(
  candidates: readonly RankedCandidate[],
  { thresholds }: MatchPolicy,
  truncated: boolean,
): MatchResult['outcome'] {
  const [leader, runnerUp] = candidates;
  if (leader?.grade === 'certain') return 'unique';
  if (truncated) return 'unproven';
  if (leader === undefined || leader.score < thresholds.possible) return 'none';
  const together = leader.score + (runnerUp?.score ?? 0);
  const isContested = (runnerUp?.score ?? 0) >= rivalProbability;
  return isContested && together >= thresholds.certain ? 'ambiguous' : 'unproven';
}
