import * as z from 'zod';

/**
 * The properties of every resource type that the runner serves. The objects are strict at every level: a property that
 * is not named here might change what AWS does, so the runner refuses to start on it. `unserved` marks those that are
 * known and have nothing to act on locally (tags, encryption, roles, tracing, retention).
 */
const unserved = z.json().optional();
const text = z.string();
/** CloudFormation takes numbers and booleans as text too. */
const number = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number),
]);
const boolean = z.union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')]);
const off = boolean.refine((value) => !value, 'is not served when it is on').optional();
const texts = z.record(z.string(), text);

const throttle = z.strictObject({ RateLimit: number.optional(), BurstLimit: number.optional() });

export const restApiProperties = z.strictObject({
  Name: text.optional(),
  Description: unserved,
  ApiKeySourceType: z.enum(['HEADER', 'AUTHORIZER']).default('HEADER'),
  BinaryMediaTypes: z.array(text).default([]),
  EndpointConfiguration: unserved,
  DisableExecuteApiEndpoint: unserved,
  FailOnWarnings: unserved,
  SecurityPolicy: unserved,
  EndpointAccessMode: unserved,
  Policy: unserved,
  Tags: unserved,
});

export const apiResourceProperties = z.strictObject({ RestApiId: text, ParentId: text, PathPart: text });

const integrationCommon = {
  IntegrationHttpMethod: text.optional(),
  Credentials: unserved,
  TimeoutInMillis: number.default(29_000),
  PassthroughBehavior: unserved,
  ConnectionType: z.literal('INTERNET').optional(),
};

export const methodProperties = z.strictObject({
  RestApiId: text,
  ResourceId: text,
  HttpMethod: text,
  ApiKeyRequired: boolean.default(false),
  AuthorizationType: z.enum(['NONE', 'CUSTOM']).default('NONE'),
  AuthorizerId: text.optional(),
  Integration: z.discriminatedUnion('Type', [
    z.strictObject({ Type: z.literal('AWS_PROXY'), Uri: text, ...integrationCommon }),
    z.strictObject({
      Type: z.literal('MOCK'),
      ...integrationCommon,
      RequestTemplates: texts.default({}),
      IntegrationResponses: z
        .array(
          z.strictObject({
            StatusCode: text,
            SelectionPattern: text.optional(),
            ResponseParameters: texts.default({}),
            ResponseTemplates: texts.default({}),
          }),
        )
        .default([]),
    }),
  ]),
  /** Documentation for a proxy integration; a mock's own IntegrationResponses decide. */
  MethodResponses: unserved,
  OperationName: unserved,
  RequestModels: texts.default({}),
  RequestParameters: z.record(z.string(), boolean).default({}),
  RequestValidatorId: text.optional(),
});

export const deploymentProperties = z.strictObject({ RestApiId: text, Description: unserved });

export const stageProperties = z.strictObject({
  RestApiId: text,
  DeploymentId: text.optional(),
  StageName: text,
  Description: unserved,
  AccessLogSetting: z.strictObject({ DestinationArn: text, Format: text }).optional(),
  CacheClusterEnabled: off,
  MethodSettings: z
    .array(
      z.strictObject({
        HttpMethod: text,
        ResourcePath: text,
        ThrottlingBurstLimit: number.optional(),
        ThrottlingRateLimit: number.optional(),
        LoggingLevel: unserved,
        DataTraceEnabled: unserved,
        MetricsEnabled: unserved,
        CacheDataEncrypted: unserved,
        CachingEnabled: off,
      }),
    )
    .default([]),
  TracingEnabled: unserved,
  ClientCertificateId: unserved,
  Variables: texts.optional(),
  Tags: unserved,
});

export const authorizerProperties = z.strictObject({
  RestApiId: text,
  Name: unserved,
  Type: z.enum(['TOKEN', 'REQUEST']),
  AuthType: unserved,
  AuthorizerUri: text,
  AuthorizerCredentials: unserved,
  AuthorizerResultTtlInSeconds: number.default(300),
  IdentitySource: text.default(''),
  IdentityValidationExpression: text.optional(),
});

export const requestValidatorProperties = z.strictObject({
  RestApiId: text,
  Name: unserved,
  ValidateRequestBody: boolean.default(false),
  ValidateRequestParameters: boolean.default(false),
});

export const modelProperties = z.strictObject({
  RestApiId: text,
  Name: text.optional(),
  ContentType: text.default('application/json'),
  Description: unserved,
  Schema: z.union([
    z.record(z.string(), z.json()),
    text.transform((schema, context) => {
      try {
        return z.record(z.string(), z.json()).parse(JSON.parse(schema));
      } catch {
        context.addIssue({ code: 'custom', message: 'is not a JSON Schema' });
        return z.NEVER;
      }
    }),
  ]),
});

export const gatewayResponseProperties = z.strictObject({
  RestApiId: text,
  ResponseType: text,
  StatusCode: number.optional(),
  ResponseParameters: texts.default({}),
  ResponseTemplates: texts.default({}),
});

