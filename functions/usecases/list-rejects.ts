import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { organisationOf } from '../domain/access/region-policy.ts';
import { isRegionWide } from '../domain/access/roles.ts';
import { openCursor, sealCursor } from '../store/cursor.ts';
import { getReject, listRejects as listStored, type Reject } from '../store/reject.ts';
import { type Region, type Result, refuse } from './region.ts';

/** One page of refused messages, newest first: a feed's own organisation's, or for a steward all. */
export async function listRejects(
  { policy, store }: Region,
  caller: Caller,
  request: { organisation?: string | undefined; count: number; cursor?: string | undefined },
): Promise<Result<{ rejects: readonly Reject[]; next?: string }>> {
  const decision = decideOperation(policy, caller, 'feed.read');
  if (!decision.allowed) return refuse(decision.code);
  const { count, cursor } = request;
  const organisation = seesAll(policy, caller) ? request.organisation : caller.organisation;
  if (request.organisation !== undefined && request.organisation !== organisation)
    return refuse('FORBIDDEN_ROLE');
  const binding = `list-rejects ${caller.organisation} ${caller.subject} ${organisation ?? ''}`;
  const after = cursor ? openCursor<string>(store.keys, binding, cursor, store.now()) : undefined;
  if (cursor && !after) return refuse('INVALID_REQUEST', { issues: ['_cursor: not a cursor of this query'] });
  const { last, rejects } = await listStored(store, organisation, count, after);
  return {
    ok: true,
    value: { rejects, ...(last && { next: sealCursor(store.keys, binding, last, store.now()) }) },
  };
}

/** One refused message, with the message itself where it was kept. Another organisation's is as unknown as none. */
export async function readReject(
  { policy, store }: Region,
  caller: Caller,
  id: string,
): Promise<Result<Reject & { readonly message?: string }>> {
  const decision = decideOperation(policy, caller, 'feed.read');
  if (!decision.allowed) return refuse(decision.code);
  const reject = await getReject(store, id);
  if (!reject || !(seesAll(policy, caller) || reject.organisation === caller.organisation))
    return refuse('REJECT_NOT_FOUND');
  return { ok: true, value: reject };
}

/** A steward of the region looks after all of its feeds; one of a neighbour after their own organisation's. */
function seesAll(policy: Region['policy'], caller: Caller): boolean {
  return isRegionWide(caller.role) && organisationOf(policy, caller.organisation)?.region === policy.region;
}
