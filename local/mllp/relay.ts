import { createServer, type Socket } from 'node:net';
import { writeAcknowledgement } from '../../functions/formats/hl7v2/acknowledgement.ts';
import { readHeader, trimMessage } from '../../functions/formats/hl7v2/header.ts';
import type { Hl7Issue } from '../../functions/formats/hl7v2/issue.ts';
import { type Frame, FrameReader, writeFrame } from './frames.ts';

/** What the region said to a message: its acknowledgement, or why there is none. */
export type RelayAnswer =
  | { readonly kind: 'acknowledged'; readonly acknowledgement: string }
  | { readonly kind: 'too-large' }
  /** The region refused the caller or could not be reached: the message is as if it was never sent. */
  | { readonly kind: 'unavailable' };

/** A listener that is running. */
export interface MllpRelay {
  readonly port: number;
  /** Takes no more connections, and ends those that are open once their message under way is answered. */
  readonly close: () => Promise<void>;
}

interface RelayOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** What API Gateway takes in one request, with room for base64. */
  readonly maximumBytes?: number;
  readonly send: (message: Buffer) => Promise<RelayAnswer>;
  readonly now: () => Date;
}

/** Lambda takes 6 MB an event, and a message comes as base64. */
const defaultMaximumBytes = 4_400_000;

/** Listens for MLLP on 127.0.0.1 and relays each message; a connection's messages are sent one after another, in their order. */
export async function startMllpRelay(options: RelayOptions): Promise<MllpRelay> {
  const connections = new Map<Socket, Connection>();
  let isClosing = false;
  // A sender may close its half after its last message and still wait for the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    // A connection that breaks off ends its own loop.
    socket.on('error', () => undefined);
    const connection: Connection = { isBusy: false };
    connections.set(socket, connection);
    serve(socket, connection, options, () => isClosing)
      .catch(() => undefined)
      .finally(() => {
        socket.destroySoon();
        connections.delete(socket);
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    async close() {
      isClosing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const [socket, { isBusy }] of connections) if (!isBusy) socket.destroy();
      await closed;
    },
  };
}

interface Connection {
  /** A message of it is under way. */
  isBusy: boolean;
}

/** Reading waits for each answer: a sender that does not wait is held back by TCP. */
async function serve(
  socket: Socket,
  connection: Connection,
  options: RelayOptions,
  isClosing: () => boolean,
): Promise<void> {
  const reader = new FrameReader(options.maximumBytes ?? defaultMaximumBytes);
  for await (const chunk of socket)
    for (const frame of reader.push(chunk as Buffer)) {
      connection.isBusy = true;
      const answer = writeFrame(await answerFrame(frame, options));
      await new Promise<void>((resolve, reject) =>
        socket.write(answer, (error) => (error ? reject(error) : resolve())),
      );
      connection.isBusy = false;
      if (isClosing()) return;
    }
}

async function answerFrame(frame: Frame, { now, send }: RelayOptions): Promise<string> {
  const reject = (text: string) => {
    const issue: Hl7Issue = { segment: 'MSH', sequence: 1, field: 0, condition: '207', text };
    const header = readHeader(trimMessage(frame.bytes.toString('latin1')));
    return writeAcknowledgement(header, 'AR', {
      controlId: crypto.randomUUID(),
      now: now(),
      issues: [issue],
    });
  };
  if (frame.kind === 'too-large') return reject('is larger than is taken');
  const answer = await send(frame.bytes);
  if (answer.kind === 'acknowledged') return answer.acknowledgement;
  const text = answer.kind === 'too-large' ? 'is larger than is taken' : 'cannot be taken now: send it again';
  return reject(text);
}
