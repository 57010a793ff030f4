import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Runner } from '../../../local/runner/index.ts';
import type { Resources } from './stage-fixture.ts';
import {
  invocationUri,
  lambdaFunction,
  makeFolder,
  restApi,
  send,
  serve,
  writeAssembly,
} from './stage-fixture.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

const table: Resources[string] = {
  Type: 'AWS::DynamoDB::GlobalTable',
  Properties: {
    AttributeDefinitions: [{ AttributeName: 'PK', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'PK', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    Replicas: [{ Region: 'eu-west-2' }],
  },
};

/** Puts items with these keys, one after the other. */
async function putItems(runner: Runner, keys: readonly string[]): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: runner.engineEndpoint ?? '',
    region: 'eu-west-2',
    credentials,
  });
  for (const key of keys) {
    await client.send(new PutItemCommand({ TableName: 'region-data-Table', Item: { PK: { S: key } } }));
  }
  client.destroy();
}

/** Says each batch as one line, then fails the keys that start with `bad`, or everything while `down`. */
const consumerCode = `
  export const handler = async ({ Records }) => {
    const keys = Records.map((record) => record.dynamodb.Keys.PK.S);
    console.log('batch ' + keys.join(' ') + ' from ' + Records[0].eventSourceARN.split('/')[1] + ' ' + Records[0].awsRegion);
    if (keys.includes('throw')) throw new Error('cannot go on');
    const bad = Records.find((record) => record.dynamodb.Keys.PK.S.startsWith('bad'));
    return { batchItemFailures: bad ? [{ itemIdentifier: bad.dynamodb.SequenceNumber }] : [] };
  };`;

function streamStage(mapping: Record<string, unknown>): string {
  return writeAssembly(
    {
      data: {
        resources: {
          Table: table,
          Consumer: lambdaFunction('consumer'),
          Failures: { Type: 'AWS::SQS::Queue' },
          Mapping: {
            Type: 'AWS::Lambda::EventSourceMapping',
            Properties: {
              EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
              FunctionName: { Ref: 'Consumer' },
              StartingPosition: 'TRIM_HORIZON',
              FunctionResponseTypes: ['ReportBatchItemFailures'],
              DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Failures', 'Arn'] } } },
              ...mapping,
            },
          },
        },
      },
    },
    { consumer: consumerCode },
  );
}

