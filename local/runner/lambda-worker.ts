/** Runs in a worker thread: loads one handler and calls it with one event at a time, as the Lambda runtime does. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerCommand, WorkerInvocation, WorkerMessage, WorkerStart } from './lambda-protocol.ts';

const start: WorkerStart = workerData;

function say(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

function describe(kind: 'init-failed' | 'failed', error: unknown): WorkerMessage {
  if (error instanceof Error) {
    return { kind, errorType: error.name, errorMessage: error.message, stack: error.stack ?? '' };
  }
  // Lambda gives a thrown text as the message itself: `throw 'Unauthorized'` is how an authoriser refuses.
  return { kind, errorType: typeof error, errorMessage: String(error), stack: '' };
}

/** A write calls back once the other side has read it and all before it. */
async function flush(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise((resolve) => {
      stream.write('', resolve);
    });
  }
  say({ kind: 'flushed' });
}

async function run(handler: (event: unknown, context: object) => unknown, invocation: WorkerInvocation) {
  process.env._X_AMZN_TRACE_ID = invocation.traceId;
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionName: start.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: invocation.functionArn,
    memoryLimitInMB: String(start.memoryMegabytes),
    awsRequestId: invocation.requestId,
    logGroupName: start.logGroupName,
    logStreamName: start.logStreamName,
    getRemainingTimeInMillis: () => Math.max(0, invocation.deadline - Date.now()),
  };
  try {
    const result: unknown = await handler(JSON.parse(invocation.payload), context);
    say({ kind: 'returned', payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    say(describe('failed', error));
  }
}

try {
  const loaded: Record<string, unknown> = await import(pathToFileURL(start.module).href);
  const handler = loaded[start.exportName];
  if (typeof handler !== 'function') throw new Error(`the module does not export ${start.exportName}`);
  parentPort?.on('message', (command: WorkerCommand) => {
    if (command.kind === 'flush') void flush();
    else void run((event, context) => handler(event, context), command.invocation);
  });
  say({ kind: 'ready' });
} catch (error) {
  say(describe('init-failed', error));
}
