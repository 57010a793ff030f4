import type * as z from 'zod';
import type { AnswerFeed } from '../usecases/answer-feed.ts';
import { httpOperation } from './http-operation.ts';

/** The path of an operation that takes feeds: one resource alone has its type there, and perhaps its id. */
type FeedPath = z.ZodType<{ readonly type?: string | undefined; readonly id?: string | undefined }>;

/** The Lambda handler of an operation that takes FHIR feeds. */
export function feedOperation(
  operation: string,
  schemas: { path: FeedPath; query: z.ZodType; body: z.ZodType },
  answer: AnswerFeed,
) {
  return httpOperation(operation, schemas, (region, caller, request) => {
    const { body, bodyText, expectedVersion, ifNoneExist, path, requestId } = request;
    const { id, type } = path;
    return answer(region, caller, {
      body: bodyText,
      resource: body,
      requestId,
      ...(type !== undefined && { type }),
      ...(id !== undefined && { id }),
      ...(ifNoneExist !== undefined && { ifNoneExist }),
      ...(expectedVersion !== undefined && { expectedVersion }),
    });
  });
}
