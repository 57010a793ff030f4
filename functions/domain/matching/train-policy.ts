import type { ComparisonFields } from './comparison-fields.ts';
import {
  LevelCounts,
  type LevelTable,
  levelTable,
  type Rates,
  ratesOfPolicy,
  withRates,
} from './level-rates.ts';
import type { MatchPolicy } from './match-policy.ts';
import { bearersOf, learnFrequencies } from './name-frequencies.ts';
import { likelyPairs, observePair, passes, randomPairs, type TrainingPair } from './training-pairs.ts';

/** What was learned, and from how much. */
export interface Training {
  /** Still with the version of the policy that it began with. */
  readonly policy: MatchPolicy;
  readonly records: number;
  /** Pairs at random, from which chance agreement was learned. */
  readonly randomPairs: number;
  /** Pairs that share a value, among which those of one person were sought. */
  readonly likelyPairs: number;
  /** Pairs of one person among the likely ones, as the model sees them in the end. */
  readonly expectedMatches: number;
}

/** How training is done; fewer pairs than the defaults are for tests. */
export interface TrainingOptions {
  /** A source of numbers from 0 up to and without 1; the same numbers give the same policy. */
  readonly random: () => number;
  readonly randomPairs?: number;
  /** Of each pass. */
  readonly likelyPairs?: number;
}

/**
 * How many pairs the rates before training count for: a small file moves them little, a large one replaces them. Chance
 * agreement on a postcode is one pair in 200,000, and takes as many pairs to know better.
 */
const strength = { stranger: 200_000, person: 200 } as const;

/** A level seen less often keeps both its rates: what is left of them after the other levels' counts would be chance. */
const fewestSeen = 10;

/** Rates have settled when none moves by more than this part of itself. */
const settledChange = 0.001;
const longestTraining = 50;

/**
 * Learns from records of which nobody has said whose they are: how common names are, chance agreement (u) from pairs at
 * random, and agreement of one person (m) by expectation maximisation over pairs that share a value.
 *
 * The model is Fellegi and Sunter's with three worlds: pairs that share a value are one person's, one household's (whose
 * rates stay the policy's) or two strangers'. A pass learns only about the fields that it was not brought together by.
 */
export function trainPolicy(
  records: readonly ComparisonFields[],
  start: MatchPolicy,
  options: TrainingOptions,
): Training {
  const { random } = options;
  const listed = withFrequencies(start, records);
  const table = levelTable(listed);
  const before = ratesOfPolicy(table, listed);
  const anyPairs = [...randomPairs(records, options.randomPairs ?? 500_000, random)].map((pair) =>
    observePair(pair, listed, table),
  );
  const strangers = countStrangers(anyPairs, before, table);
  const stranger = strangers.rates(before.stranger, strength.stranger);
  const policy = withMeans(listed, table, before.stranger, stranger);
  const likely = passes.map(({ agreed, keyOf }) =>
    likelyPairs(records, keyOf, options.likelyPairs ?? 200_000, random).map((pair) =>
      observePair(pair, policy, table, agreed),
    ),
  );
  const { expectedMatches, persons, rates } = maximiseExpectation(table, likely, { ...before, stranger });
  const isSeen = (level: number) => strangers.seen(level) + persons.seen(level) >= fewestSeen;
  const keepUnseen = (learned: readonly number[], held: readonly number[]) =>
    learned.map((rate, level) => (isSeen(level) ? rate : (held[level] ?? rate)));
  return {
    policy: withRates(policy, table, {
      ...rates,
      person: keepUnseen(rates.person, before.person),
      stranger: keepUnseen(rates.stranger, before.stranger),
    }),
    records: records.length,
    randomPairs: anyPairs.length,
    likelyPairs: likely.reduce((sum, pairs) => sum + pairs.length, 0),
    expectedMatches,
  };
}

function withFrequencies(
  { fields, ...policy }: MatchPolicy,
  records: readonly ComparisonFields[],
): MatchPolicy {
  const learn = (field: 'family' | 'given') => {
    const { frequencies } = fields[field];
    const perMillion = learnFrequencies(bearersOf(records, field), frequencies);
    return { frequencies: { ...frequencies, perMillion } };
  };
  return {
    ...policy,
    fields: {
      ...fields,
      family: { ...fields.family, ...learn('family') },
      given: { ...fields.given, ...learn('given') },
    },
  };
}

