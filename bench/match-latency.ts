// How long one match takes, in process with its store calls: `node bench/match-latency.ts [PEOPLE]` (default 100,000)
// fills an embedded engine on a temporary folder with made-up people, asks for some of them one after another as another
// clerk has written them down, and prints a table, then the same figures as JSON. Loading takes a few minutes.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { matchPatient } from '../functions/usecases/match-patient.ts';
import { loadRegions } from '../lib/config/load-regions.ts';
import type { PersonRow } from '../local/csv/read-people.ts';
import { feedOf } from '../local/demo/callers.ts';
import { seededRandom } from '../local/demo/random.ts';
import { openInitialLoad } from '../local/initial-load/open-initial-load.ts';
import { describeRow } from '../local/measure/describe-row.ts';
import { type FreshRegion, openFreshRegion } from '../local/measure/fresh-region.ts';
import { mean, quantile } from '../local/measure/match-figures.ts';
import { readQuery } from '../local/measure/measure-match.ts';
import { askerOf } from '../local/measure/register-people.ts';
import { makePopulation } from './people/population.ts';
import { makeRecord } from './people/records.ts';

const seed = 20_261_121;
const warmUp = 300;
const measured = 2000;
const patientsPerBundle = 10;
/** Of the people asked for; the others are in no index. */
const indexedShare = 0.85;

const people = Number(process.argv[2] ?? 100_000);
const config = (await loadRegions()).get('london');
if (!config || !Number.isSafeInteger(people)) throw new Error('usage: node bench/match-latency.ts [PEOPLE]');
const region = await openFreshRegion(config.policy, { isMetered: false });
const random = seededRandom(seed);

const startedLoading = performance.now();
await fill(region);
console.error(`${people} people in ${Math.round((performance.now() - startedLoading) / 1000)} s`);

const times: { readonly wall: number; readonly processor: number }[] = [];
const asker = askerOf(region);
for (const query of makeQueries(warmUp + measured)) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await matchPatient(region, asker, query);
  const { system, user } = process.cpuUsage(before);
  times.push({ wall: performance.now() - start, processor: (system + user) / 1000 });
}
await region.close();

const counted = times.slice(warmUp);
const figures = Object.fromEntries(
  (['wall', 'processor'] as const).map((kind) => {
    const sorted = counted.map((time) => time[kind]).sort((a, b) => a - b);
    return [
      kind,
      { p50: round(quantile(sorted, 0.5)), p95: round(quantile(sorted, 0.95)), mean: round(mean(sorted)) },
    ];
  }),
);
console.log(
  `Node ${process.version}, ${availableParallelism()} CPUs, ${people} people, ${measured} queries one after another, milliseconds`,
);
console.table(figures);
console.log(JSON.stringify({ node: process.version, people, seed, queries: measured, figures }));

function round(value: number | null): number | null {
  return value === null ? null : Math.round(value * 100) / 100;
}

/** Fills the index as `towpath load --initial` does. */
async function fill(empty: FreshRegion): Promise<void> {
  const organisation = askerOf(empty).organisation;
  const opened = await openInitialLoad(empty, feedOf(organisation, 'bench'), path.join(empty.dir, 'load'));
  if (!opened.ok) throw new Error(`the index cannot be filled: ${opened.reason}`);
  const { load } = opened;
  const underWay = new Set<Promise<unknown>>();
  let rows: PersonRow[] = [];
  let row = 0;
  const send = async () => {
    const entry = rows.map((one) => ({
      resource: describeRow(one),
      request: { method: 'PUT', url: `Patient/row-${one.row}` },
    }));
    rows = [];
    const sent = load.client
      .post('/', { resourceType: 'Bundle', type: 'transaction', entry }, '')
      .then((answer) => {
        if (answer.status !== 200) throw new Error(`the load was refused: ${JSON.stringify(answer.body)}`);
        underWay.delete(sent);
      });
    underWay.add(sent);
    while (underWay.size >= 20) await Promise.race(underWay);
  };
  for (const person of makePopulation({ seed, people })) {
    row += 1;
    rows.push({ row, ...makeRecord(person, person.id, random) });
    if (rows.length === patientsPerBundle) await send();
    if (row % 20_000 === 0) console.error(`${row} of ${people} people`);
  }
  if (rows.length > 0) await send();
  await Promise.all(underWay);
  await load.finish();
  await empty.countPeople(people);
}

/** Demographics alone: a number would be found by one read. */
function* makeQueries(count: number) {
  const wanted = new Set(
    Array.from({ length: Math.ceil(count * indexedShare) }, () => Math.floor(random() * people)),
  );
  const sought = [...makePopulation({ seed, people })].filter((_, index) => wanted.has(index));
  const strangers = [...makePopulation({ seed: seed + 1, people: count })];
  for (let asked = 0; asked < count; asked += 1) {
    const from = random() < indexedShare ? sought : strangers;
    const person = from[Math.floor(random() * from.length)];
    if (!person) throw new Error('nobody was made');
    const { nhsNumber: _, ...record } = makeRecord(person, person.id, random);
    yield readQuery({ row: asked, ...record });
  }
}
