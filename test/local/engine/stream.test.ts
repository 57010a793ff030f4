import {
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import type { StreamRecord } from '../../../local/engine/index.ts';
import { catchError, makeFolder, record, startForTest } from './engine-fixture.ts';

const TableName = 'record';
const Key = { PK: 'a', SK: '1' };
const startMs = 1_800_000_000_000;
const startSeconds = startMs / 1000;

const names = (records: StreamRecord[]) =>
  records.map(({ eventName, dynamodb }) => [eventName, dynamodb.Keys.PK]);

test('a stream has insert, change and removal in order, with keys and both images', async () => {
  const { engine, documents } = await startForTest({ clock: () => startMs });
  await documents.send(new PutCommand({ TableName, Item: { ...Key, colour: 'red' } }));
  await documents.send(
    new UpdateCommand({
      TableName,
      Key,
      UpdateExpression: 'SET colour = :blue',
      ExpressionAttributeValues: { ':blue': 'blue' },
    }),
  );
  await documents.send(new DeleteCommand({ TableName, Key }));
  const records = await engine.readStream(TableName, { limit: 10 });
  const Keys = { PK: { S: 'a' }, SK: { S: '1' } };
  const red = { ...Keys, colour: { S: 'red' } };
  const blue = { ...Keys, colour: { S: 'blue' } };
  const common = { Keys, ApproximateCreationDateTime: startSeconds, StreamViewType: 'NEW_AND_OLD_IMAGES' };
  expect(records).toMatchObject([
    { eventName: 'INSERT', eventSource: 'aws:dynamodb', dynamodb: { ...common, NewImage: red } },
    { eventName: 'MODIFY', dynamodb: { ...common, OldImage: red, NewImage: blue } },
    { eventName: 'REMOVE', dynamodb: { ...common, OldImage: blue } },
  ]);
  expect(records[0]?.dynamodb).not.toHaveProperty('OldImage');
  expect(records[2]?.dynamodb).not.toHaveProperty('NewImage');
  expect(records.every(({ userIdentity }) => userIdentity === undefined)).toBe(true);
  const numbers = records.map(({ dynamodb }) => dynamodb.SequenceNumber);
  expect(numbers).toEqual([...new Set(numbers)].sort());
  expect(new Set(records.map(({ eventID }) => eventID)).size).toBe(3);
});

test('a write that changes nothing, or that is refused, leaves no record', async () => {
  const { engine, documents } = await startForTest();
  const Item = { ...Key, tags: new Set(['x', 'y']), deep: { list: [1, 'two', null] } };
  await documents.send(new PutCommand({ TableName, Item }));
  await documents.send(new PutCommand({ TableName, Item: { ...Item, tags: new Set(['y', 'x']) } }));
  await documents.send(new DeleteCommand({ TableName, Key: { PK: 'absent', SK: '1' } }));
  const refused = new PutCommand({ TableName, Item: Key, ConditionExpression: 'attribute_not_exists(PK)' });
  await catchError(documents.send(refused));
  await catchError(
    documents.send(
      new TransactWriteCommand({ TransactItems: [{ Put: { ...refused.input, TableName, Item: Key } }] }),
    ),
  );
  expect(names(await engine.readStream(TableName, { limit: 10 }))).toEqual([['INSERT', { S: 'a' }]]);
});

test('a transaction and a batch appear in the order of their items', async () => {
  const { engine, documents } = await startForTest();
  const put = (PK: string) => ({ Put: { TableName, Item: { PK, SK: '1' } } });
  await documents.send(new TransactWriteCommand({ TransactItems: [put('c'), put('a'), put('b')] }));
  await documents.send(
    new BatchWriteCommand({
      RequestItems: {
        [TableName]: [
          { PutRequest: { Item: { PK: 'z', SK: '1' } } },
          { DeleteRequest: { Key: { PK: 'c', SK: '1' } } },
        ],
      },
    }),
  );
  expect(names(await engine.readStream(TableName, { limit: 10 }))).toEqual([
    ['INSERT', { S: 'c' }],
    ['INSERT', { S: 'a' }],
    ['INSERT', { S: 'b' }],
    ['INSERT', { S: 'z' }],
    ['REMOVE', { S: 'c' }],
  ]);
});

test('a table without a stream keeps no records', async () => {
  const { engine, documents } = await startForTest();
  await engine.createTable({ ...record, name: 'silent', stream: false });
  await documents.send(new PutCommand({ TableName: 'silent', Item: Key }));
  expect(await engine.readStream('silent', { limit: 10 })).toEqual([]);
});

test('a listener is called once a record can be read, and not after it has left', async () => {
  const { engine, documents } = await startForTest();
  const seen = Promise.withResolvers<StreamRecord[]>();
  let calls = 0;
  const leave = engine.subscribe(TableName, () => {
    calls += 1;
    engine.readStream(TableName, { limit: 10 }).then(seen.resolve, seen.reject);
  });
  await documents.send(new PutCommand({ TableName, Item: Key }));
  expect(await seen.promise).toHaveLength(1);
  leave();
  await documents.send(new DeleteCommand({ TableName, Key }));
  expect(calls).toBe(1);
});

test('a consumer resumes after its checkpoint when the engine is opened again, and numbers go on rising', async () => {
  const dir = await makeFolder();
  const first = await startForTest({ dir });
  for (const PK of ['a', 'b', 'c']) {
    await first.documents.send(new PutCommand({ TableName, Item: { PK, SK: '1' } }));
  }
  const [, second] = await first.engine.readStream(TableName, { limit: 2 });
  const checkpoint = second?.dynamodb.SequenceNumber ?? '';
  expect(await first.engine.readCheckpoint(TableName, 'project')).toBeUndefined();
  await first.engine.writeCheckpoint(TableName, 'project', checkpoint);
  first.wire.destroy();
  await first.engine.close();

  const { engine, documents } = await startForTest({ dir });
  await documents.send(new PutCommand({ TableName, Item: { PK: 'd', SK: '1' } }));
  const after = await engine.readCheckpoint(TableName, 'project');
  expect(after).toBe(checkpoint);
  const rest = await engine.readStream(TableName, { limit: 10, after: checkpoint });
  expect(names(rest)).toEqual([
    ['INSERT', { S: 'c' }],
    ['INSERT', { S: 'd' }],
  ]);
});

test('records are kept for 24 hours, and numbers never start again', async () => {
  let now = startMs;
  const dir = await makeFolder();
  const first = await startForTest({ dir, clock: () => now });
  await first.documents.send(new PutCommand({ TableName, Item: { PK: 'old', SK: '1' } }));
  const [old] = await first.engine.readStream(TableName, { limit: 1 });
  now += 24 * 3600_000;
  await first.documents.send(new PutCommand({ TableName, Item: { PK: 'young', SK: '1' } }));
  await first.engine.sweepExpired();
  expect(await first.engine.readStream(TableName, { limit: 10 })).toHaveLength(2);
  now += 24 * 3600_000 + 1000;
  await first.engine.sweepExpired();
  expect(await first.engine.readStream(TableName, { limit: 10 })).toEqual([]);
  first.wire.destroy();
  await first.engine.close();

  const { engine, documents } = await startForTest({ dir, clock: () => now });
  await documents.send(new PutCommand({ TableName, Item: { PK: 'new', SK: '1' } }));
  const [latest] = await engine.readStream(TableName, {
    limit: 10,
    after: old?.dynamodb.SequenceNumber ?? '',
  });
  expect(latest?.dynamodb.Keys.PK).toEqual({ S: 'new' });
});

test('expiry removes an item, its index entries and nothing else, in the name of DynamoDB', async () => {
  let now = startMs;
  const { engine, documents } = await startForTest({ clock: () => now });
  const items = [
    { PK: 'due', SK: '1', colour: 'red', expiresAt: startSeconds + 60 },
    { PK: 'later', SK: '1', colour: 'red', expiresAt: startSeconds + 3600 },
    { PK: 'put off', SK: '1', colour: 'red', expiresAt: startSeconds + 60 },
    { PK: 'in milliseconds', SK: '1', colour: 'red', expiresAt: startMs },
    { PK: 'as text', SK: '1', colour: 'red', expiresAt: '1' },
    { PK: 'over five years ago', SK: '1', colour: 'red', expiresAt: 1 },
    { PK: 'never', SK: '1', colour: 'red' },
  ];
  for (const Item of items) await documents.send(new PutCommand({ TableName, Item }));
  await documents.send(
    new UpdateCommand({
      TableName,
      Key: { PK: 'put off', SK: '1' },
      UpdateExpression: 'REMOVE expiresAt',
    }),
  );
  const before = (await engine.readStream(TableName, { limit: 100 })).at(-1)?.dynamodb.SequenceNumber ?? '';
  expect(await engine.sweepExpired()).toBe(0);
  now += 60_000;
  expect(await engine.sweepExpired()).toBe(0);
  now += 1000;
  expect(await engine.sweepExpired()).toBe(1);
  expect(
    (await documents.send(new GetCommand({ TableName, Key: { PK: 'due', SK: '1' } }))).Item,
  ).toBeUndefined();
  const { Count } = await documents.send(
    new QueryCommand({
      TableName,
      IndexName: 'byColour',
      KeyConditionExpression: 'colour = :red',
      ExpressionAttributeValues: { ':red': 'red' },
    }),
  );
  expect(Count).toBe(items.length - 1);
  expect(await engine.readStream(TableName, { limit: 10, after: before })).toMatchObject([
    {
      eventName: 'REMOVE',
      userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
      dynamodb: { Keys: { PK: { S: 'due' } }, OldImage: { expiresAt: { N: String(startSeconds + 60) } } },
    },
  ]);
});

test('one pass removes more items than fit one batch', async () => {
  let now = startMs;
  const { engine, documents } = await startForTest({ clock: () => now });
  const puts = Array.from({ length: 250 }, (_, index) => ({
    PutRequest: { Item: { PK: `item-${index}`, SK: '1', expiresAt: startSeconds } },
  }));
  for (let start = 0; start < puts.length; start += 25) {
    await documents.send(
      new BatchWriteCommand({ RequestItems: { [TableName]: puts.slice(start, start + 25) } }),
    );
  }
  now += 5000;
  expect(await engine.sweepExpired()).toBe(250);
});
