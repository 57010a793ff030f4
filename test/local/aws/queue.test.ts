import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openIntakeQueue, requestSqs } from '../../../functions/store/intake-queue.ts';
import type { LocalService } from '../../../local/aws/local-service.ts';
import { openQueue, type Queue } from '../../../local/aws/queue.ts';
import { startSqs } from '../../../local/aws/sqs.ts';

let now = 0;
let sqs: LocalService;
let failures: Queue;
let queue: Queue;
let plain: Queue;
beforeAll(async () => {
  Object.assign(process.env, { AWS_REGION: 'eu-west-2', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' });
  const common = { file: undefined, clock: () => now };
  failures = openQueue({ ...common, name: 'failures', arn: 'arn:f', isFifo: true, redrive: undefined });
  const redrive = { deadLetterQueue: failures, maximumReceives: 2 };
  queue = openQueue({ ...common, name: 'feeds', arn: 'arn:q', isFifo: true, redrive });
  plain = openQueue({ ...common, name: 'plain', arn: 'arn:p', redrive: undefined });
  const all = [queue, failures, plain];
  sqs = await startSqs({
    findQueue: (name) => all.find((one) => one.name === name),
    allQueues: () => all,
    onDefect: (error) => {
      throw error;
    },
  });
});
afterAll(() => sqs?.close());

const url = (name: string) => `${sqs.endpoint}/000000000000/${name}`;
const bodies = (messages: readonly { body: string }[]) => messages.map(({ body }) => body);

describe('a FIFO queue', () => {
  test('gives the messages of a group in their order, and none while one of it is being worked on', async () => {
    const { send } = openIntakeQueue(url('feeds'));
    for (const [text, group] of [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
    ] as const)
      await send(text, { group, once: text });
    const [first] = queue.receive(1);
    expect(first?.body).toBe('a1');
    expect(bodies(queue.receive(10))).toEqual(['b1']);
    queue.delete(first?.id ?? '');
    expect(bodies(queue.receive(10))).toEqual(['a2']);
    for (const { id } of [...queue.messages]) queue.delete(id);
  });

  test('knows a message that was sent within five minutes', async () => {
    const { send } = openIntakeQueue(url('feeds'));
    await send('once', { group: 'c', once: 'x' });
    await send('once', { group: 'c', once: 'x' });
    // By group: the same id in another group is another message.
    await send('other', { group: 'd', once: 'x' });
    expect(bodies(queue.messages)).toEqual(['once', 'other']);
    now += 5 * 60_000;
    await send('again', { group: 'c', once: 'x' });
    expect(bodies(queue.messages)).toEqual(['once', 'other', 'again']);
    for (const { id } of [...queue.messages]) queue.delete(id);
  });

  test('gives up what fails too often, and takes it back when it is asked to', async () => {
    queue.send('poison', { group: 'e', deduplicationId: 'p' });
    queue.send('behind', { group: 'e', deduplicationId: 'q' });
    for (let attempt = 1; attempt <= 2; attempt += 1) queue.release(queue.receive(1)[0]?.id ?? '');
    const [behind] = queue.receive(10);
    expect([behind?.body, bodies(failures.messages)]).toEqual(['behind', ['poison']]);
    queue.delete(behind?.id ?? '');
    const named = { QueueUrl: url('feeds'), AttributeNames: ['RedrivePolicy'] };
    const answer = (await requestSqs(url('feeds'), 'GetQueueAttributes', named)) as {
      Attributes: { RedrivePolicy: string };
    };
    const { deadLetterTargetArn } = JSON.parse(answer.Attributes.RedrivePolicy) as {
      deadLetterTargetArn: string;
    };
    await requestSqs(url('feeds'), 'StartMessageMoveTask', { SourceArn: deadLetterTargetArn });
    expect([bodies(queue.messages), failures.messages.length]).toEqual([['poison'], 0]);
    expect(queue.messages[0]?.group).toBe('e');
  });

  test('and no other takes a message with its order', async () => {
    const order = { MessageGroupId: 'g', MessageDeduplicationId: 'h' };
    const sent = (name: string, more: object) =>
      requestSqs(url(name), 'SendMessage', { QueueUrl: url(name), MessageBody: 'm', ...more });
    await expect(sent('feeds', {})).rejects.toThrow('400');
    await expect(sent('plain', order)).rejects.toThrow('400');
    await expect(sent('plain', {})).resolves.toHaveProperty('MessageId');
    await expect(sent('plain', { DelaySeconds: 5 })).rejects.toThrow('501');
    await expect(requestSqs(url('plain'), 'PurgeQueue', {})).rejects.toThrow('501');
  });
});
