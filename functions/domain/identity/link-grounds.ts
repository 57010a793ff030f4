import type { FieldEvidence } from '../matching/score-candidate.ts';

/** Why the machine linked a record by demographics, short enough to stand in every ledger, exact enough to be replayed. */
export interface LinkGrounds {
  /** Field, level, weight in bits, and the part of the weight that is due to rarity. The weights add up to the score's. */
  readonly fields: readonly (readonly [string, string, number, number?])[];
  /** The people in the index whom the prior was made of. */
  readonly people?: number;
  /** The next best persons and their probabilities. */
  readonly rivals?: readonly (readonly [string, number])[];
}

/** Rivals beyond these had no part in the decision. */
const mostRivals = 2;

interface RankedPerson {
  readonly personId: string;
  readonly score: number;
  readonly evidence: { readonly fields: readonly FieldEvidence[] };
}

/** The grounds of choosing `chosen` among the ranked candidates. Fields that were missing on a side are left out: they weigh nothing. */
export function groundsOf(
  chosen: RankedPerson,
  ranked: readonly RankedPerson[],
  people: number | undefined,
): LinkGrounds {
  const rivals = ranked
    .filter(({ personId }) => personId !== chosen.personId)
    .slice(0, mostRivals)
    .map(({ personId, score }) => [personId, score] as const);
  return {
    fields: chosen.evidence.fields
      .filter(({ weight }) => weight !== 0)
      .map(({ field, outcome, termFrequency, weight }) =>
        termFrequency === undefined ? [field, outcome, weight] : [field, outcome, weight, termFrequency],
      ),
    ...(people !== undefined && { people }),
    ...(rivals.length > 0 && { rivals }),
  };
}
