import { compareBirthDates } from './compare-birth-dates.ts';
import { areNamesSwapped, compareFamily, compareGiven } from './compare-names.ts';
import { comparePostcodes } from './compare-postcodes.ts';
import type { ComparisonFields } from './comparison-fields.ts';
import { matchPolicy, type OutcomeRates } from './match-policy.ts';

/** How one field speaks for or against the candidate. */
export interface FieldEvidence {
  /** A compared field, or `prior` (how rare any one person is) or `household` (a relative could look like this). */
  readonly field: 'prior' | 'family' | 'given' | 'birthDate' | 'postcode' | 'gender' | 'household';
  /** A static word of the match policy, `missing`, or for `prior` and `household` what it stands for. */
  readonly outcome: string;
  /** In bits; positive speaks for the candidate. */
  readonly weight: number;
}

/** The comparison of a query with one candidate record. */
export interface MatchEvidence {
  /** The probability, 0 to 1, that both are one person: 1 / (1 + 2^−total), where total is the sum of the weights. */
  readonly score: number;
  /** One row a field; the weights add up to the total. */
  readonly fields: readonly FieldEvidence[];
}

interface Comparison {
  readonly field: FieldEvidence['field'];
  readonly outcome: string;
  readonly rates: OutcomeRates;
}

/** What is missing on one side tells nothing: it is as likely in each world. */
const missing: OutcomeRates = { person: 1, stranger: 1, household: 1 };

function compared<Outcome extends string>(
  field: FieldEvidence['field'],
  rates: Readonly<Record<Outcome, OutcomeRates>>,
  outcome: Outcome | undefined,
): Comparison {
  return outcome === undefined
    ? { field, outcome: 'missing', rates: missing }
    : { field, outcome, rates: rates[outcome] };
}

function compareGender(first: ComparisonFields, second: ComparisonFields): 'agree' | 'disagree' | undefined {
  if (first.gender === undefined || second.gender === undefined) return undefined;
  // "Other" against male or female is no contradiction: systems differ in what they can hold.
  if (first.gender !== second.gender && (first.gender === 'other' || second.gender === 'other'))
    return undefined;
  return first.gender === second.gender ? 'agree' : 'disagree';
}

/** Adds the weights up; `fields` of the answer holds exactly what was added. */
function weigh(comparisons: readonly Comparison[]): MatchEvidence {
  const { population, householdOthers } = matchPolicy;
  let householdOverStranger = householdOthers / population;
  const fields: FieldEvidence[] = [
    { field: 'prior', outcome: 'one-of-population', weight: -Math.log2(population) },
  ];
  for (const { field, outcome, rates } of comparisons) {
    fields.push({ field, outcome, weight: Math.log2(rates.person / rates.stranger) });
    householdOverStranger *= rates.household / rates.stranger;
  }
  // The candidate is the person, a stranger or a relative of theirs: the last adds to the side of the strangers.
  fields.push({
    field: 'household',
    outcome: 'relative-at-same-address',
    weight: -Math.log2(1 + householdOverStranger),
  });
  const total = fields.reduce((sum, { weight }) => sum + weight, 0);
  return { score: 1 / (1 + 2 ** -total), fields };
}

/** Compares two sets of fields; the order of the two does not matter. */
export function scoreCandidate(query: ComparisonFields, candidate: ComparisonFields): MatchEvidence {
  const rates = matchPolicy.fields;
  const others = [
    compared('birthDate', rates.birthDate, compareBirthDates(query.birthDate, candidate.birthDate)),
    compared('postcode', rates.postcode, comparePostcodes(query.postcode, candidate.postcode)),
    compared('gender', rates.gender, compareGender(query, candidate)),
  ];
  const names = areNamesSwapped(query, candidate)
    ? ({ family: 'swapped', given: 'swapped' } as const)
    : { family: compareFamily(query, candidate), given: compareGiven(query, candidate) };
  return weigh([
    compared('family', rates.family, names.family),
    compared('given', rates.given, names.given),
    ...others,
  ]);
}
