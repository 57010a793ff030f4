import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type IBucket,
  ObjectLockRetention,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type QueueProps,
} from 'aws-cdk-lib/aws-sqs';
import { Aws, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type TableName, tables } from '../../functions/store/schema.ts';
import type { Deployment } from '../config/schema.ts';
import { RegionAlarms, tableThrottles } from '../constructs/alarms.ts';
import { RegionTable } from '../constructs/region-table.ts';

interface DataStackProps extends StackProps {
  readonly deployment: Deployment;
  readonly monitored: boolean;
}

/** What must outlive every deployment: the two tables, the two buckets, the queue of feeds, the region's secret and the keys over them. */
export class DataStack extends Stack {
  readonly tables: Readonly<Record<TableName, RegionTable>>;
  readonly documentsBucket: Bucket;
  readonly auditBucket: Bucket;
  /** Feeds whose senders do not wait, and those that could not be filed. */
  readonly intake: { readonly queue: Queue; readonly failures: Queue };
  readonly secret: Secret;
  /** Over logs and alarms; the data has keys of its own. */
  readonly operationsKey: Key;
  readonly auditKey: Key;
  /** Signs access tokens. Asymmetric keys are never rotated by KMS: a new one is a planned change. */
  readonly tokenKey: Key;
  /** Signs the heads of the audit log. */
  readonly auditLogKey: Key;
  /** Signs them beside it; absent where the region's config says so. */
  readonly postQuantumLogKey: Key | undefined;
  /** Where alarms go; absent in a stage that has none. */
  readonly alarmTopic: ITopic | undefined;

