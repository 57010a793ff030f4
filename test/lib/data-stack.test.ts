import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { tables } from '../../functions/store/schema.ts';
import { resourceNamed, resourcesOf, type StageTemplates, synthesise } from './synthesise.ts';

const stages = ['london', 'hertfordshire-west-essex'] as const;

const statementsOf = (policy: unknown) =>
  z
    .object({ Statement: z.array(z.looseObject({ Effect: z.string(), Principal: z.unknown() })) })
    .parse(policy).Statement;

let templates: (stage: string) => StageTemplates;
beforeAll(async () => {
  templates = await synthesise(stages);
});

// CloudFormation replaces a resource whose logical id changes, and with it everything that it holds.
const statefulIds = {
  'AWS::DynamoDB::GlobalTable': ['AuditTable18A3095C', 'RecordTableDC0C661A'],
  'AWS::S3::Bucket': ['AuditArchive60EBC247', 'BucketAccessLogs082E23D6', 'Documents7E5B2978'],
  'AWS::KMS::Key': [
    'AuditKeyB2DBB069',
    'AuditLogKeyD7E06399',
    'OperationsKey2329F47A',
    'PostQuantumLogKey1712D3D7',
    'RecordKey241CA664',
    'TokenKeyD1D1A236',
  ],
  'AWS::SecretsManager::Secret': ['RegionSecretAB3F7A2E'],
};

