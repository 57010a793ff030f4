import { randomBytes, randomUUID } from 'node:crypto';
import type { MethodDefinition } from './api-definition.ts';

/** The kinds of answer that API Gateway gives itself (its "gateway response types"). */
export type GatewayResponseType =
  | 'ACCESS_DENIED'
  | 'API_CONFIGURATION_ERROR'
  | 'AUTHORIZER_CONFIGURATION_ERROR'
  | 'AUTHORIZER_FAILURE'
  | 'BAD_REQUEST_BODY'
  | 'BAD_REQUEST_PARAMETERS'
  | 'DEFAULT_4XX'
  | 'DEFAULT_5XX'
  | 'INTEGRATION_FAILURE'
  | 'INTEGRATION_TIMEOUT'
  | 'INVALID_API_KEY'
  | 'MISSING_AUTHENTICATION_TOKEN'
  | 'QUOTA_EXCEEDED'
  | 'REQUEST_TOO_LARGE'
  | 'THROTTLED'
  | 'UNAUTHORIZED';

/** Why the gateway itself refuses a request. */
export interface GatewayRefusal {
  readonly type: GatewayResponseType;
  /** `$context.error.message`: static words, or names of parameters. */
  readonly message: string;
  /** Where it differs from the type's own default. */
  readonly statusCode?: number;
  /** `$context.error.validationErrorString`. */
  readonly validationError?: string;
}

/** What an authoriser said about the caller. */
export interface AuthorisedCaller {
  readonly principalId: string;
  /** Flat, every value a text. */
  readonly context: Readonly<Record<string, string>>;
  readonly usageIdentifierKey: string | undefined;
  readonly latencyMilliseconds: number;
}

/** A request on its way through the gateway; what is not known yet is undefined. */
export interface GatewayRequest {
  readonly requestId: string;
  readonly extendedRequestId: string;
  readonly traceId: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly httpMethod: string;
  readonly protocol: string;
  /** As sent, without the query string. */
  readonly path: string;
  readonly query: ReadonlyMap<string, readonly string[]>;
  /** In the order and case received; a repeated name once, with all its values. */
  readonly headers: ReadonlyMap<string, { readonly name: string; readonly values: readonly string[] }>;
  readonly sourceIp: string;
  readonly domainName: string;
  body: Buffer;
  method: MethodDefinition | undefined;
  pathParameters: Readonly<Record<string, string>>;
  caller: AuthorisedCaller | undefined;
  apiKeyId: string | undefined;
  refusal: GatewayRefusal | undefined;
  integrationLatencyMilliseconds: number | undefined;
  integrationError: string | undefined;
}

/** The last value of a header, by its name in any case. */
export function headerValue(request: GatewayRequest, name: string): string | undefined {
  return request.headers.get(name.toLowerCase())?.values.at(-1);
}

/** The media type of the body, lower case, without parameters; API Gateway takes JSON where none is named. */
export function contentTypeOf(request: GatewayRequest): string {
  const type = headerValue(request, 'Content-Type')?.split(';')[0]?.trim().toLowerCase();
  return type === undefined || type === '' ? 'application/json' : type;
}

/** What the server knows of a request before its body is read. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  readonly remoteAddress: string;
  readonly port: number;
}

/** The size that API Gateway's header limit counts: request line and headers, in bytes. */
export function headSizeBytes(head: RequestHead): number {
  let size = head.method.length + head.url.length + 12;
  for (const part of head.rawHeaders) size += Buffer.byteLength(part, 'latin1') + 2;
  return size;
}

/** Starts the way of a request; `now` in epoch milliseconds. */
export function openRequest(head: RequestHead, now: number): GatewayRequest {
  const headers = new Map<string, { name: string; values: string[] }>();
  for (let index = 0; index + 1 < head.rawHeaders.length; index += 2) {
    const name = head.rawHeaders[index] ?? '';
    const value = head.rawHeaders[index + 1] ?? '';
    const entry = headers.get(name.toLowerCase());
    if (entry === undefined) headers.set(name.toLowerCase(), { name, values: [value] });
    else entry.values.push(value);
  }
  const queryStart = head.url.indexOf('?');
  const query = new Map<string, string[]>();
  if (queryStart !== -1) {
    for (const [name, value] of new URLSearchParams(head.url.slice(queryStart + 1))) {
      const values = query.get(name);
      if (values === undefined) query.set(name, [value]);
      else values.push(value);
    }
  }
  const seconds = Math.floor(now / 1000)
    .toString(16)
    .padStart(8, '0');
  const traceId = `Root=1-${seconds}-${randomBytes(12).toString('hex')}`;
  const domainName = `127.0.0.1:${head.port}`;
  const set = (name: string, value: string): void => {
    headers.set(name.toLowerCase(), { name, values: [value] });
  };
  const forwarded = headers.get('x-forwarded-for')?.values ?? [];
  set('X-Forwarded-For', [...forwarded, head.remoteAddress].join(', '));
  set('X-Forwarded-Port', String(head.port));
  set('X-Forwarded-Proto', 'http');
  set('X-Amzn-Trace-Id', traceId);
  headers.delete('connection');
  headers.delete('content-length');
  return {
    requestId: randomUUID(),
    extendedRequestId: `${randomBytes(11).toString('base64url')}=`,
    traceId,
    receivedAt: now,
    httpMethod: head.method,
    protocol: `HTTP/${head.httpVersion}`,
    path: queryStart === -1 ? head.url : head.url.slice(0, queryStart),
    query,
    headers,
    sourceIp: head.remoteAddress,
    domainName,
    body: Buffer.alloc(0),
    method: undefined,
    pathParameters: {},
    caller: undefined,
    apiKeyId: undefined,
    refusal: undefined,
    integrationLatencyMilliseconds: undefined,
    integrationError: undefined,
  };
}
