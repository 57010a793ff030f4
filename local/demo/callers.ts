import type { Caller } from '../../functions/domain/access/caller.ts';
import type { RegionPolicy } from '../../functions/domain/access/region-policy.ts';
import { demoUsers, organisationOf, usersOf } from './users.ts';

/** A caller of the demo region, or why there is none by that name. */
export type FoundCaller =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly reason: string };

/** The caller behind a demo user's name; `organisation` puts them in another organisation than their own. */
export function callerOf(
  policy: RegionPolicy,
  user: string,
  tokenId: string,
  changes: {
    readonly organisation?: string | undefined;
    readonly purpose?: Caller['purpose'] | undefined;
  } = {},
): FoundCaller {
  const known = usersOf(policy).map(({ demoUser }) => demoUser.user);
  const demoUser = demoUsers.find((one) => one.user === user);
  if (!demoUser)
    return { ok: false, reason: `no demo user is called ${user}; there are ${known.join(', ')}` };
  const organisation = changes.organisation ?? organisationOf(demoUser, policy);
  if (organisation === undefined)
    return {
      ok: false,
      reason: `${policy.name} has no organisation for ${user}; there are ${known.join(', ')}`,
    };
  return {
    ok: true,
    caller: {
      subject: `${user}@${organisation.toLowerCase()}.towpath.example`,
      name: demoUser.fullName,
      role: demoUser.role,
      organisation,
      purpose: changes.purpose ?? demoUser.purpose,
      tokenId,
    },
  };
}

/** The system that feeds one organisation's own records. */
export function feedOf(organisation: string, tokenId: string): Caller {
  return {
    subject: `feed@${organisation.toLowerCase()}.towpath.example`,
    name: 'Integration engine',
    role: 'feed',
    organisation,
    purpose: 'feed',
    tokenId,
  };
}
