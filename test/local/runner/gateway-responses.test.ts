import { describe, expect, it } from 'vitest';
import type { Runner } from '../../../local/runner/index.ts';
import type { Resources } from './stage-fixture.ts';
import { echoCode, lambdaFunction, restApi, send, serve, writeAssembly } from './stage-fixture.ts';

const gatewayResponse = (type: string, more: Record<string, unknown>): Resources[string] => ({
  Type: 'AWS::ApiGateway::GatewayResponse',
  Properties: { RestApiId: { Ref: 'Api' }, ResponseType: type, ...more },
});

function serveWith(
  more: Resources,
  options: { readonly code?: string; readonly api?: Record<string, unknown> } = {},
): Promise<Runner> {
  return serve(
    writeAssembly(
      {
        api: {
          resources: {
            ...restApi({ 'ANY /a': { fn: 'Fn' } }, { api: options.api ?? {} }),
            Fn: lambdaFunction('fn'),
            ...more,
          },
        },
      },
      { fn: options.code ?? echoCode },
    ),
  );
}

describe('declared gateway responses', () => {
  it('answer with their own status, headers and template', async () => {
    const runner = await serveWith({
      Missing: gatewayResponse('MISSING_AUTHENTICATION_TOKEN', {
        StatusCode: '404',
        ResponseParameters: {
          'gatewayresponse.header.Content-Type': "'application/fhir+json'",
          'gatewayresponse.header.Cache-Control': "'no-store'",
          'gatewayresponse.header.X-Request-ID': 'method.request.header.X-Request-ID',
          'gatewayresponse.header.X-Gateway-ID': 'context.requestId',
        },
        ResponseTemplates: {
          'application/json':
            '{"id":"$context.requestId","said":$context.error.messageString,"type":"$context.error.responseType"}',
        },
      }),
    });
    const answer = await send(runner, 'GET', '/nowhere', { headers: { 'x-request-id': 'abc' } });
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/fhir+json');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['x-request-id']).toBe('abc');
    expect(answer.json()).toEqual({
      id: answer.headers['x-gateway-id'],
      said: 'Missing Authentication Token',
      type: 'MISSING_AUTHENTICATION_TOKEN',
    });
    expect((await send(runner, 'GET', '/nowhere')).headers['x-request-id']).toBeUndefined();
  });

  it('fall back to the response of their class', async () => {
    const runner = await serveWith({
      Default: gatewayResponse('DEFAULT_4XX', {
        ResponseTemplates: { 'application/json': '{"class":"4xx"}' },
      }),
    });
    const missing = await send(runner, 'GET', '/nowhere');
    expect(missing.status).toBe(403);
    expect(missing.text).toBe('{"class":"4xx"}');
    expect((await send(runner, 'GET', '/a/%zz')).status).toBe(400);
  });

  it('take the template of the accepted type where there is one', async () => {
    const runner = await serveWith({
      Missing: gatewayResponse('MISSING_AUTHENTICATION_TOKEN', {
        ResponseTemplates: { 'application/json': '{}', 'text/plain': 'none' },
      }),
    });
    const answer = await send(runner, 'GET', '/nowhere', { headers: { Accept: 'text/plain' } });
    expect(answer.text).toBe('none');
    expect(answer.headers['content-type']).toBe('text/plain');
    expect((await send(runner, 'GET', '/nowhere', { headers: { Accept: 'image/png' } })).text).toBe('{}');
  });

  it('escape what a request brings, so that it cannot add a field', async () => {
    const runner = await serveWith({
      Missing: gatewayResponse('MISSING_AUTHENTICATION_TOKEN', {
        ResponseTemplates: {
          'application/json': '{"path":"$context.path","agent":"$context.identity.userAgent"}',
        },
      }),
    });
    const agent = '","admin":"yes';
    const answer = await send(runner, 'GET', '/no"where', { headers: { 'User-Agent': agent } });
    expect(answer.json()).toEqual({ path: '/no"where', agent });
  });
});

