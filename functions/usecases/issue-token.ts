import type { Caller } from '../domain/access/caller.ts';
import { tokenEndpointOf } from '../domain/access/region-policy.ts';
import type { Role } from '../domain/access/roles.ts';
import {
  type AssertedUse,
  accessTokenSeconds,
  callerOfClient,
  chooseGrant,
  type TokenClient,
} from '../domain/access/token-client.ts';
import type { ErrorCode } from '../domain/error-catalogue.ts';
import { spendAssertion } from '../store/client-assertion.ts';
import type { Region } from './region.ts';
import { auditDisclosure, auditRefusal } from './write-audit.ts';

/** What a token request says, after its form was read. */
export interface TokenRequest {
  readonly assertion: string;
  /** `client_id` of the form, which may be left out. */
  readonly clientId?: string | undefined;
  readonly scope?: string | undefined;
  readonly requestId: string;
}

/** A client's assertion that holds, or why it does not, in static words for the audit alone. */
export type ReadAssertion =
  | { readonly ok: true; readonly client: TokenClient; readonly claims: AssertionClaims }
  | { readonly ok: false; readonly reason: string; readonly client?: TokenClient };

/** The verified claims of an assertion. */
export interface AssertionClaims extends AssertedUse {
  readonly jti: string;
  /** Epoch seconds from which it is refused by its age. */
  readonly refusedFrom: number;
}

/** The two signatures of a token request: the one that is verified, and the one that is made. */
export interface TokenDesk {
  readonly readAssertion: (assertion: string, audience: string, now: Date) => Promise<ReadAssertion>;
  readonly sign: (claims: Readonly<Record<string, unknown>>) => Promise<string>;
}

/** An error of RFC 6749 §5.2. */
export type TokenError = 'invalid_request' | 'invalid_client' | 'unsupported_grant_type' | 'invalid_scope';

/** The token response of RFC 6749 §5.1 as JSON text, or the refusal. */
export type TokenAnswer =
  | { readonly ok: true; readonly body: string }
  | { readonly ok: false; readonly error: TokenError };

/**
 * Gives a registered system an access token for its signed assertion. Every refusal is audited with its reason, and every
 * grant before the token leaves; throws when that entry cannot be written, and then there is no token.
 */
export async function issueToken(
  region: Region,
  desk: TokenDesk,
  request: TokenRequest,
): Promise<TokenAnswer> {
  const { policy, store } = region;
  const now = store.now();
  const read = await desk.readAssertion(request.assertion, tokenEndpointOf(policy), now);
  if (!read.ok) return refuse('invalid_client', read.reason, read.client);
  const { claims, client } = read;
  if (request.clientId !== undefined && request.clientId !== client.id)
    return refuse('invalid_client', 'client_id of another client', client);
  const grant = chooseGrant(client, request.scope);
  if (!grant) return refuse('invalid_scope', 'scope not granted', client);
  const tokenId = crypto.randomUUID();
  const caller = callerOfClient(client, grant, claims, tokenId);
  if (!caller) return refuse('invalid_scope', 'user missing or not expected', client);
  // Last: nobody but the client, with an assertion that is good for a token, can use its jti up.
  if (!(await spendAssertion(store, client.id, claims.jti, claims.refusedFrom)))
    return refuse('invalid_client', 'assertion used before', client);

  const issuedAt = Math.floor(now.getTime() / 1000);
  const body = JSON.stringify({
    access_token: await desk.sign({
      iss: policy.tokenIssuer,
      aud: policy.tokenAudience,
      sub: caller.subject,
      jti: tokenId,
      iat: issuedAt,
      exp: issuedAt + accessTokenSeconds,
      client_id: client.id,
      sid: caller.session,
      name: caller.name,
      role: caller.role,
      organisation: caller.organisation,
      purpose: caller.purpose,
    }),
    token_type: 'Bearer',
    expires_in: accessTokenSeconds,
    scope: caller.role,
  });
  await auditDisclosure(region, audited(caller), [], body);
  return { ok: true, body };

  async function refuse(error: TokenError, reason: string, client?: TokenClient): Promise<TokenAnswer> {
    await auditTokenRefusal(region, request.requestId, error, reason, client);
    return { ok: false, error };
  }

  function audited(caller: Caller) {
    return { operation: 'issue-token', action: 'E' as const, caller, requestId: request.requestId };
  }
}

const codes: Readonly<Record<TokenError, ErrorCode>> = {
  invalid_client: 'UNAUTHENTICATED',
  invalid_scope: 'FORBIDDEN_ROLE',
  invalid_request: 'INVALID_REQUEST',
  unsupported_grant_type: 'INVALID_REQUEST',
};

/** Writes the entry of a refused token request. Of a client that is not registered nothing is written down: it said who it is. */
export async function auditTokenRefusal(
  region: Region,
  requestId: string,
  error: TokenError,
  reason: string,
  client?: TokenClient,
): Promise<void> {
  const [grant] = client?.grants ?? [];
  const role: Role = grant?.role ?? 'application';
  const caller: Caller = {
    subject: client?.id ?? 'unknown',
    name: client?.name ?? 'Unknown system',
    role,
    organisation: client?.organisation ?? 'UNKNOWN',
    purpose: grant?.purpose ?? 'administration',
    tokenId: 'none',
    ...(client && { client: client.id }),
  };
  await auditRefusal(
    region,
    { operation: 'issue-token', action: 'E', caller, requestId },
    { outcome: 'refused', errorCode: codes[error], reason },
  );
}