/** Starts a runner whose consumer's batches are collected. */
async function serveCollecting(assembly: string, dataDir?: string) {
  const batches: string[] = [];
  const runner = await serve(assembly, {
    onLog: (line) => {
      if (line.startsWith('batch ')) batches.push(line.slice('batch '.length));
    },
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  /** The output of a worker comes a turn after its answer: closing waits for the last of it. */
  const finish = async (): Promise<string[]> => {
    await runner.idle();
    await runner.close();
    return batches.map((batch) => batch.replace(/ from .*/, ''));
  };
  return { runner, batches, finish };
}

const failureSchema = z.object({
  requestContext: z.object({ condition: z.string() }),
  DDBStreamBatchInfo: z.object({ batchSize: z.number(), streamArn: z.string() }),
});

/** The conditions and sizes of what was given up. */
function readFailures(runner: Runner): string[] {
  const queue = runner.queues.find(({ name }) => name === 'region-data-Failures');
  return (queue?.messages ?? []).map(({ body }) => {
    const failure = failureSchema.parse(JSON.parse(body));
    return `${failure.requestContext.condition} ${failure.DDBStreamBatchInfo.batchSize}`;
  });
}

describe('a table stream', () => {
  it('reaches its function in order, in records as Lambda gives them', async () => {
    const { runner, batches, finish } = await serveCollecting(streamStage({ BatchSize: 2 }));
    await putItems(runner, ['a', 'b', 'c', 'd', 'e']);
    const seen = await finish();
    expect(seen.join(' ').split(' ')).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(seen.every((batch) => batch.split(' ').length <= 2)).toBe(true);
    expect(batches[0]).toContain('from region-data-Table eu-west-2');
  });

  it('goes on behind the last record taken after a partial failure, and gives the poisonous one up alone', async () => {
    const dataDir = makeFolder();
    const first = await serveCollecting(streamStage({ Enabled: false }), dataDir);
    await putItems(first.runner, ['a', 'b', 'bad', 'c', 'd']);
    await first.finish();
    const assembly = streamStage({
      BatchSize: 10,
      MaximumRetryAttempts: 1,
      BisectBatchOnFunctionError: true,
    });
    const { runner, finish } = await serveCollecting(assembly, dataDir);
    await runner.idle();
    expect(readFailures(runner)).toEqual(['RetryAttemptsExhausted 1']);
    const seen = await finish();
    // All at once; from the reported one; halves; the poisonous record alone; and the rest once.
    expect(seen[0]).toBe('a b bad c d');
    expect(seen[1]).toBe('bad c d');
    expect(seen.filter((batch) => batch === 'bad').length).toBeGreaterThanOrEqual(1);
    expect(seen.filter((batch) => batch.startsWith('a'))).toHaveLength(1);
    expect(seen.at(-1)).toMatch(/d$/);
    expect(seen.at(-1)).not.toContain('bad');
  });

  it('gives up the whole rest of a batch that throws when it may not halve it', async () => {
    const dataDir = makeFolder();
    const first = await serveCollecting(streamStage({ Enabled: false }), dataDir);
    await putItems(first.runner, ['a', 'throw', 'c']);
    await first.finish();
    const { runner, finish } = await serveCollecting(streamStage({ MaximumRetryAttempts: 2 }), dataDir);
    await runner.idle();
    expect(readFailures(runner)).toEqual(['RetryAttemptsExhausted 3']);
    await putItems(runner, ['after']);
    expect(await finish()).toEqual(['a throw c', 'a throw c', 'a throw c', 'after']);
  });

  it('is delivered again after a restart from where it was, and nothing twice that was taken', async () => {
    const dataDir = makeFolder();
    const first = await serveCollecting(streamStage({}), dataDir);
    await putItems(first.runner, ['a', 'b']);
    expect((await first.finish()).join(' ')).toBe('a b');
    const second = await serveCollecting(streamStage({ Enabled: false }), dataDir);
    await putItems(second.runner, ['c', 'd']);
    expect(await second.finish()).toEqual([]);
    const third = await serveCollecting(streamStage({}), dataDir);
    expect((await third.finish()).join(' ')).toBe('c d');
  });

  it('from LATEST leaves out what was there before', async () => {
    const dataDir = makeFolder();
    const first = await serveCollecting(streamStage({ Enabled: false }), dataDir);
    await putItems(first.runner, ['old']);
    await first.finish();
    const { runner, finish } = await serveCollecting(streamStage({ StartingPosition: 'LATEST' }), dataDir);
    await runner.idle();
    await putItems(runner, ['new']);
    expect(await finish()).toEqual(['new']);
  });
});

describe('a queue', () => {
  const queueStage = (mapping: Record<string, unknown> = {}): string =>
    writeAssembly(
      {
        data: {
          resources: {
            Dead: { Type: 'AWS::SQS::Queue' },
            Queue: {
              Type: 'AWS::SQS::Queue',
              Properties: {
                RedrivePolicy: {
                  deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] },
                  maxReceiveCount: 3,
                },
              },
            },
            Consumer: lambdaFunction('consumer'),
            Mapping: {
              Type: 'AWS::Lambda::EventSourceMapping',
              Properties: {
                EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
                FunctionName: { Ref: 'Consumer' },
                FunctionResponseTypes: ['ReportBatchItemFailures'],
                ...mapping,
              },
            },
          },
        },
      },
      {
        consumer: `export const handler = async ({ Records }) => {
          for (const { body, attributes } of Records) console.log('batch ' + body + ' ' + attributes.ApproximateReceiveCount);
          return { batchItemFailures: Records.filter(({ body }) => body.startsWith('bad')).map(({ messageId }) => ({ itemIdentifier: messageId })) };
        };`,
      },
    );
  const named = (runner: Runner, name: string) => {
    const queue = runner.queues.find((one) => one.name === `region-data-${name}`);
    if (queue === undefined) throw new Error(`no queue ${name}`);
    return queue;
  };

  it('gives the failed messages of a batch again, then to the dead-letter queue', async () => {
    const { runner, finish } = await serveCollecting(queueStage());
    for (const body of ['good 1', 'bad', 'good 2']) named(runner, 'Queue').send(body);
    await runner.idle();
    expect(named(runner, 'Queue').messages).toEqual([]);
    expect(named(runner, 'Dead').messages.map(({ body }) => body)).toEqual(['bad']);
    const seen = await finish();
    expect(seen.filter((line) => line.startsWith('bad'))).toEqual(['bad 1', 'bad 2', 'bad 3']);
    expect(seen.filter((line) => line.startsWith('good'))).toHaveLength(2);
  });

  it('keeps its messages over a restart', async () => {
    const dataDir = makeFolder();
    const first = await serveCollecting(queueStage({ Enabled: false }), dataDir);
    named(first.runner, 'Queue').send('kept');
    expect(await first.finish()).toEqual([]);
    const second = await serveCollecting(queueStage(), dataDir);
    expect(await second.finish()).toEqual(['kept 1']);
    const third = await serveCollecting(queueStage(), dataDir);
    expect(await third.finish()).toEqual([]);
  });

  it('takes SendMessage over HTTP at its URL, and says what it does not serve', async () => {
    const { runner } = await serveCollecting(queueStage({ Enabled: false }));
    const queue = named(runner, 'Queue');
    const call = async (target: string, body: object) => {
      const answer = await fetch(runner.queueEndpoint, {
        method: 'POST',
        headers: { 'x-amz-target': `AmazonSQS.${target}` },
        body: JSON.stringify(body),
      });
      return { status: answer.status, body: await answer.json() };
    };
    const QueueUrl = `${runner.queueEndpoint}/000000000000/region-data-Queue`;
    const sent = await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    expect(sent).toMatchObject({
      status: 200,
      body: { MD5OfMessageBody: '5d41402abc4b2a76b9719d911017c592' },
    });
    expect(queue.messages.map(({ body }) => body)).toEqual(['hello']);
    expect((await call('SendMessage', { QueueUrl, MessageBody: 'x', DelaySeconds: 5 })).status).toBe(501);
    expect((await call('PurgeQueue', { QueueUrl })).status).toBe(501);
    expect((await call('SendMessage', { QueueUrl: 'http://x/none', MessageBody: 'x' })).status).toBe(400);
  });
});

