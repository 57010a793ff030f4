import { randomUUID } from 'node:crypto';
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactGetItemsCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { startEngine } from '../../local/engine/index.ts';

/*
 * Asks the same questions of the embedded engine and of each `name=endpoint` argument (`aws=aws` for the account of the
 * environment), and prints the answers as the table of docs/engine-differences.md:
 * node test/smoke/engine-differences.ts ministack=http://127.0.0.1:4566
 */

interface Engine {
  readonly name: string;
  readonly client: DynamoDBClient;
  readonly table: string;
}

const text = (S: string) => ({ S });
const key = (PK: string, SK = 'ITEM') => ({ PK: text(PK), SK: text(SK) });
const kilobyte = 'x'.repeat(1_100);

/** A question, and how one engine answers it in a few words. */
type Probe = readonly [question: string, ask: (engine: Engine) => Promise<string>];

const probes: readonly Probe[] = [
  [
    'write units of a put of 1.1 KB',
    async ({ client, table }) => {
      const { ConsumedCapacity } = await client.send(
        new PutItemCommand({
          TableName: table,
          Item: { ...key('units'), data: text(kilobyte) },
          ReturnConsumedCapacity: 'TOTAL',
        }),
      );
      return String(ConsumedCapacity?.CapacityUnits);
    },
  ],
  [
    'write units of two puts of 1.1 KB in one transaction',
    async ({ client, table }) => {
      const { ConsumedCapacity } = await client.send(
        new TransactWriteItemsCommand({
          TransactItems: ['units-1', 'units-2'].map((PK) => ({
            Put: { TableName: table, Item: { ...key(PK), data: text(kilobyte) } },
          })),
          ReturnConsumedCapacity: 'TOTAL',
        }),
      );
      return String(ConsumedCapacity?.[0]?.CapacityUnits);
    },
  ],
  [
    'read units of a consistent get of 1.1 KB, and of the same in a transaction',
    async ({ client, table }) => {
      const get = await client.send(
        new GetItemCommand({
          TableName: table,
          Key: key('units'),
          ConsistentRead: true,
          ReturnConsumedCapacity: 'TOTAL',
        }),
      );
      const together = await client.send(
        new TransactGetItemsCommand({
          TransactItems: [{ Get: { TableName: table, Key: key('units') } }],
          ReturnConsumedCapacity: 'TOTAL',
        }),
      );
      return `${get.ConsumedCapacity?.CapacityUnits}, ${together.ConsumedCapacity?.[0]?.CapacityUnits}`;
    },
  ],
  [
    'reasons of a cancelled transaction: codes, message, old item when asked for',
    async ({ client, table }) => {
      await client.send(new PutItemCommand({ TableName: table, Item: key('there') }));
      const reasons = await client
        .send(
          new TransactWriteItemsCommand({
            TransactItems: [
              { Put: { TableName: table, Item: key('fresh') } },
              {
                Put: {
                  TableName: table,
                  Item: key('there'),
                  ConditionExpression: 'attribute_not_exists(PK)',
                  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
                },
              },
            ],
          }),
        )
        .then(
          () => [],
          (error: unknown) =>
            error instanceof TransactionCanceledException ? error.CancellationReasons : [],
        );
      return (reasons ?? [])
        .map(
          ({ Code, Message, Item }) => `${Code}${Message ? ` "${Message}"` : ''}${Item ? ' with item' : ''}`,
        )
        .join('; ');
    },
  ],
  [
    'the same item twice in one transaction',
    ({ client, table }) =>
      refusal(
        client.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              { Put: { TableName: table, Item: key('double') } },
              { Delete: { TableName: table, Key: key('double') } },
            ],
          }),
        ),
      ),
  ],
  [
    'a transaction of 101 items',
    ({ client, table }) =>
      refusal(
        client.send(
          new TransactWriteItemsCommand({
            TransactItems: Array.from({ length: 101 }, (_, index) => ({
              Put: { TableName: table, Item: key(`many-${index}`) },
            })),
          }),
        ),
      ),
  ],
  [
    'a transaction of more than 4 MB',
    ({ client, table }) =>
      refusal(
        client.send(
          new TransactWriteItemsCommand({
            TransactItems: Array.from({ length: 12 }, (_, index) => ({
              Put: { TableName: table, Item: { ...key(`big-${index}`), data: text('x'.repeat(380_000)) } },
            })),
          }),
        ),
      ),
  ],
  [
    'a client request token again: same transaction, another transaction',
    async ({ client, table }) => {
      const ClientRequestToken = randomUUID();
      const add = (amount: string) =>
        client.send(
          new TransactWriteItemsCommand({
            ClientRequestToken,
            TransactItems: [
              {
                Update: {
                  TableName: table,
                  Key: key('counter'),
                  UpdateExpression: 'ADD amount :amount',
                  ExpressionAttributeValues: { ':amount': { N: amount } },
                },
              },
            ],
          }),
        );
      await add('1');
      await add('1');
      const { Item } = await client.send(
        new GetItemCommand({ TableName: table, Key: key('counter'), ConsistentRead: true }),
      );
      return `applied ${Item?.amount?.N} time(s), ${await refusal(add('2'))}`;
    },
  ],
  [
    'eight transactions at once that add to one item',
    async ({ client, table }) => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, () =>
          client.send(
            new TransactWriteItemsCommand({
              TransactItems: [
                {
                  Update: {
                    TableName: table,
                    Key: key('contended'),
                    UpdateExpression: 'ADD amount :one',
                    ExpressionAttributeValues: { ':one': { N: '1' } },
                  },
                },
              ],
            }),
          ),
        ),
      );
      const { Item } = await client.send(
        new GetItemCommand({ TableName: table, Key: key('contended'), ConsistentRead: true }),
      );
      const won = outcomes.filter(({ status }) => status === 'fulfilled').length;
      return `${won} of 8 succeed, amount ${Item?.amount?.N}`;
    },
  ],
  [
    'an item of more than 400 KB',
    ({ client, table }) =>
      refusal(
        client.send(
          new PutItemCommand({
            TableName: table,
            Item: { ...key('large'), data: text('x'.repeat(410_000)) },
          }),
        ),
      ),
  ],
  [
    'a sort key of more than 1,024 bytes',
    ({ client, table }) =>
      refusal(client.send(new PutItemCommand({ TableName: table, Item: key('long', 'x'.repeat(1_025)) }))),
  ],
  [
    'an empty partition key',
    ({ client, table }) => refusal(client.send(new PutItemCommand({ TableName: table, Item: key('') }))),
  ],
  [
    'a batch of 26 writes',
    ({ client, table }) =>
      refusal(
        client.send(
          new BatchWriteItemCommand({
            RequestItems: {
              [table]: Array.from({ length: 26 }, (_, index) => ({
                PutRequest: { Item: key(`batch-${index}`) },
              })),
            },
          }),
        ),
      ),
  ],
  [
    'a reserved word (`status`) in a condition',
    ({ client, table }) =>
      refusal(
        client.send(
          new PutItemCommand({
            TableName: table,
            Item: key('reserved'),
            ConditionExpression: 'attribute_not_exists(status)',
          }),
        ),
      ),
  ],
  [
    'an expression value that no expression uses',
    ({ client, table }) =>
      refusal(
        client.send(
          new UpdateItemCommand({
            TableName: table,
            Key: key('unused'),
            UpdateExpression: 'SET a = :a',
            ExpressionAttributeValues: { ':a': text('1'), ':b': text('2') },
          }),
        ),
      ),
  ],
  [
    'a number of 39 digits',
    ({ client, table }) =>
      refusal(
        client.send(
          new PutItemCommand({ TableName: table, Item: { ...key('digits'), n: { N: '1'.repeat(39) } } }),
        ),
      ),
  ],
  [
    'order of the sort keys z, é, U+FF5E, U+1F600',
    async ({ client, table }) => {
      for (const SK of ['\u{1F600}', '\uFF5E', 'é', 'z'])
        await client.send(new PutItemCommand({ TableName: table, Item: key('order', SK) }));
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'PK = :pk',
          ExpressionAttributeValues: { ':pk': text('order') },
        }),
      );
      return Items.map(({ SK }) => `U+${SK?.S?.codePointAt(0)?.toString(16).toUpperCase()}`).join(' ');
    },
  ],
  [
    'LastEvaluatedKey of a Query whose Limit is the number of items',
    async ({ client, table }) => {
      const { LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'PK = :pk',
          ExpressionAttributeValues: { ':pk': text('order') },
          Limit: 4,
        }),
      );
      return LastEvaluatedKey ? 'given' : 'absent';
    },
  ],
  [
    'bytes after which a Query page ends (20 items of 100 KB)',
    async ({ client, table }) => {
      for (let index = 10; index < 30; index += 1)
        await client.send(
          new PutItemCommand({
            TableName: table,
            Item: { ...key('page', String(index)), data: text('x'.repeat(100_000)) },
          }),
        );
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'PK = :pk',
          ExpressionAttributeValues: { ':pk': text('page') },
        }),
      );
      return `${Items.length} of 20 items${LastEvaluatedKey ? ', then a next page' : ''}`;
    },
  ],
  [
    'a consistent read of a global index',
    ({ client, table }) =>
      refusal(
        client.send(
          new QueryCommand({
            TableName: table,
            IndexName: 'byOwner',
            ConsistentRead: true,
            KeyConditionExpression: 'IPK = :pk',
            ExpressionAttributeValues: { ':pk': text('x') },
          }),
        ),
      ),
  ],
  [
    'an item whose time to live is an hour past, read at once and 3 s later',
    async ({ client, table }) => {
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: { ...key('expired'), expiresAt: { N: String(Math.floor(Date.now() / 1000) - 3_600) } },
        }),
      );
      const look = async () => {
        const { Item } = await client.send(
          new GetItemCommand({ TableName: table, Key: key('expired'), ConsistentRead: true }),
        );
        return Item ? 'there' : 'gone';
      };
      const first = await look();
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      return `${first}, ${await look()}`;
    },
  ],
  [
    'DescribeTable: a stream is declared',
    async ({ client, table }) => {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
      return Table?.LatestStreamArn ? 'with its ARN' : 'no ARN';
    },
  ],
];

