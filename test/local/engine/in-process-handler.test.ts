import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { inProcessHandler } from '../../../local/engine/in-process-handler.ts';
import { type Engine, startEngine } from '../../../local/engine/index.ts';
import { createEmbeddedTable, recordTable } from '../../support/tables.ts';

const TableName = 'record';
const Item = { PK: 'p', SK: 's', text: 'Zoë' };

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
  await createEmbeddedTable(engine, recordTable, TableName);
});
afterAll(() => engine.close());

function clientOf(answer: Engine['answer']): DynamoDBDocumentClient {
  const dynamo = new DynamoDBClient({
    region: 'eu-west-2',
    endpoint: 'http://nowhere.invalid',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: inProcessHandler({ answer }),
    maxAttempts: 1,
  });
  return DynamoDBDocumentClient.from(dynamo);
}

describe('an SDK client in the engine’s process', () => {
  test('writes and reads without a socket', async () => {
    const client = clientOf(engine.answer);
    await client.send(new PutCommand({ TableName, Item }));
    const { Item: read } = await client.send(new GetCommand({ TableName, Key: { PK: 'p', SK: 's' } }));
    expect(read).toEqual(Item);
  });

  test('meets the errors of the service as the SDK has them', async () => {
    const put = new PutCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(PK)' });
    await expect(clientOf(engine.answer).send(put)).rejects.toBeInstanceOf(ConditionalCheckFailedException);
  });

  test('meets a defect as an internal error, which is told on the console', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {});
    const failing = clientOf(async () => {
      throw new Error('a defect');
    });
    await expect(
      failing.send(new GetCommand({ TableName, Key: { PK: 'p', SK: 's' } })),
    ).rejects.toMatchObject({
      $metadata: { httpStatusCode: 500 },
    });
    expect(told).toHaveBeenCalledOnce();
    told.mockRestore();
  });
});
