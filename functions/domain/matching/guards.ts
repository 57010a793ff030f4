import { type guardReasons, type MatchPolicy, matchPolicy } from './match-policy.ts';
import type { Comparison, FieldEvidence } from './score-candidate.ts';

/**
 * Why a candidate is not certain, however high its probability: the mistakes that harm a patient are made between people
 * who share almost everything, and no sum of other agreements may outvote the one thing that parts them.
 *
 * - `given-name-differs`: twins share family name, birth date and address.
 * - `given-name-missing`: "baby" and "twin one" may be either of them.
 * - `birth-date-differs`: a father and his son share name and address.
 * - `one-name-alone`: marriage and error change a family name, but then birth date and place must both agree.
 * - `names-alone`: nothing beside the name agrees, and something speaks against it.
 */
export type GuardReason = (typeof guardReasons)[number];

const contradictingDates = new Set(['disagree', 'year', 'partial-disagree']);

/** Agreements of the birth date with nothing mistyped but its order. */
const wholeDates = new Set(['exact', 'swapped']);
/** Agreements of the birth date that point to one day. */
const tellingDates = new Set(['exact', 'swapped', 'one-digit', 'year-month']);
/** Agreements that twins cannot show and one person with a slip can. */
const nearDates = new Set(['one-digit', 'two-parts']);
const agreeingPlaces = new Set(['exact', 'one-edit', 'sector', 'outcode']);
const firmFamilies = new Set(['exact', 'typo']);
const firmNames = new Set(['exact', 'nickname', 'typo']);

/** The reason not to be certain of a candidate with this comparison and probability; undefined when nothing forbids it. */
export function guardAgainst(
  comparison: Pick<Comparison, 'fields'>,
  score: number,
  policy: MatchPolicy = matchPolicy,
): GuardReason | undefined {
  const reason = reasonAgainst(comparison, score, policy);
  return reason !== undefined && policy.guards[reason] ? reason : undefined;
}

function reasonAgainst(
  { fields }: Pick<Comparison, 'fields'>,
  score: number,
  policy: MatchPolicy,
): GuardReason | undefined {
  const levels = new Map(fields.map(({ field, outcome }) => [field, outcome]));
  const levelOf = (field: FieldEvidence['field']) => levels.get(field) ?? 'missing';
  const family = levelOf('family');
  const given = levelOf('given');
  const birthDate = levelOf('birthDate');
  const postcode = levelOf('postcode');

  // Two names that people are given, one letter apart, are twins as often as a slip.
  if (given === 'disagree' || (given === 'similar' && !nearDates.has(birthDate))) return 'given-name-differs';
  if (contradictingDates.has(birthDate)) return 'birth-date-differs';
  const contactAgrees = levelOf('phone') === 'exact' || levelOf('email') === 'exact';
  const lineAgrees = /^(?:exact|similar)/.test(levelOf('addressLine'));
  const dateTells = tellingDates.has(birthDate);
  const dateAgrees = dateTells || birthDate === 'first-of-january';
  const placeAgrees = agreeingPlaces.has(postcode) || lineAgrees || contactAgrees;
  const homeAgrees = postcode === 'exact' || postcode === 'one-edit' || lineAgrees || contactAgrees;
  if (given === 'unnamed') return 'given-name-missing';
  if (given === 'missing') {
    const isSame = firmFamilies.has(family) && dateAgrees && homeAgrees && levelOf('gender') !== 'disagree';
    return isSame ? undefined : 'given-name-missing';
  }
  // Brothers and sisters share their middle names.
  if (given === 'part' && birthDate === 'missing') return 'given-name-differs';
  if (family === 'disagree') {
    // Marriage and a slip in the birth date at once are believed only at the same home.
    if (wholeDates.has(birthDate)) return placeAgrees ? undefined : 'one-name-alone';
    const isSilent = birthDate === 'missing' && firmNames.has(given);
    return homeAgrees && (dateAgrees || isSilent) ? undefined : 'one-name-alone';
  }
  if (family === 'missing') {
    const isBorneOut = (dateAgrees && placeAgrees) || (dateTells && postcode !== 'disagree');
    return isBorneOut ? undefined : 'one-name-alone';
  }
  if (dateAgrees || placeAgrees) return undefined;
  // Only rare names tell one person of a small index by themselves, and only if nothing speaks against it.
  const isDateSilent = birthDate === 'missing' || birthDate === 'january-year-digit';
  const nothingAgainst = isDateSilent && postcode !== 'disagree';
  const areTelling =
    firmNames.has(family) && firmNames.has(given) && nothingAgainst && score >= policy.thresholds.namesAlone;
  return areTelling ? undefined : 'names-alone';
}
