import { randomInt } from 'node:crypto';
import type { Caller } from '../domain/access/caller.ts';
import { isApplication } from '../domain/access/roles.ts';
import { partOf } from '../domain/access/search-quotas.ts';
import { agentPseudonym } from '../store/agent-entry.ts';
import { countSearch } from '../store/search-quota.ts';
import { type Refusal, type Region, refuse } from './region.ts';

/** Items among which the counter of an organisation is spread: none takes more than some writes a second. */
const organisationShards = 16;

/**
 * Counts a search for people, by somebody who may search, against the quotas of its user and of their organisation, before
 * anything is looked for; THROTTLED when either is used up. A busy organisation may be stopped some searches early: each shard of
 * its counter has its part.
 */
export async function takeSearchQuota(
  { policy, store }: Region,
  caller: Caller,
): Promise<Refusal | undefined> {
  const { application, organisation, person } = policy.searchQuotas;
  const counted = await Promise.all([
    countSearch(
      store,
      `AGENT#${agentPseudonym(store.keys, caller.subject)}`,
      isApplication(caller.role) ? application : person,
    ),
    countSearch(
      store,
      `ORGANISATION#${caller.organisation}#${randomInt(organisationShards)}`,
      partOf(organisation, organisationShards),
    ),
  ]);
  return counted.includes(false) ? refuse('THROTTLED') : undefined;
}
