import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { type ErrorCode, errorCatalogue, errorSystem } from '../../functions/domain/error-catalogue.ts';

/** The catalogue's code for each answer that the gateway gives by itself. */
const gatewayErrors: Readonly<Record<string, ErrorCode>> = {
  ACCESS_DENIED: 'FORBIDDEN_ROLE',
  API_CONFIGURATION_ERROR: 'INTERNAL',
  AUTHORIZER_CONFIGURATION_ERROR: 'INTERNAL',
  AUTHORIZER_FAILURE: 'INTERNAL',
  BAD_REQUEST_BODY: 'INVALID_REQUEST',
  BAD_REQUEST_PARAMETERS: 'INVALID_REQUEST',
  EXPIRED_TOKEN: 'UNAUTHENTICATED',
  INTEGRATION_FAILURE: 'INTERNAL',
  INTEGRATION_TIMEOUT: 'TIMEOUT',
  // The authoriser chose a usage plan that is not there: the stack and region.json disagree.
  INVALID_API_KEY: 'INTERNAL',
  INVALID_SIGNATURE: 'UNAUTHENTICATED',
  // API Gateway's name for a path or method that it does not have.
  MISSING_AUTHENTICATION_TOKEN: 'NOT_FOUND',
  QUOTA_EXCEEDED: 'THROTTLED',
  REQUEST_TOO_LARGE: 'TOO_LARGE',
  RESOURCE_NOT_FOUND: 'NOT_FOUND',
  THROTTLED: 'THROTTLED',
  UNAUTHORIZED: 'UNAUTHENTICATED',
  UNSUPPORTED_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  WAF_FILTERED: 'INVALID_REQUEST',
};

/** For the types that AWS may add: they keep the status that AWS gives them. */
const fallbacks: Readonly<Record<string, ErrorCode>> = {
  DEFAULT_4XX: 'INVALID_REQUEST',
  DEFAULT_5XX: 'INTERNAL',
};

/** Makes every answer of the gateway itself an OperationOutcome of the catalogue, with the headers of all answers. */
export function addGatewayResponses(api: RestApi): void {
  for (const [type, code] of Object.entries(gatewayErrors))
    addGatewayResponse(api, type, code, String(errorCatalogue[code].status));
  for (const [type, code] of Object.entries(fallbacks)) addGatewayResponse(api, type, code);
}

function addGatewayResponse(api: RestApi, type: string, code: ErrorCode, statusCode?: string): void {
  api.addGatewayResponse(type, {
    type: ResponseType.of(type),
    ...(statusCode !== undefined && { statusCode }),
    // The template's own media type only chooses it; the header below is what the caller sees.
    templates: { 'application/json': JSON.stringify(operationOutcome(code)) },
    responseHeaders: {
      'Content-Type': "'application/fhir+json'",
      'Cache-Control': "'no-store'",
      'X-Request-ID': 'method.request.header.X-Request-ID',
      'X-Content-Type-Options': "'nosniff'",
      'Strict-Transport-Security': "'max-age=31536000; includeSubDomains'",
      ...(code === 'UNAUTHENTICATED' && { 'WWW-Authenticate': "'Bearer'" }),
      ...(code === 'THROTTLED' && { 'Retry-After': "'1'" }),
    },
  });
}

function operationOutcome(code: ErrorCode) {
  const { issue, text } = errorCatalogue[code];
  return {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: issue, details: { coding: [{ system: errorSystem, code }], text } }],
  };
}
