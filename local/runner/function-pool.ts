import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import type { WorkerCommand, WorkerInvocation, WorkerMessage, WorkerStart } from './lambda-protocol.ts';

/** One deployed function. */
export interface LambdaFunction {
  readonly name: string;
  readonly arn: string;
  /** Absolute path of the module, and the name that it exports. */
  readonly module: string;
  readonly exportName: string;
  readonly memoryMegabytes: number;
  readonly timeoutMilliseconds: number;
  /** The whole environment: nothing of this process's own is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** Most workers at a time. */
  readonly concurrency: number;
}

/** How an invocation ended. */
export type InvocationOutcome =
  | { readonly kind: 'returned'; readonly payload: string }
  /** The handler threw, or its module did not load. */
  | { readonly kind: 'failed'; readonly errorType: string; readonly errorMessage: string }
  /** The worker ended under it: `process.exit`, an unhandled rejection, out of memory. */
  | { readonly kind: 'crashed'; readonly reason: string }
  | { readonly kind: 'timed-out'; readonly afterMilliseconds: number };

/** Runs the events of one function. */
export interface FunctionPool {
  /**
   * Runs one event. `limitMilliseconds` shortens the function's own timeout, never lengthens it, and bounds the wait for
   * a free worker too; without it an event waits as long as it must.
   */
  invoke(
    payload: string,
    options?: {
      readonly requestId?: string;
      readonly traceId?: string;
      readonly limitMilliseconds?: number;
      readonly arn?: string;
    },
  ): Promise<InvocationOutcome>;
  /** Ends the workers that have been idle since before `since` (epoch milliseconds). */
  trim(since: number): Promise<void>;
  readonly workerCount: number;
  /** How many events were given to the pool so far. */
  readonly invocationCount: number;
  close(): Promise<void>;
}

/** Lambda gives a module ten seconds to load before the first event. */
const initLimitMilliseconds = 10_000;
const flushLimitMilliseconds = 500;

interface Job {
  readonly invocation: Omit<WorkerInvocation, 'deadline'>;
  readonly limitMilliseconds: number;
  readonly settle: (outcome: InvocationOutcome) => void;
}

interface Member {
  readonly worker: Worker;
  state: 'starting' | 'idle' | 'busy' | 'ended';
  idleSince: number;
  job: Job | undefined;
  timer: NodeJS.Timeout | undefined;
}

function forwardLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}

