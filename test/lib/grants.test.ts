import { beforeAll, describe, expect, it } from 'vitest';
import { pathsOf, routes } from '../../functions/api/routes.ts';
import {
  allStatements,
  describeResource,
  environmentOf,
  functionsByName,
  grantLines,
  statementsOf,
} from './policies.ts';
import {
  allResources,
  type Resource,
  resourcesOf,
  type StageTemplates,
  synthesise,
  type Template,
} from './synthesise.ts';

const stages = ['london', 'hertfordshire-west-essex'] as const;

const everyFunction = [
  'logs:CreateLogStream on own logs',
  'logs:PutLogEvents on own logs',
  'xray:PutTelemetryRecords on *',
  'xray:PutTraceSegments on *',
];
const secret = [
  'secretsmanager:GetSecretValue on region secret',
  'kms:Decrypt on record key via secretsmanager.eu-west-2.amazonaws.com',
  'kms:DescribeKey on record key via secretsmanager.eu-west-2.amazonaws.com',
];
const keyActions = {
  read: ['Decrypt', 'DescribeKey'],
  write: ['Decrypt', 'DescribeKey', 'Encrypt', 'GenerateDataKey', 'ReEncryptFrom', 'ReEncryptTo'],
};
const keyVia = (key: string, service: string, use: keyof typeof keyActions) =>
  keyActions[use].map((action) => `kms:${action} on ${key} via ${service}.eu-west-2.amazonaws.com`);
const on = (resources: readonly string[], actions: readonly string[]) =>
  resources.flatMap((resource) => actions.map((action) => `dynamodb:${action} on ${resource}`));

// Written out here a second time, so that a wider list in lib/ fails.
const recordGrants = {
  append: [...on(['record table'], ['PutItem']), ...keyVia('record key', 'dynamodb', 'write')],
  read: [
    ...on(['record table'], ['GetItem', 'BatchGetItem', 'Query']),
    ...keyVia('record key', 'dynamodb', 'read'),
  ],
  readCount: [
    ...on(['record table'], ['GetItem', 'BatchGetItem', 'Query']),
    'dynamodb:UpdateItem on record table with QUOTA#*',
    ...keyVia('record key', 'dynamodb', 'write'),
  ],
  readWrite: [
    ...on(
      ['record table'],
      [
        ...['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'],
        'ConditionCheckItem',
      ],
    ),
    ...keyVia('record key', 'dynamodb', 'write'),
  ],
} as const;
/** A row that writes audit entries works with the region's pseudonyms, whoever may call it. */
const usesSecret = ({ permission, tables }: (typeof routes)[number]) =>
  permission !== 'open' || tables.audit !== undefined;
const tokenKeyGrants = {
  publish: ['kms:GetPublicKey on token key'],
  sign: ['kms:GetPublicKey on token key', 'kms:Sign on token key'],
} as const;
const auditGrants = {
  append: [...on(['audit table'], ['PutItem']), ...keyVia('audit key', 'dynamodb', 'write')],
  readAppend: [
    ...on(['audit table', 'audit index byPatient'], ['Query', 'BatchGetItem', 'PutItem']),
    ...keyVia('audit key', 'dynamodb', 'write'),
  ],
} as const;

/** What a function needs of the verifiable log to read in it. */
const readLog = [
  's3:GetObject on audit archive checkpoint',
  's3:GetObject on audit archive tile/*',
  's3:ListBucket on audit archive',
];

/** Bodies of documents: whoever keeps them reads none, and nobody lists or removes them. */
const documentGrants = {
  keep: ['s3:PutObject on documents sha256/*', ...keyVia('record key', 's3', 'write')],
  read: ['s3:GetObject on documents sha256/*', ...keyVia('record key', 's3', 'read')],
} as const;

/** A feed may be queued; only what files it takes it out again. */
const queueFeeds = ['sqs:SendMessage on intake queue', ...keyVia('record key', 'sqs', 'write')];

/** Where an entry goes that the table does not take. */
const secondSink = ['s3:PutObject on audit archive second-sink/*', ...keyVia('audit key', 's3', 'write')];

