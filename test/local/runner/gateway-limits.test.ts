import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Runner } from '../../../local/runner/index.ts';
import type { Resources } from './stage-fixture.ts';
import {
  echoCode,
  invocationUri,
  lambdaFunction,
  restApi,
  send,
  serve,
  writeAssembly,
} from './stage-fixture.ts';

const json = { 'Content-Type': 'application/json' };

/** Sends raw bytes and gives the first line of the answer. */
function sendRaw(runner: Runner, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(runner.url).port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (answer.includes('\r\n\r\n')) {
        socket.destroy();
        resolve(answer.split('\r\n')[0] ?? '');
      }
    });
    socket.on('error', reject);
    socket.on('end', () => {
      resolve(answer);
    });
  });
}

describe('size limits', () => {
  const serveEcho = (): Promise<Runner> =>
    serve(
      writeAssembly(
        {
          api: {
            resources: {
              ...restApi({ 'POST /a': { fn: 'Length' } }),
              Length: lambdaFunction('length'),
            },
          },
        },
        {
          length: 'export const handler = async (event) => ({ body: String(event.body?.length ?? 0) });',
        },
      ),
    );

  it('refuses a body over 10 MB by its declared length, before a byte of it comes', async () => {
    const runner = await serveEcho();
    const length = 10 * 1024 * 1024 + 1;
    const line = await sendRaw(runner, `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`);
    expect(line).toBe('HTTP/1.1 413 Payload Too Large');
  });

  it('refuses a body over 10 MB that does not declare its length', async () => {
    const runner = await serveEcho();
    const answer = await send(runner, 'POST', '/a', {
      headers: { 'Transfer-Encoding': 'chunked' },
      body: Buffer.alloc(10 * 1024 * 1024 + 1, 'x'),
    }).catch((error: unknown) => error);
    // The gateway stops reading: the client sees the answer or the closed connection, and never a 200.
    expect(answer).toSatisfy((seen: { status?: number; code?: string }) =>
      seen.status === undefined ? ['EPIPE', 'ECONNRESET'].includes(seen.code ?? '') : seen.status === 413,
    );
  });

  it('refuses an event over the 6 MB that Lambda takes', async () => {
    const runner = await serveEcho();
    const inside = await send(runner, 'POST', '/a', { body: 'x'.repeat(6 * 1024 * 1024 - 4096) });
    expect(inside).toMatchObject({ status: 200, text: String(6 * 1024 * 1024 - 4096) });
    const over = await send(runner, 'POST', '/a', { body: 'x'.repeat(6 * 1024 * 1024) });
    expect(over.status).toBe(413);
    expect(over.headers['x-amzn-errortype']).toBe('RequestTooLargeException');
  });

  it('refuses a request line and headers over 10,240 bytes together', async () => {
    const runner = await serveEcho();
    expect((await send(runner, 'POST', '/a', { headers: { X: 'x'.repeat(9_500) } })).status).toBe(200);
    expect((await send(runner, 'POST', '/a', { headers: { X: 'x'.repeat(10_240) } })).status).toBe(413);
    expect((await send(runner, 'POST', `/a?${'x'.repeat(10_240)}`)).status).toBe(413);
  });
});

