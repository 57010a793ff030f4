import type { ComparedField, MatchPolicy } from './match-policy.ts';

type Rates = MatchPolicy['fields']['gender']['levels']['agree'];

/** The policy's rates of one level. */
export function ratesOf(policy: MatchPolicy, field: ComparedField, level: string): Rates {
  const table: Readonly<Record<string, Rates>> = policy.fields[field].levels;
  const rates = Object.hasOwn(table, level) ? table[level] : undefined;
  if (rates === undefined) throw new Error(`the match policy has no level ${level} of ${field}`);
  return rates;
}

/** log2 of how much likelier the level is for one person than for two strangers. */
export function levelWeight(policy: MatchPolicy, field: ComparedField, level: string): number {
  const { person, stranger } = ratesOf(policy, field, level);
  return Math.log2(person / stranger);
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
  const { household, person } = ratesOf(policy, field, level);
  return household / person;
}

/** The odds that the query is about a relative of the candidate who is not in the index, `odds` being the candidate's own. */
export function relativesOdds({ prior }: MatchPolicy, odds: number, household: number): number {
  return odds * household * prior.householdOthers * prior.relativesNotIndexed;
}
