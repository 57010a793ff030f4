import type { ComparedField, MatchPolicy } from './match-policy.ts';

type Rates = MatchPolicy['fields']['gender']['levels']['agree'];

/** The policy's rates of one level. */
function ratesOf(policy: MatchPolicy, field: ComparedField, level: string): Rates {
  const table: Readonly<Record<string, Rates>> = policy.fields[field].levels;
  const rates = Object.hasOwn(table, level) ? table[level] : undefined;
  if (rates === undefined) throw new Error(`the match policy has no level ${level} of ${field}`);
  return rates;
}

interface WeighedLevel {
  readonly weight: number;
  readonly household: number;
}

/** What follows from a policy's rates, once for each policy: a search weighs ten levels of hundreds of pairs. */
const weighedLevels = new WeakMap<MatchPolicy, Map<ComparedField, Map<string, WeighedLevel>>>();

function weighedLevel(policy: MatchPolicy, field: ComparedField, level: string): WeighedLevel {
  let fields = weighedLevels.get(policy);
  if (!fields) {
    fields = new Map();
    weighedLevels.set(policy, fields);
  }
  let levels = fields.get(field);
  if (!levels) {
    levels = new Map();
    fields.set(field, levels);
  }
  let weighed = levels.get(level);
  if (!weighed) {
    const { household, person, stranger } = ratesOf(policy, field, level);
    weighed = { weight: Math.log2(person / stranger), household: household / person };
    levels.set(level, weighed);
  }
  return weighed;
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
