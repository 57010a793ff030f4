import { createHash } from 'node:crypto';
import type * as z from 'zod';
import type { Json, JsonObject } from './json.ts';
import * as properties from './resource-properties.ts';

/** What a resource is called, before anything runs. */
export interface ResourceIdentity {
  readonly stackName: string;
  readonly logicalId: string;
  readonly region: string;
  readonly account: string;
  /** Where queue URLs point: an address that answers, so that no call leaves this machine. */
  readonly queueEndpoint: string;
  /** Resolves one property; undefined where the template leaves it out. */
  property(name: string): Json | undefined;
}

interface ResourceNames {
  /** What `Ref` gives. */
  readonly ref: (identity: ResourceIdentity) => string;
  /** What `Fn::GetAtt` gives, by attribute. */
  readonly attributes?: Readonly<Record<string, (identity: ResourceIdentity) => string>>;
}

/** How a resource type is treated. */
export type ResourceTreatment =
  | (ResourceNames & {
      readonly kind: 'served';
      readonly properties: z.ZodType;
      /** Served without these, and said so: property → reason. */
      readonly notEnforced?: Readonly<Record<string, string>>;
    })
  | { readonly kind: 'ignored'; readonly reason: string };

/** Ten characters, the same for the same resource in every run, as API Gateway's own identifiers look. */
function shortId(identity: ResourceIdentity): string {
  const digest = createHash('sha256').update(`${identity.stackName}/${identity.logicalId}`).digest();
  return BigInt(`0x${digest.toString('hex')}`)
    .toString(36)
    .slice(-10);
}

/** The given name, else `<stack>-<logical id>`: the same in every run, so data is found again after a restart. */
function physicalName(property: string): (identity: ResourceIdentity) => string {
  return (identity) => {
    const given = identity.property(property);
    return typeof given === 'string' ? given : `${identity.stackName}-${identity.logicalId}`;
  };
}

function arn(service: string, resource: (identity: ResourceIdentity) => string) {
  return (identity: ResourceIdentity): string =>
    `arn:aws:${service}:${identity.region}:${identity.account}:${resource(identity)}`;
}

const functionName = physicalName('FunctionName');
const tableName = physicalName('TableName');
const queueName = physicalName('QueueName');
const logGroupName = physicalName('LogGroupName');
const secretName = physicalName('Name');
const bucketName = (identity: ResourceIdentity): string => physicalName('BucketName')(identity).toLowerCase();

const functionArn = arn('lambda', (identity) => `function:${functionName(identity)}`);
const tableArn = arn('dynamodb', (identity) => `table/${tableName(identity)}`);
const keyArn = arn('kms', (identity) => `key/${shortId(identity)}`);
const queueUrl = (identity: ResourceIdentity): string =>
  `${identity.queueEndpoint}/${identity.account}/${queueName(identity)}`;
const table = {
  ref: tableName,
  attributes: {
    Arn: tableArn,
    // One stream a table for its whole life: the label is no moment in time.
    StreamArn: (identity: ResourceIdentity) => `${tableArn(identity)}/stream/2026-01-01T00:00:00.000`,
    TableId: shortId,
  },
};

/** The ARN of the version or alias, from its function's name or ARN. */
function qualifiedArn(qualifier: (identity: ResourceIdentity) => string) {
  return (identity: ResourceIdentity): string => {
    const name = String(identity.property('FunctionName')).split(':').at(-1) ?? '';
    return `arn:aws:lambda:${identity.region}:${identity.account}:function:${name}:${qualifier(identity)}`;
  };
}
const versionArn = qualifiedArn(() => '1');
const aliasArn = qualifiedArn((identity) => String(identity.property('Name')));

const noIam = 'IAM is not enforced locally';
const noKms = 'nothing is encrypted by KMS locally';
const noAlarms = 'nothing is measured or alarmed locally';
const noDomain = 'the API answers on 127.0.0.1 only, over plain HTTP';

function ignored(reason: string): ResourceTreatment {
  return { kind: 'ignored', reason };
}