export const apiKeyProperties = z.strictObject({
  Name: text.optional(),
  Description: unserved,
  Enabled: boolean.default(false),
  Value: text.optional(),
  StageKeys: unserved,
  GenerateDistinctId: unserved,
  CustomerId: unserved,
  Tags: unserved,
});

export const usagePlanProperties = z.strictObject({
  UsagePlanName: unserved,
  Description: unserved,
  ApiStages: z
    .array(z.strictObject({ ApiId: text, Stage: text, Throttle: z.record(z.string(), throttle).default({}) }))
    .default([]),
  Throttle: throttle.optional(),
  Quota: z
    .strictObject({
      Limit: number,
      Period: z.enum(['DAY', 'WEEK', 'MONTH']),
      Offset: number.refine((value) => value === 0, 'is served only as 0').optional(),
    })
    .optional(),
  Tags: unserved,
});

export const usagePlanKeyProperties = z.strictObject({
  KeyId: text,
  KeyType: z.literal('API_KEY'),
  UsagePlanId: text,
});

export const basePathMappingProperties = z.strictObject({
  DomainName: text,
  RestApiId: text,
  Stage: text.optional(),
  BasePath: z.enum(['', '(none)']).optional(),
});

export const functionProperties = z.strictObject({
  Code: z.strictObject({ S3Bucket: text, S3Key: text }),
  Handler: text,
  Runtime: text.regex(/^nodejs\d+\.x$/, 'is not a Node.js runtime'),
  PackageType: z.literal('Zip').optional(),
  Environment: z.strictObject({ Variables: texts.default({}) }).optional(),
  Timeout: number.default(3),
  MemorySize: number.default(128),
  ReservedConcurrentExecutions: number.optional(),
  FunctionName: text.optional(),
  Description: unserved,
  Architectures: unserved,
  Role: unserved,
  KmsKeyArn: unserved,
  LoggingConfig: unserved,
  TracingConfig: unserved,
  EphemeralStorage: unserved,
  RuntimeManagementConfig: unserved,
  CodeSigningConfigArn: unserved,
  RecursiveLoop: unserved,
  VpcConfig: unserved,
  DeadLetterConfig: z.strictObject({ TargetArn: text.optional() }).optional(),
  Tags: unserved,
});

/** A key that encrypts has nothing to act on locally; one that signs does, and only this kind is served. */
export const kmsKeyProperties = z.strictObject({
  KeySpec: z
    .enum(['SYMMETRIC_DEFAULT', 'ECC_NIST_P256', 'ECC_NIST_P384', 'ML_DSA_44'])
    .default('SYMMETRIC_DEFAULT'),
  KeyUsage: z.enum(['ENCRYPT_DECRYPT', 'SIGN_VERIFY']).default('ENCRYPT_DECRYPT'),
  Description: unserved,
  EnableKeyRotation: unserved,
  RotationPeriodInDays: unserved,
  KeyPolicy: unserved,
  PendingWindowInDays: unserved,
  Enabled: unserved,
  Tags: unserved,
});

export const scheduleRuleProperties = z.strictObject({
  ScheduleExpression: z.templateLiteral([
    'rate(',
    z.int(),
    ' ',
    z.enum(['minute', 'minutes', 'hours', 'hour']),
    ')',
  ]),
  State: z.literal('ENABLED').default('ENABLED'),
  Targets: z.array(z.strictObject({ Arn: text, Id: unserved, RetryPolicy: unserved })),
  Description: unserved,
  Name: unserved,
  Tags: unserved,
});

export const versionProperties = z.strictObject({
  FunctionName: text,
  CodeSha256: unserved,
  Description: unserved,
  ProvisionedConcurrencyConfig: unserved,
  RuntimePolicy: unserved,
});

export const aliasProperties = z.strictObject({
  FunctionName: text,
  FunctionVersion: text,
  Name: text,
  Description: unserved,
  ProvisionedConcurrencyConfig: unserved,
});

const onFailure = z.strictObject({
  OnFailure: z.strictObject({ Destination: text }).optional(),
});

export const eventInvokeConfigProperties = z.strictObject({
  FunctionName: text,
  Qualifier: text,
  MaximumRetryAttempts: number.optional(),
  MaximumEventAgeInSeconds: unserved,
  DestinationConfig: onFailure.optional(),
});

export const eventSourceMappingProperties = z.strictObject({
  FunctionName: text,
  EventSourceArn: text,
  Enabled: boolean.default(true),
  BatchSize: number.optional(),
  MaximumBatchingWindowInSeconds: number.default(0),
  BisectBatchOnFunctionError: boolean.default(false),
  MaximumRetryAttempts: number.default(-1),
  MaximumRecordAgeInSeconds: number.default(-1),
  /** One batch at a time locally: the order for a key holds all the more. */
  ParallelizationFactor: unserved,
  ScalingConfig: unserved,
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']).optional(),
  DestinationConfig: onFailure.optional(),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  FilterCriteria: z.strictObject({ Filters: z.array(z.strictObject({ Pattern: text })) }).optional(),
  KmsKeyArn: unserved,
  MetricsConfig: unserved,
  Tags: unserved,
});

