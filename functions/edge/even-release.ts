import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import type { ErrorCode } from '../domain/error-catalogue.ts';

/** The answers that must not tell who a patient is, or whether there is one: not by how long they take either. */
export const evenCodes: ReadonlySet<ErrorCode> = new Set(['NO_RELATIONSHIP', 'PATIENT_NOT_FOUND']);

/**
 * Waits until a whole number of `stepMilliseconds` after `startedAt` (of `performance.now()`); 0 waits for nothing. What took
 * longer for one patient than for another is lost in the wait, as long as a step is longer than either takes.
 */
export async function untilEvenMoment(startedAt: number, stepMilliseconds: number): Promise<void> {
  if (stepMilliseconds === 0) return;
  const steps = Math.max(1, Math.ceil((performance.now() - startedAt) / stepMilliseconds));
  const moment = startedAt + steps * stepMilliseconds;
  // A timer counts whole milliseconds and may be one late: the last ones are waited for turn by turn.
  const sleep = Math.floor(moment - performance.now()) - 2;
  if (sleep > 0) await wait(sleep);
  while (performance.now() < moment) await nextTurn();
}
