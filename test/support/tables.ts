import { CreateTableCommand, type DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { type TableDefinition, tables } from '../../functions/store/schema.ts';
import type { Engine } from '../../local/engine/index.ts';

/** Makes one of the region's tables in the embedded engine, under `name`. */
export async function createEmbeddedTable(
  engine: Engine,
  definition: TableDefinition,
  name: string,
): Promise<void> {
  const { partitionKey, sortKey, indexes, ttlAttribute, stream } = definition;
  await engine.createTable({ name, partitionKey, sortKey, indexes: [...indexes], ttlAttribute, stream });
}

/** Makes one of the region's tables through the DynamoDB API, under `name`. */
export async function createTable(
  client: DynamoDBClient,
  definition: TableDefinition,
  name: string,
): Promise<void> {
  const { partitionKey, sortKey, indexes } = definition;
  const keyNames = new Set([
    partitionKey,
    sortKey,
    ...indexes.flatMap((index) => [index.partitionKey, index.sortKey]),
  ]);
  const keySchema = (hash: string, range: string) => [
    { AttributeName: hash, KeyType: 'HASH' as const },
    { AttributeName: range, KeyType: 'RANGE' as const },
  ];
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...keyNames].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S' as const,
      })),
      KeySchema: keySchema(partitionKey, sortKey),
      ...(indexes.length > 0 && {
        GlobalSecondaryIndexes: indexes.map((index) => ({
          IndexName: index.name,
          KeySchema: keySchema(index.partitionKey, index.sortKey),
          Projection: { ProjectionType: 'ALL' as const },
        })),
      }),
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName: name });
}

/** The definitions that tests make. */
export const { record: recordTable, audit: auditTable } = tables;
