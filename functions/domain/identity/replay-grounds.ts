import type { ComparedField, MatchPolicy } from '../matching/match-policy.ts';
import { priorBits } from '../matching/rank-candidates.ts';
import { householdRatio, levelWeight, relativesOdds } from '../matching/weigh-level.ts';
import type { LinkGrounds } from './link-grounds.ts';

/** A stored decision worked out again. */
export interface Replay {
  /** As the policy gives it from the stored levels. */
  readonly score: number;
  /** False when the policy is not the one that decided, or the entry was changed: some row is another now. */
  readonly agrees: boolean;
}

/** Weights are stored in full; only the order of additions may differ. */
const tolerance = 1e-9;

/**
 * Works a stored decision out again from its levels: each weight from the policy's rates and the stored rarity, the prior
 * from the number of people, the household from the rates; only the rivals' row is taken as it was stored.
 */
export function replayGrounds({ fields, people }: LinkGrounds, policy: MatchPolicy): Replay {
  let bits = priorBits({ people, policy });
  let household = 1;
  let agrees = true;
  const held = new Map(fields.map(([field, , weight]) => [field, weight]));
  const isSame = (field: string, weight: number) => Math.abs((held.get(field) ?? 0) - weight) <= tolerance;
  const givenLevel = fields.find(([field]) => field === 'given')?.[1];
  agrees &&= isSame('prior', bits);
  for (const [field, level, , rarity = 0] of fields) {
    if (!isCompared(field, policy)) continue;
    const weight = levelWeight(policy, field, level) + rarity;
    agrees &&= isSame(field, weight);
    bits += weight;
    household *= householdRatio(policy, field, level, givenLevel);
  }
  for (const [field, expected] of [
    ['order', policy.weights.swapped],
    ['history', policy.weights.historic],
  ] as const) {
    const weight = held.get(field);
    if (weight === undefined) continue;
    agrees &&= isSame(field, expected);
    bits += expected;
  }
  const householdWeight = -Math.log2(1 + relativesOdds(policy, 2 ** bits, household));
  agrees &&= isSame('household', householdWeight);
  const total = bits + householdWeight + (held.get('rivals') ?? 0);
  return { score: 1 / (1 + 2 ** -total), agrees };
}

function isCompared(field: string, policy: MatchPolicy): field is ComparedField {
  return Object.hasOwn(policy.fields, field);
}