describe('models and parameters', () => {
  const validators: Resources = {
    Both: {
      Type: 'AWS::ApiGateway::RequestValidator',
      Properties: { RestApiId: { Ref: 'Api' }, ValidateRequestBody: true, ValidateRequestParameters: 'true' },
    },
    Tree: {
      Type: 'AWS::ApiGateway::Model',
      Properties: {
        RestApiId: { Ref: 'Api' },
        ContentType: 'application/json',
        Schema: {
          $schema: 'http://json-schema.org/draft-04/schema#',
          type: 'object',
          required: ['size'],
          properties: {
            // Draft 4: a boolean beside minimum, which later drafts refuse.
            size: { type: 'number', minimum: 1, exclusiveMinimum: true },
            children: { type: 'array', items: { $ref: '#' } },
          },
          additionalProperties: false,
        },
      },
    },
  };
  const serveValidated = (): Promise<Runner> =>
    serve(
      writeAssembly(
        {
          api: {
            resources: {
              ...restApi({
                'POST /a': {
                  fn: 'Echo',
                  more: {
                    RequestValidatorId: { Ref: 'Both' },
                    RequestModels: { 'application/json': { Ref: 'Tree' } },
                    RequestParameters: {
                      'method.request.header.X-Needed': true,
                      'method.request.querystring.patient': true,
                      'method.request.querystring.other': false,
                    },
                  },
                },
              }),
              ...validators,
              Echo: lambdaFunction('echo'),
            },
          },
        },
        { echo: echoCode },
      ),
    );
  const post = (runner: Runner, body: string, headers: Record<string, string> = json) =>
    send(runner, 'POST', '/a?patient=p', { headers: { 'X-Needed': 'y', ...headers }, body });

  it('names the required parameters that are missing', async () => {
    const runner = await serveValidated();
    const answer = await send(runner, 'POST', '/a?patient=', { headers: json, body: '{"size":2}' });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ message: 'Missing required request parameters: [X-Needed, patient]' });
    expect((await post(runner, '{"size":2}')).status).toBe(200);
  });

  it.each([
    '{}',
    '{"size":1}',
    '{"size":2,"more":1}',
    '{"size":2,"children":[{}]}',
    '[]',
    '',
    '{"size":',
    'null',
  ])('refuses the body %j against a draft-4 model', async (body) => {
    const runner = await serveValidated();
    const answer = await post(runner, body);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ message: 'Invalid request body' });
  });

  it('takes the model of the content type, JSON where none is named, and checks no other', async () => {
    const runner = await serveValidated();
    expect((await post(runner, '{}', {})).status).toBe(400);
    expect((await post(runner, '{}', { 'Content-Type': 'Application/JSON; charset=utf-8' })).status).toBe(
      400,
    );
    expect((await post(runner, '{}', { 'Content-Type': 'text/plain' })).status).toBe(200);
  });

  it('refuses a body nested 100,000 deep at once, before anything recurses', async () => {
    const runner = await serveValidated();
    const depth = 100_000;
    const body = `${'{"size":2,"children":['.repeat(depth)}${']}'.repeat(depth)}`;
    const started = performance.now();
    const answer = await post(runner, body);
    expect(answer.status).toBe(400);
    expect(performance.now() - started).toBeLessThan(1_000);
    // Brackets inside a text are no depth.
    expect((await post(runner, '{"size":2,"children":[]}')).status).toBe(200);
    const flat = { 'Content-Type': 'text/plain' };
    expect((await post(runner, '['.repeat(depth), flat)).status).toBe(200);
  });
});

