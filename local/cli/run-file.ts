import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';

const runSchema = z.object({
  /** Ends in `/FHIR/R4`. */
  baseUrl: z.url(),
  pid: z.number().int(),
  region: z.string(),
  /** The folder of the verifiable log. */
  auditLog: z.string(),
  ready: z.literal(true),
  /** The environment in which code of `functions` works on this region's tables: for operators' tools beside the API. */
  worker: z.record(z.string(), z.string()).default({}),
});

/** What `run.json` of a data folder says about the region that runs on it. */
export type RunFile = z.infer<typeof runSchema>;

const targetSchema = z.object({ baseUrl: z.url(), region: z.string(), stage: z.string() });

/** What `target.json` of a data folder says about a region that was deployed from it to an emulator. */
export type TargetFile = z.infer<typeof targetSchema>;

/** A region that commands can talk to. */
export interface ReachableRegion {
  readonly baseUrl: string;
  readonly region: string;
  /** Absent for a deployed region. */
  readonly run?: RunFile;
}

const runFileName = 'run.json';
const targetFileName = 'target.json';

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

async function writeJson(file: string, value: object): Promise<void> {
  const partial = `${file}.${randomUUID()}.partial`;
  await writeFile(partial, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  // A reader sees the whole file or none.
  await rename(partial, file);
}

/** Says that a region runs on this data folder. */
export function writeRunFile(dataDir: string, run: RunFile): Promise<void> {
  return writeJson(path.join(dataDir, runFileName), run);
}

/** Reads `run.json`; undefined when it is not there or is not whole. It can be left over from a process that was killed. */
export async function readRunFile(dataDir: string): Promise<RunFile | undefined> {
  const parsed = runSchema.safeParse(await readJson(path.join(dataDir, runFileName)));
  return parsed.success ? parsed.data : undefined;
}

/** Says that no region runs any more. */
export function removeRunFile(dataDir: string): Promise<void> {
  return rm(path.join(dataDir, runFileName), { force: true });
}

/** Remembers where a region was deployed to, so that other commands reach it. */
export function writeTargetFile(dataDir: string, target: TargetFile): Promise<void> {
  return writeJson(path.join(dataDir, targetFileName), target);
}

/** The region behind a data folder: the one that runs on it, else the one that was deployed from it. */
export async function findRegion(dataDir: string): Promise<ReachableRegion | undefined> {
  const run = await readRunFile(dataDir);
  if (run) return { baseUrl: run.baseUrl, region: run.region, run };
  const target = targetSchema.safeParse(await readJson(path.join(dataDir, targetFileName)));
  return target.success ? { baseUrl: target.data.baseUrl, region: target.data.region } : undefined;
}