describe('the access log', () => {
  const format = {
    status: '$context.status',
    path: '$context.resourcePath',
    type: '$context.error.responseType',
    subject: '$context.authorizer.subject',
    agent: '$context.identity.userAgent',
  };
  const recorderCode = `
    let tries = 0;
    export const handler = async (event) => {
      tries += 1;
      console.log('batch ' + event.awslogs.data);
      if (process.env.FAILS) throw new Error('no');
    };`;
  const logStage = (pattern: string, recorder: Record<string, unknown> = {}): string => {
    const more = { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'Authoriser' } };
    return writeAssembly(
      {
        data: {
          resources: {
            ...restApi(
              { 'GET /open': { fn: 'Fn' }, 'GET /closed/{id}': { fn: 'Fn', more } },
              {
                stage: {
                  AccessLogSetting: {
                    DestinationArn: { 'Fn::GetAtt': ['Log', 'Arn'] },
                    Format: JSON.stringify(format),
                  },
                },
              },
            ),
            Log: { Type: 'AWS::Logs::LogGroup' },
            Fn: lambdaFunction('fn'),
            Decider: lambdaFunction('decider'),
            Recorder: lambdaFunction('recorder', recorder),
            Dead: { Type: 'AWS::SQS::Queue' },
            Authoriser: {
              Type: 'AWS::ApiGateway::Authorizer',
              Properties: {
                RestApiId: { Ref: 'Api' },
                Type: 'REQUEST',
                AuthorizerUri: invocationUri('Decider'),
                IdentitySource: 'method.request.header.Authorization',
              },
            },
            Subscription: {
              Type: 'AWS::Logs::SubscriptionFilter',
              Properties: {
                LogGroupName: { Ref: 'Log' },
                DestinationArn: { 'Fn::GetAtt': ['Recorder', 'Arn'] },
                FilterPattern: pattern,
              },
            },
          },
        },
      },
      {
        fn: 'export const handler = async () => ({ body: "{}" });',
        recorder: recorderCode,
        decider: `export const handler = async () => ({
          principalId: 'p', context: { subject: 'someone' },
          policyDocument: { Statement: { Effect: 'Deny', Action: '*', Resource: '*' } },
        });`,
      },
    );
  };
  const refusals = '{ ($.subject = "*") && ($.subject != "-") && ($.type != "-") }';

  it('has one line for each request, in the declared format, without the path itself', async () => {
    const { runner } = await serveCollecting(logStage(refusals));
    await send(runner, 'GET', '/open?secret=1', { headers: { 'User-Agent': 'a"b' } });
    await send(runner, 'GET', '/closed/person-one', { headers: { Authorization: 'x' } });
    await send(runner, 'GET', '/closed/person-one');
    expect(runner.accessLog().map((line) => JSON.parse(line))).toEqual([
      { status: '200', path: '/open', type: '-', subject: '-', agent: 'a"b' },
      { status: '403', path: '/closed/{id}', type: 'ACCESS_DENIED', subject: 'someone', agent: '-' },
      { status: '401', path: '/closed/{id}', type: 'UNAUTHORIZED', subject: '-', agent: '-' },
    ]);
  });

  it('gives the lines that match a subscription to its function, as CloudWatch Logs packs them', async () => {
    const { runner, finish } = await serveCollecting(logStage(refusals));
    await send(runner, 'GET', '/open');
    await send(runner, 'GET', '/closed/person-one', { headers: { Authorization: 'x' } });
    await send(runner, 'GET', '/closed/person-one');
    const [data, ...others] = await finish();
    expect(others).toEqual([]);
    const delivered = JSON.parse(gunzipSync(Buffer.from(data ?? '', 'base64')).toString());
    expect(delivered).toMatchObject({
      messageType: 'DATA_MESSAGE',
      logGroup: 'region-data-Log',
      logEvents: [{ message: expect.stringContaining('ACCESS_DENIED') }],
    });
  });

  it('tries a failed delivery twice more, then gives it to the dead-letter queue of the function', async () => {
    const recorder = {
      Environment: { Variables: { FAILS: 'yes' } },
      DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] } },
    };
    const { runner, finish } = await serveCollecting(logStage('', recorder));
    await send(runner, 'GET', '/open');
    await runner.idle();
    expect(runner.queues[0]?.messages).toHaveLength(1);
    expect(runner.queues[0]?.messages[0]?.body).toContain('awslogs');
    expect(await finish()).toHaveLength(3);
  });

  it('of a data folder is kept in its file', async () => {
    const dataDir = makeFolder();
    const { runner } = await serveCollecting(logStage(refusals), dataDir);
    await send(runner, 'GET', '/open');
    expect(readFileSync(`${dataDir}/access.log`, 'utf8')).toBe(`${runner.accessLog()[0]}\n`);
  });
});

