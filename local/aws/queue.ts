import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

const messageSchema = z.object({
  id: z.string(),
  body: z.string(),
  /** Epoch milliseconds. */
  sentAt: z.number(),
  receiveCount: z.number(),
  /** Of a FIFO queue: messages of one group come one after another. */
  group: z.string().optional(),
  deduplicationId: z.string().optional(),
});

/** A message of a queue. */
export type QueueMessage = z.infer<typeof messageSchema>;

/** Where a message of a FIFO queue stands. */
export type MessageOrder = Required<Pick<QueueMessage, 'group' | 'deduplicationId'>>;

/** One queue. A message that was received stays in it, invisible, until it is deleted or released. */
export interface Queue {
  readonly name: string;
  readonly arn: string;
  readonly isFifo: boolean;
  readonly deadLetterQueue: Queue | undefined;
  /** Sends a message, to a FIFO queue with its order: one that was sent within five minutes under the same id is not sent again. */
  send(body: string, order?: MessageOrder): string;
  /**
   * Receives up to `limit` messages; those received too often go to the dead-letter queue instead. Of a FIFO queue, none comes
   * from a group of which one is being worked on.
   */
  receive(limit: number): QueueMessage[];
  delete(id: string): void;
  /** Makes a received message visible again at once: a shorter wait than the visibility timeout changes no result. */
  release(id: string): void;
  /** All messages, oldest first, received ones included. */
  readonly messages: readonly QueueMessage[];
  /** Calls the listener after a message became visible; returns how to stop that. */
  onVisible(listener: () => void): () => void;
}

interface QueueInput {
  readonly name: string;
  readonly arn: string;
  readonly isFifo?: boolean;
  /** Where messages are kept; undefined keeps them in memory. */
  readonly file: string | undefined;
  readonly redrive: { readonly deadLetterQueue: Queue; readonly maximumReceives: number } | undefined;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/** For so long SQS knows a message by its deduplication id. */
const deduplicationMilliseconds = 5 * 60_000;

/** Opens a queue with the messages of its file; a message that was being worked on is visible again. */
export function openQueue(input: QueueInput): Queue {
  const { file, redrive } = input;
  const messages: QueueMessage[] =
    file !== undefined && existsSync(file)
      ? z.array(messageSchema).parse(JSON.parse(readFileSync(file, 'utf8')))
      : [];
  const received = new Set<string>();
  /** When and as which message each deduplication id of a group was last sent; a restart forgets it. */
  const sentBefore = new Map<string, { readonly id: string; readonly at: number }>();
  const listeners = new Set<() => void>();

  function keep(): void {
    if (file === undefined) return;
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, JSON.stringify(messages), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  function remove(id: string): void {
    received.delete(id);
    const index = messages.findIndex((message) => message.id === id);
    if (index !== -1) messages.splice(index, 1);
  }

  function tell(): void {
    for (const listener of listeners) listener();
  }

  return {
    name: input.name,
    arn: input.arn,
    isFifo: input.isFifo ?? false,
    deadLetterQueue: redrive?.deadLetterQueue,
    send(body, order) {
      const now = input.clock();
      const name = order && `${order.group} ${order.deduplicationId}`;
      const before = name === undefined ? undefined : sentBefore.get(name);
      if (before && now - before.at < deduplicationMilliseconds) return before.id;
      const id = randomUUID();
      if (name !== undefined) {
        for (const [known, { at }] of sentBefore)
          if (now - at >= deduplicationMilliseconds) sentBefore.delete(known);
        sentBefore.set(name, { id, at: now });
      }
      messages.push({ id, body, sentAt: now, receiveCount: 0, ...order });
      keep();
      tell();
      return id;
    },
    receive(limit) {
      const batch: QueueMessage[] = [];
      const busy = new Set(
        messages.flatMap(({ group, id }) => (group !== undefined && received.has(id) ? [group] : [])),
      );
      for (const message of [...messages]) {
        if (batch.length >= limit) break;
        const { deduplicationId, group } = message;
        if (received.has(message.id) || (group !== undefined && busy.has(group))) continue;
        if (redrive !== undefined && message.receiveCount >= redrive.maximumReceives) {
          // Into the dead-letter queue first: a crash between the two leaves it in both, never in neither.
          redrive.deadLetterQueue.send(
            message.body,
            group === undefined || deduplicationId === undefined ? undefined : { group, deduplicationId },
          );
          remove(message.id);
          continue;
        }
        message.receiveCount += 1;
        received.add(message.id);
        batch.push(message);
      }
      keep();
      return batch;
    },
    delete(id) {
      remove(id);
      keep();
    },
    release(id) {
      received.delete(id);
      tell();
    },
    messages,
    onVisible(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
