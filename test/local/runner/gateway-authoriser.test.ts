import { describe, expect, it } from 'vitest';
import type { Runner } from '../../../local/runner/index.ts';
import {
  echoCode,
  invocationUri,
  lambdaFunction,
  restApi,
  send,
  serve,
  writeAssembly,
} from './stage-fixture.ts';

/**
 * Allows what the token says: `stage` the whole stage, `narrow` only the method asked for, `denied` nothing, `mixed` all
 * but paths below /b. The context counts how often this worker was asked.
 */
const authoriserCode = `
let asked = 0;
export const handler = async (event) => {
  asked += 1;
  const token = event.headers?.Authorization ?? event.authorizationToken;
  if (token === 'thrown-text') throw 'Unauthorized';
  if (token === 'thrown-error') throw new Error('Unauthorized');
  if (token === 'defect') throw new Error('cannot reach the keys');
  if (token === 'malformed') return { principalId: 'p' };
  if (token === 'conditional') return { principalId: 'p', policyDocument: { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*', Condition: {} }] } };
  if (token === 'nested') return { principalId: 'p', policyDocument: { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }, context: { list: [1] } };
  const stage = event.methodArn.split('/').slice(0, 2).join('/') + '/*';
  const statement = (Effect, Resource) => ({ Effect, Action: 'execute-api:Invoke', Resource });
  const statements = {
    stage: [statement('Allow', stage)],
    narrow: [statement('Allow', event.methodArn)],
    denied: [statement('Deny', '*')],
    nothing: [],
    mixed: [statement('Allow', stage), statement('Deny', [stage.replace('/*', '/*/b*')])],
  };
  return {
    principalId: 'someone',
    policyDocument: { Version: '2012-10-17', Statement: statements[token] },
    context: { asked, yes: true, text: 'words', arn: event.methodArn, type: event.type },
  };
};
`;

function serveAuthorised(authoriser: Record<string, unknown> = {}, clock?: () => number): Promise<Runner> {
  const more = { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'Authoriser' } };
  const assembly = writeAssembly(
    {
      api: {
        resources: {
          ...restApi({ 'GET /a': { fn: 'Echo', more }, 'GET /b/{id}': { fn: 'Echo', more } }),
          Echo: lambdaFunction('echo'),
          Decider: lambdaFunction('decider'),
          Authoriser: {
            Type: 'AWS::ApiGateway::Authorizer',
            Properties: {
              RestApiId: { Ref: 'Api' },
              Type: 'REQUEST',
              AuthorizerUri: invocationUri('Decider'),
              AuthorizerResultTtlInSeconds: 300,
              IdentitySource: 'method.request.header.Authorization',
              ...authoriser,
            },
          },
        },
      },
    },
    { echo: echoCode, decider: authoriserCode },
  );
  return serve(assembly, { workersPerFunction: 1, ...(clock === undefined ? {} : { clock }) });
}

const ask = (runner: Runner, path: string, token?: string) =>
  send(runner, 'GET', path, token === undefined ? {} : { headers: { Authorization: token } });

/** How often the authoriser had been asked when it let this request pass. */
async function countAsked(runner: Runner, path: string, token: string): Promise<unknown> {
  const answer = await ask(runner, path, token);
  expect(answer.status).toBe(200);
  return JSON.parse(answer.text).requestContext.authorizer.asked;
}

