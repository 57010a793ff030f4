import { keepReject } from '../usecases/keep-reject.ts';
import type { OperationMiddleware } from './http-operation.ts';
import { bodyTextOf } from './read-request.ts';
import { RefusedRequest, toRefusedRequest } from './refused-request.ts';
import { loadRegion } from './region.ts';

/** What a feed is refused for what it holds is kept; where it cannot be, the feed is told to come back. */
export const keepRefused: OperationMiddleware = {
  onError: async (request) => {
    const { context, error, event } = request;
    if (!(error instanceof RefusedRequest) || !context.caller) return;
    const { answer, code, issues } = error;
    const sent = answer?.reject ?? {
      format: 'fhir',
      messageId: context.requestId ?? '',
      message: bodyTextOf(event),
    };
    try {
      await keepReject(await loadRegion(), context.caller, { ...sent, code, issues });
    } catch (cause) {
      request.error = toRefusedRequest(cause);
    }
  },
};
