import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { LocalService, ServiceAnswer } from './local-service.ts';
import { startLocalService } from './local-service.ts';
import type { Queue } from './queue.ts';

const sendSchema = z.strictObject({ QueueUrl: z.string(), MessageBody: z.string().min(1) });
const maximumMessageBytes = 1024 * 1024;

function refusal(statusCode: number, type: string, message: string): ServiceAnswer {
  return {
    statusCode,
    headers: { 'Content-Type': 'application/x-amz-json-1.0', 'x-amzn-errortype': type },
    body: JSON.stringify({ __type: type, message }),
  };
}

/** Starts SQS's SendMessage (JSON protocol, without attributes or delay) for the declared queues; the rest answers 501. */
export function startSqs(input: {
  readonly findQueue: (name: string) => Queue | undefined;
  readonly onDefect: (error: unknown) => void;
}): Promise<LocalService> {
  return startLocalService((request) => {
    const target = String(request.headers['x-amz-target'] ?? 'an unknown operation');
    if (target !== 'AmazonSQS.SendMessage')
      return refusal(501, 'NotServedLocally', `${target} is not served locally`);
    let body: unknown;
    try {
      body = JSON.parse(request.body.toString('utf8'));
    } catch {
      return refusal(400, 'SerializationException', 'The body is not JSON.');
    }
    const parsed = sendSchema.safeParse(body);
    if (!parsed.success)
      return refusal(501, 'NotServedLocally', 'only QueueUrl and MessageBody are served locally');
    if (Buffer.byteLength(parsed.data.MessageBody) > maximumMessageBytes) {
      return refusal(
        400,
        'InvalidParameterValue',
        'One or more parameters are invalid: the message is too long.',
      );
    }
    const queue = input.findQueue(parsed.data.QueueUrl.split('/').at(-1) ?? '');
    if (queue === undefined) {
      return refusal(400, 'QueueDoesNotExist', 'The specified queue does not exist.');
    }
    const MessageId = queue.send(parsed.data.MessageBody);
    const MD5OfMessageBody = createHash('md5').update(parsed.data.MessageBody).digest('hex');
    return {
      statusCode: 200,
      headers: { 'Content-Type': 'application/x-amz-json-1.0' },
      body: JSON.stringify({ MessageId, MD5OfMessageBody }),
    };
  }, input.onDefect);
}
