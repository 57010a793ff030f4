import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import {
  assignReviewTask,
  getReviewTask,
  type ReviewDecision,
  type ReviewTask,
  settleReviewTask,
} from '../store/review-task.ts';
import { transact } from '../store/transaction.ts';
import { decideOnPersons } from './decide-on-persons.ts';
import { decideOnRecord } from './decide-on-record.ts';
import { deciderOf } from './merge-patients.ts';
import { type Refusal, type Region, type Result, refuse } from './region.ts';
import { type ShownTask, showTasks } from './show-review-tasks.ts';

/** What a steward says to a task: whose it is to look at, what it comes to, or both. */
export interface TaskCommand {
  readonly id: string;
  /** The version of the task that the caller has seen. */
  readonly version: number;
  /** A user's subject; null gives the task back. */
  readonly assign?: string | null | undefined;
  readonly decision?: ReviewDecision | undefined;
  readonly comment?: string | undefined;
  /** A merge: which of the two stays. A link: whose the record is, where the task names nobody. */
  readonly person?: string | undefined;
  readonly survivingNhsNumber?: string | undefined;
  /** Merges although somebody decided that the two are not one. */
  readonly overrideNotDuplicate?: boolean | undefined;
}

/** Assigns or decides one task; what was decided stands at once, and is never undone by the machine. */
export async function decideReviewTask(
  region: Region,
  caller: Caller,
  command: TaskCommand,
): Promise<Result<ShownTask>> {
  const { store } = region;
  const allowed = decideOperation(region.policy, caller, 'identity.write');
  if (!allowed.allowed) return refuse(allowed.code);
  const { assign, decision, id, version } = command;
  if (decision === undefined && assign === undefined)
    return refuse('INVALID_REQUEST', { issues: ['body: has neither decision nor assign'] });
  const task = await getReviewTask(store, id);
  if (!task) return refuse('TASK_NOT_FOUND');
  if (task.version !== version) return refuse('STALE_VERSION');
  if (task.status === 'decided')
    return refuse('IDENTITY_CONFLICT', {
      issues: ['the task is decided; $merge and $unmerge change identities'],
    });
  const [shown] = await showTasks(region, [task]);
  if (!shown) return refuse('TASK_NOT_FOUND');
  const refusal =
    decision === undefined
      ? await assignTask(region, task, assign ?? undefined)
      : await settle(region, caller, shown, { ...command, decision });
  if (refusal) return refusal;
  const changed = await getReviewTask(store, id);
  const [after] = changed ? await showTasks(region, [changed]) : [];
  return after ? { ok: true, value: after } : refuse('TASK_NOT_FOUND');
}

async function assignTask(
  { store }: Region,
  task: ReviewTask,
  assignee: string | undefined,
): Promise<Refusal | undefined> {
  const outcome = await transact(store, [assignReviewTask(store, task, assignee)]);
  return outcome.ok ? undefined : refuse('CONFLICT');
}

async function settle(
  region: Region,
  caller: Caller,
  shown: ShownTask,
  command: TaskCommand & { decision: ReviewDecision },
): Promise<Refusal | undefined> {
  const { comment, decision } = command;
  const by = deciderOf(caller);
  const assignee = command.assign === undefined ? shown.task.assignee : (command.assign ?? undefined);
  const { assignee: _, ...rest } = shown.task;
  const task: ReviewTask = { ...rest, ...(assignee && { assignee }) };
  if (shown.isMoot) {
    // The doubt answered itself; saying so is all that is left.
    const outcome = await transact(region.store, settleReviewTask(region.store, task, decision, by, comment));
    return outcome.ok ? undefined : refuse('CONFLICT');
  }
  const settled = { ...shown, task };
  return task.kind === 'possible-duplicate'
    ? decideOnPersons(region, settled, { ...command, by })
    : decideOnRecord(region, settled, { ...command, by });
}
