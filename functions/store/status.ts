import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';

/** True when the table answers a read; false when it does not. */
export async function isReadable(client: DynamoDBDocumentClient, TableName: string): Promise<boolean> {
  try {
    await client.send(new GetCommand({ TableName, Key: { PK: 'STATUS', SK: 'STATUS' } }));
    return true;
  } catch {
    return false;
  }
}
