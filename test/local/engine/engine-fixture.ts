import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { onTestFinished } from 'vitest';
import {
  type Engine,
  type EngineOptions,
  startEngine,
  type TableDefinition,
} from '../../../local/engine/index.ts';

/** The table of most tests: an index with both keys, one whose keys items may lack, expiry and a stream. */
export const record: TableDefinition = {
  name: 'record',
  partitionKey: 'PK',
  sortKey: 'SK',
  indexes: [
    { name: 'byGroup', partitionKey: 'group', sortKey: 'SK' },
    { name: 'byColour', partitionKey: 'colour' },
  ],
  ttlAttribute: 'expiresAt',
  stream: true,
};

/** A running engine with the SDK's own clients, which try a request once only. */
export interface RunningEngine {
  engine: Engine;
  documents: DynamoDBDocumentClient;
  wire: DynamoDBClient;
}

/** Makes the SDK's clients for an endpoint. */
export function connect(endpoint: string): Pick<RunningEngine, 'documents' | 'wire'> {
  const wire = new DynamoDBClient({
    endpoint,
    region: 'eu-west-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  return { wire, documents: DynamoDBDocumentClient.from(wire) };
}

/** Starts an engine with the `record` table for one test. */
export async function startForTest(options: EngineOptions = {}): Promise<RunningEngine> {
  const engine = await startEngine(options);
  const clients = connect(engine.endpoint);
  onTestFinished(async () => {
    clients.wire.destroy();
    await engine.close();
  });
  await engine.createTable(record);
  return { engine, ...clients };
}

/** A folder that lasts one test. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'towpath-engine-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The error a promise rejects with; fails the test if it resolves. */
export async function catchError(outcome: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await outcome;
  } catch (error) {
    if (error instanceof Error) return error as Error & Record<string, unknown>;
    throw error;
  }
  throw new Error('the promise was expected to reject');
}
