import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { environmentOf, functionsByName } from './policies.ts';
import { allResources, resourceNamed, resourcesOf, type StageTemplates, synthesise } from './synthesise.ts';

const stages = ['london', 'hertfordshire-west-essex'] as const;

let templates: (stage: string) => StageTemplates;
beforeAll(async () => {
  templates = await synthesise(stages);
});

describe.each(stages)('the events stack of %s', (stage) => {
  it('archives the audit stream in batches, from its first record, and loses none silently', () => {
    const { events } = templates(stage);
    const mapping = resourceNamed(events, 'AWS::Lambda::EventSourceMapping', 'AuditStream').Properties;
    expect(mapping).toMatchObject({
      BatchSize: 1000,
      MaximumBatchingWindowInSeconds: 1,
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 10,
      FunctionName: { Ref: functionsByName(events).get('sequence-audit')?.logicalId },
    });
    expect(JSON.stringify(mapping.EventSourceArn)).toMatch(/AuditTable\w+StreamArn/);
    expect(JSON.stringify(mapping.DestinationConfig)).toContain('SequenceAuditFailures');
  });

  it('gives the sequencer both keys of the log, and tells when a head goes out without the ML-DSA line', () => {
    const { events } = templates(stage);
    const lambda = functionsByName(events).get('sequence-audit');
    const variables = lambda && environmentOf(lambda);
    expect(JSON.stringify(variables?.LOG_KEY)).toContain('AuditLogKey');
    expect(JSON.stringify(variables?.POST_QUANTUM_LOG_KEY)).toContain('PostQuantumLogKey');
    // As the function counts it: functions/edge/audit-log.ts.
    expect(resourceNamed(events, 'AWS::CloudWatch::Alarm', 'AlarmAuditLineMissing').Properties).toMatchObject(
      {
        Namespace: 'Towpath',
        MetricName: 'AuditLineMissing',
        Dimensions: expect.arrayContaining([
          { Name: 'service', Value: 'sequence-audit' },
          { Name: 'region', Value: stage },
        ]),
        Threshold: 0,
      },
    );
  });

  it('gives the audit log a sign of life each minute', () => {
    const { events } = templates(stage);
    const [rule, ...others] = resourcesOf(events, 'AWS::Events::Rule');
    expect(others).toEqual([]);
    expect(rule?.Properties).toMatchObject({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' });
    const target = functionsByName(events).get('sweep-audit')?.logicalId ?? 'none';
    expect(JSON.stringify(rule?.Properties.Targets)).toContain(target);
  });

  it('follows the audit stream beside the log, and loses no entry silently', () => {
    const { events } = templates(stage);
    const mapping = resourceNamed(events, 'AWS::Lambda::EventSourceMapping', 'FollowAuditStream').Properties;
    expect(mapping).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FunctionName: { Ref: functionsByName(events).get('follow-audit')?.logicalId },
    });
    expect(JSON.stringify(mapping.EventSourceArn)).toMatch(/AuditTable\w+StreamArn/);
    expect(JSON.stringify(mapping.DestinationConfig)).toContain('FollowAuditFailures');
  });

  it('has two readers of the audit stream at most: a shard serves no third', () => {
    const { events } = templates(stage);
    const readers = resourcesOf(events, 'AWS::Lambda::EventSourceMapping').filter(({ Properties }) =>
      /AuditTable\w+StreamArn/.test(JSON.stringify(Properties.EventSourceArn)),
    );
    expect(readers).toHaveLength(2);
  });

  it.each([
    ['count-people', 'CountPeople', [{ dynamodb: { Keys: { SK: { S: ['PERSON'] } } } }]],
    [
      'rematch-source',
      'RematchSource',
      [
        { eventName: ['MODIFY'], dynamodb: { Keys: { SK: { S: ['DEMOGRAPHICS'] } } } },
        {
          dynamodb: {
            Keys: { SK: { S: ['DEMOGRAPHICS'] } },
            NewImage: { unsearched: { BOOL: [true] } },
          },
        },
      ],
    ],
  ])('gives %s the changes that it works on alone, in order', (name, id, patterns) => {
    const { events } = templates(stage);
    const mapping = resourceNamed(events, 'AWS::Lambda::EventSourceMapping', `${id}Stream`).Properties;
    expect(mapping).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      FilterCriteria: {
        Filters: patterns.map((pattern) => ({ Pattern: JSON.stringify(pattern) })),
      },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FunctionName: { Ref: functionsByName(events).get(name)?.logicalId },
    });
    expect(JSON.stringify(mapping.EventSourceArn)).toMatch(/RecordTable\w+StreamArn/);
    expect(JSON.stringify(mapping.DestinationConfig)).toContain(`${id}Failures`);
  });

  it('hands lines of gateway refusals to their function, which keeps what it could not write', () => {
    const { events } = templates(stage);
    const filter = resourceNamed(events, 'AWS::Logs::SubscriptionFilter', 'GatewayRefusals').Properties;
    const recorder = functionsByName(events).get('record-gateway-refusals');
    expect(filter.DestinationArn).toEqual({ 'Fn::GetAtt': [recorder?.logicalId, 'Arn'] });
    expect(JSON.stringify(filter.LogGroupName)).toContain('AccessLogs');
    expect(JSON.stringify(recorder?.Properties.DeadLetterConfig)).toContain('GatewayRefusalFailures');
  });

  it('encrypts the failure queues, refuses plain HTTP and keeps failures for two weeks', () => {
    const { events } = templates(stage);
    const queues = resourcesOf(events, 'AWS::SQS::Queue');
    expect(queues).toHaveLength(5);
    for (const { Properties } of queues)
      expect(Properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 });
    const policies = resourcesOf(events, 'AWS::SQS::QueuePolicy');
    expect(policies).toHaveLength(5);
    for (const { Properties } of policies)
      expect(JSON.stringify(Properties)).toContain('"Bool":{"aws:SecureTransport":"false"}');
  });
});

