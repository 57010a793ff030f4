import type { ComparisonFields } from './comparison-fields.ts';
import { type MatchPolicy, matchPolicy } from './match-policy.ts';
import { comparedBits, type MatchResult } from './rank-candidates.ts';
import { scoreCandidate } from './score-candidate.ts';
import { levelWeight } from './weigh-level.ts';

/** A rival not yet seen has to be a thousand times less likely than the leader for the search to end. */
const settledBits = 10;

/**
 * True when reading more blocks could not change a certain answer: whoever stands neither under the query's names on its
 * birth date nor at its postcode can at best agree on all names, nearly on date and postcode, and on everything else,
 * and even such a person would be a thousand times less likely than the one found. (Of an address line it counts what
 * it says at one postcode: the same line at a nearly right postcode is the same house.)
 */
export function isSettled(
  query: ComparisonFields,
  { candidates, truncated }: MatchResult,
  policy: MatchPolicy = matchPolicy,
): boolean {
  const [leader] = candidates;
  if (leader?.grade !== 'certain' || truncated) return false;
  return comparedBits(leader.evidence) - bestUnseen(query, policy) >= settledBits;
}

/** Levels of a birth date that the names' blocks on that date hold; all others are found in other blocks alone. */
const wholeDates = new Set(['exact', 'first-of-january']);

function bestUnseen(query: ComparisonFields, policy: MatchPolicy): number {
  const near = {
    birthDate: Math.max(
      ...Object.keys(policy.fields.birthDate.levels)
        .filter((level) => !wholeDates.has(level))
        .map((level) => levelWeight(policy, 'birthDate', level)),
    ),
    postcode: levelWeight(policy, 'postcode', 'one-edit'),
  };
  return scoreCandidate(query, query, policy).fields.reduce((sum, { field, outcome, weight }) => {
    const isNear = outcome !== 'missing' && (field === 'birthDate' || field === 'postcode');
    return sum + (isNear ? near[field] : Math.max(0, weight));
  }, 0);
}
