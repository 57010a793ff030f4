import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { openCursor, sealCursor } from '../store/cursor.ts';
import { listAlerts, type PrivacyAlert } from '../store/privacy-alert.ts';
import { type Region, type Result, refuse } from './region.ts';

/** One page of the alerts that wait for a privacy officer, or that were reviewed: newest first. */
export async function listPrivacyAlerts(
  { policy, store }: Region,
  caller: Caller,
  request: { status: PrivacyAlert['status']; count: number; cursor?: string | undefined },
): Promise<Result<{ alerts: readonly PrivacyAlert[]; next?: string }>> {
  const decision = decideOperation(policy, caller, 'audit.read');
  if (!decision.allowed) return refuse(decision.code);
  const { count, cursor, status } = request;
  const binding = `list-privacy-alerts ${caller.organisation} ${caller.subject} ${status}`;
  const after = cursor ? openCursor<string>(store.keys, binding, cursor, store.now()) : undefined;
  if (cursor && !after) return refuse('INVALID_REQUEST', { issues: ['_cursor: not a cursor of this query'] });
  const { alerts, last } = await listAlerts(store, status, count, after);
  return {
    ok: true,
    value: { alerts, ...(last && { next: sealCursor(store.keys, binding, last, store.now()) }) },
  };
}
