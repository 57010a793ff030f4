import * as z from 'zod';
import { type ErrorCode, errorCatalogue, errorSystem } from '../domain/error-catalogue.ts';
import { recordTypes } from '../domain/record/record-types.ts';
import { sectionCodes } from '../domain/record/section-codes.ts';
import { basePath, pathsOf, type Route, routes } from './routes.ts';
import { requestExamples, requestSchemas } from './schemas.ts';

const fhirJson = 'application/fhir+json';

/** The OpenAPI 3.1 document, made from the routes table, the request schemas and the error catalogue. */
export function openApiDocument(baseUrl: string) {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const method = route.method.toLowerCase();
    for (const [at, path] of pathsOf(route).entries()) {
      // Each path's operation has a name of its own.
      const operation = at === 0 ? route.operation : `${route.operation}-patient`;
      const name = path === '' ? '/' : path;
      paths[name] = { ...paths[name], [method]: describe({ ...route, operation, path }) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Towpath',
      version: '0.1.0',
      description:
        'A shared care record with a master patient index: match, read, respect, record. FHIR R4 (UK Core shapes). ' +
        "Errors are OperationOutcome with a stable code in issue.details.coding; those of the token endpoint are OAuth's.",
    },
    servers: [{ url: baseUrl || basePath }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: {
        ...Object.fromEntries(
          Object.entries(requestSchemas).map(([name, schema]) => [
            name,
            z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' }),
          ]),
        ),
        Resource: {
          type: 'object',
          required: ['resourceType'],
          properties: { resourceType: { type: 'string' }, id: { type: 'string' } },
        },
        OperationOutcome: outcomeSchema(),
        OAuthError: {
          type: 'object',
          required: ['error'],
          properties: { error: { type: 'string' }, error_description: { type: 'string' } },
        },
      },
    },
  };
}

function describe(route: Route) {
  const open = route.permission === 'open';
  return {
    operationId: route.operation,
    tags: [tagOf(route)],
    summary: route.summary,
    ...(open ? { security: [] } : { security: [{ bearer: [] }] }),
    parameters: [
      ...pathParameters(route),
      ...queryParameters(route),
      requestIdParameter,
      ...feedHeaders(route),
    ],
    ...(route.form && { requestBody: formBody(route.form) }),
    ...(route.bodyTypes && {
      requestBody: {
        required: true,
        content: Object.fromEntries(route.bodyTypes.map((type) => [type, { schema: { type: 'string' } }])),
      },
    }),
    ...(route.requestSchema && {
      requestBody: {
        required: true,
        content: {
          [fhirJson]: {
            schema: { $ref: `#/components/schemas/${route.requestSchema}` },
            example: requestExamples[route.requestSchema],
          },
        },
      },
    }),
    responses: {
      [route.operation === 'record-objection' ? '201' : '200']: {
        description: [route.summary, ...errorTexts(errorsOf(route).filter(isAnswered))].join('. '),
        content: {
          ...Object.fromEntries((route.bytes ?? []).map((type) => [type, {}])),
          [route.bodyTypes?.[0] ?? (isPlain(route) ? 'application/json' : fhirJson)]: {
            schema: answerSchema(route),
          },
        },
      },
      ...(route.permission === 'record.write' && feedResponses),
      ...errorResponses(route),
      ...(route.form && oauthResponses()),
    },
  };
}

function answerSchema({ bodyTypes, permission, plainJson }: Route) {
  if (bodyTypes) return { type: 'string' };
  return permission === 'open' || plainJson ? { type: 'object' } : { $ref: '#/components/schemas/Resource' };
}

function isPlain({ operation, permission, plainJson }: Route): boolean {
  return plainJson === true || (permission === 'open' && operation !== 'get-capability-statement');
}

const tokenRoutes: ReadonlySet<string> = new Set([
  'issue-token',
  'get-token-keys',
  'get-smart-configuration',
]);

function formBody(fields: NonNullable<Route['form']>) {
  return {
    required: true,
    content: {
      'application/x-www-form-urlencoded': {
        schema: {
          type: 'object',
          required: fields.filter(({ required }) => required).map(({ name }) => name),
          properties: Object.fromEntries(
            fields.map(({ name, description }) => [name, { type: 'string', description }]),
          ),
        },
      },
    },
  };
}

/** The verb of the region that an operation serves, under which documentation groups it. */
function tagOf({ operation, permission }: Route): string {
  if (tokenRoutes.has(operation)) return 'Access tokens';
  if (permission === 'open') return 'About this region';
  if (permission === 'patient.match') return 'Match';
  if (permission === 'identity.read' || permission === 'identity.write') return 'Match: who is who';
  if (permission === 'patient.read' || permission === 'record.read') return 'Read';
  if (permission === 'objection.read' || permission === 'objection.write') return 'Respect';
  if (permission === 'agreement.read' || permission === 'agreement.write') return 'Respect: agreements';
  return permission === 'audit.read' ? 'Record: who looked' : 'Feed';
}

const requestIdParameter = {
  name: 'X-Request-ID',
  in: 'header',
  required: false,
  description: 'A UUID, made when absent and always echoed; a repeated one makes a feed safe to send again.',
  schema: { type: 'string', format: 'uuid' },
};

/** What stands in a path in place of `{code}` and `{type}`. */
const pathCodes: Readonly<Record<string, readonly string[]>> = { code: sectionCodes, type: recordTypes };

