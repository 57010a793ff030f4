import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Stack } from 'aws-cdk-lib/core';
import type { DocumentAccess, Route, TableAccess } from '../../functions/api/routes.ts';
import { searchQuotaPartitions } from '../../functions/store/schema.ts';
import type { RegionTable } from './region-table.ts';

const readActions = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];

/**
 * The actions that each access of the route table stands for, and nothing else: no access scans, and a transaction
 * needs only the actions of its parts.
 */
const tableActions: Readonly<Record<TableAccess, readonly string[]>> = {
  read: readActions,
  readCount: readActions,
  readWrite: [
    ...readActions,
    'dynamodb:PutItem',
    'dynamodb:UpdateItem',
    'dynamodb:DeleteItem',
    'dynamodb:BatchWriteItem',
    'dynamodb:ConditionCheckItem',
  ],
  append: ['dynamodb:PutItem'],
  readAppend: ['dynamodb:Query', 'dynamodb:BatchGetItem', 'dynamodb:PutItem'],
};

/** What a caller of a service needs of the key under which that service keeps the data. */
export const keyActions = {
  read: ['kms:Decrypt', 'kms:DescribeKey'],
  write: [
    'kms:Decrypt',
    'kms:DescribeKey',
    'kms:Encrypt',
    'kms:GenerateDataKey',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
  ],
} as const;

/** The statements that give a function one access to one table. */
export function tableStatements(
  { table, key, indexArns }: RegionTable,
  access: TableAccess,
): PolicyStatement[] {
  const queries = access !== 'append';
  return [
    new PolicyStatement({
      actions: [...tableActions[access]],
      resources: [table.tableArn, ...(queries ? indexArns : [])],
    }),
    ...(access === 'readCount' ? [countStatement(table.tableArn)] : []),
    keyStatement(key, 'dynamodb', access === 'read' ? 'read' : 'write'),
  ];
}

/** Counts searches in items of their own; whoever may count may change nothing else. */
function countStatement(tableArn: string): PolicyStatement {
  return new PolicyStatement({
    actions: ['dynamodb:UpdateItem'],
    resources: [tableArn],
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [searchQuotaPartitions] } },
  });
}

/** Use of a key through one service only: the function itself can decrypt nothing with it. */
export function keyStatement(
  key: IKey,
  service: 'dynamodb' | 's3' | 'secretsmanager' | 'sqs',
  use: keyof typeof keyActions,
): PolicyStatement {
  return new PolicyStatement({
    actions: [...keyActions[use]],
    resources: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(key).region}.amazonaws.com` } },
  });
}

/** Use of the key of access tokens: its public half, and signing with one algorithm for those that issue them. */
export function tokenKeyStatements(key: IKey, use: NonNullable<Route['tokenKey']>): PolicyStatement[] {
  const publish = new PolicyStatement({ actions: ['kms:GetPublicKey'], resources: [key.keyArn] });
  if (use === 'publish') return [publish];
  const sign = new PolicyStatement({
    actions: ['kms:Sign'],
    resources: [key.keyArn],
    conditions: { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_384' } },
  });
  return [publish, sign];
}

/** Makes objects with these names in a bucket; whether over one that exists is for Object Lock, which keeps every version. */
export function createStatements(bucket: IBucket, key: IKey, names: readonly string[]): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ['s3:PutObject'],
      resources: names.map((name) => bucket.arnForObjects(name)),
    }),
    keyStatement(key, 's3', 'write'),
  ];
}

/** The statements that give a function one access to the bodies of documents; only the bucket's own key opens them. */
export function documentStatements(bucket: IBucket, access: DocumentAccess): PolicyStatement[] {
  const objects = ['sha256/*'];
  if (!bucket.encryptionKey) throw new Error('the documents bucket has no key');
  if (access === 'keep') return createStatements(bucket, bucket.encryptionKey, objects);
  return [
    new PolicyStatement({
      actions: ['s3:GetObject'],
      resources: objects.map((name) => bucket.arnForObjects(name)),
    }),
    keyStatement(bucket.encryptionKey, 's3', 'read'),
  ];
}

/** Puts messages into a queue, or takes them out of it, and uses its key to do so. */
export function queueStatements(queue: IQueue, use: 'send' | 'receive'): PolicyStatement[] {
  const actions =
    use === 'send'
      ? ['sqs:SendMessage']
      : ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'];
  const key = queue.encryptionMasterKey;
  return [
    new PolicyStatement({ actions, resources: [queue.queueArn] }),
    ...(key ? [keyStatement(key, 'sqs', use === 'send' ? 'write' : 'read')] : []),
  ];
}
