import type { ComparisonFields } from './comparison-fields.ts';
import type { LevelTable, Observation } from './level-rates.ts';
import type { ComparedField, MatchPolicy } from './match-policy.ts';
import { scoreCandidate } from './score-candidate.ts';

type Pair = readonly [ComparisonFields, ComparisonFields];

/** Two records of which nobody has said whether they are one person's. */
export interface TrainingPair {
  readonly observations: readonly Observation[];
  /** Bits of the rarity of names and of names exchanged, which no level's rate holds. */
  readonly adjustment: number;
}

/** What records are brought together by to find pairs of one person; what agrees in every such pair teaches nothing there. */
export const passes: readonly {
  readonly agreed: readonly ComparedField[];
  readonly keyOf: (fields: ComparisonFields) => string | undefined;
}[] = [
  {
    agreed: ['family', 'given'],
    keyOf: ({ family, given: [name] }) => (family && name ? `${family}|${name}` : undefined),
  },
  { agreed: ['birthDate'], keyOf: ({ birthDate }) => (birthDate?.length === 10 ? birthDate : undefined) },
  { agreed: ['postcode', 'addressLine'], keyOf: ({ postcode }) => postcode },
];

/** Of one group of records with the same key: more would let one common value speak for all. */
const pairsPerGroup = 100;

/** Compares two records by the policy's levels; the fields of `agreed` are passed over. */
export function observePair(
  [first, second]: Pair,
  policy: MatchPolicy,
  table: LevelTable,
  agreed: readonly ComparedField[] = [],
): TrainingPair {
  const rows = scoreCandidate(first, second, policy).fields;
  const isExchanged = rows.some(({ field }) => field === 'order');
  const observations: Observation[] = [];
  let adjustment = 0;
  for (const { field, outcome, termFrequency = 0, weight } of rows) {
    if (outcome === 'missing' || agreed.includes(field as ComparedField)) continue;
    const isName = field === 'family' || field === 'given';
    // Names exchanged say nothing about how names are mistyped.
    if (!isCompared(field, policy) || (isExchanged && isName)) {
      adjustment += weight;
      continue;
    }
    adjustment += termFrequency;
    observations.push({
      level: table.numberOf(field, outcome),
      circumstance: table.circumstanceOf(field, circumstanceName(field, first, second)),
    });
  }
  return { observations, adjustment };
}

function isCompared(field: string, { fields }: MatchPolicy): field is ComparedField {
  return Object.hasOwn(fields, field);
}

function circumstanceName(field: ComparedField, first: ComparisonFields, second: ComparisonFields): string {
  switch (field) {
    case 'family':
      return first.family?.length === 1 || second.family?.length === 1 ? 'initial' : 'whole';
    case 'given':
      return first.given[0]?.length === 1 || second.given[0]?.length === 1 ? 'initial' : 'whole';
    case 'birthDate':
      return datesCompared(first.birthDate ?? '', second.birthDate ?? '');
    case 'addressLine':
      return first.postcode !== undefined && first.postcode === second.postcode ? 'same-postcode' : 'whole';
    default:
      return 'whole';
  }
}

function datesCompared(...dates: readonly [string, string]): string {
  const shortest = Math.min(...dates.map(({ length }) => length));
  if (shortest < 10) return shortest === 4 ? 'year' : 'month';
  const isJanuary = dates.map((date) => date.endsWith('-01-01'));
  if (isJanuary.every(Boolean)) return 'both-january';
  return isJanuary.some(Boolean) ? 'one-january' : 'whole';
}

/**
 * Pairs of records taken at random, at most as many as there are: nearly all are of two strangers. A pair can come twice, but
 * a small file is not asked over and over, as if it were a large one.
 */
export function* randomPairs(
  records: readonly ComparisonFields[],
  count: number,
  random: () => number,
): Generator<Pair, void, undefined> {
  const size = records.length;
  const most = Math.min(count, (size * (size - 1)) / 2);
  for (let taken = 0; taken < most; taken += 1) {
    const at = Math.floor(random() * size);
    // Never the same record twice: the second is one of the others.
    const other = (at + 1 + Math.floor(random() * (size - 1))) % size;
    yield [records[at] as ComparisonFields, records[other] as ComparisonFields];
  }
}

/** Pairs of records with the same key, at most `count` of them: among these are the pairs of one person. */
export function likelyPairs(
  records: readonly ComparisonFields[],
  keyOf: (fields: ComparisonFields) => string | undefined,
  count: number,
  random: () => number,
): readonly Pair[] {
  const keyed = records.filter((record) => keyOf(record) !== undefined);
  const pairs: Pair[] = [];
  for (const group of Map.groupBy(keyed, keyOf).values())
    if ((group.length * (group.length - 1)) / 2 > pairsPerGroup)
      pairs.push(...randomPairs(group, pairsPerGroup, random));
    else
      for (const [at, first] of group.entries())
        for (const second of group.slice(at + 1)) pairs.push([first, second]);
  return shuffle(pairs, random).slice(0, count);
}

/** Fisher and Yates's shuffle, in place. */
function shuffle<Item>(items: Item[], random: () => number): Item[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const at = Math.floor(random() * (last + 1));
    [items[at], items[last]] = [items[last] as Item, items[at] as Item];
  }
  return items;
}
