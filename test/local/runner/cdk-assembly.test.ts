import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { App, CfnParameter, Duration, Stack, Stage } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  ApiKeySourceType,
  IdentitySource,
  JsonSchemaType,
  LambdaIntegration,
  LogGroupLogDestination,
  RequestAuthorizer,
  ResponseType,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import {
  CfnAlias,
  Code,
  EventSourceMapping,
  Function as LambdaFunction,
  Runtime,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { SqsDlq, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { FilterPattern, LogGroup, SubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { LambdaDestination } from 'aws-cdk-lib/aws-logs-destinations';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { expect, it } from 'vitest';
import { makeFolder, send, serve } from './stage-fixture.ts';

const code = `
  export const handler = async (event) => {
    if (event.type === 'REQUEST') return {
      principalId: 'someone', usageIdentifierKey: 'key-of-one-organisation', context: { subject: 'someone' },
      policyDocument: { Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: event.methodArn.replace(/\\/v1\\/.*/, '/v1/*') }] },
    };
    if (event.Records || event.awslogs) { console.log('consumed ' + (event.awslogs ? 'logs' : event.Records[0].eventSource)); return; }
    return { body: JSON.stringify({ keys: process.env.TOKEN_JWKS, secret: process.env.SECRET, table: process.env.TABLE, caller: event.requestContext.authorizer }) };
  };`;

/** Synthesises a Stage with every construct that a region uses, as the CDK writes it today. */
function synthesise(): string {
  const folder = makeFolder();
  const asset = makeFolder();
  writeFileSync(path.join(asset, 'index.mjs'), code);
  const app = new App({ outdir: path.join(folder, 'cdk.out'), analyticsReporting: false });
  const stage = new Stage(app, 'region', { env: { region: 'eu-west-2' } });
  const makeFunction = (scope: Stack, id: string, environment: Record<string, string> = {}) =>
    new LambdaFunction(scope, id, {
      code: Code.fromAsset(asset),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      environment,
    });

  const data = new Stack(stage, 'data');
  const table = new TableV2(data, 'Table', {
    partitionKey: { name: 'PK', type: AttributeType.STRING },
    sortKey: { name: 'SK', type: AttributeType.STRING },
    dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
    timeToLiveAttribute: 'expiresAt',
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    globalSecondaryIndexes: [
      {
        indexName: 'byOther',
        partitionKey: { name: 'other', type: AttributeType.STRING },
        sortKey: { name: 'SK', type: AttributeType.STRING },
      },
    ],
  });
  const secret = new Secret(data, 'Secret', { generateSecretString: { passwordLength: 40 } });
  new Bucket(data, 'Bucket', { versioned: true });

  const api = new Stack(stage, 'api');
  const keys = new CfnParameter(api, 'TokenJwks', { type: 'String' });
  const main = makeFunction(api, 'Main', {
    TOKEN_JWKS: keys.valueAsString,
    SECRET: secret.secretArn,
    TABLE: table.tableName,
  });
  table.grantReadWriteData(main);
  secret.grantRead(main);
  const accessLog = new LogGroup(api, 'AccessLog');
  const rest = new RestApi(api, 'Rest', {
    apiKeySourceType: ApiKeySourceType.AUTHORIZER,
    deployOptions: {
      stageName: 'v1',
      throttlingRateLimit: 100,
      throttlingBurstLimit: 100,
      accessLogDestination: new LogGroupLogDestination(accessLog),
      accessLogFormat: AccessLogFormat.custom(
        '{"id":"$context.requestId","type":"$context.error.responseType"}',
      ),
    },
  });
  rest.addGatewayResponse('Throttled', {
    type: ResponseType.THROTTLED,
    statusCode: '429',
    templates: { 'application/json': '{"throttled":true}' },
  });
  const authorizer = new RequestAuthorizer(api, 'Authoriser', {
    handler: makeFunction(api, 'Decide'),
    identitySources: [IdentitySource.header('Authorization')],
  });
  const model = rest.addModel('Thing', {
    contentType: 'application/json',
    schema: { type: JsonSchemaType.OBJECT, required: ['resource'] },
  });
  const requestValidator = rest.addRequestValidator('Validator', { validateRequestBody: true });
  const base = rest.root.addResource('FHIR').addResource('R4');
  base
    .addResource('Patient')
    .addResource('$match')
    .addMethod('POST', new LambdaIntegration(main), {
      authorizer,
      apiKeyRequired: true,
      requestValidator,
      requestModels: { 'application/json': model },
    });
  const alias = new CfnAlias(api, 'Live', {
    name: 'live',
    functionName: main.functionName,
    functionVersion: main.currentVersion.version,
  });
  const live = LambdaFunction.fromFunctionArn(api, 'LiveReference', alias.ref);
  base.addResource('metadata').addMethod('GET', new LambdaIntegration(live));
  const plan = rest.addUsagePlan('Plan', {
    throttle: { rateLimit: 1, burstLimit: 2 },
    apiStages: [{ stage: rest.deploymentStage }],
  });
  plan.addApiKey(rest.addApiKey('Key', { value: 'key-of-one-organisation' }));
  new Alarm(api, 'Errors', { metric: main.metricErrors(), threshold: 1, evaluationPeriods: 1 });

  const events = new Stack(stage, 'events');
  const dead = new Queue(events, 'Dead');
  const queue = new Queue(events, 'Queue', { deadLetterQueue: { queue: dead, maxReceiveCount: 3 } });
  const consumer = makeFunction(events, 'Consumer');
  new EventSourceMapping(events, 'Stream', {
    target: consumer,
    eventSourceArn: table.tableStreamArn ?? '',
    startingPosition: StartingPosition.TRIM_HORIZON,
    reportBatchItemFailures: true,
    bisectBatchOnError: true,
    retryAttempts: 5,
    maxBatchingWindow: Duration.seconds(5),
    onFailure: new SqsDlq(dead),
  });
  consumer.addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true }));
  new SubscriptionFilter(events, 'Refusals', {
    logGroup: accessLog,
    destination: new LambdaDestination(consumer),
    filterPattern: FilterPattern.all(
      FilterPattern.exists('$.type'),
      FilterPattern.stringValue('$.type', '!=', '-'),
    ),
  });
  return app.synth().directory;
}

