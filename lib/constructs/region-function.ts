import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Route, TableAccess } from '../../functions/api/routes.ts';
import type { TableName } from '../../functions/store/schema.ts';
import type { FunctionCode } from './function-code.ts';
import type { RegionTable } from './region-table.ts';
import {
  createStatements,
  documentStatements,
  keyStatement,
  queueStatements,
  tableStatements,
  tokenKeyStatements,
} from './table-access.ts';

/** What all functions of a region share. */
export interface FunctionSurroundings {
  readonly code: FunctionCode;
  readonly tables: Readonly<Record<TableName, RegionTable>>;
  readonly secret: Secret;
  readonly tokenKey: IKey;
  readonly auditBucket: IBucket;
  readonly auditKey: IKey;
  readonly documentsBucket: IBucket;
  readonly intakeQueue: IQueue;
  /** Milliseconds within which the audit table must have taken an entry. */
  readonly auditBudgetMilliseconds: number;
  readonly logKey: IKey;
  readonly logRetentionDays: RetentionDays;
}

interface RegionFunctionProps extends FunctionSurroundings {
  /** Kebab-case; names the bundle and the service in logs, metrics and traces. */
  readonly name: string;
  readonly description: string;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  /** What it may do to each table; nothing where absent. */
  readonly access: Readonly<Partial<Record<TableName, TableAccess>>>;
  /** Gives it the secret from which pseudonyms and cursor keys are derived. */
  readonly usesSecret: boolean;
  /** Lets it read the verifiable audit log. */
  readonly readsLog?: boolean;
  /** What it does with the bodies of documents; nothing when absent. */
  readonly documents?: Route['documents'];
  /** Lets it put feeds into their queue. */
  readonly queuesFeeds?: boolean;
  /** What it does with the key of access tokens; nothing when absent. */
  readonly tokenKeyUse?: Route['tokenKey'];
  readonly environment?: Readonly<Record<string, string>>;
  /** A fixed physical name, where another stack's dashboard names the function. */
  readonly functionName?: string;
  readonly deadLetterQueue?: IQueue;
}

/** One Lambda function with its own role, its own log group and exactly the grants that its row names. */
export class RegionFunction extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: RegionFunctionProps) {
    super(scope, id);
    const { name, code, tables, access, secret, usesSecret, deadLetterQueue, functionName } = props;
    const logGroup = new LogGroup(this, 'Logs', {
      encryptionKey: props.logKey,
      retention: props.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Runs ${name}`,
    });
    role.addToPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    const environment: Record<string, string> = {
      LOG_LEVEL: 'INFO',
      POWERTOOLS_SERVICE_NAME: name,
      POWERTOOLS_METRICS_NAMESPACE: 'Towpath',
      ...props.environment,
    };
    for (const tableName of ['record', 'audit'] as const) {
      const granted = access[tableName];
      if (granted === undefined) continue;
      const table = tables[tableName];
      environment[table.environmentVariable] = table.table.tableName;
      for (const statement of tableStatements(table, granted)) role.addToPolicy(statement);
    }
    // What the audit table does not take in time goes into the bucket.
    if (access.audit !== undefined) {
      environment.AUDIT_BUCKET = props.auditBucket.bucketName;
      environment.AUDIT_BUDGET = String(props.auditBudgetMilliseconds);
      for (const statement of createStatements(props.auditBucket, props.auditKey, ['second-sink/*']))
        role.addToPolicy(statement);
    }
    if (props.readsLog) {
      const { auditBucket } = props;
      const objects = ['checkpoint', 'tile/*'].map((name) => auditBucket.arnForObjects(name));
      role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: objects }));
      // Without it, S3 answers 403 for an object that is not there.
      role.addToPolicy(
        new PolicyStatement({ actions: ['s3:ListBucket'], resources: [auditBucket.bucketArn] }),
      );
    }
    if (props.documents) {
      environment.DOCUMENTS_BUCKET = props.documentsBucket.bucketName;
      for (const statement of documentStatements(props.documentsBucket, props.documents))
        role.addToPolicy(statement);
    }
    if (props.queuesFeeds) {
      environment.INTAKE_QUEUE = props.intakeQueue.queueUrl;
      for (const statement of queueStatements(props.intakeQueue, 'send')) role.addToPolicy(statement);
    }
    if (usesSecret) {
      environment.REGION_SECRET = secret.secretArn;
      role.addToPolicy(
        new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secret.secretArn] }),
      );
      if (secret.encryptionKey)
        role.addToPolicy(keyStatement(secret.encryptionKey, 'secretsmanager', 'read'));
    }
    if (props.tokenKeyUse) {
      environment.TOKEN_KEY = props.tokenKey.keyArn;
      for (const statement of tokenKeyStatements(props.tokenKey, props.tokenKeyUse))
        role.addToPolicy(statement);
    }
    this.lambda = code.with(
      name,
      (asset) =>
        new LambdaFunction(this, 'Function', {
          description: props.description,
          code: asset,
          handler: 'index.handler',
          runtime: Runtime.NODEJS_24_X,
          architecture: Architecture.ARM_64,
          memorySize: props.memoryMegabytes,
          timeout: Duration.seconds(props.timeoutSeconds),
          tracing: Tracing.ACTIVE,
          role,
          logGroup,
          environment,
          ...(functionName !== undefined && { functionName }),
          ...(deadLetterQueue && { deadLetterQueue }),
        }),
    );
  }
}

/** `match-patient` as a construct id: `MatchPatient`. */
export function constructId(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_match, _hyphen, letter: string) => letter.toUpperCase());
}
