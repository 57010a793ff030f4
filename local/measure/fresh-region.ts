import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { monotonicFactory } from 'ulid';
import type { RegionPolicy } from '../../functions/domain/access/region-policy.ts';
import { peopleKey } from '../../functions/store/keys.ts';
import { deriveRegionKeys } from '../../functions/store/region-keys.ts';
import { tables } from '../../functions/store/schema.ts';
import { countPeople } from '../../functions/store/statistics.ts';
import type { Store } from '../../functions/store/store.ts';
import type { Region } from '../../functions/usecases/region.ts';
import { seededRandom } from '../demo/random.ts';
import { inProcessHandler } from '../engine/in-process-handler.ts';
import { startEngine } from '../engine/index.ts';
import { memoryTable } from '../initial-load/memory-table.ts';
import { CapacityMeter } from './capacity-meter.ts';

/** An empty region in this process, to be measured and thrown away; its clock moves only when people are counted. */
export interface MeasuredRegion extends Region {
  /** Counts people who came, as the region's stream function does, and lets the count before it grow old. */
  countPeople(change: number): Promise<void>;
  close(): Promise<void>;
}

/** A region on the embedded engine, whose capacity is counted. */
export interface FreshRegion extends MeasuredRegion {
  readonly meter: CapacityMeter;
  /** The folder of its data, removed with it. */
  readonly dir: string;
}

/** Longer than matching uses a count again. */
const countAgeMilliseconds = 61_000;

/**
 * Opens an empty region on a new embedded engine in a temporary folder: the store's own code and the AWS SDK, without
 * sockets and signatures. Counting capacity remembers the size of every item; a large region for timing does without.
 */
export async function openFreshRegion(
  policy: RegionPolicy,
  { isMetered = true }: { readonly isMetered?: boolean } = {},
): Promise<FreshRegion> {
  const dir = await mkdtemp(join(tmpdir(), 'towpath-measure-'));
  const engine = await startEngine({ dir });
  for (const [name, { purpose: _, environmentVariable: __, ...definition }] of Object.entries(tables))
    await engine.createTable({ ...definition, name, indexes: [...definition.indexes] });
  const meter = new CapacityMeter(engine.answer);
  const dynamo = new DynamoDBClient({
    region: 'eu-west-2',
    endpoint: engine.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: inProcessHandler(isMetered ? meter : engine),
    // Nobody checks it here.
    signer: { sign: async (request) => request },
  });
  const client = DynamoDBDocumentClient.from(dynamo, { marshallOptions: { removeUndefinedValues: true } });
  const { advance, store } = measuredStore(client);
  return {
    policy,
    store,
    dir,
    meter,
    async countPeople(change) {
      await countPeople(store, change);
      advance(countAgeMilliseconds);
    },
    async close() {
      client.destroy();
      dynamo.destroy();
      await engine.close();
      await rm(dir, { recursive: true });
    },
  };
}

/** Opens an empty region over a table in memory: what is decided is the same, in a fraction of the time. */
export function openRegionInMemory(policy: RegionPolicy): MeasuredRegion {
  const table = memoryTable(() => {});
  const { advance, store } = measuredStore(table.client);
  let people = 0;
  return {
    policy,
    store,
    async countPeople(change) {
      people += change;
      table.seed({ ...peopleKey, people });
      advance(countAgeMilliseconds);
    },
    async close() {},
  };
}

/** Keys, ids and times are the same in every such region, so that two measurements differ in nothing. */
function measuredStore(client: DynamoDBDocumentClient): {
  readonly store: Store;
  readonly advance: (milliseconds: number) => void;
} {
  const newId = monotonicFactory(seededRandom(1));
  let time = Date.parse('2026-11-21T09:00:00.000Z');
  return {
    store: {
      client,
      recordTable: 'record',
      auditTable: 'audit',
      keys: deriveRegionKeys('a secret for measuring only, of made-up people or open data'),
      now: () => new Date(time),
      newId: () => newId(time),
      writer: { id: newId(time), sequence: 0 },
    },
    advance: (milliseconds) => {
      time += milliseconds;
    },
  };
}