/** The headers that say how a feed is to be taken. */
function feedHeaders({ operation, permission }: Route) {
  const header = (name: string, description: string) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  });
  if (permission !== 'record.write') return [];
  return [
    header(
      'Prefer',
      '`respond-sync`: wait for what becomes of the feed; `respond-async`: 202, and ask later.',
    ),
    ...(operation.startsWith('create-resource')
      ? [header('If-None-Exist', '`identifier=system|value`: what is held under it stays as it is.')]
      : []),
    ...(operation.startsWith('update-resource')
      ? [header('If-Match', 'The `ETag` of the version that must be the current one.')]
      : []),
  ];
}

/** A feed is answered in several ways that are none of them errors. */
const feedResponses = {
  201: { description: 'Stored, where one resource was sent.' },
  202: {
    description:
      'Queued: `Content-Location` says what becomes of it. Or held and served to nobody: in quarantine.',
  },
};

function pathParameters({ path }: Route) {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', ...(name && pathCodes[name] && { enum: pathCodes[name] }) },
  }));
}

function queryParameters({ query }: Route) {
  return query.map(({ name, required, description, repeatable }) => {
    const schema = name === '_count' ? { type: 'integer', minimum: 1 } : { type: 'string' };
    return {
      name,
      in: 'query',
      required,
      description,
      schema: repeatable ? { type: 'array', items: schema } : schema,
      ...(repeatable && { explode: true }),
    };
  });
}

/** The errors that an operation can answer, from what its row asks for. */
export function errorsOf({ bodyTypes, permission, operation, requestSchema, form }: Route): ErrorCode[] {
  // All others of a form are OAuth's; this one is the gateway's.
  if (form) return ['THROTTLED'];
  if (permission === 'open') return operation === 'get-status' ? ['STORE_UNAVAILABLE'] : ['INTERNAL'];
  const codes: ErrorCode[] = [
    'INVALID_REQUEST',
    'UNAUTHENTICATED',
    'FORBIDDEN_ROLE',
    'NO_AGREEMENT',
    'THROTTLED',
    'INTERNAL',
    'AUDIT_UNAVAILABLE',
    'STORE_UNAVAILABLE',
    'TIMEOUT',
  ];
  if (requestSchema || bodyTypes) codes.push('TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE');
  if (permission === 'patient.match') codes.push('INVALID_NHS_NUMBER', 'TOO_FEW_SEARCH_FIELDS');
  if (operation === 'search-patients') codes.push('TOO_MANY_MATCHES');
  if (permission === 'patient.read' || permission === 'record.read')
    codes.push('NO_PATIENT_CONSENT', 'CONFLICT');
  if (permission === 'identity.read' || permission === 'identity.write') codes.push('PATIENT_NOT_FOUND');
  else if (!['patient.match', 'record.write', 'feed.read'].includes(permission))
    codes.push('NO_RELATIONSHIP', 'PATIENT_NOT_FOUND');
  if (operation === 'read-intake') codes.push('INTAKE_NOT_FOUND');
  if (operation === 'read-reject') codes.push('REJECT_NOT_FOUND');
  if (operation === 'decide-review-task') codes.push('TASK_NOT_FOUND');
  if (permission === 'identity.write')
    codes.push('CONFLICT', 'IDENTITY_CONFLICT', 'STALE_VERSION', 'INVALID_NHS_NUMBER');
  if (permission === 'record.write') codes.push('CONFLICT', 'IDEMPOTENCY_MISMATCH', 'STALE_VERSION');
  if (permission === 'objection.write') codes.push('CONFLICT', 'INVALID_NHS_NUMBER');
  return codes;
}

/** What a form is answered in place of an OperationOutcome (RFC 6749 §5.2). */
function oauthResponses() {
  const answers = {
    400: 'invalid_request, unsupported_grant_type or invalid_scope.',
    401: 'invalid_client: the assertion is not taken; one is good for one token.',
    500: 'server_error.',
    503: 'temporarily_unavailable: send a new assertion.',
  };
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/OAuthError' } } };
  return Object.fromEntries(
    Object.entries(answers).map(([status, description]) => [status, { description, content }]),
  );
}

/** True for an error that comes with the status of a good answer. */
function isAnswered(code: ErrorCode): boolean {
  return errorCatalogue[code].status < 400;
}

function errorTexts(codes: readonly ErrorCode[]): string[] {
  return codes.map((code) => `${code}: ${errorCatalogue[code].text}`);
}

function errorResponses(route: Route) {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of errorsOf(route)) {
    if (isAnswered(code)) continue;
    const { status } = errorCatalogue[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: errorTexts(codes).join(' '),
        content: { [fhirJson]: { schema: { $ref: '#/components/schemas/OperationOutcome' } } },
      },
    ]),
  );
}

function outcomeSchema() {
  const coding = {
    type: 'object',
    properties: {
      system: { type: 'string', const: errorSystem },
      code: { type: 'string', enum: Object.keys(errorCatalogue) },
    },
  };
  return {
    type: 'object',
    required: ['resourceType', 'issue'],
    properties: {
      resourceType: { type: 'string', const: 'OperationOutcome' },
      issue: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            severity: { type: 'string' },
            code: { type: 'string' },
            details: { type: 'object', properties: { coding: { type: 'array', items: coding } } },
            diagnostics: { type: 'string' },
          },
        },
      },
    },
  };
}
