import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { sourceTrustOf } from '../domain/access/region-policy.ts';
import { unmergePersons } from '../store/merge-persons.ts';
import type { Person } from '../store/person.ts';
import { refuseChange } from './identity-refusal.ts';
import { deciderOf } from './merge-patients.ts';
import { type Region, type Result, refuse } from './region.ts';

/** What a steward asks for. */
export interface UnmergeCommand {
  /** The person who was merged away. */
  readonly personId: string;
  readonly comment?: string | undefined;
  /** Marks the two as not duplicates, so that neither the machine nor a task brings them up again. */
  readonly keepApart: boolean;
  readonly expectedVersion?: number | undefined;
}

/** Undoes the merge by which a person went into another; both are then as their own records make them. */
export async function unmergePatient(
  region: Region,
  caller: Caller,
  command: UnmergeCommand,
): Promise<Result<{ restored: Person; survivor: Person }>> {
  const decision = decideOperation(region.policy, caller, 'identity.write');
  if (!decision.allowed) return refuse(decision.code);
  const outcome = await unmergePersons(region.store, {
    ...command,
    decidedBy: deciderOf(caller),
    trustOf: (ods) => sourceTrustOf(region.policy, ods),
  });
  if (!outcome.ok) return refuseChange(outcome.reason);
  return { ok: true, value: { restored: outcome.other, survivor: outcome.survivor } };
}
