import * as z from 'zod';
import { feedOperation } from '../edge/feed-operation.ts';
import { answerBundle } from '../usecases/answer-bundle.ts';
import { requestSchemas } from './schemas.ts';

const schemas = { path: z.strictObject({}), query: z.strictObject({}), body: requestSchemas.FeedBundle };

export const handler = feedOperation('submit-bundle', schemas, answerBundle);
