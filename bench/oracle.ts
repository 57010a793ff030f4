/**
 * Whether time tells what the answer does not: `node bench/oracle.ts [ROUNDS] [OPERATION] [EVEN]` (default 20,000, read-patient and the
 * shipped 100 ms; 0 lets answers leave as they come). In each round a caller without a relationship asks for nobody and for each
 * kind of somebody, in an order by lot, on the in-memory engine. Welch's t of the times of nobody and of somebody must stay below
 * 4.5 either way (dudect's limit). Prints a table and JSON; exit 1 above the limit. The shipped run takes about 20 minutes.
 */
import { randomInt } from 'node:crypto';
import { numberRoutes, openOracleWorld, patientRoutes, type Subject } from '../test/support/oracle-world.ts';

const rounds = Number(process.argv[2] ?? 20_000);
const operation = process.argv[3] ?? 'read-patient';
const evenMilliseconds = Number(process.argv[4] ?? 100);
const limit = 4.5;
/** Requests before anything counts: code becomes fast with use. */
const warmUp = 1_000;
/** Requests at a time while each waits for its even moment; one by one where none waits. */
const lanes = evenMilliseconds > 0 ? 8 : 1;
/** The slowest of a hundred are the machine's pauses, which fall on either side: times above this quantile of all are left out. */
const kept = 0.95;

const routes = [...patientRoutes, ...numberRoutes];
const ask = routes.find((route) => route.operation === operation)?.ask;
if (!ask) throw new Error(`no such operation; there are ${routes.map((one) => one.operation).join(', ')}`);
const { close, region, subjects } = await openOracleWorld(evenMilliseconds);

async function timed(subject: Subject): Promise<number> {
  const request = { ...ask?.(subject), caller: { subject: 'outsider' } };
  const started = performance.now();
  await region.call(operation, request);
  return performance.now() - started;
}

interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

function momentsOf(times: readonly number[]): Moments {
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const variance = times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (times.length - 1);
  return { count: times.length, mean, variance };
}

function welch(one: Moments, other: Moments): number {
  return (one.mean - other.mean) / Math.sqrt(one.variance / one.count + other.variance / other.count);
}

function quantile(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * share)] ?? Number.POSITIVE_INFINITY;
}

function shuffled<Value>(values: readonly Value[]): Value[] {
  const rest = [...values];
  const drawn: Value[] = [];
  while (rest.length > 0) drawn.push(...rest.splice(randomInt(rest.length), 1));
  return drawn;
}

const names = [...subjects.keys()];
const times = new Map<string, number[]>(names.map((name) => [name, []]));

async function askAll(count: () => boolean, note: boolean): Promise<void> {
  while (count())
    for (const [name, subject] of shuffled([...subjects])) {
      const time = await timed(subject);
      if (note) times.get(name)?.push(time);
    }
}

/** True so many times, for all who ask. */
function countdown(from: number): () => boolean {
  let left = from;
  return () => left-- > 0;
}

for (const [count, note] of [
  [countdown(Math.ceil(warmUp / names.length)), false],
  [countdown(rounds), true],
] as const)
  await Promise.all(Array.from({ length: lanes }, () => askAll(count, note)));
await close();

const [nobody = [], ...others] = names.map((name) => times.get(name) ?? []);
const figures = others.map((somebody, index) => {
  const cut = quantile([...nobody, ...somebody], kept);
  const [one, other] = [nobody, somebody].map((all) => momentsOf(all.filter((time) => time <= cut)));
  if (!one || !other) throw new Error('nothing was measured');
  return {
    against: names[index + 1],
    t: Number(welch(one, other).toFixed(2)),
    nobodyMs: Number(one.mean.toFixed(4)),
    somebodyMs: Number(other.mean.toFixed(4)),
  };
});
console.table(figures);
console.log(JSON.stringify({ operation, rounds, evenMilliseconds, limit, figures }));
if (figures.some(({ t }) => Math.abs(t) >= limit)) process.exitCode = 1;
