import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { FrameReader, writeFrame } from '../../../local/mllp/frames.ts';
import { type MllpRelay, type RelayAnswer, startMllpRelay } from '../../../local/mllp/relay.ts';

const now = () => new Date('2026-11-21T09:00:00Z');
let relay: MllpRelay;
afterEach(() => relay.close());

/** Answers each message with its own text; `sent` in the order of their coming. */
async function listen(
  answer: (text: string) => RelayAnswer | Promise<RelayAnswer> = (text) => ({
    kind: 'acknowledged',
    acknowledgement: `ACK ${text}`,
  }),
  maximumBytes?: number,
) {
  const sent: string[] = [];
  relay = await startMllpRelay({
    port: 0,
    now,
    ...(maximumBytes && { maximumBytes }),
    send: async (message) => {
      sent.push(message.toString());
      return answer(message.toString());
    },
  });
  const socket = createConnection({ port: relay.port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  return { sent, socket, read: answersOf(socket) };
}

/** Reads frames until there are so many. */
function answersOf(socket: Socket) {
  const reader = new FrameReader(1_000_000);
  const texts: string[] = [];
  const waiting: (() => void)[] = [];
  socket.on('data', (chunk) => {
    for (const frame of reader.push(Buffer.from(chunk)))
      texts.push(frame.kind === 'message' ? frame.bytes.toString() : frame.kind);
    for (const wake of waiting.splice(0)) wake();
  });
  return async (count: number) => {
    while (texts.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    return texts;
  };
}

describe('the MLLP listener', () => {
  it('answers a message that comes byte by byte, and several in one packet, in their order', async () => {
    const { read, sent, socket } = await listen();
    for (const byte of writeFrame('one')) socket.write(Buffer.of(byte));
    socket.write(Buffer.concat([writeFrame('two'), Buffer.from('noise\r\n'), writeFrame('three')]));
    expect(await read(3)).toEqual(['ACK one', 'ACK two', 'ACK three']);
    expect(sent).toEqual(['one', 'two', 'three']);
    socket.end();
    await once(socket, 'close');
  });

  it('answers a sender that has closed its half', async () => {
    const { read, socket } = await listen();
    socket.end(writeFrame('last'));
    expect(await read(1)).toEqual(['ACK last']);
    await once(socket, 'close');
  });

  it('relays nothing of a message that was not sent to its end', async () => {
    const { sent, socket } = await listen();
    socket.end(Buffer.from('\u000Bhalf a mess'));
    socket.resume();
    await once(socket, 'close');
    expect(sent).toEqual([]);
  });

  it('rejects an oversized message without relaying it, and takes the next', async () => {
    const { read, sent, socket } = await listen(undefined, 100);
    socket.write(
      Buffer.concat([
        writeFrame(`MSH|^~\\&|PAS|T9A|R|R|2026||MDM^T02|C9|P|2.4\r${'x'.repeat(5000)}`),
        writeFrame('small'),
      ]),
    );
    const [rejected, accepted] = await read(2);
    expect(rejected).toContain('MSA|AR|C9|');
    expect(rejected).toContain('207&Application internal error&HL70357');
    expect(accepted).toBe('ACK small');
    expect(sent).toEqual(['small']);
    socket.end();
    await once(socket, 'close');
  });

  it('rejects a message under the sender’s own control id when the region is not there', async () => {
    const { read, socket } = await listen(() => ({ kind: 'unavailable' }));
    socket.write(writeFrame('MSH|^~\\&|PAS|T9A|R|R|2026||ADT^A01|C77|P|2.4\rPID|1'));
    const [answer = ''] = await read(1);
    expect(answer.split('\r')[0]).toMatch(/^MSH\|\^~\\&\|R\|R\|PAS\|T9A\|20261121090000\+0000\|\|ACK\^A01\|/);
    expect(answer.split('\r')[1]).toBe('MSA|AR|C77|MSH: cannot be taken now: send it again');
    socket.end();
    await once(socket, 'close');
  });

  it('answers the message under way before it ends', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const { read, socket } = await listen(async (text) => {
      begin();
      await held;
      return { kind: 'acknowledged', acknowledgement: `ACK ${text}` };
    });
    socket.write(writeFrame('under way'));
    await begun;
    const closed = relay.close();
    release();
    expect(await read(1)).toEqual(['ACK under way']);
    await closed;
  });
});

describe('frames', () => {
  it('come out as they went in, wherever the stream is cut', async () => {
    await listen();
    const message = fc
      .string({ maxLength: 30 })
      .map((text) => text.replaceAll('\u000B', '').replaceAll('\u001C', ''));
    fc.assert(
      fc.property(fc.array(message), fc.array(fc.nat(20)), (messages, cuts) => {
        const stream = Buffer.concat(messages.map(writeFrame));
        const reader = new FrameReader(1000);
        const got: string[] = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          for (const frame of reader.push(stream.subarray(at, at + cut)))
            got.push(frame.kind === 'message' ? frame.bytes.toString() : frame.kind);
          at += cut;
        }
        expect(got).toEqual(messages);
      }),
    );
  });
});
