import { randomUUID } from 'node:crypto';
import { importJWK, SignJWT } from 'jose';
import { type RegionPolicy, tokenEndpointOf } from '../../functions/domain/access/region-policy.ts';
import { type AssertedUse, assertionSeconds } from '../../functions/domain/access/token-client.ts';
import type { SigningKey } from './token-keys.ts';

/** A client assertion for the region's token endpoint, good for one token within five minutes; `now` in epoch milliseconds. */
export async function signAssertion(
  key: SigningKey,
  policy: Pick<RegionPolicy, 'tokenAudience'>,
  clientId: string,
  { session, user }: AssertedUse,
  now: number,
): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT({ ...(user && { user }), ...(session !== undefined && { sid: session }) })
    .setProtectedHeader({ alg: 'ES384', typ: 'JWT', kid: key.kid })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(tokenEndpointOf(policy))
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + assertionSeconds)
    .sign(await importJWK(key, 'ES384'));
}