describe('the whole chain', () => {
  it('leads from a function through the table and its stream to an object of the bucket', async () => {
    const modules = JSON.stringify(new URL('../../../node_modules/', import.meta.url).href);
    const load = (name: string): string =>
      `(await import(${modules} + '@aws-sdk/${name}/dist-cjs/index.js')).default`;
    const dataDir = makeFolder();
    const assembly = writeAssembly(
      {
        data: {
          resources: {
            ...restApi({ 'POST /a': { fn: 'Writer' } }),
            Table: table,
            Bucket: { Type: 'AWS::S3::Bucket' },
            Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: {} } },
            Writer: lambdaFunction('writer', {
              Environment: { Variables: { TABLE: { Ref: 'Table' }, SECRET: { Ref: 'Secret' } } },
            }),
            Archiver: lambdaFunction('archiver', {
              Environment: { Variables: { BUCKET: { Ref: 'Bucket' } } },
            }),
            Mapping: {
              Type: 'AWS::Lambda::EventSourceMapping',
              Properties: {
                EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
                FunctionName: { Ref: 'Archiver' },
                StartingPosition: 'TRIM_HORIZON',
              },
            },
          },
        },
      },
      {
        writer: `
          const { DynamoDBClient, PutItemCommand } = ${load('client-dynamodb')};
          const { SecretsManagerClient, GetSecretValueCommand } = ${load('client-secrets-manager')};
          const table = new DynamoDBClient({});
          const secrets = new SecretsManagerClient({});
          export const handler = async ({ body }) => {
            const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: process.env.SECRET }));
            await table.send(new PutItemCommand({ TableName: process.env.TABLE, Item: { PK: { S: body } } }));
            return { body: String(SecretString.length) };
          };`,
        archiver: `
          const { S3Client, PutObjectCommand } = ${load('client-s3')};
          const s3 = new S3Client({});
          export const handler = async ({ Records }) => {
            for (const { dynamodb } of Records) {
              await s3.send(new PutObjectCommand({ Bucket: process.env.BUCKET, Key: 'items/' + dynamodb.Keys.PK.S, Body: JSON.stringify(dynamodb.NewImage) }));
            }
          };`,
      },
    );
    const runner = await serve(assembly, { dataDir });
    const answer = await send(runner, 'POST', '/a', { body: 'one' });
    expect(answer).toMatchObject({ status: 200, text: '32' });
    await runner.idle();
    const [bucket] = runner.buckets;
    expect(bucket).toMatchObject({ name: 'region-data-bucket', hasObjectLock: false });
    expect(readFileSync(`${bucket?.folder}/items/one`, 'utf8')).toBe('{"PK":{"S":"one"}}');
  });
});
