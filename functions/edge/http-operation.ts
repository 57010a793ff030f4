import middy from '@middy/core';
import httpHeaderNormalizer from '@middy/http-header-normalizer';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type { FhirResource } from 'fhir/r4.js';
import type * as z from 'zod';
import { type Route, routes } from '../api/routes.ts';
import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import type { AuditAction } from '../domain/audit/audit-entry.ts';
import { errorCatalogue } from '../domain/error-catalogue.ts';
import { operationOutcome } from '../formats/fhir/operation-outcome.ts';
import { objectionsStand } from '../usecases/objections-stand.ts';
import {
  type Disclosure,
  type OpenedRecord,
  type Refusal,
  type Region,
  type Result,
  refuse,
} from '../usecases/region.ts';
import { takeSearchQuota } from '../usecases/take-search-quota.ts';
import { auditDisclosure, auditRefusal } from '../usecases/write-audit.ts';
import { nameQuestion, rememberCounted, wasCounted } from './asked-before.ts';
import { authenticate } from './authentication.ts';
import { withCurrentAgreements } from './current-agreements.ts';
import { evenCodes, untilEvenMoment } from './even-release.ts';
import { countMetric, describeDefect, log } from './observe.ts';
import { loadPolicy } from './policy.ts';
import {
  baseUrlOf,
  type CheckedRequest,
  type RequestShape,
  readRequest,
  requestIdOf,
} from './read-request.ts';
import { RefusedRequest, toRefusedRequest } from './refused-request.ts';
import { loadRegion } from './region.ts';

/** What an operation answers; `disclosures` name every person whose data is in the body. */
export interface Answer {
  readonly status: number;
  /** Text and bytes are sent as they are, under the Content-Type of `headers`. */
  readonly body: FhirResource | object | string | Buffer;
  readonly disclosures: readonly Disclosure[];
  readonly headers?: Readonly<Record<string, string>>;
  /** It is the same whether somebody is held or not, and so must be how long it takes. */
  readonly isEven?: boolean;
}

/** What the middleware of a request hands on. */
export interface OperationContext extends Context {
  requestId?: string;
  caller?: Caller;
  startedAt?: number;
  answer?: Answer;
  opened?: OpenedRecord[];
  input?: unknown;
}

/** A step of a request. */
export type OperationMiddleware = middy.MiddlewareObj<
  APIGatewayProxyEvent,
  APIGatewayProxyResult,
  Error,
  OperationContext
>;

/**
 * The Lambda handler of an operation that needs a caller. Each request is authenticated, checked against its schemas, run,
 * and released only after its audit entries are stored; each refusal is audited too. The operation itself sees checked
 * input and returns a domain result.
 */
export function httpOperation<Path extends z.ZodType, Query extends z.ZodType, Body>(
  operation: string,
  schemas: { path: Path; query: Query; body?: z.ZodType<Body> },
  run: (
    region: Region,
    caller: Caller,
    request: CheckedRequest<z.infer<Path>, z.infer<Query>, Body>,
  ) => Promise<Result<Answer>>,
  /** Steps of its own, outside of all that can refuse. */
  steps: readonly OperationMiddleware[] = [],
) {
  const route = routeOf(operation);
  if (route.requestSchema && !schemas.body) throw new Error(`${operation} has no body schema`);
  return pipeline(
    route,
    [...steps, checkCaller, checkInput({ ...schemas, parameters: route.query, bodyTypes: route.bodyTypes })],
    async (context) => {
      if (!context.caller) throw new RefusedRequest('UNAUTHENTICATED');
      context.opened = [];
      const region = { ...(await withCurrentAgreements(await loadRegion())), opened: context.opened };
      const input = context.input as CheckedRequest<z.infer<Path>, z.infer<Query>, Body>;
      const result =
        (await refuseByRoute(route, region, context.caller, JSON.stringify([input.query, input.bodyText]))) ??
        (await run(region, context.caller, input));
      if (!result.ok)
        throw new RefusedRequest(result.code, result.personId, result.issues, undefined, result.answer);
      return result.value;
    },
  );
}

