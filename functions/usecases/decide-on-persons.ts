import { sourceTrustOf } from '../domain/access/region-policy.ts';
import { parseNhsNumber } from '../domain/identity/nhs-number.ts';
import { recordIdentityEvent } from '../store/identity-event.ts';
import { type Decider, markNotDuplicate } from '../store/identity-mark.ts';
import { mergePersons } from '../store/merge-persons.ts';
import { expectActive, type Person } from '../store/person.ts';
import { type ReviewDecision, settleReviewTask } from '../store/review-task.ts';
import { transact } from '../store/transaction.ts';
import { refuseChange } from './identity-refusal.ts';
import { type Refusal, type Region, refuse } from './region.ts';
import type { ShownTask } from './show-review-tasks.ts';

/** A decision about two persons who may be one. */
export interface PersonsDecision {
  readonly decision: ReviewDecision;
  readonly by: Decider;
  readonly comment?: string | undefined;
  /** Which of the two stays. */
  readonly person?: string | undefined;
  readonly survivingNhsNumber?: string | undefined;
  readonly overrideNotDuplicate?: boolean | undefined;
}

/** Merges the two persons of a task, for `link` says the same of persons, or keeps them apart for good; settles the task with it. */
export async function decideOnPersons(
  region: Region,
  shown: ShownTask,
  command: PersonsDecision,
): Promise<Refusal | undefined> {
  const [first, second] = shown.sides.flatMap((side) => (side.kind === 'person' ? [side.person] : []));
  if (!first || !second) return refuse('CONFLICT');
  return command.decision === 'keep-apart'
    ? keepApart(region, shown, first, second, command)
    : merge(region, shown, first, second, command);
}

async function keepApart(
  { store }: Region,
  { task }: ShownTask,
  first: Person,
  second: Person,
  { by, comment }: PersonsDecision,
): Promise<Refusal | undefined> {
  const event = { event: 'kept-apart' as const, decidedBy: by, ...(comment && { comment }) };
  const [one, other] = [first.personId, second.personId];
  const outcome = await transact(store, [
    expectActive(store, one),
    expectActive(store, other),
    ...markNotDuplicate(store, one, other, by),
    recordIdentityEvent(store, one, { ...event, otherPersonId: other }),
    recordIdentityEvent(store, other, { ...event, otherPersonId: one }),
    ...settleReviewTask(store, task, 'keep-apart', by, comment),
  ]);
  return outcome.ok ? undefined : refuse('CONFLICT');
}

async function merge(
  { policy, store }: Region,
  { task }: ShownTask,
  first: Person,
  second: Person,
  { by, comment, overrideNotDuplicate, person, survivingNhsNumber }: PersonsDecision,
): Promise<Refusal | undefined> {
  const into =
    person === undefined ? survivorOf(first, second) : [first, second].find((one) => one.personId === person);
  if (!into) return refuse('INVALID_REQUEST', { issues: ['person: is neither of the two'] });
  const number = survivingNhsNumber === undefined ? undefined : parseNhsNumber(survivingNhsNumber);
  if (number && !number.ok) return refuse('INVALID_NHS_NUMBER');
  const outcome = await mergePersons(store, {
    from: into === first ? second.personId : first.personId,
    into: into.personId,
    grounds: { how: 'steward', decidedBy: by, comment },
    trustOf: (ods) => sourceTrustOf(policy, ods),
    survivingNhsNumber: number?.nhsNumber,
    overrideNotDuplicate,
    task,
  });
  return outcome.ok ? undefined : refuseChange(outcome.reason);
}

/** Who holds a verified number stays; else the second, whom a registration found there already. */
function survivorOf(first: Person, second: Person): Person {
  return first.nhsNumber !== undefined && second.nhsNumber === undefined ? first : second;
}
