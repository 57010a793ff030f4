import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  EventSourceMapping,
  FilterCriteria,
  type Function as LambdaFunction,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, SubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { LambdaDestination } from 'aws-cdk-lib/aws-logs-destinations';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { gatewayRefusals } from '../constructs/access-log.ts';
import { metricPeriod, RegionAlarms } from '../constructs/alarms.ts';
import { type FunctionSurroundings, RegionFunction } from '../constructs/region-function.ts';
import { keyStatement, queueStatements } from '../constructs/table-access.ts';
import { eventNames } from './event-names.ts';

interface EventsStackProps extends StackProps {
  readonly stage: string;
  readonly surroundings: FunctionSurroundings;
  /** Feeds that could not be filed. */
  readonly intakeFailures: IQueue;
  /** Signs the heads of the audit log. */
  readonly auditLogKey: IKey;
  /** Signs them beside it; absent where the region has no such key. */
  readonly postQuantumLogKey: IKey | undefined;
  /** Whether the audit bucket has Object Lock. */
  readonly isAuditLocked: boolean;
  /** The API's access log; absent where no gateway authorises, because it then never knows a caller that it refuses. */
  readonly accessLogs: ILogGroup | undefined;
  readonly alarmTopic: ITopic | undefined;
}

/** What runs behind the API: the audit's way into the verifiable log, the audit of what the gateway refused, and what follows changes of identity. */
export class EventsStack extends Stack {
  readonly #alarms: RegionAlarms | undefined;

  constructor(scope: Construct, id: string, props: EventsStackProps) {
    super(scope, id, props);
    this.#alarms = props.alarmTopic && new RegionAlarms(this, 'Alarm', props.alarmTopic);
    this.#sequenceAudit(props);
    this.#sweepAudit(props);
    this.#followAudit(props);
    this.#countPeople(props);
    this.#rematchSource(props);
    this.#fileQueuedMessage(props);
    if (props.accessLogs) this.#recordGatewayRefusals(props, props.accessLogs);
  }