describe('the filter for gateway refusals', () => {
  const knownCaller = { subject: 'gp-1', errorType: 'THROTTLED' };
  const clause = /\(\$\.(\w+) (=|!=) "([^"]*)"\)/g;

  // CloudWatch's rules for string comparison, for the operators that the pattern uses.
  function selects(line: Record<string, string>): boolean {
    const pattern = String(
      resourceNamed(templates('london').events, 'AWS::Logs::SubscriptionFilter', 'GatewayRefusals').Properties
        .FilterPattern,
    );
    const clauses = [...pattern.matchAll(clause)];
    expect(pattern).toBe(`{ ${clauses.map(([text]) => text).join(' && ')} }`);
    return clauses.every(([, field = '', operator, value]) => {
      const actual = line[field];
      if (actual === undefined) return false;
      return operator === '=' ? value === '*' || actual === value : actual !== value;
    });
  }

  it.each(['THROTTLED', 'BAD_REQUEST_BODY', 'INVALID_API_KEY', 'REQUEST_TOO_LARGE'])(
    'takes %s of a known caller',
    (errorType) => {
      expect(selects({ ...knownCaller, errorType })).toBe(true);
    },
  );

  it.each([
    ['an answer of the handler', { errorType: '-' }],
    ['a caller that nobody knows', { subject: '-' }],
    ['a handler that ran too long', { errorType: 'INTEGRATION_TIMEOUT' }],
    ['a handler that failed', { errorType: 'INTEGRATION_FAILURE' }],
  ])('leaves %s', (_what, change) => {
    expect(selects({ ...knownCaller, ...change })).toBe(false);
  });
});

describe.each(stages)('the alarms of %s', (stage) => {
  it('watch errors and throttles of every function', () => {
    for (const template of [templates(stage).api, templates(stage).events]) {
      const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
      for (const [name, { logicalId }] of functionsByName(template))
        for (const metric of ['Errors', 'Throttles']) {
          const watching = alarms.filter(
            ({ MetricName, Dimensions }) =>
              MetricName === metric && JSON.stringify(Dimensions)?.includes(`{"Ref":"${logicalId}"}`),
          );
          expect(watching, `${metric} of ${name}`).toHaveLength(1);
        }
    }
  });

  it('watch the API, the audit, the tables, the archive and the failure queues', () => {
    const text = JSON.stringify(
      allResources(templates(stage)).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm'),
    );
    for (const metric of [
      '5XXError',
      'Latency',
      'SUM(AuditUnavailable)',
      'ReadThrottleEvents',
      'WriteThrottleEvents',
      'IteratorAge',
      'ApproximateNumberOfMessagesVisible',
      'ApproximateAgeOfOldestMessage',
    ])
      expect(text).toContain(metric);
  });

  it('all tell the topic, when they go off and when it is over', () => {
    const alarms = allResources(templates(stage)).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeGreaterThan(30);
    for (const { Properties, logicalId } of alarms) {
      expect(JSON.stringify(Properties.AlarmActions), logicalId).toContain('Alarms04B5A0BF');
      expect(Properties.OKActions).toEqual(Properties.AlarmActions);
      expect(String(Properties.AlarmDescription)).toMatch(/\w+ .*\.$/);
    }
  });

  it('are on one dashboard with the region’s name', () => {
    const dashboards = resourcesOf(templates(stage).api, 'AWS::CloudWatch::Dashboard');
    expect(dashboards.map(({ Properties }) => Properties.DashboardName)).toEqual([`towpath-${stage}`]);
    const body = JSON.stringify(dashboards[0]?.Properties.DashboardBody);
    for (const name of ['sequence-audit', 'sequence-audit-failures', 'record-gateway-refusals-failures'])
      expect(body).toContain(`towpath-${stage}-${name}`);
    expect(body).toContain('SUM(AuditUnavailable)');
  });
});

describe.each(stages)('the tags of %s', (stage) => {
  const tagSchema = z.array(z.object({ Key: z.string(), Value: z.string() }));

  it('name region, stack and cost centre on everything that can be tagged', () => {
    const taggable = new Set([
      'AWS::Lambda::Function',
      'AWS::S3::Bucket',
      'AWS::KMS::Key',
      'AWS::Logs::LogGroup',
      'AWS::IAM::Role',
      'AWS::SQS::Queue',
      'AWS::SNS::Topic',
      'AWS::SecretsManager::Secret',
      'AWS::ApiGateway::RestApi',
      'AWS::ApiGateway::Stage',
      'AWS::ApiGateway::UsagePlan',
      'AWS::CloudWatch::Alarm',
    ]);
    for (const [name, template] of Object.entries(templates(stage)))
      for (const [logicalId, { Type, Properties }] of Object.entries(template.Resources)) {
        if (!taggable.has(Type)) continue;
        const tags = Object.fromEntries(
          tagSchema.parse(Properties.Tags).map(({ Key, Value }) => [Key, Value]),
        );
        expect(tags, logicalId).toMatchObject({
          'towpath:region': stage,
          'towpath:stack': name,
          'towpath:cost-centre': `${stage}-shared-record`,
        });
      }
  });
});
