import { createHash } from 'node:crypto';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ListTablesCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandOutput,
} from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../../local/engine/database.ts';
import type { KeyRange, RangeIterator } from '../../../local/engine/dynalite.ts';
import { runEngine } from '../../../local/engine/engine.ts';
import { catchError, connect, makeFolder, record, startForTest } from './engine-fixture.ts';

const TableName = 'record';

async function queryAll(
  documents: DynamoDBDocumentClient,
  input: Omit<QueryCommandInput, 'TableName'>,
): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  let start: QueryCommandInput['ExclusiveStartKey'];
  do {
    const page = await documents.send(
      new QueryCommand({ TableName, ...input, ...(start && { ExclusiveStartKey: start }) }),
    );
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start);
  return items;
}

const inColour = (colour: string) => ({
  IndexName: 'byColour',
  KeyConditionExpression: 'colour = :colour',
  ExpressionAttributeValues: { ':colour': colour },
});

/** Two sort keys whose items dynalite would file under one and the same index key. */
function findCollidingSortKeys(): [string, string] {
  const seen = new Map<string, string>();
  for (let count = 0; ; count += 1) {
    const sort = String(count);
    const digest = createHash('md5').update(`Outliersp${sort}`).digest('hex').slice(0, 6);
    const other = seen.get(digest);
    if (other !== undefined) return [other, sort];
    seen.set(digest, sort);
  }
}

describe('createTable', () => {
  test('makes a table that is active at once, and keeps an equal one with its items', async () => {
    const { engine, documents, wire } = await startForTest();
    await documents.send(new PutCommand({ TableName, Item: { PK: 'a', SK: '1' } }));
    await engine.createTable(record);
    const { Table } = await wire.send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({ TableStatus: 'ACTIVE' });
    expect(Table?.GlobalSecondaryIndexes?.map(({ IndexStatus }) => IndexStatus)).toEqual([
      'ACTIVE',
      'ACTIVE',
    ]);
    expect((await documents.send(new ScanCommand({ TableName }))).Count).toBe(1);
  });

  test('refuses other keys for an existing table, and says which it has', async () => {
    const { engine } = await startForTest();
    const error = await catchError(engine.createTable({ ...record, sortKey: 'sort' }));
    expect(error).toMatchObject({ name: 'EngineError', code: 'TABLE_DIFFERS' });
    expect(error.message).toMatch(/PK \(HASH\), SK \(RANGE\)/);
  });

  test('fills a new index and a new expiry from the items that are there', async () => {
    const dir = await makeFolder();
    const now = 1_800_000_000_000;
    const first = await startForTest({ dir, clock: () => now });
    await first.engine.createTable({ name: 'growing', partitionKey: 'PK', indexes: [], stream: true });
    for (let count = 0; count < 250; count += 1) {
      const Item = { PK: `item-${count}`, colour: 'red', expiresAt: count < 3 ? now / 1000 - 1 : now };
      await first.documents.send(new PutCommand({ TableName: 'growing', Item }));
    }
    first.wire.destroy();
    await first.engine.close();
    const { engine, documents } = await startForTest({ dir, clock: () => now });
    await engine.createTable({
      name: 'growing',
      partitionKey: 'PK',
      indexes: [{ name: 'byColour', partitionKey: 'colour' }],
      ttlAttribute: 'expiresAt',
      stream: true,
    });
    const count = async () =>
      (await documents.send(new QueryCommand({ TableName: 'growing', ...inColour('red') }))).Count;
    expect(await count()).toBe(250);
    expect(await engine.sweepExpired()).toBe(3);
    expect(await count()).toBe(247);
  });

  test('through the SDK honours the stream wish; DeleteTable removes everything of the table', async () => {
    const { engine, documents, wire } = await startForTest();
    const create = new CreateTableCommand({
      TableName: 'made-by-sdk',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'PK', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'PK', KeyType: 'HASH' }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
    await wire.send(create);
    await documents.send(new PutCommand({ TableName: 'made-by-sdk', Item: { PK: 'a' } }));
    expect(await engine.readStream('made-by-sdk', { limit: 10 })).toHaveLength(1);
    await wire.send(new DeleteTableCommand({ TableName: 'made-by-sdk' }));
    await wire.send(create);
    expect(await engine.readStream('made-by-sdk', { limit: 10 })).toEqual([]);
    expect((await documents.send(new ScanCommand({ TableName: 'made-by-sdk' }))).Count).toBe(0);
    expect((await wire.send(new ListTablesCommand({}))).TableNames).toEqual(['made-by-sdk', 'record']);
  });

  test('UpdateTimeToLive takes effect at once and DescribeTimeToLive tells it', async () => {
    const { engine, documents, wire } = await startForTest();
    await documents.send(
      new PutCommand({ TableName, Item: { PK: 'a', SK: '1', until: Date.now() / 1000 - 60 } }),
    );
    const TimeToLiveSpecification = { AttributeName: 'until', Enabled: true };
    await wire.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
    const { TimeToLiveDescription } = await wire.send(new DescribeTimeToLiveCommand({ TableName }));
    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'until' });
    expect(await engine.sweepExpired()).toBe(1);
  });
});

