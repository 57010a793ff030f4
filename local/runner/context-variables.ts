import type { ApiDefinition } from './api-definition.ts';
import type { GatewayRequest } from './gateway-request.ts';
import { headerValue } from './gateway-request.ts';

/** How a request was answered, for the access log. */
export interface RequestOutcome {
  readonly statusCode: number;
  readonly responseBytes: number;
  readonly latencyMilliseconds: number;
}

/** What `$context` variables are read from. */
export interface ContextSource {
  readonly api: ApiDefinition;
  readonly accountId: string;
  readonly request: GatewayRequest;
  /** Known only once the answer is sent. */
  readonly outcome?: RequestOutcome;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A moment (epoch milliseconds) in the common log format, as `$context.requestTime` gives it. */
export function formatRequestTime(now: number): string {
  const date = new Date(now);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(date.getUTCDate())}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}

type Reader = (source: ContextSource) => string | number | undefined;

const readers: Readonly<Record<string, Reader>> = {
  accountId: ({ accountId }) => accountId,
  apiId: ({ api }) => api.id,
  stage: ({ api }) => api.stageName,
  requestId: ({ request }) => request.requestId,
  extendedRequestId: ({ request }) => request.extendedRequestId,
  xrayTraceId: ({ request }) => request.traceId,
  httpMethod: ({ request }) => request.httpMethod,
  path: ({ request }) => request.path,
  protocol: ({ request }) => request.protocol,
  domainName: ({ request }) => request.domainName,
  resourcePath: ({ request }) => request.method?.resourcePath,
  requestTime: ({ request }) => formatRequestTime(request.receivedAt),
  requestTimeEpoch: ({ request }) => request.receivedAt,
  status: ({ outcome }) => outcome?.statusCode,
  responseLength: ({ outcome }) => outcome?.responseBytes,
  responseLatency: ({ outcome }) => outcome?.latencyMilliseconds,
  integrationLatency: ({ request }) => request.integrationLatencyMilliseconds,
  integrationErrorMessage: ({ request }) => request.integrationError,
  'integration.error': ({ request }) => request.integrationError,
  'integration.latency': ({ request }) => request.integrationLatencyMilliseconds,
  'error.message': ({ request }) => request.refusal?.message,
  'error.messageString': ({ request }) =>
    request.refusal === undefined ? undefined : JSON.stringify(request.refusal.message),
  'error.responseType': ({ request }) => request.refusal?.type,
  'error.validationErrorString': ({ request }) => request.refusal?.validationError,
  'identity.sourceIp': ({ request }) => request.sourceIp,
  'identity.userAgent': ({ request }) => headerValue(request, 'User-Agent'),
  'identity.apiKeyId': ({ request }) => request.apiKeyId,
  'authorizer.principalId': ({ request }) => request.caller?.principalId,
  'authorizer.integrationLatency': ({ request }) => request.caller?.latencyMilliseconds,
};

const variablePattern = /\$context\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_-]+)*)/g;

function readerOf(name: string): Reader | undefined {
  const reader = readers[name];
  if (reader !== undefined) return reader;
  const property = /^authorizer\.([^.]+)$/.exec(name)?.[1];
  return property === undefined ? undefined : ({ request }) => request.caller?.context[property];
}

/** The `$context` variables of a text that this runner cannot fill. */
export function findUnknownVariables(text: string): string[] {
  return [...text.matchAll(variablePattern)]
    .map(([, name]) => name ?? '')
    .filter((name) => readerOf(name) === undefined);
}

/** One variable; undefined where the request has no value for it. */
export function readContextVariable(name: string, source: ContextSource): string | undefined {
  const value = readerOf(name)?.(source);
  return value === undefined ? undefined : String(value);
}

/**
 * The text with its `$context` variables filled; `absent` stands for those without a value. A value is escaped as
 * inside a JSON text, so that no caller can forge a line or a field; `error.messageString` brings its own quotes.
 */
export function fillContextVariables(text: string, source: ContextSource, absent: string): string {
  return text.replaceAll(variablePattern, (_whole, name: string) => {
    const value = readContextVariable(name, source);
    if (value === undefined) return absent;
    return name === 'error.messageString' ? value : JSON.stringify(value).slice(1, -1);
  });
}
