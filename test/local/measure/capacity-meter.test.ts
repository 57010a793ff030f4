import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FreshRegion, openFreshRegion } from '../../../local/measure/fresh-region.ts';
import { policy } from '../../support/policy.ts';

const TableName = 'record';
// PK, SK and text: their names and values are 2 + 1 + 2 + 1 + 4 bytes beside the text.
const overhead = 10;
const sized = (SK: string, bytes: number) => ({ PK: 'p', SK, text: 'x'.repeat(bytes - overhead) });
const key = (SK: string) => ({ PK: 'p', SK });

let region: FreshRegion;
let client: FreshRegion['store']['client'];
beforeAll(async () => {
  region = await openFreshRegion(policy);
  client = region.store.client;
});
afterAll(() => region.close());

const put = (SK: string, bytes: number) => client.send(new PutCommand({ TableName, Item: sized(SK, bytes) }));

beforeEach(async () => {
  await put('a', 3500);
  await put('b', 6500);
  await client.send(new DeleteCommand({ TableName, Key: key('c') }));
  region.meter.lap();
});

// Developer Guide, "DynamoDB read and write operations": items of 3.5 KB read as 4 KB, of 6.5 KB as 8 KB, and so on.
describe('read units', () => {
  test.each([
    ['strongly consistent, one unit for each 4 KB begun', 'a', true, 1],
    ['two for 6.5 KB', 'b', true, 2],
    ['eventually consistent, half of that', 'a', false, 0.5],
    ['half of two', 'b', undefined, 1],
    ['a missing item costs the least', 'none', true, 1],
    ['or half of the least', 'none', false, 0.5],
  ])('of GetItem: %s', async (_, SK, ConsistentRead, units) => {
    await client.send(
      new GetCommand({ TableName, Key: key(SK), ...(ConsistentRead !== undefined && { ConsistentRead }) }),
    );
    expect(region.meter.lap()).toMatchObject({ calls: 1, readUnits: units, writeUnits: 0 });
  });

  test('of GetItem with a projection are those of the whole item', async () => {
    await client.send(
      new GetCommand({ TableName, Key: key('b'), ProjectionExpression: 'SK', ConsistentRead: true }),
    );
    expect(region.meter.lap().readUnits).toBe(2);
  });

  // The guide: "if BatchGetItem reads a 1.5 KB item and a 6.5 KB item, the size is 12 KB (4 + 8), not 8 KB".
  test('of BatchGetItem round up each item: 3.5 KB and 6.5 KB are 12 KB, a missing one 4 KB', async () => {
    const Keys = [key('a'), key('b'), key('none')];
    await client.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead: true } } }));
    expect(region.meter.lap()).toMatchObject({ calls: 1, readUnits: 4 });
    await client.send(
      new BatchGetCommand({ RequestItems: { [TableName]: { Keys, ProjectionExpression: 'SK' } } }),
    );
    expect(region.meter.lap().readUnits).toBe(2);
  });

  // The guide: "if your query returns 10 items whose combined size is 40.8 KB, the item size is 44 KB".
  test('of Query round up the sum: 10 KB are three units, or half of that', async () => {
    const query = { TableName, KeyConditionExpression: 'PK = :p', ExpressionAttributeValues: { ':p': 'p' } };
    await client.send(new QueryCommand({ ...query, ConsistentRead: true }));
    expect(region.meter.lap()).toMatchObject({ calls: 1, readUnits: 3, queriedItems: 2 });
    await client.send(new QueryCommand(query));
    expect(region.meter.lap().readUnits).toBe(1.5);
    await client.send(new QueryCommand({ ...query, ExpressionAttributeValues: { ':p': 'nobody' } }));
    expect(region.meter.lap()).toMatchObject({ readUnits: 0.5, queriedItems: 0 });
  });

  test('of a Query with a filter are not guessed', async () => {
    const query = { TableName, KeyConditionExpression: 'PK = :p', FilterExpression: 'SK = :a' };
    const values = { ':p': 'p', ':a': 'a' };
    await expect(
      client.send(new QueryCommand({ ...query, ExpressionAttributeValues: values })),
    ).rejects.toThrow();
  });

  test('of TransactGetItems are two for each 4 KB of each item', async () => {
    const Get = (SK: string) => ({ Get: { TableName, Key: key(SK) } });
    await client.send(new TransactGetCommand({ TransactItems: [Get('a'), Get('b'), Get('none')] }));
    expect(region.meter.lap().readUnits).toBe(2 * (1 + 2 + 1));
  });
});

describe('write units', () => {
  test.each([
    ['one for less than 1 KB', 500, 1],
    ['one for exactly 1 KB', 1024, 1],
    ['two for a byte more', 1025, 2],
    ['two for 1.5 KB, as in the guide', 1536, 2],
  ])('of a new item: %s', async (_, bytes, units) => {
    await put('c', bytes);
    expect(region.meter.lap()).toMatchObject({ calls: 1, writeUnits: units, readUnits: 0 });
  });

  test('of a put over a larger item are those of the larger', async () => {
    await put('b', 200);
    expect(region.meter.lap().writeUnits).toBe(7);
    await put('b', 200);
    expect(region.meter.lap().writeUnits).toBe(1);
  });

  test('of an update are by the larger of before and after', async () => {
    const update = (bytes: number) =>
      client.send(
        new UpdateCommand({
          TableName,
          Key: key('a'),
          UpdateExpression: 'SET #text = :text',
          ExpressionAttributeNames: { '#text': 'text' },
          ExpressionAttributeValues: { ':text': 'x'.repeat(bytes - overhead) },
        }),
      );
    await update(5000);
    expect(region.meter.lap()).toMatchObject({ calls: 1, writeUnits: 5, readUnits: 0 });
    await update(100);
    expect(region.meter.lap().writeUnits).toBe(5);
    await update(100);
    expect(region.meter.lap().writeUnits).toBe(1);
  });

  test('of a delete are those of the item it takes away, one when there is none', async () => {
    await client.send(new DeleteCommand({ TableName, Key: key('a') }));
    expect(region.meter.lap().writeUnits).toBe(4);
    await client.send(new DeleteCommand({ TableName, Key: key('a') }));
    expect(region.meter.lap().writeUnits).toBe(1);
  });

  test('of BatchWriteItem are those of each item', async () => {
    await client.send(
      new BatchWriteCommand({
        RequestItems: {
          [TableName]: [{ PutRequest: { Item: sized('c', 1500) } }, { DeleteRequest: { Key: key('a') } }],
        },
      }),
    );
    expect(region.meter.lap()).toMatchObject({ calls: 1, writeUnits: 2 + 4 });
  });

  test('of a transaction are twice as many, its checks included', async () => {
    await client.send(
      new TransactWriteCommand({
        TransactItems: [
          { Put: { TableName, Item: sized('c', 1500) } },
          { Delete: { TableName, Key: key('a') } },
          { ConditionCheck: { TableName, Key: key('b'), ConditionExpression: 'attribute_exists(PK)' } },
        ],
      }),
    );
    expect(region.meter.lap()).toMatchObject({ calls: 1, writeUnits: 2 * (2 + 4 + 7) });
  });

  test('of a refused write are the same as of one that is done', async () => {
    const refused = put('a', 100).then(() =>
      client.send(
        new PutCommand({
          TableName,
          Item: sized('a', 2000),
          ConditionExpression: 'attribute_not_exists(PK)',
        }),
      ),
    );
    await expect(refused).rejects.toThrow();
    expect(region.meter.lap().writeUnits).toBe(4 + 2);
  });
});
