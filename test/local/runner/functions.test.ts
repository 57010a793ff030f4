import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createFunctionPool } from '../../../local/runner/function-pool.ts';
import type { Runner } from '../../../local/runner/index.ts';
import { lambdaFunction, restApi, send, serve, writeAssembly } from './stage-fixture.ts';

/** Serves each named source as a function at `GET /<name>`. */
function serveFunctions(
  code: Record<string, string>,
  properties: Record<string, unknown> = {},
  more: { readonly workersPerFunction?: number; readonly onLog?: (line: string) => void } = {},
): Promise<Runner> {
  const names = Object.keys(code);
  const methods = Object.fromEntries(names.map((name) => [`GET /${name}`, { fn: `Fn${name}` }]));
  const functions = Object.fromEntries(names.map((name) => [`Fn${name}`, lambdaFunction(name, properties)]));
  return serve(writeAssembly({ api: { resources: { ...restApi(methods), ...functions } } }, code), more);
}

const returning = (expression: string): string =>
  `export const handler = async (event, context) => ({ body: JSON.stringify(${expression}) });`;

describe('the environment of a function', () => {
  it('is exactly what Lambda and the template give: nothing of this process', async () => {
    process.env.TOWPATH_TEST_SECRET_OF_PARENT = 'leaked';
    const runner = await serveFunctions(
      { env: returning('process.env') },
      { Environment: { Variables: { OWN: 'value', TABLE: { Ref: 'AWS::StackName' } } } },
    );
    delete process.env.TOWPATH_TEST_SECRET_OF_PARENT;
    const environment = z.record(z.string(), z.string()).parse((await send(runner, 'GET', '/env')).json());
    expect(environment).toMatchObject({
      OWN: 'value',
      TABLE: 'region-api',
      AWS_REGION: 'eu-west-2',
      AWS_LAMBDA_FUNCTION_NAME: 'region-api-Fnenv',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      _HANDLER: 'index.handler',
      LAMBDA_TASK_ROOT: expect.stringMatching(/asset\.env$/),
      AWS_ENDPOINT_URL_S3: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    });
    const names = Object.keys(environment).filter((name) => !/^(AWS_|LAMBDA_|_|OWN$|TABLE$)/.test(name));
    expect(names.sort()).toEqual(['LANG', 'TZ']);
  });

  it('has the context of Lambda', async () => {
    const runner = await serveFunctions({
      context: returning('{ ...context, remaining: context.getRemainingTimeInMillis() }'),
    });
    const context = z
      .looseObject({ remaining: z.number() })
      .parse((await send(runner, 'GET', '/context')).json());
    expect(context).toMatchObject({
      functionName: 'region-api-Fncontext',
      memoryLimitInMB: '256',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-2:000000000000:function:region-api-Fncontext',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(context.remaining).toBeGreaterThan(4_000);
    expect(context.remaining).toBeLessThanOrEqual(5_000);
  });
});

describe('workers', () => {
  it('share no global between functions and keep their own between events', async () => {
    const count = 'globalThis.count = (globalThis.count ?? 0) + 1;';
    const counting = `export const handler = async () => { ${count} return { body: String(globalThis.count) }; };`;
    const runner = await serveFunctions({ one: counting, two: counting }, {}, { workersPerFunction: 1 });
    expect((await send(runner, 'GET', '/one')).text).toBe('1');
    expect((await send(runner, 'GET', '/one')).text).toBe('2');
    expect((await send(runner, 'GET', '/two')).text).toBe('1');
  });

  it('run one event at a time each, more events in more workers up to the limit', async () => {
    const code = `
      import { threadId } from 'node:worker_threads';
      let running = 0;
      export const handler = async () => {
        running += 1;
        const body = JSON.stringify({ threadId, running });
        await new Promise((resolve) => setTimeout(resolve, 20));
        running -= 1;
        return { body };
      };`;
    const runner = await serveFunctions({ slow: code }, {}, { workersPerFunction: 2 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => send(runner, 'GET', '/slow')));
    const seen = answers.map((answer) =>
      z.object({ threadId: z.number(), running: z.number() }).parse(answer.json()),
    );
    expect(seen.every(({ running }) => running === 1)).toBe(true);
    expect(new Set(seen.map(({ threadId }) => threadId)).size).toBe(2);
  });

  it('are ended at the timeout, even in an endless loop, and the next event gets a new one', async () => {
    const logs: string[] = [];
    const code = `
      let first = true;
      export const handler = async (event) => {
        if (event.queryStringParameters) for (;;);
        return { body: 'fine' };
      };`;
    const runner = await serveFunctions(
      { loop: code },
      { Timeout: 0.2 },
      { workersPerFunction: 1, onLog: (line) => logs.push(line) },
    );
    const started = performance.now();
    const answer = await send(runner, 'GET', '/loop?forever=1');
    expect(answer.status).toBe(504);
    expect(answer.json()).toEqual({ message: 'Endpoint request timed out' });
    expect(performance.now() - started).toBeLessThan(3_000);
    expect((await send(runner, 'GET', '/loop')).text).toBe('fine');
    expect(logs.join()).toContain('Task timed out after 0.20 seconds');
  });

  it('that exit, crash or throw cost their own event alone: 502, then a new worker', async () => {
    const logs: string[] = [];
    const code = `
      export const handler = async ({ queryStringParameters: how }) => {
        if (how?.exit) process.exit(3);
        if (how?.reject) { Promise.reject(new Error('nobody waits')); await new Promise(() => {}); }
        if (how?.throw) throw new TypeError('broken');
        if (how?.memory) { const kept = []; for (;;) kept.push(new Array(1e5).fill({})); }
        return { body: 'fine' };
      };`;
    const runner = await serveFunctions(
      { bad: code },
      { MemorySize: 128 },
      { workersPerFunction: 1, onLog: (line) => logs.push(line) },
    );
    for (const how of ['exit', 'reject', 'throw', 'memory']) {
      expect((await send(runner, 'GET', `/bad?${how}=1`)).status, how).toBe(502);
      expect((await send(runner, 'GET', '/bad')).text, how).toBe('fine');
    }
    expect(logs.join()).toContain('TypeError: broken');
    expect(logs.join()).toContain('exited with status 3');
  });

  it('whose module does not load fail every event with its reason in the log', async () => {
    const logs: string[] = [];
    const onLog = (line: string) => logs.push(line);
    const runner = await serveFunctions({ broken: "throw new Error('no table');" }, {}, { onLog });
    expect((await send(runner, 'GET', '/broken')).status).toBe(502);
    expect((await send(runner, 'GET', '/broken')).status).toBe(502);
    expect(logs.join()).toContain('no table');
  });

  it('hand their output on as lines', async () => {
    const logs: string[] = [];
    const code = `export const handler = async () => {
      console.log('first line'); console.error('second line'); process.stdout.write('third ');
      process.stdout.write('line\\n'); return {};
    };`;
    const runner = await serveFunctions({ talk: code }, {}, { onLog: (line) => logs.push(line) });
    await send(runner, 'GET', '/talk');
    await runner.close();
    expect(logs).toEqual(expect.arrayContaining(['first line', 'second line', 'third line']));
  });

  it('cannot call an AWS service without a local counterpart, and none outside this machine', async () => {
    const code = `export const handler = async () => {
      const answer = await fetch(process.env.AWS_ENDPOINT_URL, { method: 'POST', headers: { 'x-amz-target': 'KMS.Encrypt' } });
      return { body: JSON.stringify({ status: answer.status, text: await answer.text() }) };
    };`;
    const logs: string[] = [];
    const runner = await serveFunctions({ call: code }, {}, { onLog: (line) => logs.push(line) });
    expect((await send(runner, 'GET', '/call')).json()).toMatchObject({ status: 501 });
    expect(logs.join()).toContain('KMS.Encrypt: this AWS service is not served locally');
  });

  it('that are idle for long are ended', async () => {
    const assembly = writeAssembly({ api: { resources: {} } }, { idle: returning('1') });
    const pool = createFunctionPool(
      {
        name: 'idle',
        arn: 'arn',
        module: `${assembly}/asset.idle/index.mjs`,
        exportName: 'handler',
        memoryMegabytes: 128,
        timeoutMilliseconds: 3_000,
        environment: {},
        concurrency: 2,
      },
      () => {},
    );
    expect(pool.workerCount).toBe(0);
    await pool.invoke('{}');
    expect(pool.workerCount).toBe(1);
    await pool.trim(0);
    expect(pool.workerCount).toBe(1);
    await pool.trim(Date.now() + 1);
    expect(pool.workerCount).toBe(0);
    expect(await pool.invoke('{}')).toEqual({ kind: 'returned', payload: '{"body":"1"}' });
    await pool.close();
  });
});
