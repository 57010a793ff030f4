import { randomUUID } from 'node:crypto';
import type { Caller } from '../../functions/domain/access/caller.ts';
import type { RegionPolicy } from '../../functions/domain/access/region-policy.ts';
import { loadRegions } from '../../lib/config/load-regions.ts';
import { callerOf } from '../demo/callers.ts';
import { issueToken } from '../demo/issue-token.ts';
import { readSigningKey } from '../demo/token-keys.ts';
import type { Outcome } from './command.ts';
import { findRegion, type ReachableRegion } from './run-file.ts';

/** A region that runs or was deployed, with the means to be anybody in it. */
export interface OpenedRegion {
  readonly found: ReachableRegion;
  readonly policy: RegionPolicy;
  /** A token for one caller, valid for an hour. */
  tokenFor(caller: Caller): Promise<string>;
}

/** The opened region, or what to tell the user. */
export type OpenResult =
  | { readonly ok: true; readonly region: OpenedRegion }
  | { readonly ok: false; readonly outcome: Outcome };

/** Finds the region of a data folder and the key that signs its demo tokens. */
export async function openRegion(dataDir: string): Promise<OpenResult> {
  const found = await findRegion(dataDir);
  const signingKey = await readSigningKey(dataDir);
  const policy = found && (await loadRegions()).get(found.region)?.policy;
  if (!found || !signingKey || !policy)
    return {
      ok: false,
      outcome: {
        kind: 'failed',
        message: `no region runs on the data folder ${dataDir}`,
        fix: 'start one with: npm start (or name its data folder with --data DIR)',
      },
    };
  return {
    ok: true,
    region: {
      found,
      policy,
      tokenFor: (caller) => issueToken(signingKey, policy, caller, Date.now()),
    },
  };
}

/** A token for a demo user by name. */
export async function tokenForUser(
  region: OpenedRegion,
  user: string,
  changes: Parameters<typeof callerOf>[3] = {},
): Promise<
  | { readonly ok: true; readonly caller: Caller; readonly token: string }
  | { readonly ok: false; readonly outcome: Outcome }
> {
  const found = callerOf(region.policy, user, randomUUID(), changes);
  if (!found.ok) return { ok: false, outcome: { kind: 'wrong-usage', message: found.reason } };
  return { ok: true, caller: found.caller, token: await region.tokenFor(found.caller) };
}
