import { type Agreement, agreementsOn } from '../domain/access/agreement.ts';
import { readAgreementsVersion, readAppliedAgreements } from '../store/agreements.ts';
import { instant } from '../store/store.ts';
import type { Region } from '../usecases/region.ts';

let held: { readonly version: number; readonly agreements: readonly Agreement[]; readAt: number } | undefined;

/**
 * The region under the agreements that are applied, as far as they hold today; read anew after `agreementSeconds` of its policy.
 * Rejects when it cannot be known which are applied: then nothing is decided by older ones.
 */
export async function withCurrentAgreements(region: Region): Promise<Region> {
  const { policy, store } = region;
  const agreements = agreementsOn(await currentAgreements(region), instant(store).slice(0, 10));
  return { ...region, policy: { ...policy, agreements } };
}

async function currentAgreements({ policy, store }: Region): Promise<readonly Agreement[]> {
  const now = store.now().getTime();
  const age = held ? now - held.readAt : Number.POSITIVE_INFINITY;
  if (held && age >= 0 && age < policy.agreementSeconds * 1000) return held.agreements;
  const version = (await readAppliedAgreements(store))?.version ?? 0;
  // The same version is the same agreements: a few bytes are read in place of all of them.
  if (held?.version === version) held = { ...held, readAt: now };
  else {
    const agreements = version === 0 ? policy.agreements : await readAgreementsVersion(store, version);
    held = { version, agreements, readAt: now };
  }
  return held.agreements;
}
