import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { openCursor, sealCursor } from '../store/cursor.ts';
import { listReviewTasks as listStored, type ReviewTask } from '../store/review-task.ts';
import { type Region, type Result, refuse } from './region.ts';
import { type ShownTask, showTasks } from './show-review-tasks.ts';

/** One page of a worklist. */
export interface ReviewTaskPage {
  readonly tasks: readonly ShownTask[];
  readonly next?: string;
}

/** Pages of the store that one request reads at most, when most of what they hold is passed over. */
const mostReads = 8;

/**
 * The tasks of a worklist, oldest first, each with its two sides as they are now. An open task that answered itself, because
 * its two persons were made one, is passed over.
 */
export async function listReviewTasks(
  region: Region,
  caller: Caller,
  request: {
    status: ReviewTask['status'];
    assignee?: string | undefined;
    count: number;
    cursor?: string | undefined;
  },
): Promise<Result<ReviewTaskPage>> {
  const { store } = region;
  const decision = decideOperation(region.policy, caller, 'identity.read');
  if (!decision.allowed) return refuse(decision.code);
  const { assignee, count, cursor, status } = request;
  const binding = `list-review-tasks ${caller.organisation} ${caller.subject} ${status} ${assignee ?? ''}`;
  let position = cursor ? openCursor<string>(store.keys, binding, cursor, store.now()) : undefined;
  if (cursor && !position)
    return refuse('INVALID_REQUEST', { issues: ['_cursor: not a cursor of this query'] });

  const tasks: ShownTask[] = [];
  for (let read = 0; read < mostReads; read += 1) {
    const page = await listStored(store, status, count - tasks.length, position);
    const wanted = page.tasks.filter((task) => assignee === undefined || task.assignee === assignee);
    const shown = await showTasks(region, wanted);
    tasks.push(...shown.filter(({ isMoot }) => status === 'decided' || !isMoot));
    position = page.last;
    if (!position || tasks.length >= count) break;
  }
  return {
    ok: true,
    value: {
      tasks,
      ...(position && { next: sealCursor(store.keys, binding, position, store.now()) }),
    },
  };
}
