import type { GatewayRefusal, GatewayRequest } from './gateway-request.ts';
import { contentTypeOf, headerValue } from './gateway-request.ts';
import { isNestedDeeperThan } from './json.ts';

/** Deeper than any real resource; parsing and validating recurse, so a deeper body is refused unread. */
const maximumBodyDepth = 256;

function isMissing(value: string | undefined): boolean {
  return value === undefined || value === '';
}

/** Checks the parameters that the method requires. */
export function checkParameters(request: GatewayRequest): GatewayRefusal | undefined {
  const missing = (request.method?.requiredParameters ?? []).filter(({ location, name }) => {
    if (location === 'header') return isMissing(headerValue(request, name));
    if (location === 'path') return isMissing(request.pathParameters[name]);
    return isMissing(request.query.get(name)?.at(-1));
  });
  if (missing.length === 0) return undefined;
  const names = missing.map(({ name }) => name).join(', ');
  return { type: 'BAD_REQUEST_PARAMETERS', message: `Missing required request parameters: [${names}]` };
}

/** Checks the body against the model of its content type; one without a model is not checked, as on AWS. */
export function checkBody(request: GatewayRequest): GatewayRefusal | undefined {
  const validate = request.method?.models.get(contentTypeOf(request));
  if (validate === undefined) return undefined;
  const refusal = (validationError: string): GatewayRefusal => ({
    type: 'BAD_REQUEST_BODY',
    message: 'Invalid request body',
    validationError: `[${validationError}]`,
  });
  const text = request.body.toString('utf8');
  if (isNestedDeeperThan(text, maximumBodyDepth)) return refusal('nested too deeply');
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return refusal('not JSON');
  }
  if (validate(body) === true) return undefined;
  const [error] = validate.errors ?? [];
  return refusal(error === undefined ? 'invalid' : `${error.instancePath} ${error.message}`.trim());
}
