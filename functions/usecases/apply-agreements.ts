import { type Agreement, agreementFindings } from '../domain/access/agreement.ts';
import { type AgreementChange, agreementChanges } from '../domain/access/agreement-changes.ts';
import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { applyAgreementsVersion } from '../store/agreements.ts';
import { instant } from '../store/store.ts';
import { transact } from '../store/transaction.ts';
import { readAgreements } from './read-agreements.ts';
import { type Region, type Result, refuse } from './region.ts';

/** Bytes of all agreements together, well below what one item holds. */
const longestAgreements = 300_000;

/** What became of agreements that were sent. */
export interface AgreementsOutcome {
  /** The version that is applied now. */
  readonly version: number;
  /** What it changed; nothing where the agreements said the same already, and then there is no new version. */
  readonly changes: readonly AgreementChange[];
}

/**
 * Applies agreements in place of those of `version` (0: the region's file, `shipped`), whole or not at all: STALE_VERSION when
 * others are applied by now, so nobody undoes what they have not seen.
 */
export async function applyAgreements(
  region: Region,
  caller: Caller,
  proposed: { readonly version: number; readonly agreements: readonly Agreement[] },
  shipped: readonly Agreement[],
): Promise<Result<AgreementsOutcome>> {
  const { policy, store } = region;
  const { agreements, version } = proposed;
  const decision = decideOperation(policy, caller, 'agreement.write');
  if (!decision.allowed) return refuse(decision.code);
  const findings = agreementFindings({ ...policy, agreements });
  if (findings.length > 0)
    return refuse('INVALID_REQUEST', {
      issues: findings.map(({ message, path }) => `${path.join('.')}: ${message}`),
    });
  if (JSON.stringify(agreements).length > longestAgreements) return refuse('TOO_LARGE');
  const current = await readAgreements(region, caller, shipped);
  if (!current.ok) return current;
  if (current.value.version !== version) return refuse('STALE_VERSION');
  const changes = agreementChanges(current.value.agreements, agreements);
  if (changes.length === 0) return { ok: true, value: { version, changes } };
  const { name, organisation, subject } = caller;
  const applied = {
    version: version + 1,
    appliedAt: instant(store),
    appliedBy: { subject, name, organisation },
  };
  const written = await transact(store, applyAgreementsVersion(store, applied, agreements));
  if (!written.ok) return refuse('STALE_VERSION');
  return { ok: true, value: { version: applied.version, changes } };
}
