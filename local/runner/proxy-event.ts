import type { ApiDefinition } from './api-definition.ts';
import { formatRequestTime } from './context-variables.ts';
import type { GatewayRequest } from './gateway-request.ts';
import { contentTypeOf, headerValue } from './gateway-request.ts';
import type { JsonObject } from './json.ts';

function lastValues(values: Iterable<readonly [string, readonly string[]]>): Record<string, string> {
  return Object.fromEntries([...values].map(([name, all]) => [name, all.at(-1) ?? '']));
}

function headerLists(request: GatewayRequest): (readonly [string, readonly string[]])[] {
  return [...request.headers.values()].map(({ name, values }) => [name, values] as const);
}

/** The parts that a proxy event and a REQUEST authoriser's event share. */
export function describeRequest(request: GatewayRequest, api: ApiDefinition, accountId: string): JsonObject {
  const { method } = request;
  const query = [...request.query];
  const pathParameters = Object.keys(request.pathParameters).length === 0 ? null : request.pathParameters;
  return {
    resource: method?.resourcePath ?? '',
    path: request.path,
    httpMethod: request.httpMethod,
    headers: lastValues(headerLists(request)),
    multiValueHeaders: Object.fromEntries(headerLists(request)),
    queryStringParameters: query.length === 0 ? null : lastValues(query),
    multiValueQueryStringParameters: query.length === 0 ? null : Object.fromEntries(query),
    pathParameters,
    stageVariables: api.stageVariables ?? null,
    requestContext: {
      accountId,
      apiId: api.id,
      domainName: request.domainName,
      domainPrefix: '127',
      extendedRequestId: request.extendedRequestId,
      httpMethod: request.httpMethod,
      identity: {
        accessKey: null,
        accountId: null,
        apiKey: null,
        apiKeyId: request.apiKeyId ?? null,
        caller: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: request.sourceIp,
        user: null,
        userAgent: headerValue(request, 'User-Agent') ?? null,
        userArn: null,
      },
      path: `/${api.stageName}${request.path}`,
      protocol: request.protocol,
      requestId: request.requestId,
      requestTime: formatRequestTime(request.receivedAt),
      requestTimeEpoch: request.receivedAt,
      resourcePath: method?.resourcePath ?? '',
      stage: api.stageName,
    },
  };
}

/** Whether a media type is one of the API's binary media types. */
export function isBinaryMediaType(mediaType: string, binaryMediaTypes: readonly string[]): boolean {
  return binaryMediaTypes
    .map((type) => type.replaceAll('~1', '/').toLowerCase())
    .some(
      (type) =>
        type === '*/*' ||
        type === mediaType ||
        (type.endsWith('/*') && mediaType.startsWith(type.slice(0, -1))),
    );
}

/** The event of a REST API proxy integration (payload version 1.0), as JSON text. */
export function buildProxyEvent(request: GatewayRequest, api: ApiDefinition, accountId: string): string {
  const described = describeRequest(request, api, accountId);
  const { caller } = request;
  const binary = isBinaryMediaType(contentTypeOf(request), api.binaryMediaTypes);
  return JSON.stringify({
    ...described,
    requestContext: {
      ...(typeof described.requestContext === 'object' ? described.requestContext : {}),
      ...(caller === undefined
        ? {}
        : {
            authorizer: {
              ...caller.context,
              principalId: caller.principalId,
              integrationLatency: caller.latencyMilliseconds,
            },
          }),
    },
    body: request.body.length === 0 ? null : request.body.toString(binary ? 'base64' : 'utf8'),
    isBase64Encoded: binary && request.body.length > 0,
  });
}
