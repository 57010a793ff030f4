import { createLocalJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import * as z from 'zod';
import { type PublicKeySet, publicKeySetSchema } from '../domain/access/public-keys.ts';
import type { RegionPolicy } from '../domain/access/region-policy.ts';
import { assertedUserSchema, assertionSeconds, type TokenClient } from '../domain/access/token-client.ts';
import type { ReadAssertion } from '../usecases/issue-token.ts';
import { environment } from './env.ts';
import { readTokenHeader } from './token-header.ts';

/** The algorithms of client assertions; never `none`, never a symmetric one. */
export const assertionAlgorithms = ['RS512', 'ES384'];

/** Seconds by which a client's clock may differ. */
const clockToleranceSeconds = 60;

const claimsSchema = z.object({
  jti: z.string().min(1).max(128),
  exp: z.number(),
  iat: z.number(),
  aud: z.string(),
  user: assertedUserSchema.optional(),
  sid: z.string().min(1).max(128).optional(),
});

/** What a broken claim is called in the audit. */
const claimReasons: Readonly<Record<string, string>> = {
  aud: 'audience of another server',
  exp: 'no expiry',
  nbf: 'not yet valid',
  sub: 'subject is not the client',
  iat: 'issued at an impossible moment',
  typ: 'not a client assertion',
};

/**
 * Verifies a client assertion (RFC 7523 §3) with the keys of the client that it names as issuer and subject, for exactly one
 * audience; whatever is wrong becomes a reason for the audit.
 */
export async function readAssertion(
  policy: RegionPolicy,
  assertion: string,
  audience: string,
  now: Date,
): Promise<ReadAssertion> {
  const header = readTokenHeader(assertion);
  if (!header) return { ok: false, reason: 'header malformed or with a key of its own' };
  const client = policy.clients.find(({ id }) => id === issuerOf(assertion));
  if (!client) return { ok: false, reason: 'unknown client' };
  const refuse = (reason: string): ReadAssertion => ({ ok: false, reason, client });
  if (!assertionAlgorithms.includes(header.alg)) return refuse('algorithm not taken');
  // An access token or an ID token is none, even one that a client's key signed.
  if (header.typ !== undefined && !['jwt', 'client-authentication+jwt'].includes(header.typ.toLowerCase()))
    return refuse('not a client assertion');
  const key = keysOf(client)?.keys.find(({ kid }) => kid === header.kid);
  if (!key) return refuse('unknown key');

  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(assertion, createLocalJWKSet({ keys: [key] }), {
      algorithms: assertionAlgorithms,
      issuer: client.id,
      subject: client.id,
      audience,
      clockTolerance: clockToleranceSeconds,
      maxTokenAge: assertionSeconds,
      requiredClaims: ['exp', 'iat', 'jti'],
      currentDate: now,
    }));
  } catch (error) {
    return refuse(reasonOf(error));
  }
  const claims = claimsSchema.safeParse(payload);
  if (!claims.success) return refuse('claims malformed');
  const { exp, iat, jti, sid, user } = claims.data;
  if (exp - iat > assertionSeconds) return refuse('life longer than five minutes');
  return {
    ok: true,
    client,
    claims: {
      jti,
      refusedFrom: Math.ceil(exp) + clockToleranceSeconds + 1,
      ...(user && { user }),
      ...(sid !== undefined && { session: sid }),
    },
  };
}

function issuerOf(assertion: string): string | undefined {
  try {
    return decodeJwt(assertion).iss;
  } catch {
    return undefined;
  }
}

const keySetsSchema = z.record(z.string(), publicKeySetSchema);
let givenKeySets: z.infer<typeof keySetsSchema> | undefined;

/** The client's keys: those of the region's config, else those that the stack was given. */
function keysOf({ id, keys }: TokenClient): PublicKeySet | undefined {
  givenKeySets ??= keySetsSchema.parse(JSON.parse(environment().CLIENT_JWKS ?? '{}'));
  return keys ?? (Object.hasOwn(givenKeySets, id) ? givenKeySets[id] : undefined);
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed)
    return claimReasons[error.claim] ?? 'claims malformed';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature not by this key';
  if (error instanceof errors.JOSEError) return 'malformed';
  throw error;
}
