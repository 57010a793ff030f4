import type { APIGatewayProxyEvent } from 'aws-lambda';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, type JWK, type JWTPayload, jwtVerify } from 'jose';
import { type Caller, callerSchema } from '../domain/access/caller.ts';
import type { RegionPolicy } from '../domain/access/region-policy.ts';
import { callerOfIssuer } from '../domain/access/token-issuer.ts';
import { requireVariable } from './env.ts';
import { issuerKeys } from './issuer-keys.ts';
import { loadPolicy } from './policy.ts';
import { readTokenHeader } from './token-header.ts';

/** The algorithms of the region's own tokens; never `none`, never a symmetric one. */
const ownAlgorithms = ['ES384', 'RS512'];

/** Seconds by which the issuer's clock may differ. */
const clockToleranceSeconds = 60;

/** An access token older than this is refused, whatever its `exp` says. */
const longestLifeSeconds = 12 * 3600;

const otherIssuers = issuerKeys();

/** The bearer token of an Authorization header; undefined when there is none. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(header ?? '')?.[1];
}

/** What it takes to verify the tokens of one issuer. */
interface TrustedIssuer {
  readonly algorithms: readonly string[];
  readonly findKey: (kid: string) => Promise<JWK | undefined>;
  readonly callerOf: (claims: JWTPayload) => Caller | undefined;
}

/**
 * The caller whom a valid access token names, issued by this region or by an issuer that it trusts; undefined for any other
 * token. `ownKey` gives the region's own public key where the function may read it; the keys of `TOKEN_JWKS` come first.
 */
export async function verifyToken(token: string, ownKey?: () => Promise<JWK>): Promise<Caller | undefined> {
  const policy = loadPolicy();
  const kid = readTokenHeader(token)?.kid;
  const issuer = issuerOf(token);
  const trusted = issuer === undefined ? undefined : findIssuer(policy, issuer, ownKey);
  const key = kid === undefined ? undefined : await trusted?.findKey(kid);
  if (!trusted || !key || issuer === undefined) return undefined;
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [key] }), {
      algorithms: [...trusted.algorithms],
      issuer,
      audience: policy.tokenAudience,
      typ: 'at+jwt',
      clockTolerance: clockToleranceSeconds,
      maxTokenAge: longestLifeSeconds,
      requiredClaims: ['exp', 'iat', 'jti', 'sub'],
    });
    return trusted.callerOf(payload);
  } catch {
    // Which check failed is nothing that a forger should learn.
    return undefined;
  }
}

/** The `iss` that a token claims, still unverified: it chooses the keys that must have signed it. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function findIssuer(
  policy: RegionPolicy,
  issuer: string,
  ownKey: (() => Promise<JWK>) | undefined,
): TrustedIssuer | undefined {
  if (issuer === policy.tokenIssuer)
    return { algorithms: ownAlgorithms, findKey: (kid) => findOwnKey(kid, ownKey), callerOf: callerOfClaims };
  const other = policy.issuers.find((one) => one.issuer === issuer);
  return (
    other && {
      algorithms: other.algorithms,
      findKey: (kid) => otherIssuers.find(other.jwksUri, kid),
      callerOf: (claims) => callerOfIssuer(other, claims),
    }
  );
}

let givenKeys: readonly JWK[] | undefined;

async function findOwnKey(kid: string, ownKey: (() => Promise<JWK>) | undefined): Promise<JWK | undefined> {
  givenKeys ??= (JSON.parse(requireVariable('TOKEN_JWKS')) as JSONWebKeySet).keys;
  const given = givenKeys.find((key) => key.kid === kid);
  if (given || !ownKey) return given;
  const own = await ownKey();
  return own.kid === kid ? own : undefined;
}

/** The caller in the claims that the region writes itself. */
function callerOfClaims(claims: JWTPayload): Caller | undefined {
  return callerSchema.safeParse({
    subject: claims.sub,
    name: claims.name,
    role: claims.role,
    organisation: claims.organisation,
    purpose: claims.purpose,
    tokenId: claims.jti,
    // The authoriser's context takes no value that is undefined.
    ...(claims.client_id !== undefined && { client: claims.client_id }),
    ...(claims.sid !== undefined && { session: claims.sid }),
  }).data;
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
