import type { ApiDefinition, GatewayResponseDefinition } from './api-definition.ts';
import type { ContextSource } from './context-variables.ts';
import { fillContextVariables, findUnknownVariables, readContextVariable } from './context-variables.ts';
import type { GatewayRefusal, GatewayRequest, GatewayResponseType } from './gateway-request.ts';
import { headerValue } from './gateway-request.ts';
import { refuse } from './refusal.ts';

/** A complete HTTP answer. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** API Gateway's own status for each type. */
const defaultStatus: Readonly<Record<GatewayResponseType, number>> = {
  ACCESS_DENIED: 403,
  API_CONFIGURATION_ERROR: 500,
  AUTHORIZER_CONFIGURATION_ERROR: 500,
  AUTHORIZER_FAILURE: 500,
  BAD_REQUEST_BODY: 400,
  BAD_REQUEST_PARAMETERS: 400,
  DEFAULT_4XX: 400,
  DEFAULT_5XX: 500,
  INTEGRATION_FAILURE: 504,
  INTEGRATION_TIMEOUT: 504,
  INVALID_API_KEY: 403,
  MISSING_AUTHENTICATION_TOKEN: 403,
  QUOTA_EXCEEDED: 429,
  REQUEST_TOO_LARGE: 413,
  THROTTLED: 429,
  UNAUTHORIZED: 401,
};

/** What API Gateway names in `x-amzn-ErrorType`. */
const errorTypes: Partial<Readonly<Record<GatewayResponseType, string>>> = {
  ACCESS_DENIED: 'AccessDeniedException',
  AUTHORIZER_CONFIGURATION_ERROR: 'AuthorizerConfigurationException',
  BAD_REQUEST_BODY: 'BadRequestException',
  BAD_REQUEST_PARAMETERS: 'BadRequestException',
  INVALID_API_KEY: 'ForbiddenException',
  MISSING_AUTHENTICATION_TOKEN: 'MissingAuthenticationTokenException',
  QUOTA_EXCEEDED: 'LimitExceededException',
  REQUEST_TOO_LARGE: 'RequestTooLargeException',
  THROTTLED: 'TooManyRequestsException',
  UNAUTHORIZED: 'UnauthorizedException',
};

/** Types that API Gateway has and this runner never gives (IAM, Cognito, WAF, cache): declaring them does nothing here. */
const neverGiven = new Set([
  'EXPIRED_TOKEN',
  'INVALID_SIGNATURE',
  'RESOURCE_NOT_FOUND',
  'UNSUPPORTED_MEDIA_TYPE',
  'WAF_FILTERED',
]);

const undeclared: GatewayResponseDefinition = { statusCode: undefined, headers: {}, templates: {} };

function readHeaderSource(value: string, source: ContextSource): string | undefined {
  const fixed = /^'(.*)'$/s.exec(value)?.[1];
  if (fixed !== undefined) return fixed;
  const { request } = source;
  const [, location, name] = /^method\.request\.(header|querystring|path)\.(.+)$/.exec(value) ?? [];
  if (name !== undefined) {
    if (location === 'header') return headerValue(request, name);
    return location === 'path' ? request.pathParameters[name] : request.query.get(name)?.at(-1);
  }
  return readContextVariable(value.slice('context.'.length), source);
}

/** Refuses declared gateway responses with a type, parameter or variable that is not served. */
export function checkGatewayResponses(api: ApiDefinition): void {
  for (const [type, definition] of api.gatewayResponses) {
    const place = `gateway response ${type}`;
    if (!(type in defaultStatus) && !neverGiven.has(type)) refuse(place, 'unknown type');
    for (const [target, value] of Object.entries(definition.headers)) {
      const known =
        /^'.*'$/s.test(value) ||
        /^method\.request\.(header|querystring|path)\..+$/.test(value) ||
        (value.startsWith('context.') && findUnknownVariables(`$${value}`).length === 0);
      if (!target.startsWith('gatewayresponse.header.') || !known)
        refuse(place, `${target}: ${value} is not served`);
    }
    for (const template of Object.values(definition.templates)) {
      const [unknown] = findUnknownVariables(template);
      if (unknown !== undefined) refuse(place, `unknown variable $context.${unknown}`);
      if (/\$(input|util|stageVariables)\b/.test(template))
        refuse(place, 'its template uses more than $context');
    }
  }
}

function chooseTemplate(
  templates: Readonly<Record<string, string>>,
  request: GatewayRequest,
): readonly [contentType: string, template: string] {
  const accepted = headerValue(request, 'Accept')?.split(',')[0]?.split(';')[0]?.trim() ?? '';
  const entries = Object.entries(templates);
  return (
    entries.find(([type]) => type === accepted) ??
    entries.find(([type]) => type === 'application/json') ??
    entries[0] ?? ['application/json', '{"message":$context.error.messageString}']
  );
}

/** A header value without what would end the header: a request's own value must never add one. */
function withoutControlCharacters(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here.
  return value.replaceAll(/[\u0000-\u001f\u007f]/g, '');
}

/** Answers in place of the function, as the template declares for the refusal's type, or for all of its class. */
export function answerRefusal(refusal: GatewayRefusal, source: ContextSource): HttpAnswer {
  const { api, request } = source;
  request.refusal = refusal;
  const ownStatus = refusal.statusCode ?? defaultStatus[refusal.type];
  const declared = api.gatewayResponses.get(refusal.type);
  const ofClass = api.gatewayResponses.get(ownStatus < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
  const definition = declared ?? ofClass ?? undeclared;
  const [contentType, template] = chooseTemplate(definition.templates, request);
  const headers = new Map<string, readonly [string, string]>([
    ['content-type', ['Content-Type', contentType]],
    ['x-amzn-requestid', ['x-amzn-RequestId', request.requestId]],
    ['x-amzn-errortype', ['x-amzn-ErrorType', errorTypes[refusal.type] ?? 'InternalServerErrorException']],
  ]);
  for (const [target, value] of Object.entries(definition.headers)) {
    const name = target.slice('gatewayresponse.header.'.length);
    const read = readHeaderSource(value, source);
    if (read !== undefined) headers.set(name.toLowerCase(), [name, withoutControlCharacters(read)]);
  }
  return {
    statusCode: declared?.statusCode ?? ofClass?.statusCode ?? ownStatus,
    headers: [...headers.values()],
    body: Buffer.from(fillContextVariables(template, source, '')),
  };
}
