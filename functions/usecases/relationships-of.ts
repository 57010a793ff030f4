import { organisationOf } from '../domain/access/region-policy.ts';
import type { Demographics } from '../domain/identity/demographics.ts';
import type { Relationship } from '../store/relationship.ts';
import { instant } from '../store/store.ts';
import type { Region } from './region.ts';

/** Sending its own record of a person shows that the organisation is involved; so does being named as the practice. */
export function relationshipsOf(
  { policy, store }: Region,
  organisation: string,
  { generalPractitioner: practice }: Demographics,
): Relationship[] {
  const since = instant(store);
  const until = new Date(store.now().getTime() + policy.relationshipDays * 86_400_000).toISOString();
  const found: Relationship[] = [{ organisation, reason: 'feed', since, until }];
  if (practice && practice !== organisation && organisationOf(policy, practice))
    found.push({ organisation: practice, reason: 'gp-registration', since, until });
  return found;
}
