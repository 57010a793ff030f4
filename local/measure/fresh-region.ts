import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { monotonicFactory } from 'ulid';
import type { RegionPolicy } from '../../functions/domain/access/region-policy.ts';
import { deriveRegionKeys } from '../../functions/store/region-keys.ts';
import { tables } from '../../functions/store/schema.ts';
import type { Region } from '../../functions/usecases/region.ts';
import { inProcessHandler } from '../engine/in-process-handler.ts';
import { startEngine } from '../engine/index.ts';
import { CapacityMeter } from './capacity-meter.ts';

/** An empty region in this process, to be measured and thrown away. */
export interface FreshRegion extends Region {
  readonly meter: CapacityMeter;
  /** Moves the region's clock, which stands still otherwise, so that nothing depends on how fast the machine is. */
  advance(milliseconds: number): void;
  close(): Promise<void>;
}

/**
 * Opens an empty region on a new embedded engine in a temporary folder: the store's own code and the AWS SDK, without
 * sockets and signatures. Keys are the same for every such region, so that two measurements differ in nothing.
 */
export async function openFreshRegion(policy: RegionPolicy): Promise<FreshRegion> {
  const dir = await mkdtemp(join(tmpdir(), 'towpath-measure-'));
  const engine = await startEngine({ dir });
  for (const [name, { purpose: _, environmentVariable: __, ...definition }] of Object.entries(tables))
    await engine.createTable({ ...definition, name, indexes: [...definition.indexes] });
  const meter = new CapacityMeter(engine.answer);
  const dynamo = new DynamoDBClient({
    region: 'eu-west-2',
    endpoint: engine.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: inProcessHandler(meter),
    // Nobody checks it here.
    signer: { sign: async (request) => request },
  });
  const client = DynamoDBDocumentClient.from(dynamo, { marshallOptions: { removeUndefinedValues: true } });
  const newId = monotonicFactory();
  let time = Date.parse('2026-11-21T09:00:00.000Z');
  return {
    policy,
    store: {
      client,
      recordTable: 'record',
      auditTable: 'audit',
      keys: deriveRegionKeys('a secret for measuring only, of made-up people or open data'),
      now: () => new Date(time),
      newId: () => newId(time),
      writer: { id: newId(), sequence: 0 },
    },
    meter,
    advance(milliseconds) {
      time += milliseconds;
    },
    async close() {
      client.destroy();
      dynamo.destroy();
      await engine.close();
      await rm(dir, { recursive: true });
    },
  };
}
