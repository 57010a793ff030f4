import { createHash } from 'node:crypto';
import type { Queue, QueueMessage } from '../aws/queue.ts';
import { readBatchResult } from './batch-response.ts';
import type { EventLoop } from './event-loop.ts';
import { pauseBeforeRetry, startEventLoop } from './event-loop.ts';
import type { FunctionPool } from './function-pool.ts';

interface QueueSourceInput {
  readonly queue: Queue;
  readonly pool: FunctionPool;
  readonly batchSize: number;
  readonly reportsFailures: boolean;
  readonly region: string;
  readonly onDefect: (error: unknown) => void;
}

function toRecord(message: QueueMessage, queue: Queue, region: string): object {
  return {
    messageId: message.id,
    receiptHandle: message.id,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAt),
      SenderId: 'local',
      ApproximateFirstReceiveTimestamp: String(message.sentAt),
      ...(message.group !== undefined && {
        MessageGroupId: message.group,
        MessageDeduplicationId: message.deduplicationId,
      }),
    },
    messageAttributes: {},
    md5OfBody: createHash('md5').update(message.body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: queue.arn,
    awsRegion: region,
  };
}

/** Delivers a queue to a function, one batch at a time; what fails comes again until the queue gives it up. */
export function startQueueSource(input: QueueSourceInput): EventLoop {
  const { queue } = input;
  let failuresInARow = 0;
  return startEventLoop(
    async ({ pause }) => {
      const messages = queue.receive(input.batchSize);
      if (messages.length === 0) return 'nothing';
      const event = { Records: messages.map((message) => toRecord(message, queue, input.region)) };
      const outcome = await input.pool.invoke(JSON.stringify(event));
      const result = readBatchResult(
        outcome,
        input.reportsFailures,
        messages.map(({ id }) => id),
      );
      let failed = 0;
      for (const { id } of messages) {
        const taken =
          result.kind === 'all-taken' || (result.kind === 'some-failed' && !result.identifiers.has(id));
        if (taken) {
          queue.delete(id);
        } else {
          failed += 1;
          queue.release(id);
        }
      }
      failuresInARow = failed === 0 ? 0 : failuresInARow + 1;
      await pause(pauseBeforeRetry(failuresInARow));
      return 'worked';
    },
    (wake) => queue.onVisible(wake),
    input.onDefect,
  );
}
