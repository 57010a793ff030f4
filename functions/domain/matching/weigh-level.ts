import type { ComparedField, MatchPolicy } from './match-policy.ts';

interface WeighedLevel {
  readonly weight: number;
  readonly household: number;
}

/** By field and level. */
type WeighedPolicy = Readonly<Record<string, ReadonlyMap<string, WeighedLevel>>>;

/** What follows from a policy's rates, once for each policy: a search weighs ten levels of hundreds of pairs. */
const weighedPolicies = new WeakMap<MatchPolicy, WeighedPolicy>();

function weigh({ fields }: MatchPolicy): WeighedPolicy {
  const weighed = Object.entries(fields).map(([field, { levels }]) => {
    const ofLevels = Object.entries(levels).map(
      ([level, { household, person, stranger }]) =>
        [level, { weight: Math.log2(person / stranger), household: household / person }] as const,
    );
    return [field, new Map(ofLevels)] as const;
  });
  return Object.fromEntries(weighed);
}

function weighedLevel(policy: MatchPolicy, field: ComparedField, level: string): WeighedLevel {
  let weighed = weighedPolicies.get(policy);
  if (!weighed) {
    weighed = weigh(policy);
    weighedPolicies.set(policy, weighed);
  }
  const found = weighed[field]?.get(level);
  if (found === undefined) throw new Error(`the match policy has no level ${level} of ${field}`);
  return found;
}

/** log2 of how much likelier the level is for one person than for two strangers. */
export function levelWeight(policy: MatchPolicy, field: ComparedField, level: string): number {
  return weighedLevel(policy, field, level).weight;
}

/** Given names of which a relative who bears the same has mostly the same gender too. */
const sameNames = new Set(['exact', 'nickname', 'typo']);

/** How much likelier the level is for two members of one household than for one person. */
export function householdRatio(
  policy: MatchPolicy,
  field: ComparedField,
  level: string,
  givenLevel: string | undefined,
): number {
  // Of two relatives with one given name the gender tells no more: a difference is a slip, whoever it is.
  if (field === 'gender' && givenLevel !== undefined && sameNames.has(givenLevel)) return 1;
  return weighedLevel(policy, field, level).household;
}

/** The odds that the query is about a relative of the candidate who is not in the index, `odds` being the candidate's own. */
export function relativesOdds({ prior }: MatchPolicy, odds: number, household: number): number {
  return odds * household * prior.householdOthers * prior.relativesNotIndexed;
}
