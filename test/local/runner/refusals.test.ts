// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Fn::Sub writes its placeholders so.
import { describe, expect, it } from 'vitest';
import { describeLimits, RunnerRefusal, startRunner } from '../../../local/runner/index.ts';
import type { FixtureStack, Resources } from './stage-fixture.ts';
import {
  echoCode,
  invocationUri,
  lambdaFunction,
  restApi,
  send,
  serve,
  writeAssembly,
} from './stage-fixture.ts';

const api: Resources = { ...restApi({ 'GET /a': { fn: 'Echo' } }), Echo: lambdaFunction('echo') };

/** Why the runner will not start on these stacks. */
async function refusalOf(
  stacks: Record<string, FixtureStack>,
  parameters: Record<string, string> = {},
): Promise<string> {
  const assemblyDir = writeAssembly(stacks, { echo: echoCode });
  try {
    const runner = await startRunner({ assemblyDir, stage: 'region', parameters });
    await runner.close();
  } catch (error) {
    if (error instanceof RunnerRefusal) return error.message;
    throw error;
  }
  throw new Error('the runner started');
}

const refusalWith = (resources: Resources): Promise<string> =>
  refusalOf({ api: { resources: { ...api, ...resources } } });

describe('the runner refuses to start', () => {
  it('on a resource type that it does not know', async () => {
    const refusal = await refusalWith({ Machine: { Type: 'AWS::StepFunctions::StateMachine' } });
    expect(refusal).toBe('region-api/Machine: unknown resource type AWS::StepFunctions::StateMachine');
  });

  it('on an intrinsic that it does not know, even in a resource that it ignores', async () => {
    const role = { Type: 'AWS::IAM::Role', Properties: { Path: { 'Fn::Base64': 'x' } } };
    expect(await refusalWith({ Role: role })).toBe('region-api/Role.Path: unknown intrinsic Fn::Base64');
    const fn = lambdaFunction('echo', { Description: [{ 'Fn::If': ['A', 'b', 'c'] }] });
    expect(await refusalWith({ Fn: fn })).toBe('region-api/Fn.Description[0]: unknown intrinsic Fn::If');
  });

  it.each<[string, Resources, string]>([
    [
      'of a function',
      { Fn: lambdaFunction('echo', { Layers: ['arn'] }) },
      'region-api/Fn: unknown property Layers',
    ],
    [
      'deep inside a method',
      restApi({ 'GET /a': { fn: 'Echo', integration: { CacheNamespace: 'x' } } }),
      'unknown property CacheNamespace',
    ],
    [
      'of a stage',
      restApi({}, { stage: { CanarySetting: {} } }),
      'region-api/Stage: unknown property CanarySetting',
    ],
    [
      'of an event source',
      {
        Mapping: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: { FunctionName: 'x', EventSourceArn: 'y', TumblingWindowInSeconds: 5 },
        },
      },
      'unknown property TumblingWindowInSeconds',
    ],
  ])('on a property that it does not know: %s', async (_which, resources, message) => {
    expect(await refusalWith(resources)).toContain(message);
  });

  it.each<[string, Resources, string]>([
    [
      'another runtime',
      { Fn: lambdaFunction('echo', { Runtime: 'python3.13' }) },
      'is not a Node.js runtime',
    ],
    [
      'a cache',
      restApi({}, { stage: { CacheClusterEnabled: true } }),
      'region-api/Stage.CacheClusterEnabled: AWS::ApiGateway::Stage is not served with this',
    ],
    [
      'IAM authorisation',
      restApi({ 'GET /a': { fn: 'Echo', more: { AuthorizationType: 'AWS_IAM' } } }),
      'AuthorizationType',
    ],
    [
      'an HTTP integration',
      restApi({ 'GET /a': { fn: 'Echo', integration: { Type: 'HTTP_PROXY' } } }),
      'Integration',
    ],
    [
      'an unknown variable in the access log',
      restApi(
        {},
        {
          stage: {
            AccessLogSetting: {
              DestinationArn: 'arn:aws:logs:eu-west-2:0:log-group:access:*',
              Format: '$context.somethingElse',
            },
          },
        },
      ),
      'unknown variable $context.somethingElse',
    ],
    [
      'a gateway response of an unknown type',
      {
        Odd: {
          Type: 'AWS::ApiGateway::GatewayResponse',
          Properties: { RestApiId: { Ref: 'Api' }, ResponseType: 'TEAPOT' },
        },
      },
      'gateway response TEAPOT: unknown type',
    ],
    [
      'a model that is no schema',
      {
        Model: {
          Type: 'AWS::ApiGateway::Model',
          Properties: { RestApiId: { Ref: 'Api' }, Schema: { type: 'nonsense' } },
        },
      },
      'region-api/Model: its schema is not valid draft-4 JSON Schema',
    ],
    [
      'event filters',
      {
        Queue: { Type: 'AWS::SQS::Queue' },
        Mapping: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: {
            FunctionName: { Ref: 'Echo' },
            EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
            FilterCriteria: { Filters: [{ Pattern: '{ "body": ["a"] }' }] },
          },
        },
      },
      'event filters are served for table streams only',
    ],
    [
      'a method whose function is elsewhere',
      {
        ...restApi({
          'GET /b': {
            fn: 'Echo',
            integration: {
              Uri: 'arn:aws:apigateway:eu-west-2:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-2:0:function:other/invocations',
            },
          },
        }),
      },
      'GET /b: function other is not declared',
    ],
    [
      'a conditional resource',
      { Fn: { ...lambdaFunction('echo'), Condition: 'Maybe' } },
      'conditional resources',
    ],
    ['code that is not staged', { Fn: lambdaFunction('absent') }, 'its code absent.zip is not staged'],
    [
      'a handler that is not there',
      { Fn: lambdaFunction('echo', { Handler: 'other.run' }) },
      'no module for the handler other.run',
    ],
  ])('on %s', async (_what, resources, message) => {
    expect(await refusalWith(resources)).toContain(message);
  });

  it('on a section or attribute of the template that it does not know', async () => {
    expect(
      await refusalOf({ api: { resources: api, sections: { Transform: 'AWS::Serverless' } } }),
    ).toContain('has a part that this runner does not know');
    expect(await refusalOf({ api: { resources: api, sections: { Mappings: { M: {} } } } })).toContain(
      'Mappings.M',
    );
    expect(await refusalOf({ api: { resources: api, sections: { Rules: { R: {} } } } })).toContain('Rules.R');
    const odd = { ...lambdaFunction('echo'), CreationPolicy: {} };
    expect(await refusalWith({ Fn: odd })).toContain('CreationPolicy');
  });

  it('on references that lead nowhere', async () => {
    const withDescription = (Description: unknown) =>
      refusalWith({ Fn: lambdaFunction('echo', { Description }) });
    expect(await withDescription({ Ref: 'Nowhere' })).toContain('Ref to Nowhere');
    expect(await withDescription({ 'Fn::GetAtt': ['Echo', 'Colour'] })).toContain('unknown attribute Colour');
    expect(await withDescription({ 'Fn::ImportValue': 'other:export' })).toContain('imports other:export');
    expect(await withDescription({ 'Fn::Select': [3, ['a']] })).toContain('out of range');
  });

  it('on a parameter without a value, with one that is not allowed, or that no stack declares', async () => {
    const stack = (more: object): FixtureStack => ({
      resources: api,
      parameters: { Keys: { Type: 'String', ...more } },
    });
    expect(await refusalOf({ api: stack({}) })).toContain('parameter Keys has no default: give it a value');
    expect(await refusalOf({ api: stack({ AllowedValues: ['a'] }) }, { Keys: 'b' })).toContain('takes a');
    expect(await refusalOf({ api: stack({ Default: 'x' }) }, { Kyes: 'b' })).toContain(
      'parameter Kyes was given',
    );
  });

  it('without the Stage or the assembly, and says what there is', async () => {
    const assemblyDir = writeAssembly({ api: { resources: api } }, { echo: echoCode });
    await expect(startRunner({ assemblyDir, stage: 'other', parameters: {} })).rejects.toThrow(
      'the assembly has no Stage "other"; it has region',
    );
    await expect(
      startRunner({ assemblyDir: `${assemblyDir}/none`, stage: 'region', parameters: {} }),
    ).rejects.toThrow('synthesise the app first');
  });
});

