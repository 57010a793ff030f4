import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { sourceTrustOf } from '../domain/access/region-policy.ts';
import { parseNhsNumber } from '../domain/identity/nhs-number.ts';
import { type MergeOutcome, mergePersons } from '../store/merge-persons.ts';
import type { Person } from '../store/person.ts';
import { refuseChange } from './identity-refusal.ts';
import { type Region, type Result, refuse } from './region.ts';

/** What a steward asks for; HL7 v2 A40 asks for the same. */
export interface MergeCommand {
  /** Who is merged away. */
  readonly source: string;
  /** Who stays. */
  readonly target: string;
  /** Where both hold a verified NHS number: the one that stays in use. */
  readonly survivingNhsNumber?: string | undefined;
  /** Merges although somebody decided that the two are not one. */
  readonly overrideNotDuplicate: boolean;
  readonly comment?: string | undefined;
  /** Works the result out and changes nothing. */
  readonly preview: boolean;
  readonly expectedVersion?: number | undefined;
}

/** The people after a merge; `changed` is false when they were one already. */
export interface MergedPatients {
  readonly survivor: Person;
  readonly other?: Person;
  readonly changed: boolean;
}

/** Merges one person into another by a person's decision; asked twice, it answers as before. */
export async function mergePatients(
  region: Region,
  caller: Caller,
  command: MergeCommand,
): Promise<Result<MergedPatients>> {
  const decision = decideOperation(region.policy, caller, 'identity.write');
  if (!decision.allowed) return refuse(decision.code);
  if (command.source === command.target)
    return refuse('INVALID_REQUEST', { issues: ['source-patient: is the target-patient'] });
  const number =
    command.survivingNhsNumber === undefined ? undefined : parseNhsNumber(command.survivingNhsNumber);
  if (number && !number.ok) return refuse('INVALID_NHS_NUMBER');
  const { comment, expectedVersion, overrideNotDuplicate, preview, source, target } = command;
  const outcome: MergeOutcome = await mergePersons(region.store, {
    from: source,
    into: target,
    grounds: { how: 'steward', decidedBy: deciderOf(caller), comment },
    trustOf: (ods) => sourceTrustOf(region.policy, ods),
    survivingNhsNumber: number?.nhsNumber,
    overrideNotDuplicate,
    expectedVersion,
    preview,
  });
  if (outcome.ok) {
    const { survivor, other } = outcome;
    return { ok: true, value: { survivor, other, changed: !preview } };
  }
  if (outcome.survivor) return { ok: true, value: { survivor: outcome.survivor, changed: false } };
  return refuseChange(outcome.reason);
}

/** The caller as the ledger names who decided. */
export function deciderOf({ subject, name, organisation }: Caller) {
  return { subject, name, organisation };
}
