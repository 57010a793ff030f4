import { compareNames, compareOthers, exchangeNames, type NameLevels } from './compare-fields.ts';
import type { ComparisonFields } from './comparison-fields.ts';
import { type ComparedField, type MatchPolicy, matchPolicy } from './match-policy.ts';
import { householdRatio, levelWeight } from './weigh-level.ts';

/** How one field, or one circumstance, speaks for or against the candidate. */
export interface FieldEvidence {
  /**
   * A compared field; `order` (names exchanged), `history` (a value no longer in use); or what only the whole list of
   * candidates tells: `prior`, `household`, `rivals`.
   */
  readonly field: ComparedField | 'order' | 'history' | 'prior' | 'household' | 'rivals';
  /** A level of the match policy, `missing`, or what the circumstance stands for. */
  readonly outcome: string;
  /** In bits; positive speaks for the candidate. */
  readonly weight: number;
  /** The part of `weight` that is due to the rarity of the value, in bits; absent where rarity plays no part. */
  readonly termFrequency?: number;
}

/** The comparison of a query with one candidate record. */
export interface Comparison {
  /** One row a field, in a fixed order; the weights add up to `bits`. */
  readonly fields: readonly FieldEvidence[];
  /** log2 of how much likelier these agreements are for one person than for two strangers. */
  readonly bits: number;
  /** How much likelier they are for two members of one household than for one person. */
  readonly household: number;
}

/** The levels, beside the exact one, at which the rarity of the value matters in part. */
const nearLevels = new Set(['nickname', 'typo', 'close', 'sound', 'similar']);

/** Bits that an exact agreement stays ahead of a near one on the same values. */
const exactLead = 0.5;

type NameField = 'family' | 'given';

interface WeighedNames {
  readonly rows: readonly [FieldEvidence, FieldEvidence];
  readonly bits: number;
  readonly household: number;
}

/** How many of a million people have the commoner of the two values: the commoner one makes chance likelier. */
function commonness(policy: MatchPolicy, field: NameField, first: string, second: string): number {
  const { perMillion, unlisted } = policy.fields[field].frequencies;
  const of = (value: string) =>
    Object.hasOwn(perMillion, value) ? (perMillion[value] ?? unlisted) : unlisted;
  return Math.max(of(first), of(second));
}

function weighName(
  policy: MatchPolicy,
  field: NameField,
  level: string | undefined,
  first: string | undefined,
  second: string | undefined,
): { readonly row: FieldEvidence; readonly household: number } {
  if (level === undefined || first === undefined || second === undefined)
    return { row: { field, outcome: 'missing', weight: 0 }, household: 1 };
  const base = levelWeight(policy, field, level);
  const household = householdRatio(policy, field, level, undefined);
  const isNear = nearLevels.has(level);
  if (!isNear && level !== 'exact') return { row: { field, outcome: level, weight: base }, household };
  const rarity = Math.log2(policy.fields[field].frequencies.mean / commonness(policy, field, first, second));
  let termFrequency = isNear ? policy.weights.nearFrequency * rarity : rarity;
  if (isNear) {
    const ceiling = levelWeight(policy, field, 'exact') + rarity - exactLead;
    termFrequency = Math.min(termFrequency, ceiling - base);
  }
  return { row: { field, outcome: level, weight: base + termFrequency, termFrequency }, household };
}

function weighNames(
  policy: MatchPolicy,
  query: ComparisonFields,
  candidate: ComparisonFields,
  levels: NameLevels,
): WeighedNames {
  const family = weighName(policy, 'family', levels.family, query.family, candidate.family);
  const given = weighName(policy, 'given', levels.given, query.given[0], candidate.given[0]);
  const isUnnamed = levels.given === undefined && (query.unnamed === true || candidate.unnamed === true);
  return {
    rows: [family.row, isUnnamed ? { ...given.row, outcome: 'unnamed' } : given.row],
    bits: family.row.weight + given.row.weight,
    household: family.household * given.household,
  };
}

/** The better of the names as they stand and the names exchanged, on either side; exchanging costs the policy's bits. */
function bestNames(policy: MatchPolicy, query: ComparisonFields, candidate: ComparisonFields) {
  const straight = weighNames(policy, query, candidate, compareNames(query, candidate));
  if (isWhollyAgreeing(straight) || !mayBeExchanged(query, candidate)) return { names: straight, order: 0 };
  const { swapped } = policy.weights;
  // Whose names stand the wrong way round is unknown, so the rarities of the less telling reading count.
  const readings = [
    weighExchanged(policy, exchangeNames(query), candidate),
    weighExchanged(policy, query, exchangeNames(candidate)),
  ] as const;
  const exchanged = readings[0].bits <= readings[1].bits ? readings[0] : readings[1];
  return exchanged.bits + swapped > straight.bits
    ? { names: exchanged, order: swapped }
    : { names: straight, order: 0 };
}

function weighExchanged(policy: MatchPolicy, query: ComparisonFields, candidate: ComparisonFields) {
  return weighNames(policy, query, candidate, compareNames(query, candidate));
}

/** Worth looking at only if a family name begins as the other's given name does: most pairs end here. */
function mayBeExchanged(query: ComparisonFields, candidate: ComparisonFields): boolean {
  const begins = (family: string | undefined, [given]: readonly string[]) =>
    family !== undefined && given !== undefined && family[0] === given[0];
  return begins(query.family, candidate.given) || begins(candidate.family, query.given);
}

function isWhollyAgreeing({ rows }: WeighedNames): boolean {
  return rows.every(({ outcome }) => outcome === 'exact');
}

const otherFields = ['birthDate', 'postcode', 'addressLine', 'gender', 'phone', 'email', 'practice'] as const;

/** Compares two sets of fields; the order of the two does not matter. */
export function scoreCandidate(
  query: ComparisonFields,
  candidate: ComparisonFields,
  policy: MatchPolicy = matchPolicy,
): Comparison {
  const { names, order } = bestNames(policy, query, candidate);
  const fields: FieldEvidence[] = [...names.rows];
  let { bits, household } = names;
  const levels = compareOthers(query, candidate);
  for (const field of otherFields) {
    const level = levels[field];
    if (level === undefined) {
      fields.push({ field, outcome: 'missing', weight: 0 });
      continue;
    }
    const weight = levelWeight(policy, field, level);
    fields.push({ field, outcome: level, weight });
    bits += weight;
    household *= householdRatio(policy, field, level, names.rows[1].outcome);
  }
  if (order !== 0) fields.push({ field: 'order', outcome: 'swapped', weight: order });
  const isHistoric = query.historic === true || candidate.historic === true;
  if (isHistoric) fields.push({ field: 'history', outcome: 'historic', weight: policy.weights.historic });
  return { fields, bits: bits + order + (isHistoric ? policy.weights.historic : 0), household };
}
