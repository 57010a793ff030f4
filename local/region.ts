import { createWriteStream } from 'node:fs';
import { access, rename, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { basePath } from '../functions/api/routes.ts';
import type { Caller } from '../functions/domain/access/caller.ts';
import type { RegionPolicy } from '../functions/domain/access/region-policy.ts';
import { logOrigin } from '../functions/domain/audit/checkpoint.ts';
import { loadRegions } from '../lib/config/load-regions.ts';
import { pinLocalKeys } from './audit-log/pin-local-keys.ts';
import { makeFolder } from './cli/make-folder.ts';
import { prepareAssembly, removeOldAssemblies } from './cli/prepare-assembly.ts';
import { regionClient } from './cli/region-client.ts';
import { type RunFile, readRunFile, removeRunFile, writeRunFile } from './cli/run-file.ts';
import { describeStartFailure } from './cli/start-failure.ts';
import { type DemoFile, readDemoFile, writeDemoFile } from './demo/demo-file.ts';
import { issueToken } from './demo/issue-token.ts';
import { seedRegion } from './demo/seed-region.ts';
import { keyParameters, openSigningKey, type SigningKey } from './demo/token-keys.ts';
import { serveDocs } from './docs/serve-docs.ts';
import { describeLimits, startRunner } from './runner/index.ts';

/** How a region is started. */
export interface RegionInput {
  readonly dataDir: string;
  /** Name of a region file of lib/config/regions. */
  readonly region: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Fill an empty data folder with made-up people. */
  readonly withDemo: boolean;
  readonly progress: RegionProgress;
  /** Ends a start that is under way. */
  readonly signal: AbortSignal;
  /** A defect after which the region must not go on. */
  readonly onFatal: (message: string) => void;
}

/** What is said while a region starts. */
export interface RegionProgress {
  step(text: string): void;
  seeding(done: number, total: number): void;
}

/** A region that answers. */
export interface RunningRegion {
  readonly run: RunFile;
  readonly policy: RegionPolicy;
  /** Present when the region holds made-up people. */
  readonly demo: DemoFile | undefined;
  /** What is not pretended, and what of the template is left out. */
  readonly limits: readonly string[];
  readonly logFile: string;
  /** Stops taking requests, lets what runs finish, closes the store and removes `run.json`. */
  stop(): Promise<void>;
}

/** The region, or what happened and what to do about it. */
export type StartResult =
  | { readonly ok: true; readonly region: RunningRegion }
  | { readonly ok: false; readonly message: string; readonly fix: string };

/** One seed makes one set of people; change it to see others. */
const demoSeed = 20_240_917;

const longestLogBytes = 10_000_000;

/** More than the processors can run would only cost memory and time to warm up. */
const workersPerFunction = Math.max(2, availableParallelism());

/** Starts one region on a data folder, from the synthesised template to the first answer. */
export async function startRegion(input: RegionInput): Promise<StartResult> {
  const regions = await loadRegions();
  const policy = regions.get(input.region)?.policy;
  if (!policy)
    return {
      ok: false,
      message: `there is no region ${input.region}`,
      fix: `the regions are ${[...regions.keys()].join(', ')}; a new one is a file in lib/config/regions`,
    };
  try {
    return await startParts(input, policy);
  } catch (error) {
    if (input.signal.aborted)
      return { ok: false, message: 'stopped before it was ready', fix: 'the next start goes on from there' };
    const failure = describeStartFailure(error, input);
    if (!failure) throw error;
    return { ok: false, ...failure };
  }
}

async function startParts(input: RegionInput, policy: RegionPolicy): Promise<StartResult> {
  const { dataDir, progress, region, port } = input;
  await makeFolder(dataDir);
  // The engine's own lock holds one region's store; run.json and the tokens' key are the whole folder's.
  const other = await readRunFile(dataDir);
  if (other && other.region !== region && isRunning(other.pid))
    return {
      ok: false,
      message: `the data folder ${dataDir} is in use: the region ${other.region} runs on it (process ${other.pid})`,
      fix: 'stop it, or name another folder with --data DIR',
    };
  const signingKey = await openSigningKey(dataDir);
  const assembly = await prepareAssembly(dataDir, region, input.signal, () =>
    progress.step('Synthesising the region from lib/ and functions/ (again only when they change)'),
  );
  input.signal.throwIfAborted();
  if (!assembly.ok)
    return { ok: false, message: assembly.message, fix: 'npm run synth shows the same in full' };

  const storeDir = path.join(dataDir, region);
  const planned = await planDemo(input, storeDir);
  const logFile = path.join(dataDir, `${region}.log`);
  await setAsideLog(logFile);
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  // A full disk ends the region by its store, with a message; its log must not end it first, without one.
  log.on('error', () => {});
  let defect: unknown;
  const runner = await startRunner({
    assemblyDir: assembly.assemblyDir,
    stage: region,
    dataDir: storeDir,
    port,
    parameters: await keyParameters(dataDir, policy),
    workersPerFunction,
    onLog: (line) => log.write(`${line}\n`),
    onFatal: (error) => {
      defect ??= error;
      const failure = describeStartFailure(error, input);
      input.onFatal(failure ? `${failure.message}\n  ${failure.fix}` : String(error));
    },
  });
  const stopParts = async (): Promise<void> => {
    await removeRunFile(dataDir);
    await runner.close();
    await new Promise<void>((resolve) => log.end(resolve));
  };

  try {
    await removeOldAssemblies(assembly.assemblyDir, region);
    runner.mount('/docs', serveDocs);
    const baseUrl = `${runner.url}${basePath}`;
    const demo = planned && (await seedDemo(input, policy, signingKey, baseUrl, planned));
    await runner.idle();
    // The audit archive is the bucket with Object Lock.
    const auditLog = runner.buckets.find((bucket) => bucket.hasObjectLock)?.folder;
    if (auditLog === undefined)
      throw new Error('the template has no bucket with Object Lock for the audit archive');
    await pinLocalKeys(storeDir, logOrigin(policy), runner.environments);
    const run: RunFile = {
      baseUrl,
      pid: process.pid,
      region,
      auditLog,
      ready: true,
      worker: workerEnvironment(runner.environments),
    };
    await writeRunFile(dataDir, run);
    return {
      ok: true,
      region: { run, policy, demo, limits: describeLimits(runner.ignored), logFile, stop: stopParts },
    };
  } catch (error) {
    await stopParts();
    // A request that failed because the store did is not what the user should read.
    throw defect ?? error;
  }
}

/** What a worker on this machine needs to work on the region's tables by the functions' own code. */
function workerEnvironment(
  environments: readonly Readonly<Record<string, string>>[],
): Readonly<Record<string, string>> {
  const needed = ['RECORD_TABLE', 'AUDIT_TABLE', 'REGION_SECRET', 'DOCUMENTS_BUCKET', 'INTAKE_QUEUE'];
  const found = environments.find((environment) => needed.every((name) => name in environment));
  if (!found) throw new Error('the template has no function that feeds the record');
  // Of the rest, what says where things are; nothing that would change the worker itself, such as its time zone.
  return Object.fromEntries(
    Object.entries(found).filter(
      ([name]) => needed.includes(name) || name === 'LAMBDA_TASK_ROOT' || name.startsWith('AWS_'),
    ),
  );
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** A log that has grown is kept once under another name; the region's own audit log is elsewhere. */
async function setAsideLog(logFile: string): Promise<void> {
  const details = await stat(logFile).catch(() => undefined);
  if (details && details.size > longestLogBytes) await rename(logFile, `${logFile}.old`);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/**
 * The made-up people of a data folder: those that it holds, or those that an empty folder is to get. The plan is written
 * down before anything is stored, so that a start that fails half-way is made good by the next one.
 */
async function planDemo(
  { dataDir, region, withDemo }: RegionInput,
  storeDir: string,
): Promise<DemoFile | undefined> {
  const held = await readDemoFile(dataDir, region);
  if (held || !withDemo || (await exists(storeDir))) return held;
  const planned: DemoFile = { state: 'seeding', seed: demoSeed, madeAt: Date.now(), heroes: {} };
  await writeDemoFile(dataDir, region, planned);
  return planned;
}

/** Seeds what is planned; a seeding that was interrupted goes on. */
async function seedDemo(
  { dataDir, progress, region, signal }: RegionInput,
  policy: RegionPolicy,
  signingKey: SigningKey,
  baseUrl: string,
  planned: DemoFile,
): Promise<DemoFile> {
  if (planned.state === 'seeded') return planned;
  let total = 0;
  const heroes = await seedRegion({
    policy,
    client: regionClient(baseUrl),
    tokenFor: (caller: Caller) => issueToken(signingKey, policy, caller, Date.now()),
    seed: planned.seed,
    now: planned.madeAt,
    signal,
    onStart(recordCount) {
      total = recordCount;
      progress.step(`Seeding made-up people: ${total} records through the API`);
    },
    onRecord: (done) => progress.seeding(done, total),
  });
  const seeded: DemoFile = { ...planned, state: 'seeded', heroes: Object.fromEntries(heroes) };
  await writeDemoFile(dataDir, region, seeded);
  return seeded;
}
