import middy from '@middy/core';
import httpHeaderNormalizer from '@middy/http-header-normalizer';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { errorCatalogue } from '../domain/error-catalogue.ts';
import {
  auditTokenRefusal,
  type TokenAnswer,
  type TokenError,
  type TokenRequest,
} from '../usecases/issue-token.ts';
import type { Region } from '../usecases/region.ts';
import {
  type OperationContext,
  type OperationMiddleware,
  observeRequest,
  routeOf,
  setHeaders,
  setRequestId,
} from './http-operation.ts';
import { countMetric } from './observe.ts';
import { toRefusedRequest } from './refused-request.ts';
import { loadRegion } from './region.ts';
import { longestToken } from './token-header.ts';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The parameters that are read; OAuth asks that others be passed over. */
const longestForm = longestToken * 2;

/** What a caller is told with an error: nothing from which a forger learns how far they came. */
const descriptions: Readonly<Record<TokenError | 'server_error' | 'temporarily_unavailable', string>> = {
  invalid_request:
    'Send grant_type, client_assertion_type and client_assertion once each, as application/x-www-form-urlencoded.',
  invalid_client: 'The client assertion is not taken. Quote the X-Request-ID to the region to learn why.',
  unsupported_grant_type: 'The grant type is client_credentials.',
  invalid_scope:
    "Name one of the client's roles as scope, with a user in the assertion where a person looks.",
  server_error: errorCatalogue.INTERNAL.text,
  temporarily_unavailable: 'No token can be issued at this moment. Send a new assertion.',
};

/**
 * The Lambda handler of the token endpoint: a form in, the answers and errors of OAuth (RFC 6749 §5) out, in place of
 * OperationOutcome. The form's own faults are audited here, everything else by `run`.
 */
export function tokenOperation(
  operation: string,
  run: (region: Region, request: TokenRequest) => Promise<TokenAnswer>,
) {
  const route = routeOf(operation);
  return middy<APIGatewayProxyEvent, APIGatewayProxyResult, Error, OperationContext>()
    .use([observeRequest(route), setHeaders, mapDefect, httpHeaderNormalizer(), setRequestId])
    .handler(async (event, context) => {
      const region = await loadRegion();
      const requestId = context.requestId ?? '';
      const form = readForm(event);
      if ('error' in form) await auditTokenRefusal(region, requestId, form.error, form.reason);
      const answer =
        'error' in form ? { ok: false as const, ...form } : await run(region, { ...form, requestId });
      if (answer.ok) return respond(200, answer.body);
      countMetric('Refused', { operation });
      return respond(answer.error === 'invalid_client' ? 401 : 400, errorBody(answer.error));
    });
}

const mapDefect: OperationMiddleware = {
  onError: (request) => {
    const { status } = errorCatalogue[toRefusedRequest(request.error).code];
    // What is written for a grant is the audit entry and the mark of the assertion: without either there is no token.
    const passing = status === 503;
    request.response = respond(
      passing ? 503 : 500,
      errorBody(passing ? 'temporarily_unavailable' : 'server_error'),
    );
  },
};

function respond(statusCode: number, body: string): APIGatewayProxyResult {
  return { statusCode, headers: { 'Content-Type': 'application/json', Pragma: 'no-cache' }, body };
}

function errorBody(error: keyof typeof descriptions): string {
  return JSON.stringify({ error, error_description: descriptions[error] });
}

type Form = Omit<TokenRequest, 'requestId'> | { readonly error: TokenError; readonly reason: string };

/** Reads the form; a parameter that is repeated, and a secret, are refused (RFC 6749 §3.2, §2.3). */
function readForm(event: APIGatewayProxyEvent): Form {
  const wrong = (reason: string, error: TokenError = 'invalid_request') => ({ error, reason });
  const mediaType = (event.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/x-www-form-urlencoded') return wrong('not a form');
  const text = event.isBase64Encoded
    ? Buffer.from(event.body ?? '', 'base64').toString('utf8')
    : (event.body ?? '');
  if (text.length > longestForm) return wrong('form too long');
  const form = new URLSearchParams(text);
  if (new Set(form.keys()).size !== form.size) return wrong('a parameter is repeated');
  // RFC 6749 §3.2: a parameter without a value is as if it were left out.
  const value = (name: string) => form.get(name) || undefined;
  if (event.headers.authorization !== undefined || value('client_secret') !== undefined)
    return wrong('more than one way to authenticate');
  const grantType = value('grant_type');
  const assertion = value('client_assertion');
  if (grantType === undefined) return wrong('no grant type');
  if (grantType !== 'client_credentials') return wrong('other grant type', 'unsupported_grant_type');
  if (value('client_assertion_type') !== assertionType || assertion === undefined)
    return wrong('no client assertion');
  return { assertion, clientId: value('client_id'), scope: value('scope') };
}
