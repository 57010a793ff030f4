import { type AlertType, alertTypes, type ClaimReason, claimReasons } from '../domain/access/break-glass.ts';
import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { putRelationshipClaim } from '../store/relationship-claim.ts';
import { instant } from '../store/store.ts';
import { type Region, type Result, refuse } from './region.ts';

/** Until when a claim holds, and the words under which it stands in the audit log. */
export interface ClaimMade {
  /** ISO 8601 UTC instant. */
  readonly until: string;
  readonly reason: string;
}

/**
 * Makes a relationship for this user in this organisation, for the minutes that the region allows. Whether there is such a
 * person is not looked at: the answer and the calls are the same for everybody, and a record that is sealed stays so.
 */
export async function breakGlass(
  { policy, store }: Region,
  caller: Caller,
  claim: { readonly personId: string; readonly type: AlertType; readonly reason: ClaimReason },
): Promise<Result<ClaimMade>> {
  const operation = decideOperation(policy, caller, 'relationship.claim');
  if (!operation.allowed) return refuse(operation.code);
  const { minutes, roles } = policy.breakGlass;
  if (!roles.some((role) => role === caller.role)) return refuse('FORBIDDEN_ROLE');
  const { display, kind } = alertTypes[claim.type];
  const until = new Date(store.now().getTime() + minutes * 60_000).toISOString();
  const { organisation, subject } = caller;
  await putRelationshipClaim(store, claim.personId, {
    ...{ organisation, subject, kind },
    ...{ since: instant(store), until },
  });
  return { ok: true, value: { until, reason: `${display}: ${claimReasons[claim.reason]}` } };
}
