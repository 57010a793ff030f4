import { awsSigner } from './aws-signer.ts';

/** Where feeds wait whose senders do not. */
export interface IntakeQueue {
  /** Queues a text behind those of its group, once for each `once`; rejects when it is not certain that it is queued. */
  send(text: string, order: { readonly group: string; readonly once: string }): Promise<void>;
}

/** Bytes that SQS takes in a message. */
export const largestQueued = 1_048_576;

const tryMilliseconds = 2_000;

/** The queue does not take a message at this moment. */
export class IntakeUnavailable extends Error {
  override readonly name = 'ServiceUnavailable';
}

/** The region's FIFO queue of feeds. Like S3's, SQS's one call is signed here: its client would be a third of a function. */
export function openIntakeQueue(queueUrl: string): IntakeQueue {
  return {
    async send(text, { group, once }) {
      const attempt = () =>
        requestSqs(queueUrl, 'SendMessage', {
          QueueUrl: queueUrl,
          MessageBody: text,
          MessageGroupId: group,
          MessageDeduplicationId: once,
        });
      await attempt().catch(attempt);
    },
  };
}

/** One signed request to SQS (JSON protocol) about a queue, without retries; rejects unless it is answered 200. */
export async function requestSqs(queueUrl: string, action: string, input: object): Promise<unknown> {
  const url = new URL('/', queueUrl);
  const body = JSON.stringify(input);
  const { headers } = await awsSigner('sqs').sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    headers: {
      host: url.host,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AmazonSQS.${action}`,
    },
    body,
  });
  const answer = await fetch(url, {
    method: 'POST',
    headers,
    body,
    signal: AbortSignal.timeout(tryMilliseconds),
  }).catch((cause: unknown) => {
    throw new IntakeUnavailable('the queue does not answer', { cause });
  });
  if (answer.status !== 200) throw new IntakeUnavailable(`the queue answered ${answer.status}`);
  return answer.json();
}
