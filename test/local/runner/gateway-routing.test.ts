import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Runner } from '../../../local/runner/index.ts';
import { echoCode, lambdaFunction, restApi, send, serve, writeAssembly } from './stage-fixture.ts';

const eventSchema = z.looseObject({
  resource: z.string(),
  path: z.string(),
  httpMethod: z.string(),
  pathParameters: z.record(z.string(), z.string()).nullable(),
  queryStringParameters: z.record(z.string(), z.string()).nullable(),
  multiValueQueryStringParameters: z.record(z.string(), z.array(z.string())).nullable(),
  headers: z.record(z.string(), z.string()),
  multiValueHeaders: z.record(z.string(), z.array(z.string())),
  body: z.string().nullable(),
  isBase64Encoded: z.boolean(),
  requestContext: z.looseObject({}),
});

function serveEcho(
  methods: readonly string[],
  api: Record<string, unknown> = {},
  more: Record<string, { Type: string; Properties: Record<string, unknown> }> = {},
): Promise<Runner> {
  const assembly = writeAssembly(
    {
      api: {
        resources: {
          ...restApi(Object.fromEntries(methods.map((method) => [method, { fn: 'Echo' }])), { api }),
          Echo: lambdaFunction('echo'),
          ...more,
        },
      },
    },
    { echo: echoCode },
  );
  return serve(assembly);
}

describe('the routes of the gateway', () => {
  it('prefers a fixed path part to a parameter and a parameter to a greedy one', async () => {
    const runner = await serveEcho([
      'GET /a/fixed',
      'GET /a/{id}',
      'GET /a/{rest+}',
      'GET /a/fixed/deep/end',
    ]);
    const resourceAt = async (path: string): Promise<string> =>
      eventSchema.parse((await send(runner, 'GET', path)).json()).resource;
    expect(await resourceAt('/a/fixed')).toBe('/a/fixed');
    expect(await resourceAt('/a/other')).toBe('/a/{id}');
    expect(await resourceAt('/a/other/thing')).toBe('/a/{rest+}');
    expect(await resourceAt('/a/fixed/deep/end')).toBe('/a/fixed/deep/end');
    expect(await resourceAt('/a/fixed/deep/elsewhere')).toBe('/a/{rest+}');
  });

  it('prefers the method itself to ANY', async () => {
    const runner = await serveEcho(['GET /a', 'ANY /b', 'GET /b']);
    expect((await send(runner, 'GET', '/b')).status).toBe(200);
    expect((await send(runner, 'DELETE', '/b')).status).toBe(200);
    expect((await send(runner, 'DELETE', '/a')).status).toBe(403);
  });

  it('answers an unknown path or method as a missing authentication token, as API Gateway does', async () => {
    const runner = await serveEcho(['GET /a']);
    const answer = await send(runner, 'GET', '/nowhere');
    expect(answer.status).toBe(403);
    expect(answer.json()).toEqual({ message: 'Missing Authentication Token' });
    expect(answer.headers['x-amzn-errortype']).toBe('MissingAuthenticationTokenException');
  });

  it('tolerates a trailing slash', async () => {
    const runner = await serveEcho(['GET /a/{id}']);
    const answer = await send(runner, 'GET', '/a/one/');
    expect(eventSchema.parse(answer.json()).pathParameters).toEqual({ id: 'one' });
  });

  it('matches percent-encoded path parts and hands parameters on still encoded', async () => {
    const runner = await serveEcho(['POST /Patient/$match', 'GET /a/{id}']);
    expect((await send(runner, 'POST', '/Patient/%24match')).status).toBe(200);
    expect((await send(runner, 'POST', '/Patient/$match')).status).toBe(200);
    const answer = await send(runner, 'GET', '/a/one%40two%2Fthree');
    expect(eventSchema.parse(answer.json()).pathParameters).toEqual({ id: 'one%40two%2Fthree' });
  });

  it.each([
    '/a/..%2f',
    '/a/%2e%2e',
    '/a/..',
    '/a/%2e%2e%5cwindows',
    '/a/x%00y',
    '/a/%c0%af',
    '/a/%',
    '/a/%zz',
    '/a/%ff%fe',
    '/a/%0d%0aSet-Cookie:x',
    '//a/x',
    '/a//',
    `/${'a/'.repeat(3000)}`,
  ])('answers the hostile path %s by a gateway response', async (path) => {
    const runner = await serveEcho(['GET /a/{id}']);
    const answer = await send(runner, 'GET', path);
    expect([400, 403]).toContain(answer.status);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });
});

describe('the proxy event', () => {
  it('has the shape of a REST API with payload version 1.0', async () => {
    const runner = await serveEcho(['POST /a/{id}']);
    const answer = await send(runner, 'POST', '/a/one?x=1&x=2&y=a%20b+c', {
      headers: { 'X-Many': ['first', 'second'], 'X-Forwarded-For': '203.0.113.9', 'User-Agent': 'test' },
      body: 'hello',
    });
    const event = eventSchema.parse(answer.json());
    expect(event).toMatchObject({
      resource: '/a/{id}',
      path: '/a/one',
      httpMethod: 'POST',
      pathParameters: { id: 'one' },
      queryStringParameters: { x: '2', y: 'a b c' },
      multiValueQueryStringParameters: { x: ['1', '2'], y: ['a b c'] },
      stageVariables: null,
      body: 'hello',
      isBase64Encoded: false,
    });
    expect(event.multiValueHeaders['X-Many']).toEqual(['first', 'second']);
    expect(event.headers['X-Many']).toBe('second');
    expect(event.headers['X-Forwarded-For']).toBe('203.0.113.9, 127.0.0.1');
    expect(event.headers['X-Forwarded-Proto']).toBe('http');
    expect(event.headers['X-Forwarded-Port']).toBe(new URL(runner.url).port);
    expect(event.headers['X-Amzn-Trace-Id']).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    expect(event.requestContext).toMatchObject({
      stage: 'v1',
      path: '/v1/a/one',
      resourcePath: '/a/{id}',
      httpMethod: 'POST',
      protocol: 'HTTP/1.1',
      domainName: new URL(runner.url).host,
      identity: { sourceIp: '127.0.0.1', userAgent: 'test' },
    });
    expect(event.requestContext).not.toHaveProperty('authorizer');
  });

  it('has null where there is no body, query or path parameter', async () => {
    const runner = await serveEcho(['GET /a']);
    const event = eventSchema.parse((await send(runner, 'GET', '/a')).json());
    expect(event).toMatchObject({
      body: null,
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      pathParameters: null,
    });
  });

  it('keeps a parameter named __proto__ a parameter', async () => {
    const runner = await serveEcho(['GET /a']);
    const answer = await send(runner, 'GET', '/a?__proto__=x&constructor=y');
    expect(answer.text).toContain('"queryStringParameters":{"__proto__":"x","constructor":"y"}');
  });

  it('gives a body of a binary media type in base64', async () => {
    const runner = await serveEcho(['POST /a'], {
      BinaryMediaTypes: ['image~1png', 'application/octet-stream'],
    });
    const bytes = Buffer.from([0, 255, 254, 128]);
    const headers = { 'Content-Type': 'image/png' };
    const event = eventSchema.parse((await send(runner, 'POST', '/a', { headers, body: bytes })).json());
    expect(event).toMatchObject({ body: bytes.toString('base64'), isBase64Encoded: true });
  });
});