let templates: (stage: string) => StageTemplates;
beforeAll(async () => {
  templates = await synthesise(stages);
});

function functionNamed(template: Template, name: string): Resource {
  const found = functionsByName(template).get(name);
  if (!found) throw new Error(`no function ${name}`);
  return found;
}

describe.each(stages)('the grants of %s', (stage) => {
  it.each(routes)('give $operation exactly what its row names', (route) => {
    const { api } = templates(stage);
    const { operation, tables, tokenKey } = route;
    const { record, audit } = tables;
    if (record === 'readAppend') throw new Error('no row reads and appends to the record table yet');
    const expected = [
      ...everyFunction,
      ...(record ? recordGrants[record] : []),
      ...(audit ? [...auditGrants[audit], ...secondSink] : []),
      ...(route.readsLog ? readLog : []),
      ...(route.documents ? documentGrants[route.documents] : []),
      ...(route.permission === 'record.write' ? queueFeeds : []),
      ...(tokenKey ? tokenKeyGrants[tokenKey] : []),
      ...(usesSecret(route) ? secret : []),
    ];
    expect(grantLines(statementsOf(api, functionNamed(api, operation)))).toEqual([...expected].sort());
  });

  it('let every feed keep documents', () => {
    const feeds = routes.filter(({ permission }) => permission === 'record.write');
    expect(feeds.filter(({ documents }) => documents !== 'keep')).toEqual([]);
  });

  it('give the authoriser no data, and of the token key its public half', () => {
    const { api } = templates(stage);
    expect(grantLines(statementsOf(api, functionNamed(api, 'authoriser')))).toEqual(
      [...everyFunction, 'kms:GetPublicKey on token key'].sort(),
    );
  });

  it('let one function sign access tokens and one the heads of the log, each with one algorithm', () => {
    const signers = Object.values(templates(stage)).flatMap((template) =>
      allStatements(template).flatMap(({ statements }) =>
        statements.filter(({ Action }) => Action.includes('kms:Sign')),
      ),
    );
    expect(signers.map(({ Condition, Resource }) => [Resource.map(describeResource), Condition])).toEqual([
      [['token key'], { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_384' } }],
      [['audit log key'], { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } }],
      [['post-quantum log key'], { StringEquals: { 'kms:SigningAlgorithm': 'ML_DSA_SHAKE_256' } }],
    ]);
  });

  it('let sequence-audit read the entries, add to the log and sign its heads', () => {
    const { events } = templates(stage);
    expect(grantLines(statementsOf(events, functionNamed(events, 'sequence-audit')))).toEqual(
      [
        ...everyFunction,
        ...['DescribeStream', 'GetRecords', 'GetShardIterator'].map(
          (action) => `dynamodb:${action} on audit stream`,
        ),
        'dynamodb:ListStreams on *',
        ...on(['audit table'], ['GetItem', 'Query']),
        // It adds to the log, and can write no entry.
        'dynamodb:PutItem on audit table with LOG,LOG#*',
        ...keyVia('audit key', 'dynamodb', 'write'),
        ...['checkpoint', 'log.vkey', 'tile/*', 'staging/*'].flatMap((name) => [
          `s3:GetObject on audit archive ${name}`,
          `s3:PutObject on audit archive ${name}`,
        ]),
        ...['tile/*', 'staging/*'].flatMap((name) => [
          `s3:PutObjectRetention on audit archive ${name}`,
          `s3:PutObjectTagging on audit archive ${name}`,
        ]),
        's3:ListBucket on audit archive',
        ...keyVia('audit key', 's3', 'write'),
        ...['audit log key', 'post-quantum log key'].flatMap((key) => [
          `kms:GetPublicKey on ${key}`,
          `kms:Sign on ${key}`,
        ]),
        'sqs:SendMessage on sequence failures',
      ].sort(),
    );
  });

  it('let who signs the log write nothing into the table but the log’s own items', () => {
    const { events } = templates(stage);
    const puts = statementsOf(events, functionNamed(events, 'sequence-audit')).filter(({ Action }) =>
      Action.includes('dynamodb:PutItem'),
    );
    expect(puts.map(({ Condition }) => Condition)).toEqual([
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['LOG', 'LOG#*'] } },
    ]);
  });

  it('let sweep-audit read the second sink and append to the audit table', () => {
    const { events } = templates(stage);
    expect(grantLines(statementsOf(events, functionNamed(events, 'sweep-audit')))).toEqual(
      [
        ...everyFunction,
        ...auditGrants.readAppend,
        ...secondSink,
        's3:GetObject on audit archive second-sink/*',
        's3:ListBucket on audit archive',
      ].sort(),
    );
  });

  it('let file-queued-message take feeds from their queue, and do what a feed does', () => {
    const { events } = templates(stage);
    const take = ['ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility', 'GetQueueAttributes'];
    expect(grantLines(statementsOf(events, functionNamed(events, 'file-queued-message')))).toEqual(
      [
        ...everyFunction,
        ...recordGrants.readWrite,
        ...auditGrants.append,
        ...secondSink,
        ...documentGrants.keep,
        ...take.map((action) => `sqs:${action} on intake queue`),
        ...keyVia('record key', 'sqs', 'read'),
        ...secret,
      ].sort(),
    );
  });

  it('let follow-audit read the audit stream and write to the record table', () => {
    const { events } = templates(stage);
    expect(grantLines(statementsOf(events, functionNamed(events, 'follow-audit')))).toEqual(
      [
        ...everyFunction,
        ...['DescribeStream', 'GetRecords', 'GetShardIterator'].map(
          (action) => `dynamodb:${action} on audit stream`,
        ),
        'dynamodb:ListStreams on *',
        ...recordGrants.readWrite,
        ...keyVia('audit key', 'dynamodb', 'read'),
        ...secret,
        'sqs:SendMessage on follow failures',
      ].sort(),
    );
  });

  it.each([
    ['count-people', 'count failures'],
    ['rematch-source', 'rematch failures'],
  ])('let %s follow the record table and write to it', (name, failures) => {
    const { events } = templates(stage);
    expect(grantLines(statementsOf(events, functionNamed(events, name)))).toEqual(
      [
        ...everyFunction,
        ...['DescribeStream', 'GetRecords', 'GetShardIterator'].map(
          (action) => `dynamodb:${action} on record stream`,
        ),
        'dynamodb:ListStreams on *',
        ...recordGrants.readWrite,
        ...secret,
        `sqs:SendMessage on ${failures}`,
      ].sort(),
    );
  });

  it('let record-gateway-refusals append to the audit table alone', () => {
    const { events } = templates(stage);
    expect(grantLines(statementsOf(events, functionNamed(events, 'record-gateway-refusals')))).toEqual(
      [
        ...everyFunction,
        ...auditGrants.append,
        ...secondSink,
        ...secret,
        'sqs:SendMessage on refusal failures',
      ].sort(),
    );
  });

  it('let nobody change or delete an audit entry', () => {
    const changing = Object.values(templates(stage)).flatMap((template) =>
      allStatements(template)
        .flatMap(({ statements }) => grantLines(statements))
        .filter(
          (line) => line.includes('audit') && /UpdateItem|DeleteItem|DeleteObject|BatchWriteItem/.test(line),
        ),
    );
    expect(changing).toEqual([]);
  });

  it('hold no wildcard action', () => {
    const actions = Object.values(templates(stage)).flatMap((template) =>
      allStatements(template).flatMap(({ statements }) => statements.flatMap(({ Action }) => Action)),
    );
    expect(actions.length).toBeGreaterThan(100);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('take all resources only for actions that AWS lets take no resource', () => {
    const withoutResource = new Set([
      'xray:PutTraceSegments',
      'xray:PutTelemetryRecords',
      'dynamodb:ListStreams',
    ]);
    const wild = Object.values(templates(stage)).flatMap((template) =>
      allStatements(template).flatMap(({ statements }) =>
        statements
          .filter(({ Resource }) => Resource.some((resource) => describeResource(resource) === '*'))
          .flatMap(({ Action }) => Action),
      ),
    );
    expect(wild.filter((action) => !withoutResource.has(action))).toEqual([]);
  });

  it('give each function a role and a log group of its own', () => {
    const functions = allResources(templates(stage)).filter(({ Type }) => Type === 'AWS::Lambda::Function');
    const roles = new Set(functions.map(({ Properties }) => JSON.stringify(Properties.Role)));
    const logs = new Set(functions.map(({ Properties }) => JSON.stringify(Properties.LoggingConfig)));
    expect(functions).toHaveLength(routes.length + 8);
    expect(roles.size).toBe(functions.length);
    expect(logs.size).toBe(functions.length);
    expect(logs).not.toContain(undefined);
  });

  it('let API Gateway call each function for its own method only', () => {
    const { api } = templates(stage);
    const callers = resourcesOf(api, 'AWS::Lambda::Permission').map(({ Properties }) => {
      expect(Properties.Principal).toBe('apigateway.amazonaws.com');
      return JSON.stringify(Properties.SourceArn);
    });
    const methods = callers.flatMap(
      (arn) => /\/(GET|POST|PUT)(\/FHIR\/R4[^"]*)"/.exec(arn)?.slice(1).join(' ') ?? [],
    );
    // An ARN says `*` where the path has a parameter.
    const expected = routes.flatMap((route) =>
      pathsOf(route).map((path) => `${route.method} /FHIR/R4${path.replaceAll(/\{\w+\}/g, '*')}`),
    );
    expect(methods.sort()).toEqual(expected.sort());
    expect(callers.filter((arn) => arn.includes('/authorizers/'))).toHaveLength(1);
    expect(callers).toHaveLength(expected.length + 1);
  });
});

describe('the environment of a function', () => {
  it.each(routes)('names to $operation only what it may use', (route) => {
    const { api } = templates('london');
    const { operation, permission, tables, tokenKey } = route;
    const variables = Object.keys(environmentOf(functionNamed(api, operation))).sort();
    expect(variables).toEqual(
      [
        'LOG_LEVEL',
        'POWERTOOLS_METRICS_NAMESPACE',
        'POWERTOOLS_SERVICE_NAME',
        ...(tables.record ? ['RECORD_TABLE'] : []),
        ...(tables.audit ? ['AUDIT_BUCKET', 'AUDIT_BUDGET', 'AUDIT_TABLE'] : []),
        ...(usesSecret(route) ? ['REGION_SECRET'] : []),
        ...(permission === 'open' ? [] : ['TOKEN_JWKS']),
        ...(route.documents ? ['DOCUMENTS_BUCKET'] : []),
        ...(route.permission === 'record.write' ? ['INTAKE_QUEUE'] : []),
        ...(tokenKey ? ['TOKEN_KEY'] : []),
        ...(tokenKey === 'sign' ? ['CLIENT_JWKS'] : []),
      ].sort(),
    );
  });

  it('takes further keys from parameters, which trust nobody unless they are given', () => {
    const { api } = templates('london');
    expect(environmentOf(functionNamed(api, 'authoriser')).TOKEN_JWKS).toEqual({ Ref: 'TokenJwks' });
    expect(api.Parameters.TokenJwks).toMatchObject({ Default: '{"keys":[]}' });
    expect(environmentOf(functionNamed(api, 'issue-token')).CLIENT_JWKS).toEqual({ Ref: 'ClientJwks' });
    expect(api.Parameters.ClientJwks).toMatchObject({ Default: '{}' });
  });

  it('runs ESM on Node 24 and arm64 with tracing, in the memory and time of the row', () => {
    const { api } = templates('london');
    for (const { operation, memoryMegabytes, timeoutSeconds } of routes)
      expect(functionNamed(api, operation).Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        MemorySize: memoryMegabytes,
        Timeout: timeoutSeconds,
        TracingConfig: { Mode: 'Active' },
      });
  });
});
