import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { getIntake, type Intake } from '../store/intake.ts';
import { type Region, type Result, refuse } from './region.ts';

/** A feed that the caller's organisation had queued, with what became of it; another organisation's is as unknown as none. */
export async function readIntake(
  { policy, store }: Region,
  caller: Caller,
  id: string,
): Promise<Result<Intake>> {
  const decision = decideOperation(policy, caller, 'feed.read');
  if (!decision.allowed) return refuse(decision.code);
  const intake = await getIntake(store, id);
  return intake?.organisation === caller.organisation
    ? { ok: true, value: intake }
    : refuse('INTAKE_NOT_FOUND');
}