/** The frequency at which a name's rates hold follows the chance of an exact agreement: rarity is told against it. */
function withMeans(
  { fields, ...policy }: MatchPolicy,
  table: LevelTable,
  before: readonly number[],
  after: readonly number[],
): MatchPolicy {
  const follow = (field: 'family' | 'given') => {
    const { frequencies } = fields[field];
    const exact = table.numberOf(field, 'exact');
    const mean = (frequencies.mean * (after[exact] ?? 0)) / (before[exact] ?? 1);
    return { frequencies: { ...frequencies, mean: Math.round(mean) } };
  };
  return {
    ...policy,
    fields: {
      ...fields,
      family: { ...fields.family, ...follow('family') },
      given: { ...fields.given, ...follow('given') },
    },
  };
}

/**
 * Counts the levels of pairs at random. Such a pair may be one person's after all, in a file that holds people ten times
 * over: each of its fields counts by how surely the other fields say that it is not.
 */
function countStrangers(pairs: readonly TrainingPair[], rates: Rates, table: LevelTable): LevelCounts {
  const weights = rates.person.map((_, level) => weightOf(rates, 'person', level));
  const bitsOf = ({ adjustment, observations }: TrainingPair) =>
    observations.reduce((sum, { level }) => sum + (weights[level] ?? 0), adjustment);
  // The share of pairs of one person, by expectation: a few rounds from a guess are enough.
  let share = 1 / (pairs.length + 1);
  for (let round = 0; round < 5; round += 1) {
    const expected = pairs.reduce((sum, pair) => sum + probability(share, bitsOf(pair)), 0);
    share = (expected + 0.5) / (pairs.length + 1);
  }
  const counts = new LevelCounts(table);
  for (const pair of pairs) {
    const bits = bitsOf(pair);
    for (const observation of pair.observations)
      counts.add(observation, 1 - probability(share, bits - (weights[observation.level] ?? 0)));
  }
  return counts;
}

function probability(share: number, bits: number): number {
  const odds = (share / (1 - share)) * 2 ** bits;
  return odds / (1 + odds);
}

function weightOf(rates: Rates, world: 'person' | 'household', level: number): number {
  return Math.log2((rates[world][level] ?? 0) / (rates.stranger[level] ?? 0));
}

interface Shares {
  readonly person: number;
  readonly household: number;
}

function maximiseExpectation(
  table: LevelTable,
  likely: readonly (readonly TrainingPair[])[],
  start: Rates,
): { readonly rates: Rates; readonly persons: LevelCounts; readonly expectedMatches: number } {
  let rates = start;
  let shares: readonly Shares[] = likely.map(() => ({ person: 0.3, household: 0.1 }));
  let persons = new LevelCounts(table);
  let expectedMatches = 0;
  for (let round = 0; round < longestTraining; round += 1) {
    const counts = new LevelCounts(table);
    persons = counts;
    const expected = likely.map((pairs, pass) => expectPairs(pairs, rates, shares[pass] as Shares, counts));
    expectedMatches = expected.reduce((sum, { person }) => sum + person, 0);
    shares = expected.map(({ household, person }, pass) => {
      const pairs = (likely[pass] ?? []).length + 2;
      // Never 0: a world that is ruled out once could never come back.
      return { person: (person + 0.5) / pairs, household: (household + 0.5) / pairs };
    });
    const before = rates.person;
    const person = counts.rates(start.person, strength.person);
    rates = { ...rates, person };
    if (person.every((rate, level) => isSettled(before[level] ?? 0, rate))) break;
  }
  return { rates, persons, expectedMatches };
}

function isSettled(before: number, after: number): boolean {
  return Math.abs(after - before) <= settledChange * before;
}

/** Counts each pair's levels by the probability that it is one person's; gives how many are of each world. */
function expectPairs(
  pairs: readonly TrainingPair[],
  rates: Rates,
  shares: Shares,
  counts: LevelCounts,
): Shares {
  const weights = (world: 'person' | 'household') =>
    rates.person.map((_, level) => weightOf(rates, world, level));
  const [personWeights, householdWeights] = [weights('person'), weights('household')];
  let person = 0;
  let household = 0;
  for (const { adjustment, observations } of pairs) {
    let [personBits, householdBits] = [adjustment, adjustment];
    for (const { level } of observations) {
      personBits += personWeights[level] ?? 0;
      householdBits += householdWeights[level] ?? 0;
    }
    const ofPerson = shares.person * 2 ** personBits;
    const ofHousehold = shares.household * 2 ** householdBits;
    const all = ofPerson + ofHousehold + (1 - shares.person - shares.household);
    person += ofPerson / all;
    household += ofHousehold / all;
    for (const observation of observations) counts.add(observation, ofPerson / all);
  }
  return { person, household };
}
