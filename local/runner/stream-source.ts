import { readBatchResult } from './batch-response.ts';
import type { EventFilter } from './event-filter.ts';
import type { EventLoop, LoopTurn } from './event-loop.ts';
import { pauseBeforeRetry, startEventLoop } from './event-loop.ts';
import type { FunctionPool } from './function-pool.ts';

/** One change of a table. */
export interface StreamRecord {
  readonly sequenceNumber: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** As a function gets it, without the stream's ARN. */
  readonly event: object;
}

/** The changes of one table in order, and how far this consumer has got. */
export interface StreamFeed {
  read(after: string | undefined, limit: number): Promise<readonly StreamRecord[]>;
  onAppend(listener: () => void): () => void;
  getCheckpoint(): Promise<string | undefined>;
  setCheckpoint(sequenceNumber: string): Promise<void>;
}

/** Why records were given up. */
export type DiscardReason = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

interface StreamSourceInput {
  readonly feed: StreamFeed;
  readonly streamArn: string;
  readonly pool: FunctionPool;
  /** The event filter: what it leaves out is passed over without an invocation. */
  readonly isWanted: EventFilter;
  readonly batchSize: number;
  /** How long a batch that is not full waits for more. */
  readonly windowMilliseconds: number;
  readonly startsAtEnd: boolean;
  readonly reportsFailures: boolean;
  readonly bisects: boolean;
  /** -1 for without end. */
  readonly maximumRetries: number;
  readonly maximumAgeSeconds: number;
  /** Takes records that were given up, as the text of a message. */
  readonly onDiscard: ((message: string) => void) | undefined;
  readonly functionArn: string;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly onDefect: (error: unknown) => void;
}

/** Records that are read at a time, at most: a filter may pass over most of them. */
const mostAtATime = 1000;

/** Reads in one turn, so that one which finds nothing wanted ends and moves the checkpoint. */
const readsATurn = 10;

interface Segment {
  readonly records: readonly StreamRecord[];
  readonly attempts: number;
}

interface Gathered {
  readonly wanted: readonly StreamRecord[];
  readonly last: StreamRecord | undefined;
  readonly isAtEnd: boolean;
}

/**
 * Delivers a table's stream to a function in order, one batch at a time and at least once: the checkpoint moves only
 * over records that were taken or given up.
 */