/** Agreement, role and quota, as the row of the operation has them: also for an operation that would forget to ask. */
async function refuseByRoute(
  { operation, permission }: Route,
  region: Region,
  caller: Caller,
  request: string,
): Promise<Refusal | undefined> {
  if (permission === 'open') return undefined;
  const decision = decideOperation(region.policy, caller, permission);
  if (!decision.allowed) return refuse(decision.code);
  if (permission !== 'patient.match') return undefined;
  const question = nameQuestion(caller, operation, request);
  const now = region.store.now().getTime();
  if (wasCounted(question, now)) return undefined;
  const spent = await takeSearchQuota(region, caller);
  if (!spent) rememberCounted(question, now);
  return spent;
}

/** The Lambda handler of an operation that is open to all and touches no patient data. */
export function openOperation(
  operation: string,
  run: (baseUrl: string) => Promise<Omit<Answer, 'disclosures'>>,
) {
  return pipeline(routeOf(operation), [], async (_, event) => ({
    ...(await run(baseUrlOf(event))),
    disclosures: [],
  }));
}

/** The row of an operation; throws when there is none. */
export function routeOf(operation: string): Route {
  const route = routes.find((row) => row.operation === operation);
  if (!route) throw new Error(`no route is named ${operation}`);
  return route;
}

function pipeline(
  route: Route,
  checks: readonly OperationMiddleware[],
  run: (context: OperationContext, event: APIGatewayProxyEvent) => Promise<Answer>,
) {
  // Middy runs `after` and `onError` from the last middleware to the first: release, outcome, headers, observation, even moment.
  return middy<APIGatewayProxyEvent, APIGatewayProxyResult, Error, OperationContext>()
    .use([
      releaseEvenly,
      observeRequest(route),
      setHeaders,
      mapOutcome(route),
      httpHeaderNormalizer(),
      setRequestId,
      ...checks,
      release(route),
    ])
    .handler(async (event, context): Promise<APIGatewayProxyResult> => {
      const answer = await run(context, event);
      context.answer = answer;
      return {
        statusCode: answer.status,
        headers: { ...answer.headers },
        ...encode(answer.body),
      };
    });
}

