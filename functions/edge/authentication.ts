import type { APIGatewayProxyEvent } from 'aws-lambda';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { type Caller, callerSchema } from '../domain/access/caller.ts';
import { requireVariable } from './env.ts';
import { loadPolicy } from './policy.ts';

/** The signature algorithms that are taken; never `none`, never a symmetric one. */
const algorithms = ['ES384', 'RS512'];

/** Seconds by which the issuer's clock may differ. */
const clockToleranceSeconds = 60;

/** An access token older than this is refused, whatever its `exp` says. */
const longestLifeSeconds = 12 * 3600;

let keySet: ReturnType<typeof createLocalJWKSet> | undefined;

/** The bearer token of an Authorization header; undefined when there is none. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(header ?? '')?.[1];
}

/** The caller whom a valid access token of this region names; undefined for any other token. */
export async function verifyToken(token: string): Promise<Caller | undefined> {
  keySet ??= createLocalJWKSet(JSON.parse(requireVariable('TOKEN_JWKS')) as JSONWebKeySet);
  const { tokenIssuer, tokenAudience } = loadPolicy();
  try {
    const { payload } = await jwtVerify(token, keySet, {
      algorithms,
      issuer: tokenIssuer,
      audience: tokenAudience,
      typ: 'at+jwt',
      clockTolerance: clockToleranceSeconds,
      maxTokenAge: longestLifeSeconds,
      requiredClaims: ['exp', 'iat', 'jti', 'sub'],
    });
    const caller = callerSchema.safeParse({
      subject: payload.sub,
      name: payload.name,
      role: payload.role,
      organisation: payload.organisation,
      purpose: payload.purpose,
      tokenId: payload.jti,
    });
    return caller.success ? caller.data : undefined;
  } catch {
    // Which check failed is nothing that a forger should learn.
    return undefined;
  }
}

/**
 * Who is asking. The authoriser's context is taken when the gateway called one; where none arrives (LocalStack 4.14
 * deploys no authorisers) the token is verified here. Nothing verified: undefined, which is a 401.
 */
export async function authenticate(event: APIGatewayProxyEvent): Promise<Caller | undefined> {
  const context: unknown = event.requestContext.authorizer;
  const fromAuthoriser = callerSchema.safeParse(context);
  if (fromAuthoriser.success) return fromAuthoriser.data;
  const token = bearerToken(event.headers.authorization);
  return token === undefined ? undefined : verifyToken(token);
}
