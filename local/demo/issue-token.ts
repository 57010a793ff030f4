import { importJWK, SignJWT } from 'jose';
import type { Caller } from '../../functions/domain/access/caller.ts';
import type { RegionPolicy } from '../../functions/domain/access/region-policy.ts';
import type { SigningKey } from './token-keys.ts';

/** Seconds for which a demo token is valid. */
export const tokenLifeSeconds = 3600;

/** An access token of the region for one caller; `now` in epoch milliseconds. */
export async function issueToken(
  signingKey: SigningKey,
  policy: Pick<RegionPolicy, 'tokenIssuer' | 'tokenAudience'>,
  { subject, tokenId, ...claims }: Caller,
  now: number,
): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES384', typ: 'at+jwt', kid: signingKey.kid })
    .setIssuer(policy.tokenIssuer)
    .setAudience(policy.tokenAudience)
    .setSubject(subject)
    .setJti(tokenId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + tokenLifeSeconds)
    .sign(await importJWK(signingKey, 'ES384'));
}
