import path from 'node:path';
import type { Deployment } from './deployment.ts';
import { resourcesOfType } from './deployment.ts';
import { refuse } from './refusal.ts';
import { globalTableProperties, tableProperties } from './resource-properties.ts';
import type { ServedResource } from './resources.ts';
import type { StreamFeed } from './stream-source.ts';

/** The tables of the Stage in the embedded engine. */
export interface DeclaredTables {
  /** Undefined when the Stage has no table. */
  readonly endpoint: string | undefined;
  /** One consumer's view of the stream with this ARN; undefined when no table has it. */
  openFeed(streamArn: string, consumer: string): StreamFeed | undefined;
  close(): Promise<void>;
}

interface TablesInput {
  readonly deployment: Deployment;
  readonly dataDir: string | undefined;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly onFatal: (error: unknown) => void;
}

type KeySchema = readonly { readonly AttributeName: string; readonly KeyType: 'HASH' | 'RANGE' }[];

function readKeys(schema: KeySchema, resource: ServedResource): { partitionKey: string; sortKey?: string } {
  const partitionKey = schema.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName;
  const sortKey = schema.find(({ KeyType }) => KeyType === 'RANGE')?.AttributeName;
  if (partitionKey === undefined) return refuse(resource.place, 'a key schema has no partition key');
  return { partitionKey, ...(sortKey === undefined ? {} : { sortKey }) };
}

/** Starts the embedded engine and makes the declared tables in it, or finds them again. */
export async function startDeclaredTables(input: TablesInput): Promise<DeclaredTables> {
  const { deployment, dataDir, clock, onFatal } = input;
  const declared = [
    ...resourcesOfType(deployment, 'AWS::DynamoDB::GlobalTable', globalTableProperties),
    ...resourcesOfType(deployment, 'AWS::DynamoDB::Table', tableProperties),
  ];
  if (declared.length === 0) {
    return { endpoint: undefined, openFeed: () => undefined, close: () => Promise.resolve() };
  }
  // Loaded only when there is a table: a Stage without one needs no database.
  const { startEngine } = await import('../engine/index.ts');
  const engine = await startEngine({
    ...(dataDir === undefined ? {} : { dir: path.join(dataDir, 'tables') }),
    clock,
    onFatal,
  });
  const tableNamesByStream = new Map<string, string>();
  try {
    for (const { resource, properties } of declared) {
      const ttl = properties.TimeToLiveSpecification;
      const stream = properties.StreamSpecification !== undefined;
      await engine.createTable({
        name: resource.ref,
        ...readKeys(properties.KeySchema, resource),
        indexes: properties.GlobalSecondaryIndexes.map((index) => ({
          name: index.IndexName,
          ...readKeys(index.KeySchema, resource),
        })),
        ...(ttl?.Enabled === true && ttl.AttributeName !== undefined
          ? { ttlAttribute: ttl.AttributeName }
          : {}),
        stream,
      });
      if (stream) tableNamesByStream.set(resource.attribute('StreamArn'), resource.ref);
    }
  } catch (error) {
    await engine.close();
    throw error;
  }
  return {
    endpoint: engine.endpoint,
    openFeed(streamArn, consumer) {
      const tableName = tableNamesByStream.get(streamArn);
      if (tableName === undefined) return undefined;
      return {
        async read(after, limit) {
          const records = await engine.readStream(tableName, {
            limit,
            ...(after === undefined ? {} : { after }),
          });
          return records.map((record) => ({
            sequenceNumber: record.dynamodb.SequenceNumber,
            createdAt: record.dynamodb.ApproximateCreationDateTime * 1000,
            event: { ...record, awsRegion: deployment.region },
          }));
        },
        onAppend: (listener) => engine.subscribe(tableName, listener),
        getCheckpoint: () => engine.readCheckpoint(tableName, consumer),
        setCheckpoint: (sequenceNumber) => engine.writeCheckpoint(tableName, consumer, sequenceNumber),
      };
    },
    close: () => engine.close(),
  };
}
