import type { Caller } from '../domain/access/caller.ts';
import { decideOperation, decidePatientAccess } from '../domain/access/decide-access.ts';
import type { Permission } from '../domain/access/roles.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import { type AccessView, loadAccessView, type Person } from '../store/person.ts';
import { instant } from '../store/store.ts';
import { type Region, type Result, refuse } from './region.ts';

/** An {@link AccessView} of a person whom the caller may see. */
export interface OpenRecord extends AccessView {
  readonly person: Person;
}

/**
 * The one door to a patient: agreement and role, then one strongly consistent read, then relationship, and only then the
 * patient's own state. `despiteObjection` is for the objection itself, which must be readable and reversible.
 */
export async function openRecord(
  { policy, store }: Region,
  caller: Caller,
  personId: string,
  need: { permission: Permission; section?: SectionCode; despiteObjection?: boolean },
): Promise<Result<OpenRecord>> {
  const operation = decideOperation(policy, caller, need.permission, need.section);
  if (!operation.allowed) return refuse(operation.code);
  const view = await loadAccessView(store, personId);
  const { objection, ...withoutObjection } = view;
  const state = need.despiteObjection ? withoutObjection : view;
  const decision = decidePatientAccess(policy, caller, state, instant(store));
  const { person } = view;
  if (decision.allowed && person) return { ok: true, value: { ...view, person } };
  return refuse(decision.allowed ? 'PATIENT_NOT_FOUND' : decision.code, person ? { personId } : {});
}