describe('what a function returns', () => {
  const serveReturning = (api: Record<string, unknown> = {}): Promise<Runner> =>
    serveWith({}, { api, code: 'export const handler = async (event) => JSON.parse(event.body);' });
  const post = (runner: Runner, returned: unknown, headers: Record<string, string> = {}) =>
    send(runner, 'POST', '/a', { headers, body: JSON.stringify(returned) });

  it('needs none of its fields', async () => {
    const answer = await post(await serveReturning(), {});
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(answer.headers['content-type']).toBe('application/json');
  });

  it('sends every value of a header with many', async () => {
    const answer = await post(await serveReturning(), {
      statusCode: '201',
      headers: { 'X-One': 1, 'X-Both': 'single' },
      multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'], 'X-Both': ['first', 'second'] },
      body: 'done',
    });
    expect(answer.status).toBe(201);
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(answer.headers['x-both']).toBe('first, second');
    expect(answer.headers['x-one']).toBe('1');
  });

  it.each([
    ['a text', 'hello'],
    ['nothing', null],
    ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
    ['a field that API Gateway does not know', { statusCode: 200, cookies: [] }],
    ['a status that is none', { statusCode: 'fine' }],
    ['a status out of range', { statusCode: 99 }],
    ['a header that is a list', { headers: { X: ['a'] } }],
    ['a header that would split the answer', { headers: { X: 'a\r\nSet-Cookie: b' } }],
    ['a header name that is none', { headers: { 'X Y': 'a' } }],
  ])('is 502 when it is %s', async (_what, returned) => {
    const answer = await post(await serveReturning(), returned);
    expect(answer.status).toBe(502);
    expect(answer.json()).toEqual({ message: 'Internal server error' });
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('renames the headers that API Gateway keeps for itself', async () => {
    const answer = await post(await serveReturning(), {
      statusCode: 401,
      headers: { 'WWW-Authenticate': 'Bearer', 'Content-Length': '999' },
      body: 'no',
    });
    expect(answer.headers['www-authenticate']).toBeUndefined();
    expect(answer.headers['x-amzn-remapped-www-authenticate']).toBe('Bearer');
    expect(answer.headers['content-length']).toBe('2');
  });

  it('decodes base64 only for an accepted binary media type', async () => {
    const runner = await serveReturning({ BinaryMediaTypes: ['image/png'] });
    const returned = { isBase64Encoded: true, body: Buffer.from('bytes').toString('base64') };
    expect((await post(runner, returned, { Accept: 'image/png' })).text).toBe('bytes');
    expect((await post(runner, returned, { Accept: 'text/plain' })).text).toBe(returned.body);
  });

  it('over 6 MB is 502', async () => {
    const runner = await serveWith(
      {},
      { code: 'export const handler = async () => ({ body: "x".repeat(6 * 1024 * 1024) });' },
    );
    expect((await send(runner, 'GET', '/a')).status).toBe(502);
  });
});

describe('the rest of the gateway', () => {
  it('answers a mock integration by itself', async () => {
    const integration = {
      Type: 'MOCK',
      Uri: undefined,
      RequestTemplates: { 'application/json': '{ statusCode: 204 }' },
      IntegrationResponses: [
        { StatusCode: '204', ResponseParameters: { 'method.response.header.Allow': "'GET'" } },
      ],
    };
    const resources = { ...restApi({ 'OPTIONS /a': { fn: 'Fn', integration } }), Fn: lambdaFunction('fn') };
    const runner = await serve(writeAssembly({ api: { resources } }, { fn: echoCode }));
    const answer = await send(runner, 'OPTIONS', '/a');
    expect(answer.status).toBe(204);
    expect(answer.headers.allow).toBe('GET');
  });

  it('serves a mounted page outside the API, and nothing beside it', async () => {
    const runner = await serveWith({});
    runner.mount('/docs', (_request, response) => response.end('pages'));
    expect((await send(runner, 'GET', '/docs')).text).toBe('pages');
    expect((await send(runner, 'GET', '/docs/x?y')).text).toBe('pages');
    expect((await send(runner, 'GET', '/docsx')).status).toBe(403);
    expect(runner.accessLog()).toEqual([]);
  });
});
