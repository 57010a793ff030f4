import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { batchGet } from './batch-get.ts';
import type { Decider } from './identity-mark.ts';
import { reviewTaskKey, type SourceRef, sourcePartition, taskListKey } from './keys.ts';
import { queryList } from './query-list.ts';
import { pseudonym } from './region-keys.ts';
import { instant, type Store, schemaVersion } from './store.ts';
import { putNew, putVersion, type Write } from './transaction.ts';

/**
 * `possible-duplicate`: two persons may be one. `overlay`: an update of a linked source record looks like somebody else.
 * `quarantine`: a source record is held and belongs to nobody.
 */
export type ReviewTaskKind = 'possible-duplicate' | 'overlay' | 'quarantine';

/** What a person can decide. */
export const reviewDecisions = ['link', 'keep-apart', 'merge'] as const;

/** See {@link reviewDecisions}. */
export type ReviewDecision = (typeof reviewDecisions)[number];

/** A doubt: its sides by id alone, so that it is shown as they are when somebody looks. */
export interface NewReviewTask {
  readonly kind: ReviewTaskKind;
  /** A static word or two; never a value. */
  readonly reason: string;
  /** The person in question; absent where a quarantined record's claim names nobody who is known. */
  readonly personId?: string;
  /** `possible-duplicate`: the person who may be the same. */
  readonly otherPersonId?: string;
  /** `overlay`, `quarantine`: the source record in question. */
  readonly source?: SourceRef;
  /** The probability, 0 to 1, that the machine gave, and by which policy. */
  readonly score?: number;
  readonly policyVersion?: string;
}

/** A stored {@link NewReviewTask}. */
export interface ReviewTask extends NewReviewTask {
  readonly id: string;
  readonly status: 'open' | 'decided';
  readonly createdAt: string;
  readonly version: number;
  /** Who looks at it: a user's subject. */
  readonly assignee?: string;
  readonly decision?: {
    readonly decision: ReviewDecision;
    readonly at: string;
    readonly by: Decider;
    readonly comment?: string;
  };
}

/** The id of the task about these sides: the same sides have one task, in whichever order they are named. */
export function reviewTaskId(
  { keys }: Store,
  { personId, otherPersonId, source }: Pick<NewReviewTask, 'personId' | 'otherPersonId' | 'source'>,
): string {
  const sides = otherPersonId ? [personId, otherPersonId] : [personId, source && sourcePartition(source)];
  return pseudonym(keys, 'task', sides.toSorted().join(' '));
}

/** One task; undefined when there is none. */
export async function getReviewTask(store: Store, id: string): Promise<ReviewTask | undefined> {
  const { Item } = await store.client.send(
    new GetCommand({ TableName: store.recordTable, Key: reviewTaskKey(id), ConsistentRead: true }),
  );
  return Item as ReviewTask | undefined;
}

/**
 * The writes that put a new task on the list. `task-known` when the sides have one already, open or decided: a decision of
 * a person is not asked for twice, so look with {@link getReviewTask} before, unless a side has just been made.
 */
export function openReviewTask(store: Store, task: NewReviewTask): Write<'task-known'>[] {
  const id = reviewTaskId(store, task);
  const createdAt = instant(store);
  const item: ReviewTask = { ...task, id, status: 'open', createdAt, version: 1 };
  return [
    putNew(
      store.recordTable,
      { ...reviewTaskKey(id), type: 'ReviewTask', schemaVersion, ...item },
      'task-known',
    ),
    listing(store, 'open', createdAt, id),
  ];
}

/**
 * The writes that put a decided task on the list again, because something new was said that the decision was not about. A
 * person decides anew; what they decided before stands in the ledgers.
 */
export function reopenReviewTask(
  store: Store,
  { assignee: _, decision, ...known }: ReviewTask,
  task: NewReviewTask,
): Write<'task-changed'>[] {
  const createdAt = instant(store);
  const TableName = store.recordTable;
  return [
    putTask(store, known, { ...known, ...task, status: 'open', createdAt }),
    ...(decision
      ? [{ item: { Delete: { TableName, Key: taskListKey('decided', decision.at, known.id) } } }]
      : []),
    listing(store, 'open', createdAt, known.id),
  ];
}

function listing(store: Store, status: ReviewTask['status'], at: string, taskId: string): Write<never> {
  const Item = { ...taskListKey(status, at, taskId), type: 'ReviewTaskListing', schemaVersion, taskId };
  return { item: { Put: { TableName: store.recordTable, Item } } };
}

/** The write that gives a task to somebody, or to nobody. */
export function assignReviewTask(
  store: Store,
  { assignee: _, ...task }: ReviewTask,
  assignee: string | undefined,
): Write<'task-changed'> {
  return putTask(store, task, { ...task, ...(assignee && { assignee }) });
}

/** The writes that settle a task and move it to the other list. */
export function settleReviewTask(
  store: Store,
  task: ReviewTask,
  decision: ReviewDecision,
  by: Decider,
  comment: string | undefined,
): Write<'task-changed'>[] {
  const at = instant(store);
  return [
    putTask(store, task, {
      ...task,
      status: 'decided',
      decision: { decision, at, by, ...(comment && { comment }) },
    }),
    {
      item: {
        Delete: { TableName: store.recordTable, Key: taskListKey('open', task.createdAt, task.id) },
      },
    },
    listing(store, 'decided', at, task.id),
  ];
}

function putTask(store: Store, { id, version }: ReviewTask, next: ReviewTask): Write<'task-changed'> {
  const item = { ...reviewTaskKey(id), type: 'ReviewTask', schemaVersion, ...next, version: version + 1 };
  return putVersion(store.recordTable, item, version, 'task-changed');
}

/** One page of a worklist, oldest first, from behind `after` (a sort key); `last` when there may be more. */
export async function listReviewTasks(
  store: Store,
  status: ReviewTask['status'],
  limit: number,
  after?: string,
): Promise<{ tasks: (ReviewTask & { position: string })[]; last?: string }> {
  const { PK } = taskListKey(status, '', '');
  const { items: listed, last } = await queryList<{ SK: string; taskId: string }>(store, PK, {
    limit,
    after,
  });
  const found = await batchGet<ReviewTask>(
    store,
    listed.map(({ taskId }) => reviewTaskKey(taskId)),
  );
  const byId = new Map(found.map((task) => [task.id, task]));
  return {
    tasks: listed.flatMap(({ SK, taskId }) => {
      const task = byId.get(taskId);
      return task ? [{ ...task, position: SK }] : [];
    }),
    ...(last && { last }),
  };
}
