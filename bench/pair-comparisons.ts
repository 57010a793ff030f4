// Pair comparisons a second of one core's time: `node bench/pair-comparisons.ts` prints a table, then the same figures as JSON.
// Pairs are of two records picked at random, of two that share a blocking key, as a search compares them, and of one
// person: the more two records have in common, the longer they take.
import { availableParallelism } from 'node:os';
import { blockingKeys } from '../functions/domain/matching/blocking-keys.ts';
import type { ComparisonFields } from '../functions/domain/matching/comparison-fields.ts';
import { scoreCandidate } from '../functions/domain/matching/score-candidate.ts';
import { seededRandom } from '../local/demo/random.ts';
import { quantile } from '../local/measure/match-figures.ts';
import { makeFields } from './people/fields.ts';
import { makePopulation } from './people/population.ts';

const seed = 20_261_121;
const people = 30_000;
const pairsOfKind = 20_000;
const passes = 5;
const passMs = 1000;

type Pair = readonly [ComparisonFields, ComparisonFields];

const random = seededRandom(seed);
const population = [...makePopulation({ seed, people })];
const [first, second] = [0, 1].map(() => population.map((person) => makeFields(person, random)));

const at = (records: readonly ComparisonFields[] | undefined, index: number) =>
  records?.[index] as ComparisonFields;
const someone = () => Math.floor(random() * people);

const kinds: Readonly<Record<string, readonly Pair[]>> = {
  'two at random': Array.from(
    { length: pairsOfKind },
    (): Pair => [at(first, someone()), at(second, someone())],
  ),
  'two that share a blocking key': blockedPairs(),
  'two of one person': Array.from({ length: pairsOfKind }, (): Pair => {
    const index = someone();
    return [at(first, index), at(second, index)];
  }),
};

function blockedPairs(): Pair[] {
  const blocks = new Map<string, number[]>();
  for (let index = 0; index < people; index += 1)
    for (const { kind, value } of blockingKeys(at(first, index))) {
      const block = blocks.get(`${kind} ${value}`) ?? [];
      block.push(index);
      blocks.set(`${kind} ${value}`, block);
    }
  const pairs: Pair[] = [];
  for (const [, block] of [...blocks].filter(([, { length }]) => length > 1))
    for (const index of block.slice(1)) pairs.push([at(first, block[0] ?? 0), at(second, index)]);
  return pairs.slice(0, pairsOfKind);
}

/** Processor time, not time of day: what else the machine does takes no part. */
function cpuMs(): number {
  const { system, user } = process.cpuUsage();
  return (system + user) / 1000;
}

const figures = Object.entries(kinds).map(([kind, pairs]) => {
  const rates = Array.from({ length: passes }, () => {
    const start = cpuMs();
    let compared = 0;
    while (cpuMs() - start < passMs)
      for (const [one, other] of pairs.slice(0, 5000)) {
        scoreCandidate(one, other);
        compared += 1;
      }
    return compared / ((cpuMs() - start) / 1000);
  });
  return {
    kind,
    perSecond: Math.round(
      quantile(
        rates.sort((a, b) => a - b),
        0.5,
      ) ?? 0,
    ),
  };
});

console.log(
  `Node ${process.version}, one of ${availableParallelism()} CPUs, median of ${passes} passes of ${passMs} ms of its time`,
);
console.table(Object.fromEntries(figures.map(({ kind, perSecond }) => [kind, { 'pairs/s': perSecond }])));
console.log(JSON.stringify({ node: process.version, people, figures }));
