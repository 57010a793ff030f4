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
});

/** A message of a queue. */
export type QueueMessage = z.infer<typeof messageSchema>;

/** One queue. A message that was received stays in it, invisible, until it is deleted or released. */
export interface Queue {
  readonly name: string;
  readonly arn: string;
  send(body: string): string;
  /** Receives up to `limit` messages; those received too often go to the dead-letter queue instead. */
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
  /** Where messages are kept; undefined keeps them in memory. */
  readonly file: string | undefined;
  readonly redrive: { readonly deadLetterQueue: Queue; readonly maximumReceives: number } | undefined;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/** Opens a queue with the messages of its file; a message that was being worked on is visible again. */
export function openQueue(input: QueueInput): Queue {
  const { file, redrive } = input;
  const messages: QueueMessage[] =
    file !== undefined && existsSync(file)
      ? z.array(messageSchema).parse(JSON.parse(readFileSync(file, 'utf8')))
      : [];
  const received = new Set<string>();
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
    send(body) {
      const id = randomUUID();
      messages.push({ id, body, sentAt: input.clock(), receiveCount: 0 });
      keep();
      tell();
      return id;
    },
    receive(limit) {
      const batch: QueueMessage[] = [];
      for (const message of [...messages]) {
        if (batch.length >= limit) break;
        if (received.has(message.id)) continue;
        if (redrive !== undefined && message.receiveCount >= redrive.maximumReceives) {
          // Into the dead-letter queue first: a crash between the two leaves it in both, never in neither.
          redrive.deadLetterQueue.send(message.body);
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