describe.each(stages)('the data stack of %s', (stage) => {
  it.each(Object.entries(statefulIds))(
    'keeps the logical ids of %s, and the resources themselves',
    (type, ids) => {
      const resources = resourcesOf(templates(stage).data, type);
      expect(resources.map(({ logicalId }) => logicalId).sort()).toEqual(ids);
      for (const { DeletionPolicy, UpdateReplacePolicy } of resources)
        expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    },
  );

  it.each(Object.entries(tables))('makes the %s table from its row of the schema', (name, definition) => {
    const id = name === 'record' ? 'Record' : 'Audit';
    const table = resourceNamed(templates(stage).data, 'AWS::DynamoDB::GlobalTable', `${id}Table`);
    expect(table.Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: definition.partitionKey, KeyType: 'HASH' },
        { AttributeName: definition.sortKey, KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: definition.ttlAttribute, Enabled: true },
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      Replicas: [
        {
          Region: 'eu-west-2',
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          SSESpecification: { KMSMasterKeyId: { 'Fn::GetAtt': [expect.stringMatching(`^${id}Key`), 'Arn'] } },
        },
      ],
    });
    const indexes = (table.Properties.GlobalSecondaryIndexes ?? []) as {
      IndexName: string;
      KeySchema: unknown;
    }[];
    expect(indexes.map(({ IndexName, KeySchema }) => ({ IndexName, KeySchema }))).toEqual(
      definition.indexes.map((index) => ({
        IndexName: index.name,
        KeySchema: [
          { AttributeName: index.partitionKey, KeyType: 'HASH' },
          { AttributeName: index.sortKey, KeyType: 'RANGE' },
        ],
      })),
    );
  });

  it('keeps both tables in the United Kingdom: one replica each', () => {
    for (const { Properties } of resourcesOf(templates(stage).data, 'AWS::DynamoDB::GlobalTable'))
      expect(Properties.Replicas).toHaveLength(1);
  });

  it('has no bucket that could be public, unversioned or read without TLS', () => {
    const { data } = templates(stage);
    const buckets = resourcesOf(data, 'AWS::S3::Bucket');
    const policies = resourcesOf(data, 'AWS::S3::BucketPolicy');
    expect(buckets).toHaveLength(3);
    for (const { Properties, logicalId } of buckets) {
      expect(Properties).toMatchObject({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        VersioningConfiguration: { Status: 'Enabled' },
      });
      const policy = policies.find(
        ({ Properties: { Bucket } }) => JSON.stringify(Bucket) === `{"Ref":"${logicalId}"}`,
      );
      expect(policy?.Properties.PolicyDocument).toMatchObject({
        Statement: expect.arrayContaining([
          expect.objectContaining({
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]),
      });
      const allowed = statementsOf(policy?.Properties.PolicyDocument).filter(
        ({ Effect }) => Effect === 'Allow',
      );
      for (const { Principal } of allowed) expect(Principal).toEqual({ Service: 'logging.s3.amazonaws.com' });
    }
  });

  it('denies every put into the documents bucket that could overwrite', () => {
    const policy = resourcesOf(templates(stage).data, 'AWS::S3::BucketPolicy').find(({ Properties }) =>
      JSON.stringify(Properties.Bucket).includes('Documents'),
    );
    expect(statementsOf(policy?.Properties.PolicyDocument)).toContainEqual({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:PutObject',
      Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Documents7E5B2978', 'Arn'] }, '/*']] },
      Condition: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
    });
  });

  it('encrypts documents and archive under the keys of their tables and logs who opened them', () => {
    const { data } = templates(stage);
    for (const [bucket, key] of [
      ['Documents', 'RecordKey'],
      ['AuditArchive', 'AuditKey'],
    ] as const)
      expect(resourceNamed(data, 'AWS::S3::Bucket', bucket).Properties).toMatchObject({
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              BucketKeyEnabled: true,
              ServerSideEncryptionByDefault: {
                SSEAlgorithm: 'aws:kms',
                KMSMasterKeyID: { 'Fn::GetAtt': [expect.stringMatching(`^${key}`), 'Arn'] },
              },
            },
          ],
        },
        LoggingConfiguration: { DestinationBucketName: { Ref: 'BucketAccessLogs082E23D6' } },
      });
  });

  it('locks archived audit entries for ten years, against everybody', () => {
    const { Properties } = resourceNamed(templates(stage).data, 'AWS::S3::Bucket', 'AuditArchive');
    expect(Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 3653 } },
      },
    });
  });

  it('rotates every key but those that sign, which KMS cannot rotate', () => {
    for (const { Properties } of resourcesOf(templates(stage).data, 'AWS::KMS::Key'))
      if (Properties.KeyUsage === 'SIGN_VERIFY')
        expect(Properties.KeySpec).toMatch(/^(ECC_NIST_P(256|384)|ML_DSA_44)$/);
      else expect(Properties.EnableKeyRotation).toBe(true);
  });

  it('has two keys that sign heads of the audit log, each of its kind, and gives out the names of both', () => {
    const { data } = templates(stage);
    for (const [key, KeySpec] of [
      ['AuditLogKey', 'ECC_NIST_P256'],
      ['PostQuantumLogKey', 'ML_DSA_44'],
    ] as const) {
      const { Properties, logicalId } = resourceNamed(data, 'AWS::KMS::Key', key);
      expect(Properties).toMatchObject({ KeySpec, KeyUsage: 'SIGN_VERIFY' });
      expect(data.Outputs[`${key}Arn`]).toEqual({ Value: { 'Fn::GetAtt': [logicalId, 'Arn'] } });
    }
  });

  it('generates the region secret, 64 characters under the record key, and writes no value anywhere', () => {
    const { Properties } = resourceNamed(
      templates(stage).data,
      'AWS::SecretsManager::Secret',
      'RegionSecret',
    );
    expect(Properties).toMatchObject({
      GenerateSecretString: { PasswordLength: 64 },
      KmsKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^RecordKey/), 'Arn'] },
    });
    expect(Properties).not.toHaveProperty('SecretString');
  });

  it('lets CloudWatch, and only CloudWatch of this account, use the encrypted alarm topic', () => {
    const { data } = templates(stage);
    expect(resourceNamed(data, 'AWS::SNS::Topic', 'Alarms').Properties).toHaveProperty('KmsMasterKeyId');
    const policy = resourceNamed(data, 'AWS::SNS::TopicPolicy', 'AlarmsPolicy').Properties.PolicyDocument;
    const allowed = statementsOf(policy).filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toEqual([
      expect.objectContaining({
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    ]);
  });
});
