import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { LocalService, ServiceAnswer } from './local-service.ts';
import { startLocalService } from './local-service.ts';
import type { Queue } from './queue.ts';

const sendSchema = z.strictObject({
  QueueUrl: z.string(),
  MessageBody: z.string().min(1),
  MessageGroupId: z.string().min(1).max(128).optional(),
  MessageDeduplicationId: z.string().min(1).max(128).optional(),
});
const attributesSchema = z.strictObject({
  QueueUrl: z.string(),
  AttributeNames: z.tuple([z.literal('RedrivePolicy')]),
});
const moveSchema = z.strictObject({ SourceArn: z.string() });
const maximumMessageBytes = 1024 * 1024;

function refusal(statusCode: number, type: string, message: string): ServiceAnswer {
  return {
    statusCode,
    headers: { 'Content-Type': 'application/x-amz-json-1.0', 'x-amzn-errortype': type },
    body: JSON.stringify({ __type: type, message }),
  };
}

function answer(body: object): ServiceAnswer {
  return {
    statusCode: 200,
    headers: { 'Content-Type': 'application/x-amz-json-1.0' },
    body: JSON.stringify(body),
  };
}

const noQueue = refusal(400, 'QueueDoesNotExist', 'The specified queue does not exist.');
const notServed = (what: string) => refusal(501, 'NotServedLocally', what);

interface Queues {
  readonly findQueue: (name: string) => Queue | undefined;
  /** Every queue, for finding those of which one is the dead-letter queue. */
  readonly allQueues: () => readonly Queue[];
}

type Action = (input: unknown, queues: Queues) => ServiceAnswer;

const nameOf = (queueUrl: string) => queueUrl.split('/').at(-1) ?? '';

/** SendMessage, without attributes or delay. */
const sendMessage: Action = (input, { findQueue }) => {
  const parsed = sendSchema.safeParse(input);
  if (!parsed.success)
    return notServed('only QueueUrl, MessageBody and the order of a FIFO queue are served locally');
  const {
    MessageBody,
    MessageDeduplicationId: deduplicationId,
    MessageGroupId: group,
    QueueUrl,
  } = parsed.data;
  if (Buffer.byteLength(MessageBody) > maximumMessageBytes)
    return refusal(
      400,
      'InvalidParameterValue',
      'One or more parameters are invalid: the message is too long.',
    );
  const queue = findQueue(nameOf(QueueUrl));
  if (queue === undefined) return noQueue;
  const order = group !== undefined && deduplicationId !== undefined ? { group, deduplicationId } : undefined;
  if (queue.isFifo !== (order !== undefined))
    return refusal(
      400,
      'MissingParameter',
      'A FIFO queue, and no other, takes a message with its group and id.',
    );
  const MessageId = queue.send(MessageBody, order);
  return answer({ MessageId, MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') });
};

/** GetQueueAttributes of the redrive policy. */
const getQueueAttributes: Action = (input, { findQueue }) => {
  const parsed = attributesSchema.safeParse(input);
  if (!parsed.success) return notServed('only the RedrivePolicy of a queue is served locally');
  const queue = findQueue(nameOf(parsed.data.QueueUrl));
  if (queue === undefined) return noQueue;
  const deadLetterTargetArn = queue.deadLetterQueue?.arn;
  return answer(
    deadLetterTargetArn === undefined
      ? {}
      : { Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn }) } },
  );
};

/** StartMessageMoveTask, done at once: from a dead-letter queue back to the one queue that it is of. */
const startMessageMoveTask: Action = (input, { allQueues }) => {
  const parsed = moveSchema.safeParse(input);
  if (!parsed.success) return notServed('only SourceArn is served locally');
  const failures = allQueues().find(({ arn }) => arn === parsed.data.SourceArn);
  const [queue, another] = allQueues().filter(({ deadLetterQueue }) => deadLetterQueue === failures);
  if (!failures || !queue || another)
    return refusal(400, 'ResourceNotFoundException', 'The source is not the dead-letter queue of one queue.');
  for (const { body, deduplicationId, group, id } of [...failures.messages]) {
    // A redrive is a new message to SQS, whatever was sent before.
    queue.send(
      body,
      group === undefined || deduplicationId === undefined
        ? undefined
        : { group, deduplicationId: `${deduplicationId.slice(0, 90)}-${id}` },
    );
    failures.delete(id);
  }
  return answer({ TaskHandle: 'local' });
};

const actions: Readonly<Record<string, Action>> = {
  'AmazonSQS.SendMessage': sendMessage,
  'AmazonSQS.GetQueueAttributes': getQueueAttributes,
  'AmazonSQS.StartMessageMoveTask': startMessageMoveTask,
};

/** Starts those actions of SQS (JSON protocol) that the region uses, for the declared queues; the rest answers 501. */
export function startSqs(
  input: Queues & { readonly onDefect: (error: unknown) => void },
): Promise<LocalService> {
  return startLocalService((request) => {
    const target = String(request.headers['x-amz-target'] ?? 'an unknown operation');
    const action = actions[target];
    if (!action) return notServed(`${target} is not served locally`);
    let body: unknown;
    try {
      body = JSON.parse(request.body.toString('utf8'));
    } catch {
      return refusal(400, 'SerializationException', 'The body is not JSON.');
    }
    return action(body, input);
  }, input.onDefect);
}
