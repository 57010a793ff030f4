import * as z from 'zod';
import { type Caller, purposes } from './caller.ts';
import { publicKeySetSchema } from './public-keys.ts';
import { isApplication, type Role, roles } from './roles.ts';

const roleNames = Object.keys(roles) as [Role, ...Role[]];

/** Seconds for which an access token of the region is valid. */
export const accessTokenSeconds = 600;

/** Seconds that a client assertion may live (NHS signed-JWT authentication: five minutes). */
export const assertionSeconds = 300;

/** A registered system that proves itself with a signed assertion. */
export const tokenClientSchema = z.strictObject({
  /** `iss` and `sub` of its assertions. */
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]{2,63}$/, '3 to 64 small letters, digits, dots and hyphens'),
  name: z.string().min(1).max(128),
  /** ODS code of the one organisation for which it acts. */
  organisation: z.string().regex(/^[A-Z0-9]{3,10}$/),
  /** The roles that it may ask for, by `scope`, each with its purpose. */
  grants: z
    .array(z.strictObject({ role: z.enum(roleNames), purpose: z.enum(purposes) }))
    .min(1)
    .refine((grants) => new Set(grants.map(({ role }) => role)).size === grants.length, 'a role twice'),
  /** A snapshot of the keys that it publishes: nothing is fetched. Without one, the stack's `ClientJwks` holds them. */
  keys: publicKeySetSchema.optional(),
});

/** See {@link tokenClientSchema}. */
export type TokenClient = z.infer<typeof tokenClientSchema>;

/** Who sits before the client, as its assertion says; in the log of who looked under the client's name. */
export const assertedUserSchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9._@-]{1,60}$/),
  name: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[^\p{C}]+$/u),
});

/** What a client asserts beside who it is. */
export interface AssertedUse {
  readonly user?: z.infer<typeof assertedUserSchema>;
  readonly session?: string;
}

/** The one grant that a `scope` (a role's name) asks for; without a scope the client must have one grant only. */
export function chooseGrant(
  { grants }: TokenClient,
  scope: string | undefined,
): TokenClient['grants'][number] | undefined {
  if (scope === undefined) return grants.length === 1 ? grants[0] : undefined;
  return grants.find(({ role }) => role === scope);
}

/**
 * The caller that a client may be. A role in which somebody looks needs a named user, and a system's role takes none;
 * undefined otherwise. The user's id stands behind the client's: no client can speak for another's users.
 */
export function callerOfClient(
  client: TokenClient,
  grant: TokenClient['grants'][number],
  { session, user }: AssertedUse,
  tokenId: string,
): Caller | undefined {
  if (isApplication(grant.role) !== (user === undefined)) return undefined;
  return {
    subject: user ? `${client.id}/${user.id}` : client.id,
    name: user?.name ?? client.name,
    role: grant.role,
    organisation: client.organisation,
    purpose: grant.purpose,
    tokenId,
    client: client.id,
    ...(session !== undefined && { session }),
  };
}
