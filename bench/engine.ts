// How fast the local engine is: `node bench/engine.ts` prints a table, then the same figures as JSON.
// The engine runs in a process of its own, as its callers do under `npm start`.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { startEngine } from '../local/engine/index.ts';

const PASSES = 5;
const PASS_MS = 400;
const PARTITIONS = 1000;
const ITEMS_PER_PARTITION = 10;
const TableName = 'bench-record';

const stores = {
  memory: {},
  disk: { onDisk: true, sync: false },
  'disk, sync': { onDisk: true, sync: true },
} as const;

type StoreName = keyof typeof stores;
type Operation = (client: DynamoDBDocumentClient, count: number) => Promise<unknown>;

const text = 'x'.repeat(800);
const makeItem = (partition: number, sort: string) => ({
  PK: `PERSON#${partition}`,
  SK: sort,
  group: `GROUP#${partition % 100}`,
  text,
});

const operations: Record<string, Operation> = {
  put: (client, count) => client.send(new PutCommand({ TableName, Item: makeItem(count, 'PUT') })),
  get: (client, count) =>
    client.send(new GetCommand({ TableName, Key: { PK: `PERSON#${count % PARTITIONS}`, SK: 'ITEM#0' } })),
  'query of 10 items': (client, count) =>
    client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'PK = :partition AND begins_with(SK, :item)',
        ExpressionAttributeValues: { ':partition': `PERSON#${count % PARTITIONS}`, ':item': 'ITEM#' },
      }),
    ),
  'transaction of 10 puts': (client, count) =>
    client.send(
      new TransactWriteCommand({
        TransactItems: Array.from({ length: 10 }, (_, index) => ({
          Put: { TableName, Item: makeItem(count, `TRANSACTION#${index}`) },
        })),
      }),
    ),
};

interface Figure {
  store: StoreName;
  operation: string;
  callers: number;
  perSecond: number;
}

async function serve(): Promise<void> {
  const [dir, sync] = [process.env.BENCH_DIR, process.env.BENCH_SYNC === 'true'];
  const engine = await startEngine(dir ? { dir, sync } : {});
  await engine.createTable({
    name: TableName,
    partitionKey: 'PK',
    sortKey: 'SK',
    indexes: [{ name: 'byGroup', partitionKey: 'group', sortKey: 'SK' }],
    ttlAttribute: 'expiresAt',
    stream: true,
  });
  process.send?.(engine.endpoint);
  await once(process, 'disconnect');
  await engine.close();
}

async function startServer(
  dir: string | undefined,
  sync: boolean,
): Promise<{ server: ChildProcess; endpoint: string }> {
  const server = fork(import.meta.filename, ['serve'], {
    env: { ...process.env, BENCH_SYNC: String(sync), ...(dir && { BENCH_DIR: dir }) },
  });
  const [endpoint] = await once(server, 'message');
  return { server, endpoint: String(endpoint) };
}

async function preload(client: DynamoDBDocumentClient): Promise<void> {
  const all = Array.from({ length: PARTITIONS * ITEMS_PER_PARTITION }, (_, index) =>
    makeItem(index % PARTITIONS, `ITEM#${Math.floor(index / PARTITIONS)}`),
  );
  for (let start = 0; start < all.length; start += 25) {
    const puts = all.slice(start, start + 25).map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteCommand({ RequestItems: { [TableName]: puts } }));
  }
}

async function measurePass(
  operation: Operation,
  client: DynamoDBDocumentClient,
  callers: number,
): Promise<number> {
  const start = performance.now();
  let count = 0;
  const call = async () => {
    while (performance.now() - start < PASS_MS) {
      count += 1;
      await operation(client, count);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return count / ((performance.now() - start) / 1000);
}

async function measureStore(store: StoreName): Promise<Figure[]> {
  const { onDisk = false, sync = false }: { onDisk?: boolean; sync?: boolean } = stores[store];
  const dir = onDisk ? await mkdtemp(join(tmpdir(), 'engine-bench-')) : undefined;
  const { server, endpoint } = await startServer(dir, sync);
  const base = new DynamoDBClient({
    endpoint,
    region: 'eu-west-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: 32 }) },
  });
  const client = DynamoDBDocumentClient.from(base);
  try {
    await preload(client);
    const figures: Figure[] = [];
    for (const [name, operation] of Object.entries(operations)) {
      for (const callers of [1, 16]) {
        await measurePass(operation, client, callers);
        const rates: number[] = [];
        for (let pass = 0; pass < PASSES; pass += 1)
          rates.push(await measurePass(operation, client, callers));
        const median = rates.sort((a, b) => a - b)[Math.floor(PASSES / 2)] ?? 0;
        figures.push({ store, operation: name, callers, perSecond: Math.round(median) });
      }
    }
    return figures;
  } finally {
    base.destroy();
    server.disconnect();
    await once(server, 'exit');
    if (dir) await rm(dir, { recursive: true });
  }
}

async function main(): Promise<void> {
  const figures: Figure[] = [];
  for (const store of Object.keys(stores) as StoreName[]) figures.push(...(await measureStore(store)));
  const setting = {
    node: process.version,
    cpus: availableParallelism(),
    passes: PASSES,
    passMs: PASS_MS,
    preloadedItems: PARTITIONS * ITEMS_PER_PARTITION,
  };
  const rows = [...new Set(figures.map(({ operation, callers }) => `${operation}/s, callers: ${callers}`))];
  const table = rows.map((row) => {
    const cells = figures.filter(({ operation, callers }) => row === `${operation}/s, callers: ${callers}`);
    return [row, Object.fromEntries(cells.map(({ store, perSecond }) => [store, perSecond]))] as const;
  });
  console.log(`Node ${setting.node}, ${setting.cpus} CPUs, median of ${PASSES} passes of ${PASS_MS} ms`);
  console.table(Object.fromEntries(table));
  console.log(JSON.stringify({ ...setting, figures }));
}

await (process.argv[2] === 'serve' ? serve() : main());
