import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caller } from '../../functions/domain/access/caller.ts';
import { callerOf } from '../../local/demo/callers.ts';
import { issueToken } from '../../local/demo/issue-token.ts';
import { openSigningKey } from '../../local/demo/token-keys.ts';
import { startRegion } from '../../local/region.ts';

/** Users who ask in turn: so many that none spends a quota of 120 matches a minute. */
const usersInTurn = 40;

/** A region that this process runs. */
export interface BenchRegion {
  readonly region: Extract<Awaited<ReturnType<typeof startRegion>>, { ok: true }>['region'];
  readonly tokenOf: (caller: Caller) => Promise<string>;
  /** Tokens of clinicians of one trust, as many as measuring asks for. */
  readonly clinicians: () => Promise<string[]>;
}

/** Starts the London region on an empty data folder, in a child of {@link withRegionProcess}; it stops with its parent. */
export async function startBenchRegion(dataDir: string, withDemo: boolean): Promise<BenchRegion> {
  const started = await startRegion({
    dataDir,
    region: 'london',
    port: 0,
    withDemo,
    signal: new AbortController().signal,
    progress: { step: (text) => console.error(text), seeding: () => {} },
    onFatal: (message) => console.error(message),
  });
  if (!started.ok) throw new Error(started.message);
  process.on('disconnect', () => void started.region.stop());
  const { policy } = started.region;
  const key = await openSigningKey(dataDir);
  const tokenOf = (caller: Caller) => issueToken(key, policy, caller, Date.now());
  return {
    region: started.region,
    tokenOf,
    clinicians: () => {
      const clinician = callerOf(policy, 'clinician', randomUUID());
      if (!clinician.ok) throw new Error(clinician.reason);
      return Promise.all(
        Array.from({ length: usersInTurn }, (_, user) =>
          tokenOf({ ...clinician.caller, subject: `bench-${user}` }),
        ),
      );
    },
  };
}

/** Runs `script` as a process of its own with `serve` and an empty data folder, and measures what it says of itself. */
export async function withRegionProcess<Result>(
  script: string,
  measure: (said: unknown) => Promise<Result>,
): Promise<Result> {
  const dataDir = await mkdtemp(join(tmpdir(), 'region-bench-'));
  try {
    const { child, said } = await startChild(script, dataDir);
    try {
      return await measure(said);
    } finally {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function startChild(script: string, dataDir: string): Promise<{ child: ChildProcess; said: unknown }> {
  const child = fork(script, ['serve', dataDir], { stdio: ['ignore', 2, 2, 'ipc'] });
  const answered = once(child, 'message').then(([message]) => message as unknown);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the region ended with status ${code}`);
  });
  const said = await Promise.race([answered, ended]);
  ended.catch(() => {});
  return { child, said };
}
