import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { sourceTrustOf } from '../domain/access/region-policy.ts';
import type { SourceRef } from '../store/keys.ts';
import { moveRecord } from '../store/move-record.ts';
import { getPerson, type Person } from '../store/person.ts';
import { refuseChange } from './identity-refusal.ts';
import { deciderOf } from './merge-patients.ts';
import { type Region, type Result, refuse } from './region.ts';

/** What a steward asks for. */
export interface TakeAwayCommand {
  /** The person who holds the record wrongly. */
  readonly personId: string;
  readonly source: SourceRef;
  /** Whose it is; when nobody is named the record makes a person of its own. */
  readonly target?: string | undefined;
  readonly comment?: string | undefined;
  readonly expectedVersion?: number | undefined;
  readonly newPersonId: () => string;
}

/** Takes one record that was linked to the wrong person away from them, with its clinical entries; the machine never brings it back. */
export async function takeRecordAway(
  region: Region,
  caller: Caller,
  command: TakeAwayCommand,
): Promise<Result<{ owner: Person; former: Person }>> {
  const { policy, store } = region;
  const decision = decideOperation(policy, caller, 'identity.write');
  if (!decision.allowed) return refuse(decision.code);
  const { comment, expectedVersion, source } = command;
  const [former, target] = await Promise.all([
    getPerson(store, command.personId),
    command.target === undefined ? undefined : getPerson(store, command.target),
  ]);
  if (!former || (command.target !== undefined && !target)) return refuse('PATIENT_NOT_FOUND');
  if (expectedVersion !== undefined && expectedVersion !== former.version) return refuse('STALE_VERSION');
  if (target?.personId === former.personId) return refuseChange('already-one');
  const outcome = await moveRecord(store, {
    source,
    from: former.personId,
    to: target?.personId ?? command.newPersonId(),
    decidedBy: deciderOf(caller),
    comment,
    trustOf: (ods) => sourceTrustOf(policy, ods),
  });
  return outcome.ok
    ? { ok: true, value: { owner: outcome.to, former: outcome.from } }
    : refuseChange(outcome.reason);
}
