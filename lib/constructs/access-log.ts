import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { FilterPattern, type IFilterPattern } from 'aws-cdk-lib/aws-logs';

/**
 * The fields of one access log line. The path is the template and there is no query string: an actual path or query can
 * hold a person's id.
 */
const accessLogFields = {
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  httpMethod: '$context.httpMethod',
  resourcePath: '$context.resourcePath',
  status: '$context.status',
  responseLength: '$context.responseLength',
  responseLatency: '$context.responseLatency',
  integrationError: '$context.integrationErrorMessage',
  errorType: '$context.error.responseType',
  subject: '$context.authorizer.subject',
  role: '$context.authorizer.role',
  organisation: '$context.authorizer.organisation',
} as const;

/** {@link accessLogFields} as API Gateway's format: one JSON object a line; a value that there is none of is `-`. */
export const accessLogFormat = AccessLogFormat.custom(JSON.stringify(accessLogFields));

/**
 * Lines of requests that the gateway itself refused although it knew the caller: it names the type of its own answer,
 * and both types for which a handler had already begun (and audits for itself) are left out.
 */
export const gatewayRefusals: IFilterPattern = FilterPattern.literal(
  '{ ($.subject = "*") && ($.subject != "-") && ($.errorType = "*") && ($.errorType != "-") && ($.errorType != "INTEGRATION_FAILURE") && ($.errorType != "INTEGRATION_TIMEOUT") }',
);
