import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import {
  type AlertOutcome,
  getPrivacyAlert,
  type PrivacyAlert,
  reviewAlert,
} from '../store/privacy-alert.ts';
import { transact } from '../store/transaction.ts';
import { type Region, type Result, refuse } from './region.ts';

/** Takes an alert off the list with what became of it; it stands in the list of reviewed ones, by whom and why. */
export async function reviewPrivacyAlert(
  { policy, store }: Region,
  { name, organisation, subject, ...caller }: Caller,
  request: { id: string; version: number; outcome: AlertOutcome; comment?: string | undefined },
): Promise<Result<PrivacyAlert>> {
  const decision = decideOperation(policy, { name, organisation, subject, ...caller }, 'alert.write');
  if (!decision.allowed) return refuse(decision.code);
  const { comment, id, outcome, version } = request;
  const alert = await getPrivacyAlert(store, id);
  if (!alert) return refuse('TASK_NOT_FOUND');
  if (alert.version !== version || alert.status === 'reviewed') return refuse('STALE_VERSION');
  // Who is asked about does not decide about it.
  if (alert.subject === subject) return refuse('FORBIDDEN_ROLE');
  const by = { subject, name, organisation };
  const written = await transact(
    store,
    reviewAlert(store, alert, { outcome, by, ...(comment && { comment }) }),
  );
  if (!written.ok) return refuse('CONFLICT');
  const reviewed = await getPrivacyAlert(store, id);
  return reviewed ? { ok: true, value: reviewed } : refuse('TASK_NOT_FOUND');
}
