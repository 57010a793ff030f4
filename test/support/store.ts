import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { monotonicFactory, ulid } from 'ulid';
import { deriveRegionKeys } from '../../functions/store/region-keys.ts';
import type { Store } from '../../functions/store/store.ts';
import { inProcessHandler } from '../../local/engine/in-process-handler.ts';
import { startEngine } from '../../local/engine/index.ts';
import { auditTable, createEmbeddedTable, createTable, recordTable } from './tables.ts';

/** A store for one test file, with a clock that the test moves. */
export interface TestStore extends Store {
  /** Moves the clock, which stands still otherwise. */
  readonly advance: (milliseconds: number) => void;
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

const secret = 'a secret for tests only, of more than thirty-two characters';

/** A store on a fresh embedded engine in memory, or on the DynamoDB API at `endpoint`. */
export async function openTestStore(endpoint?: string): Promise<TestStore> {
  const engine = endpoint === undefined ? await startEngine() : undefined;
  const url = engine?.endpoint ?? endpoint ?? '';
  const dynamo = new DynamoDBClient({
    ...(url !== 'aws' && { endpoint: url, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }),
    region: 'eu-west-2',
    // A test's own calls need no socket; those of the functions go over HTTP to `endpoint`.
    ...(engine && { requestHandler: inProcessHandler(engine) }),
  });
  const newId = monotonicFactory();
  // Of another factory: the store's own ids are of the store's clock from the first on.
  const suffix = ulid().toLowerCase();
  const names = { record: `record-${suffix}`, audit: `audit-${suffix}` };
  if (engine) {
    await createEmbeddedTable(engine, recordTable, names.record);
    await createEmbeddedTable(engine, auditTable, names.audit);
  } else {
    await createTable(dynamo, recordTable, names.record);
    await createTable(dynamo, auditTable, names.audit);
  }
  let time = Date.parse('2026-11-21T09:00:00.000Z');
  const client = DynamoDBDocumentClient.from(dynamo, { marshallOptions: { removeUndefinedValues: true } });
  return {
    client,
    recordTable: names.record,
    auditTable: names.audit,
    keys: deriveRegionKeys(secret),
    now: () => new Date(time),
    newId: () => newId(time),
    writer: { id: 'writer-1', sequence: 0 },
    // A busy machine is no slow table.
    auditBudget: 10_000,
    advance: (milliseconds) => {
      time += milliseconds;
    },
    endpoint: url,
    close: async () => {
      client.destroy();
      dynamo.destroy();
      await engine?.close();
    },
  };
}
