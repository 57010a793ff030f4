// A process to be killed: writes transactions of four items from four callers for ever, and prints the number of
// each transaction once it is acknowledged. Arguments: the data folder and the number to start from.
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { startEngine } from '../../../local/engine/index.ts';
import { connect, record } from './engine-fixture.ts';

const CALLERS = 4;
const [folder = '', start = '0'] = process.argv.slice(2);
const engine = await startEngine({ dir: folder });
await engine.createTable(record);
const { documents } = connect(engine.endpoint);

/** Puts three parts, counts the transaction, and moves a part of the caller's previous one to another group. */
async function write(number: number, previous: number | undefined): Promise<void> {
  const TableName = record.name;
  await documents.send(
    new TransactWriteCommand({
      TransactItems: [
        ...[0, 1, 2].map((part) => ({
          Put: {
            TableName,
            Item: { PK: `T#${number}`, SK: `PART#${part}`, group: `G#${number % 3}`, text: 'x'.repeat(2000) },
          },
        })),
        {
          Update: {
            TableName,
            Key: { PK: 'COUNTER', SK: 'ALL' },
            UpdateExpression: 'ADD written :one',
            ExpressionAttributeValues: { ':one': 1 },
          },
        },
        ...(previous === undefined
          ? []
          : [
              {
                Update: {
                  TableName,
                  Key: { PK: `T#${previous}`, SK: 'PART#0' },
                  UpdateExpression: 'SET #group = :moved',
                  ExpressionAttributeNames: { '#group': 'group' },
                  ExpressionAttributeValues: { ':moved': 'MOVED' },
                },
              },
            ]),
      ],
    }),
  );
}

async function call(caller: number): Promise<never> {
  let previous: number | undefined;
  for (let number = Number(start) + caller; ; number += CALLERS) {
    await write(number, previous);
    // A write to a pipe is synchronous here, so what was printed before the kill is what was acknowledged.
    process.stdout.write(`${number}\n`);
    previous = number;
  }
}

await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)));
