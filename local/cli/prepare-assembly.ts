import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFolder } from './make-folder.ts';

const projectDir = fileURLToPath(new URL('../../', import.meta.url));

/** What the synthesised assembly is made from. */
const sources = ['lib', 'functions', 'bin/app.ts', 'cdk.json', 'package-lock.json'];

/** The assembly of one Stage, or why there is none. */
export type PreparedAssembly =
  | { readonly ok: true; readonly assemblyDir: string; readonly wasSynthesised: boolean }
  | { readonly ok: false; readonly message: string };

/**
 * The synthesised assembly of a region's Stage in the data folder: made by the CDK app in a process of its own, and again
 * only when the sources have changed. Each state of the sources has a folder of its own, so that a region that runs keeps
 * its code.
 */
export async function prepareAssembly(
  dataDir: string,
  stage: string,
  signal: AbortSignal,
  onSynthesis: () => void,
): Promise<PreparedAssembly> {
  const folder = path.join(dataDir, 'assembly');
  const assemblyDir = path.join(folder, `${stage}-${(await digestSources()).slice(0, 16)}`);
  if (await exists(assemblyDir)) return { ok: true, assemblyDir, wasSynthesised: false };

  onSynthesis();
  await makeFolder(folder);
  const partial = `${assemblyDir}.${process.pid}.partial`;
  const failure = await synthesise(stage, partial, signal);
  if (failure !== undefined) {
    await rm(partial, { recursive: true, force: true });
    if (failure.includes('ENOSPC')) throw Object.assign(new Error(failure), { code: 'ENOSPC' });
    return { ok: false, message: failure };
  }
  // Another start may have made the same at the same time: then its assembly stands, for the two are equal.
  await rename(partial, assemblyDir).catch((error: unknown) => tolerateExisting(error, partial));
  return { ok: true, assemblyDir, wasSynthesised: true };
}

/** Removes the assemblies of former sources; call it only while holding the data folder. */
export async function removeOldAssemblies(assemblyDir: string, stage: string): Promise<void> {
  const folder = path.dirname(assemblyDir);
  for (const name of await readdir(folder))
    if (name.startsWith(`${stage}-`) && name !== path.basename(assemblyDir))
      await rm(path.join(folder, name), { recursive: true, force: true });
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function tolerateExisting(error: unknown, partial: string): Promise<void> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  await rm(partial, { recursive: true, force: true });
}

/** A digest of every source file's name and content. */
async function digestSources(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    const files = source.includes('.') ? [source] : await listFiles(source);
    for (const file of files.sort()) {
      hash.update(`${file}\n`);
      hash.update(await readFile(path.join(projectDir, file)));
    }
  }
  return hash.digest('hex');
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(path.join(projectDir, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(projectDir, path.join(entry.parentPath, entry.name)));
}

/** Runs the CDK app; gives what it wrote to standard error when it failed. */
function synthesise(stage: string, outdir: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['bin/app.ts', stage], {
      cwd: projectDir,
      signal,
      env: { ...process.env, CDK_OUTDIR: path.resolve(outdir), TOWPATH_CHECK_SCHEMAS: 'no' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors = `${errors}${chunk.toString('utf8')}`.slice(-4000);
    });
    child.on('error', reject);
    child.on('close', (code) =>
      resolve(code === 0 ? undefined : `the CDK app could not be synthesised\n${errorMessageIn(errors)}`),
    );
  });
}

/** The message of the error with which a Node process ended, without the places in its code. */
function errorMessageIn(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
  const first = Math.max(
    0,
    lines.findIndex((line) => /^\w*Error\b/.test(line)),
  );
  const rest = lines.slice(first);
  const end = rest.findIndex((line) => line.startsWith('Node.js v') || line.endsWith('{'));
  return rest
    .slice(0, end === -1 ? undefined : end + 1)
    .join('\n')
    .replace(/ \{$|\nNode\.js v.*$/, '');
}