describe('reads', () => {
  test('an index holds both of two items that dynalite alone would file under one key, also page by page', async () => {
    const { documents } = await startForTest();
    const sortKeys = [...findCollidingSortKeys(), 'other'];
    for (const SK of sortKeys) {
      await documents.send(new PutCommand({ TableName, Item: { PK: 'p', SK, colour: 'red' } }));
    }
    for (const ScanIndexForward of [true, false]) {
      const found = await queryAll(documents, { ...inColour('red'), ScanIndexForward, Limit: 1 });
      expect(found.map(({ SK }) => SK).sort()).toEqual([...sortKeys].sort());
    }
    const scanned: unknown[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const page: Pick<ScanCommandOutput, 'Items' | 'LastEvaluatedKey'> = await documents.send(
        new ScanCommand({
          TableName,
          IndexName: 'byColour',
          Limit: 1,
          ...(start && { ExclusiveStartKey: start }),
        }),
      );
      scanned.push(...(page.Items ?? []).map(({ SK }) => SK));
      start = page.LastEvaluatedKey;
    } while (start);
    expect(scanned.sort()).toEqual([...sortKeys].sort());
  });

  test('a start key of the wrong type is refused, not a defect', async () => {
    const { documents } = await startForTest();
    const ExclusiveStartKey = { PK: 'p', SK: '1', colour: 1 };
    const error = await catchError(
      documents.send(new QueryCommand({ TableName, ...inColour('red'), ExclusiveStartKey })),
    );
    expect(error.name).toBe('ValidationException');
  });

  test('a query reads its own partition only, in the table and in an index', async () => {
    const database = await openDatabase(undefined);
    let readCount = 0;
    const counted = new Proxy(database, {
      get(target, name) {
        if (name === 'values') return (range: KeyRange) => countReads(target.values(range));
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const countReads = (iterator: RangeIterator): RangeIterator => ({
      nextv: async (size) => {
        const values = await iterator.nextv(size);
        readCount += values.length;
        return values;
      },
      all: () => iterator.all(),
      close: () => iterator.close(),
    });
    const engine = await runEngine(counted);
    const { documents, wire } = connect(engine.endpoint);
    try {
      await engine.createTable(record);
      for (let batch = 0; batch < 8; batch += 1) {
        const puts = Array.from({ length: 25 }, (_, index) => ({
          PutRequest: { Item: { PK: `p-${batch}`, SK: String(index), group: `g-${index}`, colour: 'red' } },
        }));
        await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: puts } }));
      }
      readCount = 0;
      const inPartition = {
        KeyConditionExpression: 'PK = :partition AND begins_with(SK, :sort)',
        ExpressionAttributeValues: { ':partition': 'p-3', ':sort': '1' },
      };
      expect(await queryAll(documents, inPartition)).toHaveLength(11);
      expect(readCount).toBe(11);
      readCount = 0;
      const inGroup = {
        IndexName: 'byGroup',
        KeyConditionExpression: '#group = :group',
        ExpressionAttributeNames: { '#group': 'group' },
        ExpressionAttributeValues: { ':group': 'g-7' },
      };
      expect(await queryAll(documents, inGroup)).toHaveLength(8);
      expect(readCount).toBe(8);
    } finally {
      wire.destroy();
      await engine.close();
    }
  });

  test('a query pages at 1 MB', async () => {
    const { documents } = await startForTest();
    for (let count = 0; count < 6; count += 1) {
      const Item = { PK: 'p', SK: String(count), text: 'x'.repeat(300_000) };
      await documents.send(new PutCommand({ TableName, Item }));
    }
    const inPartition = {
      KeyConditionExpression: 'PK = :partition',
      ExpressionAttributeValues: { ':partition': 'p' },
    };
    const { Items, LastEvaluatedKey } = await documents.send(new QueryCommand({ TableName, ...inPartition }));
    expect(Items).toHaveLength(4);
    expect(LastEvaluatedKey).toEqual({ PK: 'p', SK: '3' });
    expect(await queryAll(documents, inPartition)).toHaveLength(6);
  });

  test('a batch read answers what is there', async () => {
    const { documents } = await startForTest();
    await documents.send(new PutCommand({ TableName, Item: { PK: 'a', SK: '1' } }));
    const Keys = [
      { PK: 'a', SK: '1' },
      { PK: 'absent', SK: '1' },
    ];
    const { Responses } = await documents.send(
      new BatchGetCommand({ RequestItems: { [TableName]: { Keys } } }),
    );
    expect(Responses).toEqual({ [TableName]: [{ PK: 'a', SK: '1' }] });
  });
});