/** API Gateway makes bytes of base64 where the first media type of `Accept` is one of the API's binary ones. */
function encode(body: Answer['body']): Pick<APIGatewayProxyResult, 'body' | 'isBase64Encoded'> {
  if (Buffer.isBuffer(body)) return { body: body.toString('base64'), isBase64Encoded: true };
  return { body: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** What must be alike for somebody and nobody leaves at an even moment. */
const releaseEvenly: OperationMiddleware = {
  after: async ({ context }) => {
    if (context.answer?.isEven) await holdBack(context);
  },
  onError: async ({ context, error }) => {
    if (error instanceof RefusedRequest && evenCodes.has(error.code)) await holdBack(context);
  },
};

function holdBack({ startedAt = performance.now() }: OperationContext): Promise<void> {
  return untilEvenMoment(startedAt, loadPolicy().evenMilliseconds);
}

/** Logs and counts each request: never what is in it. */
export function observeRequest(route: Route): OperationMiddleware {
  const { operation } = route;
  return {
    before: ({ context }) => {
      context.startedAt = performance.now();
    },
    after: ({ context, response }) => {
      log('info', 'request-answered', { operation, ...requestFields(context, response) });
    },
    onError: ({ context, response, error }) => {
      const fields = { operation, ...requestFields(context, response) };
      if (error instanceof RefusedRequest && errorCatalogue[error.code].status < 500) {
        log('info', 'request-refused', { ...fields, errorCode: error.code });
        countMetric('Refused', { operation });
      } else {
        log('error', 'request-failed', {
          ...fields,
          defect: describeDefect(error instanceof RefusedRequest ? (error.cause ?? error) : error),
        });
        countMetric('Failed', { operation });
      }
    },
  };
}

function requestFields(context: OperationContext, response: APIGatewayProxyResult | null | undefined) {
  return {
    durationMs: Math.round(performance.now() - (context.startedAt ?? performance.now())),
    ...(response && { status: response.statusCode }),
    ...(context.requestId && { requestId: context.requestId }),
  };
}

/** Gives every answer its security headers and the request's id. */
export const setHeaders: OperationMiddleware = {
  after: addHeaders,
  onError: addHeaders,
};

function addHeaders({
  context,
  response,
}: middy.Request<APIGatewayProxyEvent, APIGatewayProxyResult, Error, OperationContext>) {
  if (!response) return;
  response.headers = {
    'Content-Type': 'application/fhir+json; charset=utf-8',
    ...response.headers,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
    ...(context.requestId && { 'X-Request-ID': context.requestId }),
    ...(response.statusCode === 401 && { 'WWW-Authenticate': 'Bearer' }),
    ...(response.statusCode === 503 && { 'Retry-After': '2' }),
    // The quota of a minute is whole again in the next one.
    ...(response.statusCode === 429 && { 'Retry-After': '60' }),
  };
}

function mapOutcome(route: Route): OperationMiddleware {
  return {
    onError: async (request) => {
      const { error, context } = request;
      let refused = error instanceof RefusedRequest ? error : toRefusedRequest(error);
      if (context.caller && refused.code !== 'AUDIT_UNAVAILABLE') {
        try {
          await auditRefusal(await loadRegion(), auditedRequest(route, context, context.caller), {
            outcome: errorCatalogue[refused.code].status >= 500 ? 'failed' : 'refused',
            errorCode: refused.code,
            ...(refused.personId && { personId: refused.personId }),
          });
        } catch (cause) {
          refused = auditUnavailable(route, cause);
        }
      }
      request.error = refused;
      const { body, headers, status } = refused.answer ?? {};
      request.response = {
        statusCode: status ?? errorCatalogue[refused.code].status,
        headers: { ...headers },
        ...encode(body ?? operationOutcome(refused.code, refused.issues)),
      };
    },
  };
}

function auditUnavailable({ operation }: Route, cause: unknown): RefusedRequest {
  log('error', 'audit-unavailable', { operation, defect: describeDefect(cause) });
  countMetric('AuditUnavailable', { operation });
  return new RefusedRequest('AUDIT_UNAVAILABLE', undefined, [], cause);
}

/** Finds or makes the request's id. */
export const setRequestId: OperationMiddleware = {
  before: ({ event, context }) => {
    context.requestId = requestIdOf(event);
  },
};

const checkCaller: OperationMiddleware = {
  before: async ({ event, context }) => {
    const caller = await authenticate(event);
    if (!caller) throw new RefusedRequest('UNAUTHENTICATED');
    context.caller = caller;
  },
};

function checkInput(shape: RequestShape): OperationMiddleware {
  return {
    before: ({ event, context }) => {
      context.input = readRequest(event, shape, context.requestId ?? '');
    },
  };
}

function release(route: Route): OperationMiddleware {
  return {
    after: async ({ context, response }) => {
      const { answer, caller } = context;
      if (!answer || !caller || !response) return;
      const region = await loadRegion();
      // Side by side, as neither needs the other: what an objection stops now is in the log twice, answered and refused.
      const [audited, stand] = await Promise.allSettled([
        auditDisclosure(
          region,
          auditedRequest(route, context, caller),
          answer.disclosures.map((one) => ({ ...groundsFor(one, context.opened), ...one })),
          // Of bytes, the digest is of what the caller gets.
          Buffer.isBuffer(answer.body) ? answer.body : response.body,
        ),
        objectionsStand(region, context.opened ?? []),
      ]);
      if (audited.status === 'rejected') throw auditUnavailable(route, audited.reason);
      if (stand.status === 'rejected') throw stand.reason;
      if (!stand.value) throw new RefusedRequest('CONFLICT', context.opened?.[0]?.personId);
    },
  };
}

/** Each entry says on what the look rests, as it was when the record was opened. */
function groundsFor(
  { personId }: Disclosure,
  opened: readonly OpenedRecord[] = [],
): Pick<Disclosure, 'reason'> {
  const grounds = opened.find((one) => one.personId === personId)?.grounds;
  return grounds === undefined ? {} : { reason: grounds };
}

function auditedRequest({ operation, permission }: Route, context: OperationContext, caller: Caller) {
  return { operation, action: actionOf(permission), caller, requestId: context.requestId ?? '' };
}

function actionOf(permission: Route['permission']): AuditAction {
  if (permission === 'agreement.write') return 'U';
  if (permission === 'identity.write' || permission === 'alert.write') return 'U';
  if (permission === 'patient.match') return 'E';
  const creates = ['record.write', 'objection.write', 'relationship.claim'];
  return creates.includes(permission) ? 'C' : 'R';
}
