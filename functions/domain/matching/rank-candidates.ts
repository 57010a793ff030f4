import type { RegionPolicy } from '../access/region-policy.ts';
import type { ComparisonFields } from './comparison-fields.ts';
import { type MatchEvidence, scoreCandidate } from './score-candidate.ts';

/** FHIR `match-grade`, without `certainly-not`: such candidates are left out. */
export type MatchGrade = 'certain' | 'probable' | 'possible';

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
   * `unique`: one candidate is certain. `ambiguous`: two or more are too close to tell apart. `unproven`:
   * somebody may be the person, or the search was cut short. `none`: nobody.
   */
  readonly outcome: 'unique' | 'ambiguous' | 'unproven' | 'none';
  /** More candidates existed than were scored. */
  readonly truncated: boolean;
  /** Best first. */
  readonly candidates: readonly RankedCandidate[];
}

/**
 * True when the given names may be those of two people: twins share family name, birth date and address, so no sum of
 * other agreements may outvote a different given name, nor stand in for one that is missing ("baby", "twin one").
 */
function mayBeSibling({ fields }: MatchEvidence): boolean {
  const outcomeOf = (name: string) => fields.find(({ field }) => field === name)?.outcome;
  switch (outcomeOf('given')) {
    case 'missing':
    case 'disagree':
    case 'initial-disagree':
      return true;
    case 'near':
    case 'sound':
      return outcomeOf('birthDate') === 'exact';
    default:
      return false;
  }
}

/** Ranks the people behind candidate records: scored, best record of each, graded by the region's thresholds. */
export function rankCandidates(
  query: ComparisonFields,
  candidates: readonly { readonly personId: string; readonly fields: ComparisonFields }[],
  thresholds: RegionPolicy['matching'],
  truncated: boolean,
): MatchResult {
  const bestOf = new Map<string, MatchEvidence>();
  for (const { personId, fields } of candidates) {
    const evidence = scoreCandidate(query, fields);
    const best = bestOf.get(personId);
    if (best === undefined || evidence.score > best.score) bestOf.set(personId, evidence);
  }
  const ranked = [...bestOf]
    .map(([personId, evidence]) => ({ personId, evidence, score: evidence.score }))
    .sort((first, second) => second.score - first.score || (first.personId < second.personId ? -1 : 1));

  const [leader, runnerUp] = ranked;
  const hasLead = leader !== undefined && leader.score - (runnerUp?.score ?? 0) >= thresholds.lead;
  const isUnique =
    leader !== undefined &&
    !truncated &&
    hasLead &&
    leader.score >= thresholds.certain &&
    !mayBeSibling(leader.evidence);

  const graded = ranked
    .filter(({ score }) => score >= thresholds.possible)
    .map((candidate, position): RankedCandidate => {
      if (position === 0 && isUnique) return { ...candidate, grade: 'certain' };
      return { ...candidate, grade: candidate.score >= thresholds.probable ? 'probable' : 'possible' };
    });
  return { outcome: outcomeOf(), truncated, candidates: graded };

  function outcomeOf(): MatchResult['outcome'] {
    if (isUnique) return 'unique';
    if (truncated) return 'unproven';
    if (leader === undefined || leader.score < thresholds.possible) return 'none';
    return leader.score >= thresholds.certain && !hasLead ? 'ambiguous' : 'unproven';
  }
}