/** How a request was refused: name and message; `taken` when it was not. */
async function refusal(request: Promise<object>): Promise<string> {
  try {
    await request;
    return 'taken';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `${error.name} "${error.message.slice(0, 110)}"`;
  }
}

function clientOf(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({
    region: 'eu-west-2',
    maxAttempts: 1,
    ...(endpoint !== 'aws' && { endpoint, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }),
  });
}

async function openRemote(name: string, endpoint: string): Promise<Engine> {
  const client = clientOf(endpoint);
  const table = `differences-${randomUUID()}`;
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['PK', 'SK', 'IPK', 'ISK'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S' as const,
      })),
      KeySchema: [
        { AttributeName: 'PK', KeyType: 'HASH' },
        { AttributeName: 'SK', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byOwner',
          KeySchema: [
            { AttributeName: 'IPK', KeyType: 'HASH' },
            { AttributeName: 'ISK', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName: table });
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: table,
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    }),
  );
  return { name, client, table };
}

const embedded = await startEngine();
await embedded.createTable({
  name: 'differences',
  partitionKey: 'PK',
  sortKey: 'SK',
  indexes: [{ name: 'byOwner', partitionKey: 'IPK', sortKey: 'ISK' }],
  ttlAttribute: 'expiresAt',
  stream: true,
});
const engines: Engine[] = [
  { name: 'embedded', client: clientOf(embedded.endpoint), table: 'differences' },
  ...(await Promise.all(
    process.argv.slice(2).map((argument) => {
      const at = argument.indexOf('=');
      return openRemote(argument.slice(0, at), argument.slice(at + 1));
    }),
  )),
];
console.log(`| | ${engines.map(({ name }) => name).join(' | ')} |\n|---|${'---|'.repeat(engines.length)}`);
for (const [question, ask] of probes) {
  const answers: string[] = [];
  for (const engine of engines)
    answers.push(await ask(engine).catch((error: unknown) => `fails: ${String(error)}`));
  console.log(`| ${question} | ${answers.map((answer) => answer.replaceAll('|', '\\|')).join(' | ')} |`);
}
for (const { client } of engines) client.destroy();
await embedded.close();