const keySchema = z.array(z.strictObject({ AttributeName: text, KeyType: z.enum(['HASH', 'RANGE']) }));
const projection = z.strictObject({
  ProjectionType: z.literal('ALL'),
});
const tableCommon = {
  TableName: text.optional(),
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: text, AttributeType: z.literal('S') })),
  KeySchema: keySchema,
  BillingMode: unserved,
  SSESpecification: unserved,
  StreamSpecification: z
    .strictObject({ StreamViewType: z.literal('NEW_AND_OLD_IMAGES'), ResourcePolicy: unserved })
    .optional(),
  TimeToLiveSpecification: z.strictObject({ AttributeName: text.optional(), Enabled: boolean }).optional(),
  WarmThroughput: unserved,
};

export const globalTableProperties = z.strictObject({
  ...tableCommon,
  GlobalSecondaryIndexes: z
    .array(
      z.strictObject({
        IndexName: text,
        KeySchema: keySchema,
        Projection: projection,
        WarmThroughput: unserved,
        WriteOnDemandThroughputSettings: unserved,
      }),
    )
    .default([]),
  Replicas: z
    .array(z.looseObject({ Region: text }))
    .max(1, 'has replicas in other AWS regions, which this runner does not serve'),
  WriteOnDemandThroughputSettings: unserved,
});

export const tableProperties = z.strictObject({
  ...tableCommon,
  GlobalSecondaryIndexes: z
    .array(
      z.strictObject({
        IndexName: text,
        KeySchema: keySchema,
        Projection: projection,
        WarmThroughput: unserved,
        OnDemandThroughput: unserved,
        ContributorInsightsSpecification: unserved,
      }),
    )
    .default([]),
  PointInTimeRecoverySpecification: unserved,
  ContributorInsightsSpecification: unserved,
  DeletionProtectionEnabled: unserved,
  OnDemandThroughput: unserved,
  ResourcePolicy: unserved,
  TableClass: unserved,
  Tags: unserved,
});

export const queueProperties = z.strictObject({
  QueueName: text.optional(),
  FifoQueue: boolean.default(false),
  ContentBasedDeduplication: off,
  DeduplicationScope: z.literal('messageGroup', 'is served only by message group').optional(),
  FifoThroughputLimit: unserved,
  VisibilityTimeout: number.default(30),
  DelaySeconds: number.refine((value) => value === 0, 'is served only as 0').optional(),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: text, maxReceiveCount: number }).optional(),
  RedriveAllowPolicy: unserved,
  MessageRetentionPeriod: unserved,
  MaximumMessageSize: unserved,
  ReceiveMessageWaitTimeSeconds: unserved,
  KmsMasterKeyId: unserved,
  KmsDataKeyReusePeriodSeconds: unserved,
  SqsManagedSseEnabled: unserved,
  Tags: unserved,
});

export const bucketProperties = z.strictObject({
  BucketName: text.optional(),
  AccessControl: unserved,
  BucketEncryption: unserved,
  IntelligentTieringConfigurations: unserved,
  InventoryConfigurations: unserved,
  LifecycleConfiguration: unserved,
  LoggingConfiguration: unserved,
  MetricsConfigurations: unserved,
  ObjectLockConfiguration: unserved,
  ObjectLockEnabled: boolean.default(false),
  OwnershipControls: unserved,
  PublicAccessBlockConfiguration: unserved,
  Tags: unserved,
  VersioningConfiguration: unserved,
});

export const secretProperties = z.strictObject({
  Name: text.optional(),
  Description: unserved,
  KmsKeyId: unserved,
  SecretString: text.optional(),
  GenerateSecretString: z
    .strictObject({
      PasswordLength: number.default(32),
      ExcludeCharacters: text.default(''),
      ExcludeLowercase: boolean.default(false),
      ExcludeUppercase: boolean.default(false),
      ExcludeNumbers: boolean.default(false),
      ExcludePunctuation: boolean.default(false),
      IncludeSpace: boolean.default(false),
      RequireEachIncludedType: boolean.default(true),
      GenerateStringKey: text.optional(),
      SecretStringTemplate: text.optional(),
    })
    .optional(),
  Tags: unserved,
});

export const logGroupProperties = z.strictObject({
  LogGroupName: text.optional(),
  RetentionInDays: unserved,
  KmsKeyId: unserved,
  LogGroupClass: unserved,
  DataProtectionPolicy: unserved,
  FieldIndexPolicies: unserved,
  ResourcePolicyDocument: unserved,
  DeletionProtectionEnabled: unserved,
  Tags: unserved,
});

export const subscriptionFilterProperties = z.strictObject({
  LogGroupName: text,
  DestinationArn: text,
  FilterPattern: text,
  FilterName: unserved,
  RoleArn: unserved,
});