describe('throttling and quotas', () => {
  it('counts each method against the limit of the stage, by the clock that it was given', async () => {
    let now = 0;
    const resources = restApi(
      { 'GET /a': { fn: 'Echo' }, 'GET /b': { fn: 'Echo' } },
      {
        stage: {
          MethodSettings: [
            { HttpMethod: '*', ResourcePath: '/*', ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2 },
            { HttpMethod: 'GET', ResourcePath: '/~1b', ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1 },
          ],
        },
      },
    );
    const assembly = writeAssembly(
      { api: { resources: { ...resources, Echo: lambdaFunction('echo') } } },
      { echo: echoCode },
    );
    const runner = await serve(assembly, { clock: () => now });
    const status = async (path: string): Promise<number> => (await send(runner, 'GET', path)).status;
    expect(await status('/a')).toBe(200);
    expect(await status('/a')).toBe(200);
    const throttled = await send(runner, 'GET', '/a');
    expect(throttled.status).toBe(429);
    expect(throttled.json()).toEqual({ message: 'Too Many Requests' });
    expect(await status('/b')).toBe(200);
    expect(await status('/b')).toBe(429);
    now += 1_000;
    expect(await status('/a')).toBe(200);
    expect(await status('/a')).toBe(429);
  });

  const keyed = (source: 'HEADER' | 'AUTHORIZER', plan: Record<string, unknown>): string => {
    const authorised = { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'Authoriser' } };
    const more = { ApiKeyRequired: true, ...(source === 'AUTHORIZER' ? authorised : {}) };
    const key = (value: string, Enabled = true) => ({
      Type: 'AWS::ApiGateway::ApiKey',
      Properties: { Enabled, Value: value },
    });
    const inPlan = (KeyId: string) => ({
      Type: 'AWS::ApiGateway::UsagePlanKey',
      Properties: { KeyId: { Ref: KeyId }, KeyType: 'API_KEY', UsagePlanId: { Ref: 'Plan' } },
    });
    return writeAssembly(
      {
        api: {
          resources: {
            ...restApi(
              { 'GET /a': { fn: 'Echo', more }, 'GET /b': { fn: 'Echo', more } },
              { api: { ApiKeySourceType: source } },
            ),
            Echo: lambdaFunction('echo'),
            Decider: lambdaFunction('decider'),
            Authoriser: {
              Type: 'AWS::ApiGateway::Authorizer',
              Properties: {
                RestApiId: { Ref: 'Api' },
                Type: 'REQUEST',
                AuthorizerUri: invocationUri('Decider'),
                IdentitySource: 'method.request.header.Authorization',
              },
            },
            Plan: {
              Type: 'AWS::ApiGateway::UsagePlan',
              Properties: { ApiStages: [{ ApiId: { Ref: 'Api' }, Stage: { Ref: 'Stage' } }], ...plan },
            },
            One: key('first-organisation-key'),
            Two: key('second-organisation-key'),
            Off: key('disabled-organisation-key', false),
            Stray: key('a-key-without-any-plan'),
            OneInPlan: inPlan('One'),
            TwoInPlan: inPlan('Two'),
            OffInPlan: inPlan('Off'),
          },
        },
      },
      {
        echo: echoCode,
        decider: `export const handler = async ({ headers }) => ({
          principalId: 'p', usageIdentifierKey: headers.Authorization,
          policyDocument: { Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
        });`,
      },
    );
  };

  it('wants the key of a usage plan in the header', async () => {
    const runner = await serve(keyed('HEADER', {}));
    const withKey = (key: string) => send(runner, 'GET', '/a', { headers: { 'X-Api-Key': key } });
    expect((await withKey('first-organisation-key')).status).toBe(200);
    for (const key of ['', 'unknown', 'disabled-organisation-key', 'a-key-without-any-plan']) {
      const answer = await withKey(key);
      expect(answer.status).toBe(403);
      expect(answer.json()).toEqual({ message: 'Forbidden' });
    }
  });

  it('takes the key from the authoriser where the API says so, never from the header', async () => {
    const runner = await serve(keyed('AUTHORIZER', { Throttle: { RateLimit: 1, BurstLimit: 2 } }), {
      clock: () => 0,
    });
    const as = async (key: string, headers: Record<string, string> = {}): Promise<number> =>
      (await send(runner, 'GET', '/a', { headers: { Authorization: key, ...headers } })).status;
    expect(await as('nobody', { 'X-Api-Key': 'first-organisation-key' })).toBe(403);
    expect(await as('first-organisation-key')).toBe(200);
    expect(await as('first-organisation-key')).toBe(200);
    expect(await as('first-organisation-key')).toBe(429);
    expect(await as('second-organisation-key')).toBe(200);
  });

  it('counts the quota of a month and starts again with the next', async () => {
    let now = Date.UTC(2026, 10, 30, 23, 59);
    const runner = await serve(keyed('HEADER', { Quota: { Limit: 2, Period: 'MONTH' } }), {
      clock: () => now,
    });
    const ask = () => send(runner, 'GET', '/a', { headers: { 'X-Api-Key': 'first-organisation-key' } });
    expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(200);
    const over = await ask();
    expect(over.status).toBe(429);
    expect(over.json()).toEqual({ message: 'Limit Exceeded' });
    now += 60_000;
    expect((await ask()).status).toBe(200);
  });

  it('holds one method of a plan to its own limit', async () => {
    const limit = { '/a/GET': { RateLimit: 1, BurstLimit: 1 } };
    const runner = await serve(
      keyed('HEADER', { ApiStages: [{ ApiId: { Ref: 'Api' }, Stage: { Ref: 'Stage' }, Throttle: limit }] }),
      { clock: () => 0 },
    );
    const headers = { 'X-Api-Key': 'first-organisation-key' };
    expect((await send(runner, 'GET', '/a', { headers })).status).toBe(200);
    expect((await send(runner, 'GET', '/a', { headers })).status).toBe(429);
    expect((await send(runner, 'GET', '/b', { headers })).status).toBe(200);
    expect((await send(runner, 'GET', '/b', { headers })).status).toBe(200);
  });
});