export function startStreamSource(input: StreamSourceInput): EventLoop {
  const { feed, clock } = input;
  let started = false;

  function discard(segment: Segment, reason: DiscardReason): void {
    const [first] = segment.records;
    const last = segment.records.at(-1);
    if (first === undefined || last === undefined) return;
    input.onDiscard?.(
      JSON.stringify({
        version: '1.0',
        timestamp: new Date(clock()).toISOString(),
        requestContext: {
          functionArn: input.functionArn,
          condition: reason,
          approximateInvokeCount: segment.attempts,
        },
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        DDBStreamBatchInfo: {
          shardId: 'shardId-00000000000000000000-00000000',
          startSequenceNumber: first.sequenceNumber,
          endSequenceNumber: last.sequenceNumber,
          approximateArrivalOfFirstRecord: new Date(first.createdAt).toISOString(),
          approximateArrivalOfLastRecord: new Date(last.createdAt).toISOString(),
          batchSize: segment.records.length,
          streamArn: input.streamArn,
        },
      }),
    );
  }

  async function pass(records: readonly StreamRecord[]): Promise<void> {
    const last = records.at(-1);
    if (last !== undefined) await feed.setCheckpoint(last.sequenceNumber);
  }

  /** The index of the first record that was not taken; undefined when all were. */
  async function invoke(records: readonly StreamRecord[]): Promise<number | undefined> {
    const event = {
      Records: records.map((record) => ({ ...record.event, eventSourceARN: input.streamArn })),
    };
    const outcome = await input.pool.invoke(JSON.stringify(event));
    const numbers = records.map(({ sequenceNumber }) => sequenceNumber);
    const result = readBatchResult(outcome, input.reportsFailures, numbers);
    if (result.kind === 'all-taken') return undefined;
    if (result.kind === 'all-failed') return 0;
    return numbers.findIndex((number) => result.identifiers.has(number));
  }

  function isTooOld(record: StreamRecord): boolean {
    return input.maximumAgeSeconds >= 0 && clock() - record.createdAt > input.maximumAgeSeconds * 1000;
  }

  async function deliver(batch: readonly StreamRecord[], { pause, isClosed }: LoopTurn): Promise<void> {
    const segments: Segment[] = [{ records: batch, attempts: 0 }];
    for (;;) {
      const segment = segments.shift();
      if (segment === undefined || segment.records.length === 0 || isClosed()) return;
      const young = segment.records.findIndex((record) => !isTooOld(record));
      const oldCount = young === -1 ? segment.records.length : young;
      if (oldCount > 0) {
        const old = segment.records.slice(0, oldCount);
        discard({ records: old, attempts: segment.attempts }, 'RecordAgeExceeded');
        await pass(old);
        if (oldCount < segment.records.length) {
          segments.unshift({ records: segment.records.slice(oldCount), attempts: segment.attempts });
        }
        continue;
      }
      await pause(pauseBeforeRetry(segment.attempts));
      if (isClosed()) return;
      const failedAt = await invoke(segment.records);
      // A worker that was ended by the closing runner has refused nothing.
      if (failedAt !== undefined && isClosed()) return;
      if (failedAt === undefined) {
        await pass(segment.records);
        continue;
      }
      await pass(segment.records.slice(0, failedAt));
      const rest = segment.records.slice(failedAt);
      const attempts = failedAt > 0 ? 1 : segment.attempts + 1;
      const exhausted = input.maximumRetries >= 0 && attempts > input.maximumRetries;
      if (input.bisects && rest.length > 1 && (failedAt === 0 || exhausted)) {
        // Halving costs no attempt: at its end one record stands alone, and only that one is given up.
        const middle = Math.ceil(rest.length / 2);
        segments.unshift(
          { records: rest.slice(0, middle), attempts: segment.attempts },
          { records: rest.slice(middle), attempts: segment.attempts },
        );
      } else if (exhausted) {
        discard({ records: rest, attempts }, 'RetryAttemptsExhausted');
        await pass(rest);
      } else {
        segments.unshift({ records: rest, attempts });
      }
    }
  }

  /** Reads on until a batch of wanted records is full, or the stream's end; `last` is the last record looked at. */
  async function gather(after: string | undefined, before: Gathered): Promise<Gathered> {
    const wanted = [...before.wanted];
    let { last } = before;
    let position = after;
    // As many as are wanted at first, then more each time: without a filter nothing is read twice.
    let limit = input.batchSize;
    for (let read = 0; read < readsATurn; read += 1) {
      const records = await feed.read(position, limit);
      for (const record of records) {
        if (wanted.length >= input.batchSize) return { wanted, last, isAtEnd: false };
        if (input.isWanted(record.event)) wanted.push(record);
        last = record;
      }
      if (records.length < limit) return { wanted, last, isAtEnd: true };
      position = last?.sequenceNumber;
      limit = Math.min(limit * 2, Math.max(mostAtATime, input.batchSize));
    }
    return { wanted, last, isAtEnd: false };
  }

  async function skipToEnd(): Promise<void> {
    for (;;) {
      const records = await feed.read(await feed.getCheckpoint(), 1000);
      if (records.length === 0) return;
      await pass(records);
    }
  }

  return startEventLoop(
    async (turn) => {
      const checkpoint = await feed.getCheckpoint();
      if (!started) {
        started = true;
        if (checkpoint === undefined && input.startsAtEnd) await skipToEnd();
      }
      const after = await feed.getCheckpoint();
      let found = await gather(after, { wanted: [], last: undefined, isAtEnd: false });
      if (found.last === undefined) return 'nothing';
      if (found.isAtEnd && found.wanted.length < input.batchSize && input.windowMilliseconds > 0) {
        await turn.linger(input.windowMilliseconds);
        found = await gather(found.last.sequenceNumber, found);
      }
      await deliver(found.wanted, turn);
      if (!turn.isClosed() && found.last) await pass([found.last]);
      return 'worked';
    },
    (wake) => feed.onAppend(wake),
    input.onDefect,
  );
}
