import * as z from 'zod';
import { type Caller, callerSchema, purposes } from './caller.ts';
import { type Role, roles } from './roles.ts';

const roleNames = Object.keys(roles) as [Role, ...Role[]];
const httpsUrl = z.url({ protocol: /^https$/ });

/** An OpenID provider, shaped like NHS CIS2, whose access tokens (RFC 9068) for this region's audience are taken. */
export const tokenIssuerSchema = z.strictObject({
  /** Its `iss`, exactly. */
  issuer: httpsUrl,
  /** Where its keys are read: from here alone, whatever a token says. */
  jwksUri: httpsUrl,
  /** Never a symmetric one, never `none`. */
  algorithms: z.array(z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS512', 'ES256', 'ES384'])).min(1),
  /** What each national job role (`R8000`) is here; one that is not listed opens nothing. */
  roles: z.record(z.string().regex(/^R\d{4}$/), z.enum(roleNames)),
  /** Why its users ask: a matter of the agreement with the provider, not of the token. */
  purpose: z.enum(purposes),
});

/** See {@link tokenIssuerSchema}. */
export type TokenIssuer = z.infer<typeof tokenIssuerSchema>;

/** CIS2's claims: the user's roles in national role-based access control, and the one of this session. */
const cis2Claims = z.object({
  jti: z.string().min(1).max(128),
  name: z.string().min(1).max(128),
  nhsid_useruid: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  selected_roleid: z.string().min(1).max(64),
  sid: z.string().min(1).max(128).optional(),
  nhsid_nrbac_roles: z
    .array(z.object({ person_roleid: z.string(), org_code: z.string(), role_code: z.string() }))
    .max(200),
});

/** The caller whom verified claims of an issuer name: in the selected role and its organisation, or nobody. */
export function callerOfIssuer(issuer: TokenIssuer, claims: unknown): Caller | undefined {
  const parsed = cis2Claims.safeParse(claims);
  if (!parsed.success) return undefined;
  const { jti, name, nhsid_nrbac_roles, nhsid_useruid, selected_roleid, sid } = parsed.data;
  const [selected, ...others] = nhsid_nrbac_roles.filter(
    ({ person_roleid }) => person_roleid === selected_roleid,
  );
  if (!selected || others.length > 0) return undefined;
  // `S8000:G8000:R8000` is staff group, sub-group and job role.
  const role = issuer.roles[selected.role_code.split(':').at(-1) ?? ''];
  const caller = callerSchema.safeParse({
    subject: nhsid_useruid,
    name,
    role,
    organisation: selected.org_code,
    purpose: issuer.purpose,
    tokenId: jti,
    ...(sid !== undefined && { session: sid }),
  });
  return caller.success ? caller.data : undefined;
}