  /**
   * The only one that may sign a head, and it may write no entry: of the audit table, it puts the log's own items alone. Two
   * of them at once do no harm (functions/usecases/sequence-audit.ts), so its concurrency is not bounded.
   */
  #sequenceAudit({
    stage,
    surroundings,
    auditLogKey,
    postQuantumLogKey,
    isAuditLocked,
  }: EventsStackProps): void {
    const { auditBucket, auditKey, tables } = surroundings;
    const { audit } = tables;
    const names = eventNames(stage);
    const failures = this.#failureQueue('SequenceAuditFailures', names.sequenceAuditFailures);
    const { lambda } = new RegionFunction(this, 'SequenceAudit', {
      ...surroundings,
      name: 'sequence-audit',
      functionName: names.sequenceAudit,
      description: 'Adds new audit entries to the verifiable log',
      memoryMegabytes: 1024,
      timeoutSeconds: 60,
      access: {},
      usesSecret: false,
      environment: {
        AUDIT_BUCKET: auditBucket.bucketName,
        AUDIT_LOCKED: String(isAuditLocked),
        AUDIT_TABLE: audit.table.tableName,
        LOG_KEY: auditLogKey.keyArn,
        ...(postQuantumLogKey && { POST_QUANTUM_LOG_KEY: postQuantumLogKey.keyArn }),
      },
    });
    const objects = ['checkpoint', 'log.vkey', 'tile/*', 'staging/*'].map((name) =>
      auditBucket.arnForObjects(name),
    );
    for (const statement of [
      new PolicyStatement({
        actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
        resources: [audit.streamArn],
      }),
      // IAM knows no resource for it, and the event source mapping asks for it.
      new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: ['*'] }),
      new PolicyStatement({
        actions: ['dynamodb:GetItem', 'dynamodb:Query'],
        resources: [audit.table.tableArn],
      }),
      new PolicyStatement({
        actions: ['dynamodb:PutItem'],
        resources: [audit.table.tableArn],
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['LOG', 'LOG#*'] } },
      }),
      keyStatement(auditKey, 'dynamodb', 'write'),
      new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: objects }),
      new PolicyStatement({
        actions: ['s3:PutObjectRetention', 's3:PutObjectTagging'],
        resources: [auditBucket.arnForObjects('tile/*'), auditBucket.arnForObjects('staging/*')],
      }),
      // Without it, S3 answers 403 for an object that is not there.
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [auditBucket.bucketArn] }),
      keyStatement(auditKey, 's3', 'write'),
      ...signStatements(auditLogKey, 'ECDSA_SHA_256'),
      ...(postQuantumLogKey ? signStatements(postQuantumLogKey, 'ML_DSA_SHAKE_256') : []),
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [failures.queueArn] }),
    ])
      lambda.addToRolePolicy(statement);

    new EventSourceMapping(this, 'AuditStream', {
      target: lambda,
      eventSourceArn: audit.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 1_000,
      maxBatchingWindow: Duration.seconds(1),
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: 10,
      parallelizationFactor: 1,
      onFailure: { bind: () => ({ destination: failures.queueArn }) },
    });

    this.#alarms?.addFunction('SequenceAudit', 'sequence-audit', lambda);
    this.#alarms?.addFailureQueue('SequenceAuditFailures', 'sequence-audit', failures);
    this.#alarms?.add('SequenceAuditLag', {
      metric: lambda.metric('IteratorAge', { statistic: 'Maximum', period: metricPeriod }),
      above: Duration.minutes(1).toMilliseconds(),
      description:
        'Audit entries wait for more than a minute to come into the log: look for BrokenLog in its log group, and at its key.',
    });
    if (postQuantumLogKey)
      this.#alarms?.add('AuditLineMissing', {
        metric: new Metric({
          namespace: 'Towpath',
          metricName: 'AuditLineMissing',
          dimensionsMap: { service: 'sequence-audit', region: stage },
          statistic: 'Sum',
          period: metricPeriod,
        }),
        above: 0,
        description:
          'Heads of the audit log go out without their ML-DSA line, and who pinned its key refuses them: look at PostQuantumLogKey.',
      });
  }

  #sweepAudit({ stage, surroundings }: EventsStackProps): void {
    const { auditBucket } = surroundings;
    const { lambda } = new RegionFunction(this, 'SweepAudit', {
      ...surroundings,
      name: 'sweep-audit',
      functionName: eventNames(stage).sweepAudit,
      description: 'Gives the audit log its sign of life, and sweeps the second sink into the table',
      memoryMegabytes: 512,
      timeoutSeconds: 50,
      access: { audit: 'readAppend' },
      usesSecret: false,
    });
    for (const statement of [
      new PolicyStatement({
        actions: ['s3:GetObject'],
        resources: [auditBucket.arnForObjects('second-sink/*')],
      }),
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [auditBucket.bucketArn] }),
    ])
      lambda.addToRolePolicy(statement);
    new Rule(this, 'EveryMinute', {
      description: 'The heartbeat of the audit log',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaTarget(lambda, { retryAttempts: 0 })],
    });
    this.#alarms?.addFunction('SweepAudit', 'sweep-audit', lambda);
  }

  /** The second reader of the audit stream; a third would be throttled (a shard serves two). */
  #followAudit({ stage, surroundings }: EventsStackProps): void {
    const { auditKey } = surroundings;
    const names = eventNames(stage);
    const failures = this.#failureQueue('FollowAuditFailures', names.followAuditFailures);
    const { lambda } = new RegionFunction(this, 'FollowAudit', {
      ...surroundings,
      name: 'follow-audit',
      functionName: names.followAudit,
      description: 'Counts usage and raises privacy alerts from new audit entries',
      memoryMegabytes: 512,
      timeoutSeconds: 60,
      access: { record: 'readWrite' },
      usesSecret: true,
    });
    const { audit } = surroundings.tables;
    for (const statement of [
      new PolicyStatement({
        actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
        resources: [audit.streamArn],
      }),
      new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: ['*'] }),
      keyStatement(auditKey, 'dynamodb', 'read'),
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [failures.queueArn] }),
    ])
      lambda.addToRolePolicy(statement);
    new EventSourceMapping(this, 'FollowAuditStream', {
      target: lambda,
      eventSourceArn: audit.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      maxBatchingWindow: Duration.seconds(5),
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: 10,
      onFailure: { bind: () => ({ destination: failures.queueArn }) },
    });
    this.#alarms?.addFunction('FollowAudit', 'follow-audit', lambda);
    this.#alarms?.addFailureQueue('FollowAuditFailures', 'follow-audit', failures);
  }

  #countPeople({ stage, surroundings }: EventsStackProps): void {
    const names = eventNames(stage);
    const { lambda } = new RegionFunction(this, 'CountPeople', {
      ...surroundings,
      name: 'count-people',
      functionName: names.countPeople,
      description: 'Counts the active persons of the index: the prior of matching',
      memoryMegabytes: 512,
      timeoutSeconds: 30,
      access: { record: 'readWrite' },
      usesSecret: true,
    });
    this.#followRecord('CountPeople', 'count-people', lambda, surroundings, {
      patterns: [itemsAt('PERSON')],
      failures: this.#failureQueue('CountPeopleFailures', names.countPeopleFailures),
      batchSize: 1_000,
      window: Duration.seconds(30),
    });
  }

  #rematchSource({ stage, surroundings }: EventsStackProps): void {
    const names = eventNames(stage);
    const { lambda } = new RegionFunction(this, 'RematchSource', {
      ...surroundings,
      name: 'rematch-source',
      functionName: names.rematchSource,
      description: 'Matches source records again whose details have changed',
      memoryMegabytes: 1024,
      timeoutSeconds: 60,
      access: { record: 'readWrite' },
      usesSecret: true,
    });
    this.#followRecord('RematchSource', 'rematch-source', lambda, surroundings, {
      // A new record has been searched for when it was registered, but for one that its number alone has linked.
      patterns: [
        { eventName: ['MODIFY'], ...itemsAt('DEMOGRAPHICS') },
        itemsAt('DEMOGRAPHICS', { NewImage: { unsearched: { BOOL: [true] } } }),
      ],
      failures: this.#failureQueue('RematchSourceFailures', names.rematchSourceFailures),
      batchSize: 50,
      window: Duration.seconds(2),
    });
  }

  /** Gives a function the changes of the record table that fit any of the patterns, in the order of the stream. */
  #followRecord(
    id: string,
    name: string,
    lambda: LambdaFunction,
    { tables: { record } }: FunctionSurroundings,
    follow: { patterns: readonly object[]; failures: Queue; batchSize: number; window: Duration },
  ): void {
    for (const statement of [
      new PolicyStatement({
        actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
        resources: [record.streamArn],
      }),
      new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: ['*'] }),
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [follow.failures.queueArn] }),
    ])
      lambda.addToRolePolicy(statement);
    new EventSourceMapping(this, `${id}Stream`, {
      target: lambda,
      eventSourceArn: record.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      filters: follow.patterns.map((pattern) => FilterCriteria.filter(pattern)),
      batchSize: follow.batchSize,
      maxBatchingWindow: follow.window,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: 10,
      onFailure: { bind: () => ({ destination: follow.failures.queueArn }) },
    });
    this.#alarms?.addFunction(id, name, lambda);
    this.#alarms?.addFailureQueue(`${id}Failures`, name, follow.failures);
  }

  /** Each group of the queue has one delivery under way; groups are filed side by side. */
  #fileQueuedMessage({ stage, surroundings, intakeFailures }: EventsStackProps): void {
    const { intakeQueue } = surroundings;
    const { lambda } = new RegionFunction(this, 'FileQueuedMessage', {
      ...surroundings,
      name: 'file-queued-message',
      functionName: eventNames(stage).fileQueuedMessage,
      description: 'Files the feeds that wait in the queue',
      memoryMegabytes: 1024,
      timeoutSeconds: 60,
      access: { record: 'readWrite', audit: 'append' },
      documents: 'keep',
      usesSecret: true,
    });
    for (const statement of queueStatements(intakeQueue, 'receive')) lambda.addToRolePolicy(statement);
    new EventSourceMapping(this, 'IntakeSource', {
      target: lambda,
      eventSourceArn: intakeQueue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    });
    this.#alarms?.addFunction('FileQueuedMessage', 'file-queued-message', lambda);
    this.#alarms?.add('IntakeFailuresVisible', {
      metric: intakeFailures.metricApproximateNumberOfMessagesVisible({
        period: metricPeriod,
        statistic: 'Maximum',
      }),
      above: 0,
      description:
        'A feed could not be filed in five tries: read the log group of file-queued-message, then `towpath redrive`.',
    });
    this.#alarms?.add('IntakeAge', {
      metric: intakeQueue.metricApproximateAgeOfOldestMessage({ period: metricPeriod, statistic: 'Maximum' }),
      above: Duration.minutes(15).toSeconds(),
      description: 'A feed has waited for a quarter of an hour: file-queued-message falls behind, or fails.',
    });
  }

  #recordGatewayRefusals({ stage, surroundings }: EventsStackProps, accessLogs: ILogGroup): void {
    const names = eventNames(stage);
    const failures = this.#failureQueue('GatewayRefusalFailures', names.recordGatewayRefusalsFailures);
    const { lambda } = new RegionFunction(this, 'RecordGatewayRefusals', {
      ...surroundings,
      name: 'record-gateway-refusals',
      functionName: names.recordGatewayRefusals,
      description: 'Audits the requests that the gateway refused although it knew the caller',
      memoryMegabytes: 512,
      timeoutSeconds: 30,
      access: { audit: 'append' },
      usesSecret: true,
      deadLetterQueue: failures,
    });
    new SubscriptionFilter(this, 'GatewayRefusals', {
      logGroup: accessLogs,
      destination: new LambdaDestination(lambda),
      filterPattern: gatewayRefusals,
      filterName: 'gateway-refusals',
    });
    this.#alarms?.addFunction('RecordGatewayRefusals', 'record-gateway-refusals', lambda);
    this.#alarms?.addFailureQueue('GatewayRefusalFailures', 'record-gateway-refusals', failures);
  }

  /** It holds positions in a stream, or access log lines: no patient data, so SQS's own encryption serves. */
  #failureQueue(id: string, queueName: string): Queue {
    return new Queue(this, id, {
      queueName,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
  }
}

function signStatements(key: IKey, algorithm: 'ECDSA_SHA_256' | 'ML_DSA_SHAKE_256'): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ['kms:GetPublicKey'], resources: [key.keyArn] }),
    new PolicyStatement({
      actions: ['kms:Sign'],
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:SigningAlgorithm': algorithm } },
    }),
  ];
}

/** An event pattern for the items of one sort key. */
function itemsAt(sortKey: string, image: object = {}): object {
  return { dynamodb: { Keys: { SK: { S: [sortKey] } }, ...image } };
}
