import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { FunctionPool } from './function-pool.ts';
import type { LogFilter } from './log-filter.ts';

/** Lines of a log group that go to a function. */
export interface LogSubscription {
  readonly name: string;
  readonly filter: LogFilter;
  readonly pool: FunctionPool;
  /** Tries after the first: an asynchronous invocation has two unless configured otherwise. */
  readonly retries: number;
  /** Takes the event when every try failed: the function's dead-letter queue. */
  readonly onGivenUp: ((event: string) => void) | undefined;
}

/** One log group: keeps the newest lines and hands those that match on. */
export interface LogGroup {
  /** Appends one line; `now` in epoch milliseconds. */
  append(line: string, now: number): void;
  /** The newest lines, oldest first. */
  readonly newest: readonly string[];
  /** Resolves when every line appended so far has been handed on. */
  idle(): Promise<void>;
}

const keptLines = 1_000;

/** The event that CloudWatch Logs sends: base64 of gzip of JSON. */
function wrapLogEvents(
  groupName: string,
  filterName: string,
  account: string,
  line: string,
  now: number,
): string {
  const id = createHash('sha256').update(line).digest('hex').slice(0, 56);
  const data = {
    messageType: 'DATA_MESSAGE',
    owner: account,
    logGroup: groupName,
    logStream: 'local',
    subscriptionFilters: [filterName],
    logEvents: [{ id, timestamp: now, message: line }],
  };
  return JSON.stringify({ awslogs: { data: gzipSync(JSON.stringify(data)).toString('base64') } });
}

interface LogGroupInput {
  readonly name: string;
  readonly account: string;
  readonly subscriptions: readonly LogSubscription[];
  /** Where lines are appended too; undefined keeps them in memory only. */
  readonly file: string | undefined;
  readonly onLost: (message: string) => void;
}

/** Makes an empty log group. */
export function createLogGroup(input: LogGroupInput): LogGroup {
  const newest: string[] = [];
  const deliveries = new Set<Promise<void>>();

  async function deliver(subscription: LogSubscription, line: string, now: number): Promise<void> {
    const event = wrapLogEvents(input.name, subscription.name, input.account, line, now);
    for (let attempt = 0; attempt <= subscription.retries; attempt += 1) {
      const outcome = await subscription.pool.invoke(event);
      if (outcome.kind === 'returned') return;
    }
    if (subscription.onGivenUp !== undefined) subscription.onGivenUp(event);
    else input.onLost(`a log line of ${input.name} was not taken by ${subscription.name} and is dropped`);
  }

  return {
    append(line, now) {
      newest.push(line);
      if (newest.length > keptLines) newest.shift();
      if (input.file !== undefined) appendFileSync(input.file, `${line}\n`, { mode: 0o600 });
      for (const subscription of input.subscriptions) {
        if (!subscription.filter(line)) continue;
        const delivery = deliver(subscription, line, now).finally(() => {
          deliveries.delete(delivery);
        });
        deliveries.add(delivery);
      }
    },
    newest,
    async idle() {
      while (deliveries.size > 0) await Promise.all(deliveries);
    },
  };
}
