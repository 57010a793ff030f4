import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { openCursor, sealCursor } from '../store/cursor.ts';
import { type IdentityEvent, listIdentityEvents } from '../store/identity-event.ts';
import { type Region, type Result, refuse } from './region.ts';

/**
 * One page of a person's ledger, newest first: who was linked, merged and parted, by whom and why. A merged person keeps
 * a ledger of their own, so this does not lead on to the survivor.
 */
export async function listLinkHistory(
  { policy, store }: Region,
  caller: Caller,
  request: { personId: string; count: number; cursor?: string | undefined },
): Promise<Result<{ events: IdentityEvent[]; next?: string }>> {
  const decision = decideOperation(policy, caller, 'identity.read');
  if (!decision.allowed) return refuse(decision.code);
  const { count, cursor, personId } = request;
  const binding = `list-link-history ${caller.organisation} ${caller.subject} ${personId}`;
  const after = cursor ? openCursor<string>(store.keys, binding, cursor, store.now()) : undefined;
  if (cursor && !after)
    return refuse('INVALID_REQUEST', { personId, issues: ['_cursor: not a cursor of this query'] });
  const page = await listIdentityEvents(store, personId, count, after);
  // Whoever exists was created, and the ledger says so.
  if (page.events.length === 0 && !after) return refuse('PATIENT_NOT_FOUND');
  return {
    ok: true,
    value: {
      events: page.events,
      ...(page.last && { next: sealCursor(store.keys, binding, page.last, store.now()) }),
    },
  };
}
