import { PutCommand, QueryCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { catchError, type RunningEngine, startForTest } from './engine-fixture.ts';

const TableName = 'record';
const Key = { PK: 'a', SK: '1' };

const put = ({ documents }: RunningEngine, attributes: Record<string, unknown>, more = {}) =>
  documents.send(new PutCommand({ TableName, Item: { ...Key, ...attributes }, ...more }));

async function update(
  { documents }: RunningEngine,
  UpdateExpression: string,
  values?: Record<string, unknown>,
): Promise<Record<string, unknown> | undefined> {
  const command = new UpdateCommand({
    TableName,
    Key,
    UpdateExpression,
    ...(values && { ExpressionAttributeValues: values }),
    ReturnValues: 'ALL_NEW',
  });
  return (await documents.send(command)).Attributes;
}

describe('an update', () => {
  test('removes the list elements that stood at the given positions before it', async () => {
    const running = await startForTest();
    await put(running, { marks: ['a', 'b', 'c', 'd', { x: 1, y: 2 }] });
    expect(await update(running, 'REMOVE marks[0], marks[4].x, marks[2]')).toMatchObject({
      marks: ['b', 'd', { y: 2 }],
    });
  });

  test('that copies an attribute and changes the original is refused, not run wrongly', async () => {
    const running = await startForTest();
    await put(running, { amount: 1, deep: { x: 1 } });
    for (const expression of [
      'SET earlier = amount ADD amount :one',
      'SET earlier = if_not_exists(amount, :one) ADD amount :one',
      'SET earlier = deep, deep.x = :one',
    ]) {
      const error = await catchError(update(running, expression, { ':one': 1 }));
      expect(error.name).toBe('ValidationException');
      expect(error.message).toMatch(/cannot copy (amount|deep)/);
    }
    expect(await update(running, 'SET earlier = amount, amount = :two', { ':two': 2 })).toMatchObject({
      earlier: 1,
      amount: 2,
    });
    expect(await update(running, 'SET amount = amount + :two', { ':two': 2 })).toMatchObject({ amount: 4 });
  });
});

describe('a condition or filter', () => {
  test('on equality of maps or lists is refused, because it could never hold', async () => {
    const running = await startForTest();
    await put(running, { deep: { x: 1 } });
    for (const expression of ['deep = :map', 'NOT deep <> :map', 'PK = :text OR deep IN (:map, :text)']) {
      const values = { ':map': { x: 1 }, ...(expression.includes(':text') && { ':text': 'a' }) };
      const condition = { ConditionExpression: expression, ExpressionAttributeValues: values };
      const error = await catchError(put(running, {}, condition));
      expect(error.name).toBe('ValidationException');
      expect(error.message).toMatch(/cannot compare maps or lists/);
    }
    const query = new QueryCommand({
      TableName,
      KeyConditionExpression: 'PK = :text',
      FilterExpression: 'contains(things, :map)',
      ExpressionAttributeValues: { ':text': 'a', ':map': { x: 1 } },
    });
    expect((await catchError(running.documents.send(query))).name).toBe('ValidationException');
  });

  test('compares sets in any order, and attributes inside maps', async () => {
    const running = await startForTest();
    await put(running, { tags: new Set(['b', 'a']), deep: { x: 1 } });
    await put(
      running,
      {},
      {
        ConditionExpression: 'tags = :tags AND deep.x IN (:zero, :one) AND size(tags) = :two',
        ExpressionAttributeValues: { ':tags': new Set(['a', 'b']), ':zero': 0, ':one': 1, ':two': 2 },
      },
    );
  });
});

describe('an item', () => {
  test('with an empty index key is refused on every way in', async () => {
    const running = await startForTest();
    const message = /cannot contain an empty string value\. IndexName: byColour, IndexKey: colour/;
    expect((await catchError(put(running, { colour: '' }))).message).toMatch(message);
    expect((await catchError(update(running, 'SET colour = :none', { ':none': '' }))).message).toMatch(
      message,
    );
    const Put = { TableName, Item: { ...Key, colour: '' } };
    const error = await catchError(
      running.documents.send(new TransactWriteCommand({ TransactItems: [{ Put }] })),
    );
    expect(error.CancellationReasons).toEqual([
      { Code: 'ValidationError', Message: expect.stringMatching(message) },
    ]);
  });

  test('is measured in UTF-8 bytes, as AWS does', async () => {
    const running = await startForTest();
    await put(running, { text: 'é'.repeat(204_000) });
    expect((await catchError(put(running, { text: 'é'.repeat(205_000) }))).message).toBe(
      'Item size has exceeded the maximum allowed size',
    );
  });
});
