import * as z from 'zod';
import { acceptedAnswer } from '../edge/feed-operation.ts';
import { httpOperation } from '../edge/http-operation.ts';
import { keepRefused } from '../edge/keep-refused.ts';
import { fileHl7v2 } from '../usecases/file-hl7v2.ts';
import { isToBeQueued, queueFeed } from '../usecases/queue-feed.ts';

const operation = 'submit-hl7v2';
const schemas = { path: z.strictObject({}), query: z.strictObject({}), body: z.instanceof(Uint8Array) };

export const handler = httpOperation(
  operation,
  schemas,
  async (region, caller, { baseUrl, body, prefer, requestId }) => {
    if (isToBeQueued(region, prefer, 'at-once')) {
      const queued = await queueFeed(region, caller, { operation, requestId, baseUrl, target: {}, body });
      if (!queued.ok) return queued;
      if (queued.value !== undefined) return { ok: true, value: acceptedAnswer(baseUrl, queued.value) };
    }
    return fileHl7v2(region, caller, { bytes: body, newPersonId: () => crypto.randomUUID() });
  },
  [keepRefused],
);