it('a Stage that the CDK synthesises today runs as it is: three stacks, authoriser, model, plan, events', async () => {
  const logs: string[] = [];
  const runner = await serve(synthesise(), {
    parameters: { TokenJwks: '{"keys":[]}' },
    clock: () => 0,
    onLog: (line) => logs.push(line),
  });
  expect(new Set(runner.ignored.map(({ type }) => type))).toEqual(
    new Set([
      'AWS::IAM::Role',
      'AWS::IAM::Policy',
      'AWS::Lambda::Permission',
      'AWS::ApiGateway::Account',
      'AWS::CloudWatch::Alarm',
    ]),
  );
  const headers = { Authorization: 'Bearer x', 'Content-Type': 'application/json' };
  const match = (body: string) => send(runner, 'POST', '/FHIR/R4/Patient/$match', { headers, body });
  const answer = await match('{"resource":{}}');
  expect(answer.status).toBe(200);
  expect(answer.json()).toMatchObject({
    keys: '{"keys":[]}',
    secret: expect.stringMatching(/^arn:aws:secretsmanager:eu-west-2:000000000000:secret:region-data-Secret/),
    table: expect.stringMatching(/^region-data-Table/),
    caller: { principalId: 'someone', subject: 'someone' },
  });
  expect((await match('{}')).status).toBe(400);
  expect(await match('{"resource":{}}')).toMatchObject({ status: 429, text: '{"throttled":true}' });
  expect((await send(runner, 'GET', '/FHIR/R4/metadata')).status).toBe(200);
  expect((await send(runner, 'POST', '/FHIR/R4/Patient/$match')).status).toBe(401);

  const queue = runner.queues.find(({ name }) => name.includes('Queue'));
  queue?.send('hello');
  await runner.idle();
  expect(queue?.messages).toEqual([]);
  await runner.close();
  expect(logs).toContain('consumed aws:sqs');
  expect(logs.filter((line) => line === 'consumed logs')).toHaveLength(3);
});