describe('the allow-list', () => {
  it('is given for the banner, with what the runner does not pretend', async () => {
    const assembly = writeAssembly(
      {
        api: {
          resources: {
            ...api,
            Role: { Type: 'AWS::IAM::Role', Properties: {} },
            OtherRole: { Type: 'AWS::IAM::Role', Properties: {} },
            Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: {} },
            Key: { Type: 'AWS::KMS::Key', Properties: { EnableKeyRotation: true } },
            Bucket: { Type: 'AWS::S3::Bucket', Properties: { ObjectLockConfiguration: {} } },
          },
        },
      },
      { echo: echoCode },
    );
    const runner = await serve(assembly);
    expect(runner.ignored.map(({ place }) => place)).toEqual([
      'region-api/Role',
      'region-api/OtherRole',
      'region-api/Alarm',
      'region-api/Key',
      'region-api/Bucket',
    ]);
    const lines = describeLimits(runner.ignored);
    expect(lines[0]).toContain('no IAM, no WAF, no mTLS; KMS signs');
    expect(lines).toContain('Left out, IAM is not enforced locally: 2 × AWS::IAM::Role');
    expect(lines).toContain('Left out, nothing is encrypted by KMS locally: AWS::KMS::Key.EnableKeyRotation');
    expect(lines.join('\n')).toContain('AWS::S3::Bucket.ObjectLockConfiguration');
  });
});

