import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiDefinition } from './api-definition.ts';
import { createAuthorisers } from './authoriser.ts';
import type { ContextSource } from './context-variables.ts';
import type { FunctionPool } from './function-pool.ts';
import type { GatewayRefusal, GatewayRequest, RequestHead } from './gateway-request.ts';
import { headSizeBytes, openRequest } from './gateway-request.ts';
import type { HttpAnswer } from './gateway-response.ts';
import { answerRefusal } from './gateway-response.ts';
import { buildProxyEvent } from './proxy-event.ts';
import { readProxyResponse } from './proxy-response.ts';
import { checkBody, checkParameters } from './request-validation.ts';
import { findRoute } from './route-tree.ts';
import { createUsageCounter } from './usage-plan.ts';

/** API Gateway's quotas for REST APIs (developer guide, "Quotas for configuring and running a REST API"). */
const maximumBodyBytes = 10 * 1024 * 1024;
const maximumHeadBytes = 10_240;
const maximumIntegrationMilliseconds = 29_000;
/** Lambda's quota for a synchronous event, and for its response. */
const maximumPayloadBytes = 6 * 1024 * 1024;

/** Serves a request outside the API: a page of documentation, say. */
export type MountHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** The listening gateway. */
export interface Gateway {
  readonly url: string;
  /** Serves a path and everything below it outside the API, before any rule of the API. */
  mount(path: string, handler: MountHandler): void;
  close(): Promise<void>;
}

/** What the gateway serves and with what. */
export interface GatewayInput {
  /** Undefined when the Stage has no API: then only mounted pages answer. */
  readonly api: ApiDefinition | undefined;
  readonly accountId: string;
  readonly region: string;
  readonly pools: ReadonlyMap<string, FunctionPool>;
  /** 0 for any free port. */
  readonly port: number;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Called once for each answered request of the API. */
  readonly onAnswered: (source: ContextSource) => void;
  /** A defect of the gateway itself. */
  readonly onDefect: (error: unknown) => void;
}

type Body =
  | { readonly kind: 'read'; readonly body: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'gone' };

const tooLarge: GatewayRefusal = { type: 'REQUEST_TOO_LARGE', message: 'Request Too Long' };
const internalError: GatewayRefusal = {
  type: 'DEFAULT_5XX',
  message: 'Internal server error',
  statusCode: 502,
};

/** Reads the body up to the quota and not a byte more. */
function readBody(incoming: IncomingMessage): Promise<Body> {
  if (Number(incoming.headers['content-length'] ?? 0) > maximumBodyBytes) {
    return Promise.resolve({ kind: 'too-large' });
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maximumBodyBytes) {
        incoming.pause();
        incoming.removeAllListeners('data');
        resolve({ kind: 'too-large' });
      } else {
        chunks.push(chunk);
      }
    });
    incoming.on('end', () => {
      resolve({ kind: 'read', body: Buffer.concat(chunks, size) });
    });
    incoming.on('error', () => {
      resolve({ kind: 'gone' });
    });
    incoming.on('close', () => {
      resolve({ kind: 'gone' });
    });
  });
}

function send(response: ServerResponse, answer: HttpAnswer, closeAfter: boolean): void {
  const headers: string[] = answer.headers.flat();
  headers.push('Content-Length', String(answer.body.length));
  // What is left of a body that was refused unread must not be taken for the next request.
  if (closeAfter) headers.push('Connection', 'close');
  response.writeHead(answer.statusCode, headers);
  response.end(answer.body);
}

