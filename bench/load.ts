// How many records a second a region takes: `node bench/load.ts [RECORDS] [ordinary|initial]…` makes a CSV file of
// made-up people (5 % of them twice, under two local ids), starts an empty region on a folder of its own, runs
// `towpath load` on it as a user would, and prints a table, then the same figures as JSON. Processor time (Linux only) is of
// the region and of the loader together, so that a busy machine shows.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { readRunFile } from '../local/cli/run-file.ts';
import { seededRandom } from '../local/demo/random.ts';
import { makePopulation } from './people/population.ts';
import { makeRecords } from './people/records.ts';

const seed = 20_261_121;
const duplicateShare = 0.05;
const usualRecords = 10_000;

const towpath = fileURLToPath(new URL('../bin/towpath.ts', import.meta.url));

const summarySchema = z.object({
  accepted: z.number(),
  rejectedCount: z.number(),
  personsCreated: z.number(),
  linked: z.number(),
  quarantined: z.number(),
  queuedForReview: z.number(),
});

/** What one load measured. */
interface LoadFigure extends z.infer<typeof summarySchema> {
  readonly mode: string;
  readonly records: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
  /** Milliseconds of processor time a record, of region and loader. */
  readonly cpuMsPerRecord: number | undefined;
}

const columns = [
  'id',
  'given',
  'family',
  'birthDate',
  'postcode',
  'gender',
  'phone',
  'email',
  'addressLine',
] as const;

async function writePeople(file: string, count: number): Promise<void> {
  const out = createWriteStream(file);
  out.write(`${columns.join(',')},nhsNumber,nhsNumberStatus\n`);
  const records = makeRecords(makePopulation({ seed, people: count }), {
    random: seededRandom(seed),
    duplicates: duplicateShare,
  });
  let left = count;
  for (const record of records) {
    if (left === 0) break;
    left -= 1;
    const cells = columns.map((column) => (record[column] ?? '').replaceAll(',', ' '));
    const row = [...cells, record.nhsNumber ?? '', record.nhsNumber ? '01' : ''].join(',');
    if (!out.write(`${row}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

/** Seconds of processor time that a process has used; undefined where there is no /proc. */
function cpuSecondsOf({ pid }: ChildProcess): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    // utime and stime, in ticks of 10 ms.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

async function measureLoad(mode: string, records: number): Promise<LoadFigure> {
  const folder = await mkdtemp(path.join(tmpdir(), 'load-bench-'));
  const dataDir = path.join(folder, 'region');
  const file = path.join(folder, 'people.csv');
  await writePeople(file, records);
  console.error(`${mode}: ${records} records in ${Math.round((await stat(file)).size / 1024)} KB`);
  const region = spawn(process.execPath, [towpath, 'start', '--port', '0', '--no-demo', '--data', dataDir], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    while (!(await readRunFile(dataDir))) {
      if (region.exitCode !== null) throw new Error(`the region ended with status ${region.exitCode}`);
      await wait(100);
    }
    const before = cpuSecondsOf(region);
    const started = performance.now();
    const loader = spawn(
      process.execPath,
      [
        towpath,
        'load',
        file,
        ...['--org', 'T9A', '--as', 'feed', '--data', dataDir, '--json'],
        ...(mode === 'initial' ? ['--initial'] : []),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let ofLoader: number | undefined;
    const watch = setInterval(() => {
      ofLoader = cpuSecondsOf(loader) ?? ofLoader;
    }, 100);
    const [stdout] = await Promise.all([text(loader.stdout), once(loader, 'exit')]);
    clearInterval(watch);
    const seconds = (performance.now() - started) / 1000;
    const after = cpuSecondsOf(region);
    const cpuSeconds =
      before === undefined || after === undefined || ofLoader === undefined
        ? undefined
        : after - before + ofLoader;
    const summary = summarySchema.parse(JSON.parse(stdout));
    return {
      mode,
      records,
      seconds: Math.round(seconds * 10) / 10,
      recordsPerSecond: Math.round(records / seconds),
      cpuMsPerRecord: cpuSeconds && Math.round((cpuSeconds / records) * 10_000) / 10,
      ...summary,
    };
  } finally {
    if (region.exitCode === null) {
      const ended = once(region, 'exit');
      region.kill('SIGINT');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  }
}

const [first = '', ...rest] = process.argv.slice(2);
const records = /^\d+$/.test(first) ? Number(first) : usualRecords;
const named = /^\d+$/.test(first) ? rest : [first, ...rest].filter((mode) => mode !== '');
const figures: LoadFigure[] = [];
for (const mode of named.length > 0 ? named : ['ordinary']) figures.push(await measureLoad(mode, records));
console.log(
  `Node ${process.version}, ${availableParallelism()} CPUs; the region and the loader share the machine, from an empty region`,
);
console.table(figures);
console.log(JSON.stringify({ node: process.version, cpus: availableParallelism(), seed, figures }));