describe('references of a template', () => {
  it('are resolved within a stack and across the stacks of the Stage', async () => {
    const assembly = writeAssembly(
      {
        // Named so that the order of the manifest is not the order of dependence.
        api: {
          dependsOn: ['data'],
          parameters: {
            Given: { Type: 'String' },
            Defaulted: { Type: 'Number', Default: 7 },
            BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk/version' },
          },
          resources: {
            ...restApi({ 'GET /a': { fn: 'Show' } }),
            Show: lambdaFunction('show', {
              Environment: {
                Variables: {
                  GIVEN: { Ref: 'Given' },
                  DEFAULTED: { Ref: 'Defaulted' },
                  IMPORTED: { 'Fn::ImportValue': 'region-data:Bucket' },
                  JOINED: { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }, { Ref: 'AWS::Partition' }]] },
                  SUBBED: { 'Fn::Sub': '${AWS::StackName}/${!kept}/${Echo.Arn}' },
                  SUBBED_WITH: { 'Fn::Sub': ['${x}', { x: { Ref: 'Given' } }] },
                  SPLIT: { 'Fn::Select': [6, { 'Fn::Split': [':', { 'Fn::GetAtt': ['Echo', 'Arn'] }] }] },
                  ABSENT: { Ref: 'AWS::NoValue' },
                },
              },
            }),
            Echo: lambdaFunction('echo', { FunctionName: 'named-echo' }),
          },
        },
        data: {
          resources: { Bucket: { Type: 'AWS::S3::Bucket' } },
          outputs: {
            Out: { Value: { Ref: 'Bucket' }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}:Bucket' } } },
          },
        },
      },
      {
        echo: echoCode,
        show: 'export const handler = async () => ({ body: JSON.stringify(process.env) });',
      },
    );
    const runner = await serve(assembly, { parameters: { Given: 'a "quoted" value' } });
    const environment = (await send(runner, 'GET', '/a')).json();
    expect(environment).toMatchObject({
      GIVEN: 'a "quoted" value',
      DEFAULTED: '7',
      IMPORTED: 'region-data-bucket',
      JOINED: 'a-eu-west-2-aws',
      SUBBED: 'region-api/${kept}/arn:aws:lambda:eu-west-2:000000000000:function:named-echo',
      SUBBED_WITH: 'a "quoted" value',
      SPLIT: 'named-echo',
    });
    expect(environment).not.toHaveProperty('ABSENT');
  });

  it('lead through versions and aliases to the function', async () => {
    const resources = {
      ...restApi({ 'GET /a': { fn: 'Alias', integration: { Uri: undefined } } }),
      Echo: lambdaFunction('echo'),
      Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Echo' } } },
      Alias: {
        Type: 'AWS::Lambda::Alias',
        Properties: {
          FunctionName: { Ref: 'Echo' },
          FunctionVersion: { 'Fn::GetAtt': ['Version', 'Version'] },
          Name: 'live',
        },
      },
    };
    const uri = JSON.parse(
      JSON.stringify(invocationUri('Alias')).replace('{"Fn::GetAtt":["Alias","Arn"]}', '{"Ref":"Alias"}'),
    );
    for (const resource of Object.values<Resources[string]>(resources)) {
      if (resource.Type === 'AWS::ApiGateway::Method') {
        Object.assign(resource.Properties?.Integration ?? {}, { Uri: uri });
      }
    }
    const runner = await serve(writeAssembly({ api: { resources } }, { echo: echoCode }));
    expect((await send(runner, 'GET', '/a')).status).toBe(200);
  });
});