/** Answers one request of the API: the rules in API Gateway's order, the first that refuses decides. */
function createApiHandler(input: GatewayInput, api: ApiDefinition) {
  const { accountId, pools, clock } = input;
  const authorisers = createAuthorisers({ api, accountId, region: input.region, pools, clock });
  const usage = createUsageCounter(api, clock);

  async function answer(request: GatewayRequest, body: Body): Promise<HttpAnswer | GatewayRefusal> {
    if (body.kind === 'too-large') return tooLarge;
    if (body.kind === 'read') request.body = body.body;

    const route = findRoute(api.routes, request.httpMethod, request.path);
    if (route.kind === 'malformed') return { type: 'DEFAULT_4XX', message: 'Bad Request' };
    if (route.kind === 'missing') {
      return { type: 'MISSING_AUTHENTICATION_TOKEN', message: 'Missing Authentication Token' };
    }
    const { method } = route;
    request.method = method;
    request.pathParameters = route.pathParameters;

    if (method.authoriser !== undefined) {
      const authorisation = await authorisers.authorise(method.authoriser, request);
      request.caller = authorisation.caller;
      if (authorisation.kind === 'refused') return authorisation.refusal;
    }
    const apiKey =
      api.apiKeySource === 'AUTHORIZER'
        ? request.caller?.usageIdentifierKey
        : request.headers.get('x-api-key')?.values.at(-1);
    const counted = usage.count(method, apiKey);
    switch (counted.kind) {
      case 'invalid-key':
        return { type: 'INVALID_API_KEY', message: 'Forbidden' };
      case 'throttled':
        return { type: 'THROTTLED', message: 'Too Many Requests' };
      case 'quota-exceeded':
        return { type: 'QUOTA_EXCEEDED', message: 'Limit Exceeded' };
      case 'allowed':
        request.apiKeyId = counted.apiKeyId;
    }

    const refusal = checkParameters(request) ?? checkBody(request);
    if (refusal !== undefined) return refusal;
    if (method.integration.kind === 'fixed') {
      const { statusCode, headers, body: fixed } = method.integration;
      return { statusCode, headers: Object.entries(headers), body: Buffer.from(fixed) };
    }
    return callFunction(request, method.integration);
  }

  async function callFunction(
    request: GatewayRequest,
    integration: {
      readonly functionName: string;
      readonly arn: string;
      readonly timeoutMilliseconds: number;
    },
  ): Promise<HttpAnswer | GatewayRefusal> {
    const event = buildProxyEvent(request, api, accountId);
    if (Buffer.byteLength(event) > maximumPayloadBytes) return tooLarge;
    const pool = pools.get(integration.functionName);
    if (pool === undefined) throw new Error(`the function ${integration.functionName} is not served`);
    const started = performance.now();
    const outcome = await pool.invoke(event, {
      arn: integration.arn,
      traceId: request.traceId,
      limitMilliseconds: Math.min(integration.timeoutMilliseconds, maximumIntegrationMilliseconds),
    });
    request.integrationLatencyMilliseconds = Math.round(performance.now() - started);
    switch (outcome.kind) {
      case 'timed-out':
        request.integrationError = 'Endpoint request timed out';
        return { type: 'INTEGRATION_TIMEOUT', message: 'Endpoint request timed out' };
      case 'failed':
        request.integrationError = 'The function failed';
        return internalError;
      case 'crashed':
        request.integrationError = 'The function crashed';
        return internalError;
      case 'returned': {
        const tooLong = Buffer.byteLength(outcome.payload) > maximumPayloadBytes;
        const read = tooLong ? undefined : readProxyResponse(outcome.payload, request, api);
        if (read?.kind === 'answer') return read.answer;
        request.integrationError = 'Malformed Lambda proxy response';
        return internalError;
      }
    }
  }

  return async (head: RequestHead, incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = openRequest(head, clock());
    const source: ContextSource = { api, accountId, request };
    const started = performance.now();
    const body: Body =
      headSizeBytes(head) > maximumHeadBytes ? { kind: 'too-large' } : await readBody(incoming);
    if (body.kind === 'gone') return;
    let decided: HttpAnswer | GatewayRefusal;
    try {
      decided = await answer(request, body);
    } catch (error) {
      input.onDefect(error);
      decided = { type: 'DEFAULT_5XX', message: 'Internal server error' };
    }
    const sent = 'type' in decided ? answerRefusal(decided, source) : decided;
    send(response, sent, body.kind === 'too-large');
    const outcome = {
      statusCode: sent.statusCode,
      responseBytes: sent.body.length,
      latencyMilliseconds: Math.round(performance.now() - started),
    };
    input.onAnswered({ ...source, outcome });
  };
}

function findMount(mounts: ReadonlyMap<string, MountHandler>, url: string): MountHandler | undefined {
  const path = url.split('?')[0] ?? '';
  for (const [prefix, handler] of mounts) {
    if (path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)) return handler;
  }
  return undefined;
}

/** Starts to listen on 127.0.0.1. */
export async function startGateway(input: GatewayInput): Promise<Gateway> {
  const mounts = new Map<string, MountHandler>();
  const serveApi = input.api === undefined ? undefined : createApiHandler(input, input.api);
  let port = input.port;
  // The head may be longer than API Gateway takes, so that the answer is its own gateway response.
  const server: Server = createServer(
    { maxHeaderSize: 64 * 1024, keepAliveTimeout: 60_000 },
    (incoming, response) => {
      const url = incoming.url ?? '/';
      const mounted = findMount(mounts, url);
      if (mounted !== undefined) {
        mounted(incoming, response);
        return;
      }
      if (serveApi === undefined) {
        response.writeHead(404).end();
        return;
      }
      const head: RequestHead = {
        method: incoming.method ?? 'GET',
        url,
        httpVersion: incoming.httpVersion,
        rawHeaders: incoming.rawHeaders,
        remoteAddress: incoming.socket.remoteAddress ?? '127.0.0.1',
        port,
      };
      serveApi(head, incoming, response).catch((error: unknown) => {
        input.onDefect(error);
        response.destroy();
      });
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(input.port, '127.0.0.1', resolve);
  });
  const address: AddressInfo | string | null = server.address();
  if (typeof address === 'object' && address !== null) port = address.port;
  return {
    url: `http://127.0.0.1:${port}`,
    mount(path, handler) {
      mounts.set(path, handler);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
