import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import { basePath } from '../api/routes.ts';
import { parseJsonBody } from '../formats/fhir/json.ts';
import { RefusedRequest } from './refused-request.ts';

/** A request after all of its parts were checked. */
export interface CheckedRequest<Path, Query, Body> {
  readonly path: Path;
  readonly query: Query;
  readonly body: Body;
  /** The body's exact text. */
  readonly bodyText: string;
  readonly requestId: string;
  /** The version that the caller has seen, from `If-Match`. */
  readonly expectedVersion: number | undefined;
  /** `If-None-Exist`: the condition of a conditional create. */
  readonly ifNoneExist: string | undefined;
  /** `Prefer`, in lower case; empty when there is none. */
  readonly prefer: string;
  /** What the caller takes, in lower case; empty when they do not say. */
  readonly accept: string;
  /** The absolute URL of the base path, for links. */
  readonly baseUrl: string;
}

/** What an operation takes; one without a body schema takes no body. */
export interface RequestShape {
  readonly path: z.ZodType;
  readonly query: z.ZodType;
  readonly body?: z.ZodType;
  /** The routes table's query parameters: a repeatable one comes as a list. */
  readonly parameters?: readonly { readonly name: string; readonly repeatable?: true }[];
  /** Media types of a body that is no JSON, from the routes table: it comes as its bytes. */
  readonly bodyTypes?: readonly string[] | undefined;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The X-Request-ID when it is a UUID, else a new one; event headers are in lower case by now. */
export function requestIdOf(event: APIGatewayProxyEvent): string {
  const given = event.headers['x-request-id'];
  return given !== undefined && uuid.test(given) ? given : crypto.randomUUID();
}

/** Checks every part of the request against its shape; throws {@link RefusedRequest} with the places that are wrong. */
export function readRequest(
  event: APIGatewayProxyEvent,
  shape: RequestShape,
  requestId: string,
): CheckedRequest<unknown, unknown, unknown> {
  const given = event.headers['x-request-id'];
  if (given !== undefined && given !== requestId)
    throw new RefusedRequest('INVALID_REQUEST', undefined, ['X-Request-ID: not a UUID']);
  const bodyText = bodyTextOf(event);
  return {
    path: check('path', shape.path, event.pathParameters ?? {}),
    query: check('query', shape.query, queryValues(event, shape.parameters)),
    body: shape.body ? check('body', shape.body, bodyOf(event, bodyText, shape.bodyTypes)) : undefined,
    bodyText,
    requestId,
    expectedVersion: expectedVersionOf(event),
    ifNoneExist: event.headers['if-none-exist'],
    prefer: (event.headers.prefer ?? '').toLowerCase(),
    accept: (event.headers.accept ?? '').toLowerCase(),
    baseUrl: baseUrlOf(event),
  };
}

/** The number in `If-Match: W/"3"`, as an ETag gave it. */
function expectedVersionOf({ headers }: APIGatewayProxyEvent): number | undefined {
  const given = headers['if-match'];
  if (given === undefined) return undefined;
  const version = /^(?:W\/)?"([0-9]{1,9})"$/.exec(given)?.[1];
  if (version === undefined)
    throw new RefusedRequest('INVALID_REQUEST', undefined, ['If-Match: not an ETag of this region']);
  return Number(version);
}

function check(part: string, schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    ({ path, code, ...issue }) =>
      // Places and kinds only: a value, or a key that the caller made up, is not repeated.
      `${[part, ...path].join('.')}: ${code === 'invalid_type' && 'expected' in issue ? `expected ${issue.expected}` : code}`,
  );
  throw new RefusedRequest('INVALID_REQUEST', undefined, issues);
}

/** Every FHIR answer is JSON, so to ask for it changes nothing. A `+` in an address is a blank to most who read it. */
const jsonFormats: ReadonlySet<string> = new Set([
  'json',
  'application/json',
  'application/fhir+json',
  'application/fhir json',
]);

/**
 * Query parameters with one value each, but for repeatable ones; any other repeated one is refused rather than guessed at.
 * A caller who prefers `handling=lenient` has unknown ones left out (http://hl7.org/fhir/R4/search.html#errors).
 */
function queryValues(
  event: APIGatewayProxyEvent,
  parameters: RequestShape['parameters'] = [],
): Record<string, string | string[]> {
  const isLenient = /(?:^|[,;\s])handling=lenient(?:$|[,;\s])/i.test(event.headers.prefer ?? '');
  const entries = Object.entries(event.multiValueQueryStringParameters ?? {}).flatMap(([name, values]) => {
    const parameter = parameters.find((one) => one.name === name);
    if (!parameter && (isLenient || (name === '_format' && values?.every((one) => jsonFormats.has(one)))))
      return [];
    const [value, ...others] = values ?? [];
    if (value !== undefined && parameter?.repeatable) return [[name, [value, ...others]]];
    if (value === undefined || others.length > 0)
      throw new RefusedRequest('INVALID_REQUEST', undefined, ['query: repeated parameter']);
    return [[name, value]];
  });
  // Not by assignment, which would swallow a parameter named __proto__.
  return Object.fromEntries(entries);
}

/** The text of the body. */
export function bodyTextOf(event: APIGatewayProxyEvent): string {
  const body = event.body ?? '';
  return event.isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;
}

function bodyOf(event: APIGatewayProxyEvent, text: string, types: readonly string[] | undefined): unknown {
  const mediaType = (event.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!types) return jsonBody(mediaType, text);
  if (!types.includes(mediaType)) throw new RefusedRequest('UNSUPPORTED_MEDIA_TYPE');
  return Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
}

function jsonBody(mediaType: string, text: string): unknown {
  if (mediaType !== 'application/fhir+json' && mediaType !== 'application/json')
    throw new RefusedRequest('UNSUPPORTED_MEDIA_TYPE');
  const parsed = parseJsonBody(text);
  if (!parsed.ok) throw new RefusedRequest('INVALID_REQUEST', undefined, [`body: ${parsed.reason}`]);
  return parsed.value;
}

/** The absolute URL of the base path as the caller reached it. */
export function baseUrlOf(event: APIGatewayProxyEvent): string {
  const { domainName, stage, path } = event.requestContext;
  const header = (name: string) => event.headers[name] ?? event.headers[name.toLowerCase()];
  // AWS always names its domain; some emulators do not, and there the caller's own Host is all there is.
  const host = domainName ?? header('Host') ?? 'localhost';
  const protocol = header('X-Forwarded-Proto') ?? 'https';
  // On the execute-api host the path begins with the stage; behind a custom domain (and locally) it does not.
  const staged = path.startsWith(`/${stage}/`) && host.includes('execute-api');
  return `${protocol}://${host}${staged ? `/${stage}` : ''}${basePath}`;
}