describe('the declared authoriser', () => {
  it('lets a request pass and hands its context on as texts', async () => {
    const runner = await serveAuthorised();
    const answer = await ask(runner, '/b/one', 'stage');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text).requestContext.authorizer).toEqual({
      principalId: 'someone',
      integrationLatency: expect.any(Number),
      asked: '1',
      yes: 'true',
      text: 'words',
      type: 'REQUEST',
      arn: expect.stringMatching(
        /^arn:aws:execute-api:eu-west-2:000000000000:[a-z0-9]{10}\/v1\/GET\/b\/one$/,
      ),
    });
  });

  it('is not asked without the identity source: 401', async () => {
    const runner = await serveAuthorised();
    const missing = await ask(runner, '/a');
    expect(missing.status).toBe(401);
    expect(missing.json()).toEqual({ message: 'Unauthorized' });
    expect((await ask(runner, '/a', '')).status).toBe(401);
    expect(await countAsked(runner, '/a', 'stage')).toBe('1');
  });

  it('is asked once for the same identity until its time is over', async () => {
    let now = 1_000_000;
    const runner = await serveAuthorised({}, () => now);
    expect(await countAsked(runner, '/a', 'stage')).toBe('1');
    now += 299_000;
    expect(await countAsked(runner, '/b/x', 'stage')).toBe('1');
    now += 1_000;
    expect(await countAsked(runner, '/a', 'stage')).toBe('2');
  });

  it('keys its cache on every identity source', async () => {
    const runner = await serveAuthorised({
      IdentitySource: 'method.request.header.Authorization, method.request.querystring.site',
    });
    expect(await countAsked(runner, '/a?site=1', 'stage')).toBe('1');
    expect(await countAsked(runner, '/a?site=2', 'stage')).toBe('2');
    expect(await countAsked(runner, '/a?site=1&other=3', 'stage')).toBe('1');
    expect((await ask(runner, '/a', 'stage')).status).toBe(401);
  });

  it('is asked about every request when it does not cache', async () => {
    const runner = await serveAuthorised({ AuthorizerResultTtlInSeconds: 0 });
    expect(await countAsked(runner, '/a', 'stage')).toBe('1');
    expect(await countAsked(runner, '/a', 'stage')).toBe('2');
  });

  it('refuses the second path with a cached policy that names only the first: the trap of AWS', async () => {
    const runner = await serveAuthorised();
    expect((await ask(runner, '/a', 'narrow')).status).toBe(200);
    const second = await ask(runner, '/b/one', 'narrow');
    expect(second.status).toBe(403);
    expect(second.json()).toEqual({ message: 'User is not authorized to access this resource' });
    expect((await ask(runner, '/a', 'narrow')).status).toBe(200);
  });

  it('refuses by explicit denial before any allowance, and where nothing is said', async () => {
    const runner = await serveAuthorised();
    const denied = await ask(runner, '/a', 'denied');
    expect(denied.status).toBe(403);
    expect(denied.json()).toEqual({
      message: 'User is not authorized to access this resource with an explicit deny',
    });
    expect((await ask(runner, '/a', 'nothing')).status).toBe(403);
    expect((await ask(runner, '/a', 'mixed')).status).toBe(200);
    expect((await ask(runner, '/b/one', 'mixed')).status).toBe(403);
  });

  it.each(['thrown-text', 'thrown-error'])('answers 401 when it throws Unauthorized (%s)', async (token) => {
    const runner = await serveAuthorised();
    const answer = await ask(runner, '/a', token);
    expect(answer.status).toBe(401);
    expect(answer.headers['x-amzn-errortype']).toBe('UnauthorizedException');
  });

  it.each(['defect', 'malformed', 'nested', 'conditional'])(
    'answers 500 when it fails or its answer is malformed (%s)',
    async (token) => {
      const runner = await serveAuthorised();
      const answer = await ask(runner, '/a', token);
      expect(answer.status).toBe(500);
      expect(answer.headers['x-amzn-errortype']).toBe('AuthorizerConfigurationException');
    },
  );

  it('of the TOKEN kind gets the token alone, and only one of the declared form', async () => {
    const runner = await serveAuthorised({ Type: 'TOKEN', IdentityValidationExpression: '[a-z]+' });
    const answer = await ask(runner, '/a', 'stage');
    expect(JSON.parse(answer.text).requestContext.authorizer.type).toBe('TOKEN');
    expect((await ask(runner, '/a', 'STAGE')).status).toBe(401);
  });
});
