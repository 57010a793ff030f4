import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writeReviewTask } from '../formats/plain/review-tasks.ts';
import { listReviewTasks } from '../usecases/list-review-tasks.ts';
import { cursorText, pageSize } from './schemas.ts';
import { disclosuresOf } from './task-disclosures.ts';

const schemas = {
  path: z.strictObject({}),
  query: z.strictObject({
    status: z.enum(['open', 'decided']).default('open'),
    assignee: z.string().min(1).max(128).optional(),
    _count: pageSize,
    _cursor: cursorText.optional(),
  }),
};

export const handler = httpOperation(
  'list-review-tasks',
  schemas,
  async (region, caller, { query, baseUrl }) => {
    const { _count: count, _cursor: cursor, assignee, status } = query;
    const listed = await listReviewTasks(region, caller, { status, assignee, count, cursor });
    if (!listed.ok) return listed;
    const { next, tasks } = listed.value;
    const about = assignee === undefined ? '' : `&assignee=${encodeURIComponent(assignee)}`;
    const url = `${baseUrl}/review-tasks?status=${status}${about}&_count=${count}&_cursor=`;
    return {
      ok: true,
      value: {
        status: 200,
        headers: { 'Content-Type': 'application/json' },
        body: { tasks: tasks.map(writeReviewTask), ...(next && { next: `${url}${next}` }) },
        disclosures: disclosuresOf(tasks),
      },
    };
  },
);
