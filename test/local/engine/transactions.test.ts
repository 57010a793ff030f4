import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactGetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { catchError, makeFolder, type RunningEngine, startForTest } from './engine-fixture.ts';

const TableName = 'record';

type Elements = NonNullable<TransactWriteCommandInput['TransactItems']>;

const put = (PK: string, attributes: Record<string, unknown> = {}) => ({
  Put: { TableName, Item: { PK, SK: '1', ...attributes } },
});
const isAbsent = 'attribute_not_exists(PK)';

const transact = (
  { documents }: RunningEngine,
  TransactItems: Elements,
  more: Partial<TransactWriteCommandInput> = {},
) => documents.send(new TransactWriteCommand({ TransactItems, ...more }));

async function read({ documents }: RunningEngine, PK: string): Promise<Record<string, unknown> | undefined> {
  return (await documents.send(new GetCommand({ TableName, Key: { PK, SK: '1' } }))).Item;
}

describe('TransactWriteItems', () => {
  test('puts, updates, deletes and checks in one step', async () => {
    const running = await startForTest();
    for (const PK of ['updated', 'deleted', 'checked']) {
      await running.documents.send(new PutCommand({ TableName, Item: { PK, SK: '1', count: 1 } }));
    }
    await transact(running, [
      put('added'),
      {
        Update: {
          TableName,
          Key: { PK: 'updated', SK: '1' },
          UpdateExpression: 'SET #count = #count + :one',
          ExpressionAttributeNames: { '#count': 'count' },
          ExpressionAttributeValues: { ':one': 1 },
        },
      },
      { Delete: { TableName, Key: { PK: 'deleted', SK: '1' } } },
      {
        ConditionCheck: {
          TableName,
          Key: { PK: 'checked', SK: '1' },
          ConditionExpression: 'attribute_exists(PK)',
        },
      },
    ]);
    expect(await read(running, 'added')).toEqual({ PK: 'added', SK: '1' });
    expect(await read(running, 'updated')).toEqual({ PK: 'updated', SK: '1', count: 2 });
    expect(await read(running, 'deleted')).toBeUndefined();
    expect(await read(running, 'checked')).toEqual({ PK: 'checked', SK: '1', count: 1 });
  });

  test('takes 100 items and refuses 101', async () => {
    const running = await startForTest();
    const elements = Array.from({ length: 101 }, (_, index) => put(`item-${index}`));
    await transact(running, elements.slice(0, 100));
    expect(await read(running, 'item-99')).toBeDefined();
    const error = await catchError(transact(running, elements));
    expect(error.name).toBe('ValidationException');
    expect(error.message).toMatch(/Member must have length less than or equal to 100/);
    expect(await read(running, 'item-100')).toBeUndefined();
  });

  test('refuses an empty list', async () => {
    const running = await startForTest();
    expect((await catchError(transact(running, []))).name).toBe('ValidationException');
  });

  test('refuses two operations on one item', async () => {
    const running = await startForTest();
    const error = await catchError(
      transact(running, [put('one'), { Delete: { TableName, Key: { PK: 'one', SK: '1' } } }]),
    );
    expect(error.name).toBe('ValidationException');
    expect(error.message).toBe('Transaction request cannot include multiple operations on one item');
  });

  test('refuses more than 4 MB in total', async () => {
    const running = await startForTest();
    const text = 'x'.repeat(399_000);
    const elements = Array.from({ length: 11 }, (_, index) => put(`large-${index}`, { text }));
    await transact(running, elements.slice(0, 10));
    expect((await catchError(transact(running, elements))).name).toBe('ValidationException');
    expect(await read(running, 'large-10')).toBeUndefined();
  });

  test('refuses an item over 400 KB', async () => {
    const running = await startForTest();
    const error = await catchError(transact(running, [put('large', { text: 'x'.repeat(410_000) })]));
    expect(error.name).toBe('ValidationException');
    expect(error.message).toMatch(/Item size has exceeded the maximum allowed size/);
  });

  test('writes nothing when one condition fails, and gives the reasons in the order of the request', async () => {
    const running = await startForTest();
    await running.documents.send(new PutCommand({ TableName, Item: { PK: 'old', SK: '1', colour: 'red' } }));
    const error = await catchError(
      transact(running, [
        put('new', { colour: 'blue' }),
        {
          Put: {
            TableName,
            Item: { PK: 'old', SK: '1' },
            ConditionExpression: isAbsent,
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
        {
          ConditionCheck: {
            TableName,
            Key: { PK: 'missing', SK: '1' },
            ConditionExpression: 'attribute_exists(PK)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
      ]),
    );
    expect(error.name).toBe('TransactionCanceledException');
    expect(error.message).toBe(
      'Transaction cancelled, please refer cancellation reasons for specific reasons ' +
        '[None, ConditionalCheckFailed, ConditionalCheckFailed]',
    );
    expect(error.CancellationReasons).toEqual([
      { Code: 'None' },
      {
        Code: 'ConditionalCheckFailed',
        Message: 'The conditional request failed',
        Item: { PK: { S: 'old' }, SK: { S: '1' }, colour: { S: 'red' } },
      },
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
    ]);
    expect(await read(running, 'new')).toBeUndefined();
    const { Items } = await running.documents.send(
      new QueryCommand({
        TableName,
        IndexName: 'byColour',
        KeyConditionExpression: 'colour = :colour',
        ExpressionAttributeValues: { ':colour': 'blue' },
      }),
    );
    expect(Items).toEqual([]);
  });

  test('returns no item on a failed condition unless asked to', async () => {
    const running = await startForTest();
    await transact(running, [put('old')]);
    const error = await catchError(
      transact(running, [
        { Put: { TableName, Item: { PK: 'old', SK: '1' }, ConditionExpression: isAbsent } },
      ]),
    );
    expect(error.CancellationReasons).toEqual([
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
    ]);
  });

  test('names what only the stored item makes invalid as ValidationError', async () => {
    const running = await startForTest();
    await transact(running, [put('text', { count: 'many' })]);
    const error = await catchError(
      transact(running, [
        put('other'),
        {
          Update: {
            TableName,
            Key: { PK: 'text', SK: '1' },
            UpdateExpression: 'ADD #count :one',
            ExpressionAttributeNames: { '#count': 'count' },
            ExpressionAttributeValues: { ':one': 1 },
          },
        },
      ]),
    );
    expect(error.name).toBe('TransactionCanceledException');
    expect(error.CancellationReasons).toEqual([
      { Code: 'None' },
      { Code: 'ValidationError', Message: 'An operand in the update expression has an incorrect data type' },
    ]);
    expect(await read(running, 'other')).toBeUndefined();
  });

  test('cancels when an item lacks a key attribute', async () => {
    const running = await startForTest();
    const error = await catchError(transact(running, [{ Put: { TableName, Item: { PK: 'no sort key' } } }]));
    expect(error.name).toBe('TransactionCanceledException');
    expect(error.CancellationReasons).toMatchObject([{ Code: 'ValidationError' }]);
  });

  test('refuses a bad expression for the whole request', async () => {
    const running = await startForTest();
    const error = await catchError(
      transact(running, [
        { Put: { TableName, Item: { PK: 'a', SK: '1' }, ConditionExpression: 'attribute_not_exist(PK)' } },
      ]),
    );
    expect(error.name).toBe('ValidationException');
    expect(error.message).toMatch(/Invalid ConditionExpression/);
  });

  test('refuses a table that does not exist', async () => {
    const running = await startForTest();
    const error = await catchError(
      transact(running, [{ Put: { TableName: 'absent', Item: { PK: 'a', SK: '1' } } }]),
    );
    expect(error.name).toBe('ResourceNotFoundException');
  });

  test.each([
    ['an element with two operations', [{ ...put('a'), Delete: { TableName, Key: { PK: 'b', SK: '1' } } }]],
    ['an element with none', [{}]],
    ['a check without a condition', [{ ConditionCheck: { TableName, Key: { PK: 'a', SK: '1' } } }]],
    ['an update without an expression', [{ Update: { TableName, Key: { PK: 'a', SK: '1' } } }]],
  ])('refuses %s', async (_what, TransactItems) => {
    const running = await startForTest();
    const error = await catchError(transact(running, TransactItems as Elements));
    expect(error.name).toBe('ValidationException');
  });

  test('refuses a parameter it does not know instead of ignoring it', async () => {
    const running = await startForTest();
    const headers = {
      authorization: 'AWS4-HMAC-SHA256 local',
      'x-amz-target': 'DynamoDB_20120810.TransactWriteItems',
    };
    const item = { PK: { S: 'a' }, SK: { S: '1' } };
    for (const body of [
      { TransactItems: [{ Put: { TableName, Item: item } }], Isolation: 'none' },
      { TransactItems: [{ Put: { TableName, Item: item, ReturnValues: 'ALL_OLD' } }] },
    ]) {
      const answer = await fetch(running.engine.endpoint, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ message: expect.stringMatching(/Isolation|ReturnValues/) });
    }
    expect(await read(running, 'a')).toBeUndefined();
  });

  test('reports twice the write units, for each table', async () => {
    const running = await startForTest();
    const { ConsumedCapacity } = await transact(
      running,
      [put('small'), put('large', { text: 'x'.repeat(1500) })],
      { ReturnConsumedCapacity: 'TOTAL', ReturnItemCollectionMetrics: 'SIZE' },
    );
    expect(ConsumedCapacity).toMatchObject([{ TableName, CapacityUnits: 6, WriteCapacityUnits: 6 }]);
  });

  test('concurrent transactions on the same items lose no update', async () => {
    const running = await startForTest();
    const add = (PK: string) => ({
      Update: {
        TableName,
        Key: { PK, SK: '1' },
        UpdateExpression: 'ADD #count :one',
        ExpressionAttributeNames: { '#count': 'count' },
        ExpressionAttributeValues: { ':one': 1 },
      },
    });
    // Opposite orders would block each other if locks were taken in the order of the request.
    const transactions = Array.from({ length: 40 }, (_, index) =>
      transact(running, index % 2 === 0 ? [add('a'), add('b')] : [add('b'), add('a')]),
    );
    const singles = Array.from({ length: 40 }, () =>
      running.documents.send(new UpdateCommand(add('a').Update)),
    );
    await Promise.all([...transactions, ...singles]);
    expect(await read(running, 'a')).toMatchObject({ count: 80 });
    expect(await read(running, 'b')).toMatchObject({ count: 40 });
  });
});

describe('ClientRequestToken', () => {
  const add: Elements = [
    {
      Update: {
        TableName,
        Key: { PK: 'counted', SK: '1' },
        UpdateExpression: 'ADD #count :one',
        ExpressionAttributeNames: { '#count': 'count' },
        ExpressionAttributeValues: { ':one': 1 },
      },
    },
  ];
  const ClientRequestToken = 'token-1';

  test('makes a repeated transaction succeed without a second effect', async () => {
    const running = await startForTest();
    await Promise.all([1, 2, 3].map(() => transact(running, add, { ClientRequestToken })));
    expect(await read(running, 'counted')).toMatchObject({ count: 1 });
  });

  test('is refused with another transaction', async () => {
    const running = await startForTest();
    await transact(running, add, { ClientRequestToken });
    const error = await catchError(transact(running, [put('other')], { ClientRequestToken }));
    expect(error.name).toBe('IdempotentParameterMismatchException');
    expect(await read(running, 'other')).toBeUndefined();
  });

  test('can be used again after ten minutes', async () => {
    let now = 1_800_000_000_000;
    const running = await startForTest({ clock: () => now });
    await transact(running, add, { ClientRequestToken });
    now += 10 * 60_000 - 1;
    await transact(running, add, { ClientRequestToken });
    expect(await read(running, 'counted')).toMatchObject({ count: 1 });
    now += 1;
    await transact(running, add, { ClientRequestToken });
    expect(await read(running, 'counted')).toMatchObject({ count: 2 });
  });

  test('of a cancelled transaction is free', async () => {
    const running = await startForTest();
    const condition = {
      TableName,
      Key: { PK: 'gate', SK: '1' },
      ConditionExpression: 'attribute_exists(PK)',
    };
    const guarded = [...add, { ConditionCheck: condition }];
    await catchError(transact(running, guarded, { ClientRequestToken }));
    await transact(running, [put('gate')]);
    await transact(running, guarded, { ClientRequestToken });
    expect(await read(running, 'counted')).toMatchObject({ count: 1 });
  });

  test('is still known after a restart', async () => {
    const dir = await makeFolder();
    const first = await startForTest({ dir });
    await transact(first, add, { ClientRequestToken });
    first.wire.destroy();
    await first.engine.close();
    const second = await startForTest({ dir });
    await transact(second, add, { ClientRequestToken });
    expect(await read(second, 'counted')).toMatchObject({ count: 1 });
  });

  test('longer than 36 characters is refused', async () => {
    const running = await startForTest();
    const error = await catchError(transact(running, add, { ClientRequestToken: 'x'.repeat(37) }));
    expect(error.name).toBe('ValidationException');
  });
});

describe('TransactGetItems', () => {
  const get = (PK: string) => ({ Get: { TableName, Key: { PK, SK: '1' } } });

  test('answers in the order of the request, with gaps for absent items, and projects', async () => {
    const running = await startForTest();
    await transact(running, [put('a', { colour: 'red' }), put('b', { colour: 'blue' })]);
    const { Responses, ConsumedCapacity } = await running.documents.send(
      new TransactGetCommand({
        TransactItems: [
          get('b'),
          get('absent'),
          {
            Get: {
              ...get('a').Get,
              ProjectionExpression: '#c',
              ExpressionAttributeNames: { '#c': 'colour' },
            },
          },
        ],
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
    expect(Responses).toEqual([
      { Item: { PK: 'b', SK: '1', colour: 'blue' } },
      {},
      { Item: { colour: 'red' } },
    ]);
    expect(ConsumedCapacity).toMatchObject([{ CapacityUnits: 6 }]);
  });

  test('refuses the same item twice', async () => {
    const running = await startForTest();
    const error = await catchError(
      running.documents.send(new TransactGetCommand({ TransactItems: [get('a'), get('a')] })),
    );
    expect(error.message).toBe('Transaction request cannot include multiple operations on one item');
  });

  test('never sees half of a transaction', async () => {
    const running = await startForTest();
    const write = async () => {
      for (let count = 1; count <= 40; count += 1) {
        await transact(running, [put('a', { count }), put('b', { count })]);
      }
    };
    let isWriting = true;
    const writing = write().finally(() => {
      isWriting = false;
    });
    while (isWriting) {
      const { Responses = [] } = await running.documents.send(
        new TransactGetCommand({ TransactItems: [get('a'), get('b')] }),
      );
      expect(Responses[0]?.Item?.count).toBe(Responses[1]?.Item?.count);
    }
    await writing;
  });
});

describe('single writes', () => {
  test('return the item on a failed condition when asked to', async () => {
    const { documents } = await startForTest();
    const Item = { PK: 'a', SK: '1', colour: 'red' };
    await documents.send(new PutCommand({ TableName, Item }));
    const options = {
      ConditionExpression: isAbsent,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    } as const;
    for (const command of [
      new PutCommand({ TableName, Item, ...options }),
      new DeleteCommand({ TableName, Key: { PK: 'a', SK: '1' }, ...options }),
    ]) {
      const error = await catchError(documents.send(command as PutCommand));
      expect(error.name).toBe('ConditionalCheckFailedException');
      expect(error.Item).toEqual({ PK: { S: 'a' }, SK: { S: '1' }, colour: { S: 'red' } });
    }
  });

  test('refuse a table that does not exist, as a transaction does', async () => {
    const { wire } = await startForTest();
    const item = { PK: { S: 'a' }, SK: { S: '1' } };
    const error = await catchError(
      wire.send(
        new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: 'absent', Item: item } }] }),
      ),
    );
    expect(error.name).toBe('ResourceNotFoundException');
  });
});