  constructor(scope: Construct, id: string, { deployment, monitored, ...props }: DataStackProps) {
    super(scope, id, props);
    const { protectData } = deployment;
    const removalPolicy = protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

    const recordKey = this.#key('RecordKey', 'Identity and record: table, documents, secret', removalPolicy);
    this.auditKey = this.#key('AuditKey', 'Audit: table and archive', removalPolicy);
    this.operationsKey = this.#key('OperationsKey', 'Function and access logs, alarms', removalPolicy);
    this.#letLogsUse(this.operationsKey);
    this.tokenKey = new Key(this, 'TokenKey', {
      description: 'Signs the access tokens that the region issues (ES384)',
      keySpec: KeySpec.ECC_NIST_P384,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy,
    });

    this.auditLogKey = new Key(this, 'AuditLogKey', {
      description: 'Signs the heads of the audit log (ECDSA P-256)',
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy,
    });
    // Whoever verifies the log pins the public halves: aws kms get-public-key.
    new CfnOutput(this, 'AuditLogKeyArn', { value: this.auditLogKey.keyArn });
    this.postQuantumLogKey = deployment.auditLogPostQuantum
      ? new Key(this, 'PostQuantumLogKey', {
          description: 'Signs the heads of the audit log beside the other key (ML-DSA-44)',
          keySpec: KeySpec.ML_DSA_44,
          keyUsage: KeyUsage.SIGN_VERIFY,
          removalPolicy,
        })
      : undefined;
    if (this.postQuantumLogKey)
      new CfnOutput(this, 'PostQuantumLogKeyArn', { value: this.postQuantumLogKey.keyArn });

    this.tables = {
      record: new RegionTable(this, 'Record', { definition: tables.record, key: recordKey, protectData }),
      audit: new RegionTable(this, 'Audit', { definition: tables.audit, key: this.auditKey, protectData }),
    };

    this.secret = new Secret(this, 'RegionSecret', {
      description:
        'Pseudonym and cursor keys of the region are derived from it; a new value orphans every pseudonym',
      encryptionKey: recordKey,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy,
    });

    const logsBucket = new Bucket(this, 'BucketAccessLogs', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // S3 delivers server access logs only to a bucket under its own key.
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        {
          expiration: Duration.days(deployment.logRetentionDays),
          noncurrentVersionExpiration: Duration.days(30),
        },
      ],
      removalPolicy,
    });
    const privateBucket = (key: Key, prefix: string): BucketProps => ({
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      enforceSSL: true,
      versioned: true,
      // The CDK declares `policy?` in one and `policy: … | undefined` in the other: the same under its own compiler settings.
      serverAccessLogsBucket: logsBucket as IBucket,
      serverAccessLogsPrefix: prefix,
      removalPolicy,
    });
    this.documentsBucket = new Bucket(this, 'Documents', privateBucket(recordKey, 'documents/'));
    this.#letCreateOnly(this.documentsBucket);
    this.auditBucket = new Bucket(this, 'AuditArchive', {
      ...privateBucket(this.auditKey, 'audit/'),
      ...(protectData && {
        objectLockEnabled: true,
        // Compliance, not governance: nobody can shorten it, the account's owner included.
        objectLockDefaultRetention: ObjectLockRetention.compliance(
          Duration.days(Math.ceil(deployment.auditRetentionYears * 365.25)),
        ),
      }),
      lifecycleRules: [
        {
          transitions: [
            { storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: Duration.days(90) },
          ],
        },
        // Stages and partial tiles: locked for 35 days, and long since part of full tiles.
        { tagFilters: { keeping: 'passing' }, expiration: Duration.days(400) },
      ],
    });

    const fifo: QueueProps = {
      fifo: true,
      // High throughput: the order is that of a group, and so is what counts as sent twice.
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: recordKey,
      dataKeyReuse: Duration.minutes(5),
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy,
    };
    const failures = new Queue(this, 'IntakeFailures', fifo);
    this.intake = {
      failures,
      queue: new Queue(this, 'Intake', {
        ...fifo,
        // Six times what the function that files them may take (Lambda's rule for a queue as event source).
        visibilityTimeout: Duration.minutes(6),
        deadLetterQueue: { queue: failures, maxReceiveCount: 5 },
      }),
    };

    this.alarmTopic = monitored ? this.#monitor(deployment.alarmEmails) : undefined;
  }

  #key(id: string, description: string, removalPolicy: RemovalPolicy): Key {
    return new Key(this, id, { description, enableKeyRotation: true, removalPolicy });
  }

  /** A document never changes: a put without `If-None-Match` is denied, whoever sends it. */
  #letCreateOnly(bucket: Bucket): void {
    bucket.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects('*')],
        // Parts of a multipart upload take no such header; its completion does.
        conditions: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
      }),
    );
  }

  #letLogsUse(key: Key): void {
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(`logs.${this.region}.amazonaws.com`)],
        actions: [
          'kms:Encrypt',
          'kms:Decrypt',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
          'kms:GenerateDataKey',
          'kms:GenerateDataKeyWithoutPlaintext',
          'kms:DescribeKey',
        ],
        resources: ['*'],
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': `arn:${Aws.PARTITION}:logs:${this.region}:${this.account}:log-group:*`,
          },
        },
      }),
    );
  }

  #monitor(emails: readonly string[]): Topic {
    const fromThisAccount = { StringEquals: { 'aws:SourceAccount': this.account } };
    const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');
    this.operationsKey.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudWatch],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: fromThisAccount,
      }),
    );
    const topic = new Topic(this, 'Alarms', {
      displayName: `Towpath alarms: ${this.stackName}`,
      masterKey: this.operationsKey,
      enforceSSL: true,
    });
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudWatch],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: fromThisAccount,
      }),
    );
    for (const email of emails) topic.addSubscription(new EmailSubscription(email));

    const alarms = new RegionAlarms(this, 'Alarm', topic);
    for (const name of ['record', 'audit'] as const)
      alarms.add(`${name}TableThrottles`, {
        metric: tableThrottles(name, this.tables[name]),
        above: 0,
        description: `The ${name} table refused requests: a hot key, or a burst above what on-demand gives at once.`,
      });
    return topic;
  }
}
