import { recordIdentityEvent } from '../store/identity-event.ts';
import { type Decider, markNotPerson } from '../store/identity-mark.ts';
import type { Person } from '../store/person.ts';
import { getPerson } from '../store/person.ts';
import { type ReviewDecision, settleReviewTask } from '../store/review-task.ts';
import { removeSetAside } from '../store/source-record.ts';
import { maximumWrites, transact, type Write } from '../store/transaction.ts';
import { type Refusal, type Region, refuse } from './region.ts';
import { type IncomingPatient, planRegistrations, type RegistrationConflict } from './register-patients.ts';
import { movesAtOf, relationshipsOfPatient } from './relationships-of.ts';
import type { ReviewSide, ShownTask } from './show-review-tasks.ts';

/** A decision about a source record that is in quarantine, or whose update was set aside. */
export interface RecordDecision {
  readonly decision: ReviewDecision;
  readonly by: Decider;
  readonly comment?: string | undefined;
  /** Whose a quarantined record is, where the task names nobody. */
  readonly person?: string | undefined;
}

/**
 * `link` registers what the record says as the person's, whatever the machine made of it; `keep-apart` leaves a quarantined
 * record with nobody and an update unwritten, for good.
 */
export async function decideOnRecord(
  region: Region,
  shown: ShownTask,
  command: RecordDecision,
): Promise<Refusal | undefined> {
  const { decision } = command;
  if (decision === 'merge')
    return refuse('INVALID_REQUEST', {
      issues: ['decision: this task is about one record, not about two persons'],
    });
  return decision === 'link' ? linkRecord(region, shown, command) : keepApart(region, shown, command);
}

async function linkRecord(
  region: Region,
  shown: ShownTask,
  { by, comment, person: personId }: RecordDecision,
): Promise<Refusal | undefined> {
  const { store } = region;
  const message = shown.sides.find((side) => side.kind !== 'person')?.message;
  const person = await whose(region, shown, personId);
  if (!message) return refuse('CONFLICT');
  if (!person)
    return refuse('INVALID_REQUEST', { issues: ['person: names nobody, and the task names nobody either'] });
  const { source } = message;
  const grounds = { decidedBy: by, ...(comment && { comment }) };
  const incoming: IncomingPatient = {
    source,
    patient: message.patient,
    demographics: message.demographics,
    digest: message.digest,
    sentAt: message.sentAt,
    isDated: true,
    supersededNhsNumbers: message.supersededNhsNumbers ?? [],
    news: {
      said: relationshipsOfPatient(region, source.ods, message.demographics),
      movesAt: movesAtOf(region),
      labels: [],
    },
    ...(message.nhsNumber && { nhsNumber: message.nhsNumber }),
    decided: { person, by, ...(comment && { comment }) },
  };
  const plan = await planRegistrations(region, [incoming], () => person.personId);
  const writes: Write<RegistrationConflict | 'task-changed'>[] = [
    ...plan.writes,
    ...settleReviewTask(store, shown.task, 'link', by, comment),
    ...(shown.task.kind === 'overlay'
      ? [
          removeSetAside(store, source),
          recordIdentityEvent(store, person.personId, {
            event: 'message-accepted',
            sources: [source],
            ...grounds,
          }),
        ]
      : []),
  ];
  if (writes.length > maximumWrites) return refuse('TOO_LARGE');
  const outcome = await transact(store, writes);
  if (!outcome.ok) return refuse('CONFLICT');
  // The record is linked; what a failure leaves in the index is a detail that the record held before.
  await plan.settle().catch(() => undefined);
  return undefined;
}

/** The person of the task, or the one whom the steward names: of a linked record nobody else than its own. */
async function whose(
  { store }: Region,
  { sides, task }: ShownTask,
  named: string | undefined,
): Promise<Person | undefined> {
  const [person] = sides.flatMap((side: ReviewSide) => (side.kind === 'person' ? [side.person] : []));
  if (named === undefined || person?.personId === named) return person;
  return task.kind === 'quarantine' ? getPerson(store, named) : undefined;
}

async function keepApart(
  { store }: Region,
  { sides, task }: ShownTask,
  { by, comment }: RecordDecision,
): Promise<Refusal | undefined> {
  const { kind, source } = task;
  const personId = sides.flatMap((side) => (side.kind === 'person' ? [side.person.personId] : []))[0];
  const event = { event: 'kept-apart', decidedBy: by, ...(comment && { comment }) } as const;
  const outcome = await transact(store, [
    ...(source && personId ? [recordIdentityEvent(store, personId, { ...event, sources: [source] })] : []),
    ...(kind === 'quarantine' && source && personId ? [markNotPerson(store, source, personId, by)] : []),
    ...settleReviewTask(store, task, 'keep-apart', by, comment),
  ]);
  return outcome.ok ? undefined : refuse('CONFLICT');
}
