import type * as z from 'zod';
import { subjectOfFeed } from '../formats/fhir/feed-subject.ts';
import { informationOutcome } from '../formats/fhir/operation-outcome.ts';
import type { AnswerFeed } from '../usecases/answer-feed.ts';
import { isToBeQueued, type QueuedFeed, queueFeed } from '../usecases/queue-feed.ts';
import { type Answer, httpOperation } from './http-operation.ts';
import { keepRefused } from './keep-refused.ts';

/** The path of an operation that takes feeds: one resource alone has its type there, and perhaps its id. */
type FeedPath = z.ZodType<{ readonly type?: string | undefined; readonly id?: string | undefined }>;

/**
 * The Lambda handler of an operation that takes FHIR feeds. A feed is filed and answered at once, or queued and answered
 * where its fate can be asked for: as its sender prefers, else as the region does.
 */
export function feedOperation(
  operation: QueuedFeed['operation'],
  schemas: { path: FeedPath; query: z.ZodType; body: z.ZodType },
  answer: AnswerFeed,
) {
  const run: Parameters<typeof httpOperation<FeedPath, z.ZodType, unknown>>[2] = async (
    region,
    caller,
    request,
  ) => {
    const {
      baseUrl,
      body: resource,
      bodyText: body,
      expectedVersion,
      ifNoneExist,
      path,
      prefer,
      requestId,
    } = request;
    const { id, type } = path;
    const target = {
      ...(type !== undefined && { type }),
      ...(id !== undefined && { id }),
      ...(ifNoneExist !== undefined && { ifNoneExist }),
      ...(expectedVersion !== undefined && { expectedVersion }),
    };
    if (isToBeQueued(region, prefer)) {
      const about = subjectOfFeed(resource);
      const queued = await queueFeed(region, caller, { operation, requestId, baseUrl, target, body, about });
      if (!queued.ok) return queued;
      if (queued.value !== undefined) return { ok: true, value: acceptedAnswer(baseUrl, queued.value) };
    }
    return answer(region, caller, { body, resource, requestId, baseUrl, ...target });
  };
  return httpOperation(operation, schemas, run, [keepRefused]);
}

/** The answer to a feed that was queued. */
export function acceptedAnswer(baseUrl: string, intakeId: string): Answer {
  return {
    status: 202,
    headers: { 'Content-Location': `${baseUrl}/intake/${intakeId}`, 'Preference-Applied': 'respond-async' },
    body: informationOutcome('Accepted. Content-Location says what becomes of it.'),
    disclosures: [],
  };
}
