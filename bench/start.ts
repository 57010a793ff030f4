import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatTable } from '../local/cli/format-table.ts';

/*
 * How long a user waits for `npm start`: from the command to the line that says ready, each run in a process of its own.
 *
 *   node bench/start.ts [--runs 5] [--json]
 */

const program = fileURLToPath(new URL('../bin/towpath.ts', import.meta.url));

const { values } = parseArgs({ options: { runs: { type: 'string' }, json: { type: 'boolean' } } });
const runs = Number(values.runs ?? '5');
if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs takes a whole number from 1');

/** Starts a region, waits until it says that it is ready, and stops it; gives the seconds until ready. */
async function timeStart(dataDir: string): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [program, 'start', '--data', dataDir, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ready = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  const first = await Promise.race([ready.then(() => 'ready' as const), ended]);
  const seconds = (performance.now() - startedAt) / 1000;
  if (first !== 'ready') throw new Error(`towpath start ended with status ${first}`);
  child.kill('SIGTERM');
  await ended;
  return seconds;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

const seconds = { fresh: [] as number[], freshWithAssembly: [] as number[], restart: [] as number[] };
const folder = await mkdtemp(path.join(tmpdir(), 'towpath-bench-start-'));
try {
  for (let run = 0; run < runs; run += 1) {
    const first = path.join(folder, `first-${run}`);
    seconds.fresh.push(await timeStart(first));
    const second = path.join(folder, `second-${run}`);
    await cp(path.join(first, 'assembly'), path.join(second, 'assembly'), { recursive: true });
    seconds.freshWithAssembly.push(await timeStart(second));
    seconds.restart.push(await timeStart(second));
    await rm(first, { recursive: true });
    await rm(second, { recursive: true });
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

const rows = [
  { start: 'fresh: synthesise, seed', runs: seconds.fresh },
  { start: 'fresh data, assembly at hand: seed', runs: seconds.freshWithAssembly },
  { start: 'restart on existing data', runs: seconds.restart },
].map(({ runs: taken, start }) => ({
  start,
  medianSeconds: Number(median(taken).toFixed(2)),
  worstSeconds: Number(Math.max(...taken).toFixed(2)),
}));

if (values.json) process.stdout.write(`${JSON.stringify({ runs, node: process.version, starts: rows })}\n`);
else
  process.stdout.write(
    `${formatTable([
      ['START', 'MEDIAN (S)', 'WORST (S)'],
      ...rows.map(({ medianSeconds, start, worstSeconds }) => [
        start,
        String(medianSeconds),
        String(worstSeconds),
      ]),
    ])}\n`,
  );
