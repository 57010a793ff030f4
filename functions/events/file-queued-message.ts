import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { withCurrentAgreements } from '../edge/current-agreements.ts';
import { describeDefect, log } from '../edge/observe.ts';
import { loadRegion } from '../edge/region.ts';
import { parseJsonBody } from '../formats/fhir/json.ts';
import { answerBundle, answerMessage } from '../usecases/answer-bundle.ts';
import type { AnswerFeed, FeedAnswer } from '../usecases/answer-feed.ts';
import { answerResource } from '../usecases/answer-resource.ts';
import { fileHl7v2 } from '../usecases/file-hl7v2.ts';
import { fileQueuedFeed } from '../usecases/file-queued-feed.ts';
import { type QueuedFeed, queuedFeedSchema } from '../usecases/queue-feed.ts';
import { type Region, type Result, refuse } from '../usecases/region.ts';

type FileBody = (region: Region, feed: QueuedFeed, body: Buffer) => Promise<Result<FeedAnswer>>;

/** The same way as at once, for each operation that takes feeds. */
const answers: Readonly<Record<string, FileBody>> = {
  'submit-bundle': fhir(answerBundle),
  'process-message': fhir(answerMessage),
  'create-resource': fhir(answerResource),
  'update-resource': fhir(answerResource),
  'submit-hl7v2': (region, { caller }, bytes) =>
    fileHl7v2(region, caller, { bytes, newPersonId: () => crypto.randomUUID() }),
};

/**
 * Files the feeds that wait in the queue. What fails is delivered again, and what came behind it in its group waits for it;
 * other groups go on. What fails again and again goes to the queue of failures, whole, for `towpath redrive`.
 */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const region = await withCurrentAgreements(await loadRegion());
  const failed = new Set<string>();
  const batchItemFailures: SQSBatchItemFailure[] = [];
  for (const record of event.Records) {
    const group = record.attributes.MessageGroupId ?? record.messageId;
    if (!failed.has(group))
      try {
        await file(region, record);
        continue;
      } catch (error) {
        log('error', 'queued-feed-failed', { count: 1, defect: describeDefect(error) });
        failed.add(group);
      }
    batchItemFailures.push({ itemIdentifier: record.messageId });
  }
  log('info', 'queued-feeds-filed', { count: event.Records.length - batchItemFailures.length });
  return { batchItemFailures };
}

async function file(region: Region, { body }: SQSRecord): Promise<void> {
  const feed = queuedFeedSchema.parse(JSON.parse(body));
  const answer = answers[feed.operation];
  if (!answer) throw new Error('a queued feed names no operation that takes feeds');
  await fileQueuedFeed(region, feed, (bytes) => answer(region, feed, bytes));
}

function fhir(answer: AnswerFeed): FileBody {
  return (region, { acceptedAt, baseUrl, caller, requestId, target }, bytes) => {
    const body = bytes.toString('utf8');
    const parsed = parseJsonBody(body);
    if (!parsed.ok) return Promise.resolve(refuse('INVALID_REQUEST', { issues: [`body: ${parsed.reason}`] }));
    const { expectedVersion, id, ifNoneExist, type } = target;
    return answer(region, caller, {
      body,
      resource: parsed.value,
      requestId,
      baseUrl,
      receivedAt: acceptedAt,
      ...(type !== undefined && { type }),
      ...(id !== undefined && { id }),
      ...(ifNoneExist !== undefined && { ifNoneExist }),
      ...(expectedVersion !== undefined && { expectedVersion }),
    });
  };
}
