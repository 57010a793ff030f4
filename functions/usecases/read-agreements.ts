import type { Agreement } from '../domain/access/agreement.ts';
import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { type AppliedAgreements, readAgreementsVersion, readAppliedAgreements } from '../store/agreements.ts';
import { type Region, type Result, refuse } from './region.ts';

/** All agreements of a version, those that have ended and those to come included. */
export interface AgreementsState extends Partial<Omit<AppliedAgreements, 'version'>> {
  /** 0 for those of the region's file. */
  readonly version: number;
  readonly agreements: readonly Agreement[];
}

/** The agreements that are applied; `shipped`, those of the region's file, where none ever were. */
export async function readAgreements(
  { policy, store }: Region,
  caller: Caller,
  shipped: readonly Agreement[],
): Promise<Result<AgreementsState>> {
  const decision = decideOperation(policy, caller, 'agreement.read');
  if (!decision.allowed) return refuse(decision.code);
  const applied = await readAppliedAgreements(store);
  if (!applied) return { ok: true, value: { version: 0, agreements: shipped } };
  const { appliedAt, appliedBy, version } = applied;
  const agreements = await readAgreementsVersion(store, version);
  return { ok: true, value: { version, appliedAt, appliedBy, agreements } };
}