/** Every resource type that the runner knows: served, or ignored for a reason that the banner prints. */
export const resourceTypes: Readonly<Record<string, ResourceTreatment>> = {
  'AWS::ApiGateway::RestApi': {
    kind: 'served',
    properties: properties.restApiProperties,
    notEnforced: { Policy: noIam, SecurityPolicy: noDomain },
    ref: shortId,
    attributes: {
      RestApiId: shortId,
      RootResourceId: (identity) => `${shortId(identity)}/`,
    },
  },
  'AWS::ApiGateway::Resource': {
    kind: 'served',
    properties: properties.apiResourceProperties,
    ref: shortId,
    attributes: { ResourceId: shortId },
  },
  'AWS::ApiGateway::Method': { kind: 'served', properties: properties.methodProperties, ref: shortId },
  'AWS::ApiGateway::Deployment': {
    kind: 'served',
    properties: properties.deploymentProperties,
    ref: shortId,
    attributes: { DeploymentId: shortId },
  },
  'AWS::ApiGateway::Stage': {
    kind: 'served',
    properties: properties.stageProperties,
    notEnforced: { ClientCertificateId: noDomain },
    ref: (identity) => String(identity.property('StageName')),
  },
  'AWS::ApiGateway::Authorizer': {
    kind: 'served',
    properties: properties.authorizerProperties,
    ref: shortId,
    attributes: { AuthorizerId: shortId },
  },
  'AWS::ApiGateway::RequestValidator': {
    kind: 'served',
    properties: properties.requestValidatorProperties,
    ref: shortId,
    attributes: { RequestValidatorId: shortId },
  },
  'AWS::ApiGateway::Model': {
    kind: 'served',
    properties: properties.modelProperties,
    ref: (identity) => String(identity.property('Name') ?? shortId(identity)),
  },
  'AWS::ApiGateway::GatewayResponse': {
    kind: 'served',
    properties: properties.gatewayResponseProperties,
    ref: shortId,
  },
  'AWS::ApiGateway::ApiKey': {
    kind: 'served',
    properties: properties.apiKeyProperties,
    ref: shortId,
    attributes: { APIKeyId: shortId },
  },
  'AWS::ApiGateway::UsagePlan': {
    kind: 'served',
    properties: properties.usagePlanProperties,
    ref: shortId,
    attributes: { Id: shortId },
  },
  'AWS::ApiGateway::UsagePlanKey': {
    kind: 'served',
    properties: properties.usagePlanKeyProperties,
    ref: shortId,
    attributes: { Id: shortId },
  },
  'AWS::ApiGateway::BasePathMapping': {
    kind: 'served',
    properties: properties.basePathMappingProperties,
    ref: shortId,
  },
  'AWS::Lambda::Function': {
    kind: 'served',
    properties: properties.functionProperties,
    notEnforced: { VpcConfig: 'functions share this machine’s network', KmsKeyArn: noKms },
    ref: functionName,
    attributes: { Arn: functionArn },
  },
  'AWS::Lambda::Version': {
    kind: 'served',
    properties: properties.versionProperties,
    ref: versionArn,
    attributes: { Version: () => '1', FunctionArn: versionArn },
  },
  'AWS::Lambda::Alias': {
    kind: 'served',
    properties: properties.aliasProperties,
    ref: aliasArn,
    attributes: { AliasArn: aliasArn },
  },
  'AWS::Lambda::EventInvokeConfig': {
    kind: 'served',
    properties: properties.eventInvokeConfigProperties,
    ref: shortId,
  },
  'AWS::Lambda::EventSourceMapping': {
    kind: 'served',
    properties: properties.eventSourceMappingProperties,
    ref: shortId,
    attributes: {
      Id: shortId,
      EventSourceMappingArn: arn('lambda', (identity) => `event-source-mapping:${shortId(identity)}`),
    },
  },
  'AWS::DynamoDB::GlobalTable': { kind: 'served', properties: properties.globalTableProperties, ...table },
  'AWS::DynamoDB::Table': { kind: 'served', properties: properties.tableProperties, ...table },
  'AWS::SQS::Queue': {
    kind: 'served',
    properties: properties.queueProperties,
    ref: queueUrl,
    attributes: { Arn: arn('sqs', queueName), QueueName: queueName, QueueUrl: queueUrl },
  },
  'AWS::S3::Bucket': {
    kind: 'served',
    properties: properties.bucketProperties,
    notEnforced: {
      ObjectLockConfiguration: 'objects can be deleted locally: files on this machine',
      LifecycleConfiguration: 'objects are kept for ever locally',
    },
    ref: bucketName,
    attributes: {
      Arn: (identity) => `arn:aws:s3:::${bucketName(identity)}`,
      DomainName: (identity) => `${bucketName(identity)}.s3.amazonaws.com`,
      RegionalDomainName: (identity) => `${bucketName(identity)}.s3.${identity.region}.amazonaws.com`,
    },
  },
  'AWS::SecretsManager::Secret': {
    kind: 'served',
    properties: properties.secretProperties,
    // AWS adds six random characters; these are the same in every run.
    ref: arn(
      'secretsmanager',
      (identity) => `secret:${secretName(identity)}-${shortId(identity).slice(0, 6)}`,
    ),
    attributes: {
      Id: arn(
        'secretsmanager',
        (identity) => `secret:${secretName(identity)}-${shortId(identity).slice(0, 6)}`,
      ),
    },
  },
  'AWS::Events::Rule': {
    kind: 'served',
    properties: properties.scheduleRuleProperties,
    ref: shortId,
    attributes: { Arn: arn('events', (identity) => `rule/${shortId(identity)}`) },
  },
  'AWS::KMS::Key': {
    kind: 'served',
    properties: properties.kmsKeyProperties,
    notEnforced: { EnableKeyRotation: noKms, KeyPolicy: noIam },
    ref: shortId,
    attributes: { Arn: keyArn, KeyId: shortId },
  },
  'AWS::Logs::LogGroup': {
    kind: 'served',
    properties: properties.logGroupProperties,
    ref: logGroupName,
    attributes: { Arn: arn('logs', (identity) => `log-group:${logGroupName(identity)}:*`) },
  },
  'AWS::Logs::SubscriptionFilter': {
    kind: 'served',
    properties: properties.subscriptionFilterProperties,
    ref: shortId,
  },

  'AWS::CDK::Metadata': ignored('it describes the CDK, nothing that runs'),
  'AWS::IAM::Role': ignored(noIam),
  'AWS::IAM::Policy': ignored(noIam),
  'AWS::IAM::ManagedPolicy': ignored(noIam),
  'AWS::Lambda::Permission': ignored(noIam),
  'AWS::ApiGateway::Account': ignored(noIam),
  'AWS::S3::BucketPolicy': ignored(noIam),
  'AWS::SQS::QueuePolicy': ignored(noIam),
  'AWS::SNS::TopicPolicy': ignored(noIam),
  'AWS::SecretsManager::ResourcePolicy': ignored(noIam),
  'AWS::Logs::ResourcePolicy': ignored(noIam),
  'AWS::KMS::Alias': ignored(noKms),
  'AWS::SecretsManager::RotationSchedule': ignored('secrets are generated once for a data folder'),
  'AWS::CloudWatch::Alarm': ignored(noAlarms),
  'AWS::CloudWatch::AnomalyDetector': ignored(noAlarms),
  'AWS::CloudWatch::CompositeAlarm': ignored(noAlarms),
  'AWS::CloudWatch::Dashboard': ignored(noAlarms),
  'AWS::Logs::MetricFilter': ignored(noAlarms),
  'AWS::Logs::QueryDefinition': ignored(noAlarms),
  'AWS::SNS::Topic': ignored(noAlarms),
  'AWS::SNS::Subscription': ignored(noAlarms),
  'AWS::Budgets::Budget': ignored('nothing costs money locally'),
  'AWS::WAFv2::WebACL': ignored('WAF is not served locally'),
  'AWS::WAFv2::WebACLAssociation': ignored('WAF is not served locally'),
  'AWS::WAFv2::LoggingConfiguration': ignored('WAF is not served locally'),
  'AWS::ApiGateway::DomainName': ignored(noDomain),
  'AWS::CertificateManager::Certificate': ignored(noDomain),
  'AWS::Route53::RecordSet': ignored(noDomain),
  'AWS::CodeDeploy::Application': ignored('every function runs its current code locally'),
  'AWS::CodeDeploy::DeploymentGroup': ignored('every function runs its current code locally'),
  'AWS::CloudTrail::Trail': ignored('no trail of API calls is kept locally'),
  'AWS::Backup::BackupPlan': ignored('nothing is backed up locally'),
  'AWS::Backup::BackupSelection': ignored('nothing is backed up locally'),
  'AWS::Backup::BackupVault': ignored('nothing is backed up locally'),
  'AWS::ApplicationAutoScaling::ScalableTarget': ignored('nothing scales locally'),
  'AWS::ApplicationAutoScaling::ScalingPolicy': ignored('nothing scales locally'),
};

/** What `Ref` gives for a resource that is not served: a name that nothing local answers to. */
export function nameIgnoredResource(identity: ResourceIdentity): string {
  return `${identity.stackName}-${identity.logicalId}`;
}

/** What `Fn::GetAtt` gives for a resource that is not served. */
export function describeIgnoredResource(identity: ResourceIdentity, attribute: string): string {
  const name = nameIgnoredResource(identity);
  return attribute.endsWith('Arn')
    ? `arn:aws:not-served:${identity.region}:${identity.account}:${name}`
    : `${name}.${attribute}`;
}

/** A served resource with its resolved properties. */
export interface ServedResource {
  readonly type: string;
  /** Stack and logical id, for messages. */
  readonly place: string;
  readonly stackName: string;
  readonly logicalId: string;
  readonly ref: string;
  /** Resolved, not yet checked against the type's schema. */
  readonly properties: JsonObject;
  attribute(name: string): string;
}
