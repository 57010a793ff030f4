import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { watch } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunFile } from '../../local/cli/run-file.ts';
import { readRunFile } from '../../local/cli/run-file.ts';

/** The project's folder, in which a new user types. */
export const projectDir = fileURLToPath(new URL('../../', import.meta.url));

const program = path.join(projectDir, 'bin', 'towpath.ts');

/** A region that was started as a user starts it. */
export interface RunningProcess {
  readonly run: RunFile;
  /** What it has printed on standard output. */
  printed(): string;
  /** Sends SIGTERM; gives the exit status. */
  stop(): Promise<number | null>;
  /** Ends it at once, as a power failure does. */
  kill(): Promise<void>;
}

/** Starts `towpath start` in a process of its own and waits for `run.json`; rejects when the process ends before. */
export async function startProcess(dataDir: string, ...options: string[]): Promise<RunningProcess> {
  const child = spawn(process.execPath, [program, 'start', '--data', dataDir, '--port', '0', ...options], {
    cwd: projectDir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let complained = '';
  const isPrinted = Promise.withResolvers<void>();
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString('utf8');
    if (printed.includes('Ctrl-C stops it.')) isPrinted.resolve();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complained += chunk.toString('utf8');
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const run = await Promise.race([
    waitForRunFile(dataDir, child),
    ended.then((code) => {
      throw new Error(`towpath start ended with status ${code}\n${complained}`);
    }),
  ]);
  await Promise.race([isPrinted.promise, ended]);
  return {
    run,
    printed: () => printed,
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Watches the data folder for the `run.json` of this process. */
async function waitForRunFile(dataDir: string, { pid }: ChildProcess): Promise<RunFile> {
  const { promise, resolve, reject } = Promise.withResolvers<RunFile>();
  const look = async (): Promise<void> => {
    const run = await readRunFile(dataDir);
    if (run?.pid === pid && run !== undefined) resolve(run);
  };
  const watcher = watch(dataDir, () => void look().catch(reject));
  try {
    await look();
    return await promise;
  } finally {
    watcher.close();
  }
}

/** How a command ended. */
export interface CommandEnd {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one towpath command to its end. */
export function runCommand(...args: string[]): Promise<CommandEnd> {
  return runFile(process.execPath, [program, ...args]);
}

/** Starts a command that goes on until it is stopped. */
export function spawnTowpath(...args: string[]): {
  readonly firstLine: Promise<string>;
  stop(): Promise<number | null>;
} {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: projectDir,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    firstLine: new Promise((resolve, reject) => {
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString('utf8').split('\n')[0] ?? ''));
      child.once('error', reject);
    }),
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** Runs one line as bash does when it is pasted. */
export function runLine(line: string): Promise<CommandEnd> {
  return runFile('bash', ['-c', line]);
}

function runFile(file: string, args: readonly string[]): Promise<CommandEnd> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: projectDir, maxBuffer: 50_000_000 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, out, err });
    });
  });
}
