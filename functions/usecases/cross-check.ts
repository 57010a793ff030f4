import { type ComparisonFields, comparisonFields } from '../domain/matching/comparison-fields.ts';
import { type RankedCandidate, rankCandidates } from '../domain/matching/rank-candidates.ts';
import type { Person } from '../store/person.ts';
import type { Region } from './region.ts';

/** How the given fields compare with the person's best-fitting name, however badly; undefined when nothing compares. */
export function crossCheck(
  { policy }: Region,
  fields: ComparisonFields,
  person: Person,
): RankedCandidate | undefined {
  const candidates = comparisonFields(person.demographics).map((variant) => ({
    personId: person.personId,
    fields: variant,
  }));
  return rankCandidates(fields, candidates, { ...policy.matching, possible: 0 }, false).candidates[0];
}

/** The weight, in bits, of the fields beside an NHS number: below zero they speak of somebody else. */
export function comparedWeight({ evidence }: RankedCandidate): number {
  return evidence.fields
    .filter(({ field }) => field !== 'prior' && field !== 'household')
    .reduce((sum, { weight }) => sum + weight, 0);
}
