import * as z from 'zod';
import { feedOperation } from '../edge/feed-operation.ts';
import { answerResource } from '../usecases/answer-resource.ts';
import { fedType } from './fed-type.ts';
import { fhirId, requestSchemas } from './schemas.ts';

const schemas = {
  path: z.strictObject({ type: fedType, id: fhirId }),
  query: z.strictObject({}),
  body: requestSchemas.FeedResource,
};

export const handler = feedOperation('update-resource', schemas, answerResource);
