import { type ComparedField, type MatchPolicy, matchPolicySchema } from './match-policy.ts';

/** The worlds whose rates a policy has. */
type World = 'person' | 'stranger' | 'household';

/** The rates of all levels of all fields, in the order of {@link levelTable}. */
export type Rates = Readonly<Record<World, readonly number[]>>;

/** One level of one field. */
interface Level {
  readonly field: ComparedField;
  readonly level: string;
  /** What of the field was there to compare: the level's rates are shares of the pairs of its own circumstance. */
  readonly circumstance: number;
}

/** The levels of a policy, numbered, for the arithmetic of training. */
export interface LevelTable {
  readonly levels: readonly Level[];
  readonly numberOf: (field: ComparedField, level: string) => number;
  readonly circumstanceOf: (field: ComparedField, name: string) => number;
}

/** The circumstance in which a level's rates are shares; every other level has `whole`. */
const circumstances: Readonly<Record<string, string>> = {
  'family initial': 'initial',
  'given initial': 'initial',
  'birthDate first-of-january': 'both-january',
  'birthDate january-year-digit': 'both-january',
  'birthDate january-year': 'one-january',
  'birthDate year-month': 'month',
  'birthDate partial-disagree': 'month',
  'birthDate year-only': 'year',
  'addressLine exact-same-postcode': 'same-postcode',
  'addressLine similar-same-postcode': 'same-postcode',
};

/** Numbers the levels of a policy. */
export function levelTable({ fields }: MatchPolicy): LevelTable {
  const numbers = new Map<string, number>();
  const circumstanceNumbers = new Map<string, number>();
  const circumstanceOf = (field: ComparedField, name: string) => {
    const key = `${field} ${name}`;
    const known = circumstanceNumbers.get(key) ?? circumstanceNumbers.size;
    circumstanceNumbers.set(key, known);
    return known;
  };
  const levels: Level[] = [];
  for (const field of Object.keys(fields) as ComparedField[])
    for (const level of Object.keys(fields[field].levels)) {
      const key = `${field} ${level}`;
      numbers.set(key, levels.length);
      levels.push({ field, level, circumstance: circumstanceOf(field, circumstances[key] ?? 'whole') });
    }
  const numberOf = (field: ComparedField, level: string) => {
    const number = numbers.get(`${field} ${level}`);
    if (number === undefined) throw new Error(`the match policy has no level ${level} of ${field}`);
    return number;
  };
  return { levels, numberOf, circumstanceOf };
}

/** The rates that the policy has. */
export function ratesOfPolicy(table: LevelTable, { fields }: MatchPolicy): Rates {
  const of = (world: World) =>
    table.levels.map(({ field, level }) => {
      const rates: Readonly<Record<string, Readonly<Record<World, number>>>> = fields[field].levels;
      return rates[level]?.[world] ?? Number.NaN;
    });
  return { person: of('person'), stranger: of('stranger'), household: of('household') };
}

/** The policy with other rates. */
export function withRates(policy: MatchPolicy, table: LevelTable, rates: Rates): MatchPolicy {
  const fields = structuredClone(policy.fields);
  for (const [number, { field, level }] of table.levels.entries()) {
    const levels: Record<string, Record<World, number>> = fields[field].levels;
    for (const world of ['person', 'stranger', 'household'] as const)
      (levels[level] as Record<World, number>)[world] = rounded(rates[world][number] ?? Number.NaN);
  }
  return matchPolicySchema.parse({ ...policy, fields });
}

/** Four significant digits: more would pretend to know them, and a person reads the file. */
function rounded(rate: number): number {
  return Number(rate.toPrecision(4));
}

/** One field of a pair: its level, and the circumstance in which it was compared. */
export interface Observation {
  readonly level: number;
  readonly circumstance: number;
}

/** Counts of levels by weight, each in its circumstance. */
export class LevelCounts {
  readonly #table: LevelTable;
  readonly #levels: number[];
  readonly #circumstances: number[] = [];

  constructor(table: LevelTable) {
    this.#table = table;
    this.#levels = table.levels.map(() => 0);
  }

  add({ circumstance, level }: Observation, weight: number): void {
    this.#circumstances[circumstance] = (this.#circumstances[circumstance] ?? 0) + weight;
    // A level seen outside its own circumstance (an initial that disagrees) counts only in the total there.
    if (this.#table.levels[level]?.circumstance === circumstance)
      this.#levels[level] = (this.#levels[level] ?? 0) + weight;
  }

  /** How much of a level was counted. */
  seen(level: number): number {
    return this.#levels[level] ?? 0;
  }

  /** Each level's share of the pairs in its circumstance, drawn towards `before` as if `strength` more pairs had had it. */
  rates(before: readonly number[], strength: number): number[] {
    return this.#table.levels.map(({ circumstance }, level) => {
      const total = this.#circumstances[circumstance] ?? 0;
      return (this.seen(level) + strength * (before[level] ?? 0)) / (total + strength);
    });
  }
}
