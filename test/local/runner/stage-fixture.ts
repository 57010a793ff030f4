import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Runner, RunnerInput } from '../../../local/runner/index.ts';
import { startRunner } from '../../../local/runner/index.ts';

type Properties = Record<string, unknown>;
export type Resources = Record<string, { Type: string; Properties?: Properties; [key: string]: unknown }>;

/** A stack as the CDK would write it. */
export interface FixtureStack {
  readonly resources: Resources;
  readonly parameters?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
  readonly sections?: Record<string, unknown>;
  readonly dependsOn?: readonly string[];
}

/** Source text of the modules, by the asset's name: each is staged as a folder with `index.mjs`. */
export type FixtureCode = Readonly<Record<string, string>>;

/** A folder that goes with the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'towpath-runner-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Writes a cloud assembly with one Stage, `region`, in the layout of a synthesised one. */
export function writeAssembly(
  stacks: Readonly<Record<string, FixtureStack>>,
  code: FixtureCode = {},
): string {
  const root = makeFolder();
  const nested = path.join(root, 'assembly-region');
  mkdirSync(nested);
  const write = (file: string, value: unknown): void => {
    writeFileSync(file, JSON.stringify(value));
  };
  write(path.join(root, 'manifest.json'), {
    version: '55.0.0',
    artifacts: {
      'assembly-region': {
        type: 'cdk:cloud-assembly',
        properties: { directoryName: 'assembly-region', displayName: 'region' },
      },
      Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
    },
  });
  const files: Record<string, unknown> = {};
  for (const [name, source] of Object.entries(code)) {
    mkdirSync(path.join(root, `asset.${name}`));
    writeFileSync(path.join(root, `asset.${name}`, 'index.mjs'), source);
    files[name] = {
      source: { path: `../asset.${name}`, packaging: 'zip' },
      destinations: { current: { bucketName: 'assets', objectKey: `${name}.zip` } },
    };
  }
  const artifacts: Record<string, unknown> = {};
  for (const [name, stack] of Object.entries(stacks)) {
    write(path.join(nested, `${name}.assets.json`), { version: '55.0.0', files, dockerImages: {} });
    write(path.join(nested, `${name}.template.json`), {
      Resources: stack.resources,
      ...(stack.parameters === undefined ? {} : { Parameters: stack.parameters }),
      ...(stack.outputs === undefined ? {} : { Outputs: stack.outputs }),
      ...stack.sections,
    });
    artifacts[`${name}.assets`] = { type: 'cdk:asset-manifest', properties: { file: `${name}.assets.json` } };
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      environment: 'aws://unknown-account/eu-west-2',
      properties: { templateFile: `${name}.template.json`, stackName: `region-${name}` },
      dependencies: [`${name}.assets`, ...(stack.dependsOn ?? [])],
    };
  }
  write(path.join(nested, 'manifest.json'), { version: '55.0.0', artifacts });
  return root;
}

/** A Lambda function whose code is the asset of the same name. */
export function lambdaFunction(asset: string, more: Properties = {}): Resources[string] {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: 'assets', S3Key: `${asset}.zip` },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Timeout: 5,
      MemorySize: 256,
      ...more,
    },
  };
}

/** The URI by which API Gateway invokes a function of the same stack. */
export function invocationUri(logicalId: string): object {
  const arn = { 'Fn::GetAtt': [logicalId, 'Arn'] };
  return {
    'Fn::Join': [
      '',
      [
        'arn:',
        { Ref: 'AWS::Partition' },
        ':apigateway:eu-west-2:lambda:path/2015-03-31/functions/',
        arn,
        '/invocations',
      ],
    ],
  };
}

/** `METHOD /path` → the function that answers, with more properties of the method. */
export type FixtureMethods = Readonly<
  Record<string, { fn: string; more?: Properties; integration?: Properties }>
>;

/** The resources of a REST API with a stage. */
export function restApi(
  methods: FixtureMethods,
  options: { readonly api?: Properties; readonly stage?: Properties } = {},
): Resources {
  const resources: Resources = {
    Api: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'Api', ...options.api } },
    Deployment: { Type: 'AWS::ApiGateway::Deployment', Properties: { RestApiId: { Ref: 'Api' } } },
    Stage: {
      Type: 'AWS::ApiGateway::Stage',
      Properties: {
        RestApiId: { Ref: 'Api' },
        DeploymentId: { Ref: 'Deployment' },
        StageName: 'v1',
        ...options.stage,
      },
    },
  };
  const ids = new Map<string, object>([['', { 'Fn::GetAtt': ['Api', 'RootResourceId'] }]]);
  for (const [key, { fn, more, integration }] of Object.entries(methods)) {
    const [httpMethod = '', route = ''] = key.split(' ');
    let at = '';
    for (const part of route.split('/').filter((step) => step !== '')) {
      const parent = ids.get(at);
      at = `${at}/${part}`;
      if (ids.has(at)) continue;
      const logicalId = `Resource${ids.size}`;
      resources[logicalId] = {
        Type: 'AWS::ApiGateway::Resource',
        Properties: { RestApiId: { Ref: 'Api' }, ParentId: parent, PathPart: part },
      };
      ids.set(at, { Ref: logicalId });
    }
    resources[`Method${Object.keys(resources).length}`] = {
      Type: 'AWS::ApiGateway::Method',
      Properties: {
        RestApiId: { Ref: 'Api' },
        ResourceId: ids.get(at),
        HttpMethod: httpMethod,
        AuthorizationType: 'NONE',
        Integration: {
          Type: 'AWS_PROXY',
          IntegrationHttpMethod: 'POST',
          Uri: invocationUri(fn),
          ...integration,
        },
        ...more,
      },
    };
  }
  return resources;
}

/** Starts a runner over the assembly; it is closed with the test. */
export async function serve(assemblyDir: string, more: Partial<RunnerInput> = {}): Promise<Runner> {
  const runner = await startRunner({ assemblyDir, stage: 'region', parameters: {}, ...more });
  onTestFinished(() => runner.close());
  return runner;
}

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  json(): unknown;
}

/** Sends exactly this path, which `fetch` would tidy first. */
export function send(
  runner: Pick<Runner, 'url'>,
  method: string,
  rawPath: string,
  options: { readonly headers?: Record<string, string | string[]>; readonly body?: string | Buffer } = {},
): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(runner.url);
    const outgoing = httpRequest(
      { hostname, port, method, path: rawPath, headers: options.headers, agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text,
            json: () => JSON.parse(text),
          });
        });
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

/** Answers with the event that it got. */
export const echoCode = `
export const handler = async (event) => ({
  statusCode: 200,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(event),
});
`;
