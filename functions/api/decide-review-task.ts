import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writeReviewTask } from '../formats/plain/review-tasks.ts';
import { decideReviewTask } from '../usecases/decide-review-task.ts';
import { fhirId, requestSchemas } from './schemas.ts';
import { disclosuresOf } from './task-disclosures.ts';

const schemas = {
  path: z.strictObject({ id: fhirId }),
  query: z.strictObject({}),
  body: requestSchemas.ReviewDecision,
};

export const handler = httpOperation(
  'decide-review-task',
  schemas,
  async (region, caller, { path, body }) => {
    const decided = await decideReviewTask(region, caller, { id: path.id, ...body });
    if (!decided.ok) return decided;
    return {
      ok: true,
      value: {
        status: 200,
        headers: { 'Content-Type': 'application/json', ETag: `W/"${decided.value.task.version}"` },
        body: writeReviewTask(decided.value),
        disclosures: disclosuresOf([decided.value]),
      },
    };
  },
);
