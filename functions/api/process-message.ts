import * as z from 'zod';
import { feedOperation } from '../edge/feed-operation.ts';
import { answerMessage } from '../usecases/answer-bundle.ts';
import { requestSchemas } from './schemas.ts';

const schemas = { path: z.strictObject({}), query: z.strictObject({}), body: requestSchemas.FeedBundle };

export const handler = feedOperation('process-message', schemas, answerMessage);