/** Starts a pool with no workers: the first event starts the first one. */
export function createFunctionPool(fn: LambdaFunction, onLog: (line: string) => void): FunctionPool {
  const members = new Set<Member>();
  const waiting: Job[] = [];
  let closed = false;
  let invocationCount = 0;

  const warn = (message: string): void => {
    onLog(JSON.stringify({ level: 'WARN', service: 'local-runner', function_name: fn.name, message }));
  };

  function end(member: Member): Promise<number> {
    member.state = 'ended';
    clearTimeout(member.timer);
    members.delete(member);
    return member.worker.terminate();
  }

  /** Ends an idle worker after its last output has come over, which terminating alone would lose. */
  async function retire(member: Member): Promise<void> {
    member.state = 'ended';
    members.delete(member);
    const flush: WorkerCommand = { kind: 'flush' };
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, flushLimitMilliseconds);
      const finish = (): void => {
        clearTimeout(timer);
        resolve();
      };
      member.worker.on('message', (message: WorkerMessage) => {
        if (message.kind === 'flushed') finish();
      });
      member.worker.once('exit', finish);
      member.worker.postMessage(flush);
    });
    await member.worker.terminate();
  }

  /** Gives the member's event its outcome; nothing when it has none. */
  function settle(member: Member, outcome: InvocationOutcome): void {
    clearTimeout(member.timer);
    const { job } = member;
    member.job = undefined;
    job?.settle(outcome);
  }

  /** A worker that cannot go on: its event, or else one that waits for it, fails with it. */
  function fail(member: Member, outcome: InvocationOutcome): void {
    if (member.state === 'ended') return;
    if (member.job === undefined && member.state === 'starting') waiting.shift()?.settle(outcome);
    settle(member, outcome);
    void end(member);
    pump();
  }

  function dispatch(member: Member, job: Job): void {
    member.state = 'busy';
    member.job = job;
    member.timer = setTimeout(() => {
      warn(`Task timed out after ${(job.limitMilliseconds / 1000).toFixed(2)} seconds`);
      fail(member, { kind: 'timed-out', afterMilliseconds: job.limitMilliseconds });
    }, job.limitMilliseconds);
    const invocation: WorkerInvocation = { ...job.invocation, deadline: Date.now() + job.limitMilliseconds };
    const command: WorkerCommand = { kind: 'invoke', invocation };
    member.worker.postMessage(command);
  }

  function rest(member: Member): void {
    member.state = 'idle';
    member.idleSince = Date.now();
    const next = waiting.shift();
    if (next !== undefined) dispatch(member, next);
  }

  function onMessage(member: Member, message: WorkerMessage): void {
    if (member.state === 'ended') return;
    switch (message.kind) {
      case 'flushed':
        return;
      case 'ready':
        clearTimeout(member.timer);
        rest(member);
        return;
      case 'returned':
        settle(member, message);
        rest(member);
        return;
      case 'failed':
        warn(`${message.errorType}: ${message.errorMessage}\n${message.stack}`.trimEnd());
        settle(member, {
          kind: 'failed',
          errorType: message.errorType,
          errorMessage: message.errorMessage,
        });
        rest(member);
        return;
      case 'init-failed':
        warn(`init failed: ${message.errorType}: ${message.errorMessage}`);
        fail(member, { kind: 'failed', errorType: message.errorType, errorMessage: message.errorMessage });
    }
  }

  function startWorker(): void {
    const start: WorkerStart = {
      module: fn.module,
      exportName: fn.exportName,
      functionName: fn.name,
      memoryMegabytes: fn.memoryMegabytes,
      logGroupName: `/aws/lambda/${fn.name}`,
      logStreamName: `local/[$LATEST]${randomUUID().replaceAll('-', '')}`,
    };
    const worker = new Worker(new URL('./lambda-worker.ts', import.meta.url), {
      workerData: start,
      env: { ...fn.environment, AWS_LAMBDA_LOG_STREAM_NAME: start.logStreamName },
      argv: [],
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: fn.memoryMegabytes },
    });
    const member: Member = { worker, state: 'starting', idleSince: 0, job: undefined, timer: undefined };
    members.add(member);
    member.timer = setTimeout(() => {
      fail(member, { kind: 'crashed', reason: 'the module did not load within ten seconds' });
    }, initLimitMilliseconds);
    forwardLines(worker.stdout, onLog);
    forwardLines(worker.stderr, onLog);
    worker.on('message', (message: WorkerMessage) => {
      onMessage(member, message);
    });
    worker.on('error', (error) => {
      if (member.state !== 'ended') warn(`worker crashed: ${error instanceof Error ? error.message : error}`);
      fail(member, { kind: 'crashed', reason: String(error) });
    });
    worker.on('exit', (code) => {
      if (member.state !== 'ended') warn(`worker exited with status ${code}`);
      fail(member, { kind: 'crashed', reason: `exited with status ${code}` });
    });
  }

  /** Starts as many workers as events wait for, up to the function's concurrency. */
  function pump(): void {
    if (closed) return;
    let starting = 0;
    for (const member of members) {
      if (member.state === 'starting') starting += 1;
      if (member.state === 'idle') {
        const next = waiting.shift();
        if (next !== undefined) dispatch(member, next);
      }
    }
    while (starting < waiting.length && members.size < fn.concurrency) {
      startWorker();
      starting += 1;
    }
  }

  return {
    invoke(payload, options = {}) {
      if (closed) return Promise.resolve({ kind: 'crashed', reason: 'the runner is closing' });
      invocationCount += 1;
      return new Promise((resolve) => {
        const { limitMilliseconds } = options;
        const job: Job = {
          invocation: {
            payload,
            requestId: options.requestId ?? randomUUID(),
            functionArn: options.arn ?? fn.arn,
            traceId: options.traceId ?? '',
          },
          limitMilliseconds: Math.min(fn.timeoutMilliseconds, limitMilliseconds ?? Infinity),
          settle: (outcome) => {
            clearTimeout(waitTimer);
            resolve(outcome);
          },
        };
        const waitTimer =
          limitMilliseconds === undefined
            ? undefined
            : setTimeout(() => {
                const index = waiting.indexOf(job);
                if (index === -1) return;
                waiting.splice(index, 1);
                resolve({ kind: 'timed-out', afterMilliseconds: limitMilliseconds });
              }, limitMilliseconds);
        waiting.push(job);
        pump();
      });
    },
    async trim(since) {
      const ending = [...members].filter((member) => member.state === 'idle' && member.idleSince < since);
      await Promise.all(ending.map(retire));
    },
    get workerCount() {
      return members.size;
    },
    get invocationCount() {
      return invocationCount;
    },
    async close() {
      closed = true;
      for (const job of waiting.splice(0)) job.settle({ kind: 'crashed', reason: 'the runner is closing' });
      await Promise.all(
        [...members].map((member) => {
          if (member.state === 'idle') return retire(member);
          settle(member, { kind: 'crashed', reason: 'the runner is closing' });
          return end(member);
        }),
      );
    },
  };
}
