import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { logHeadKey } from './keys.ts';
import { type AuditStore, schemaVersion } from './store.ts';

/** How far the log has been decided: the one item that two sequencers can race for. */
export interface LogHead {
  readonly version: number;
  /** Entries in the tree. */
  readonly size: number;
  /** The root over them, base64. */
  readonly root: string;
  /** The object from which what belongs to this head can be published again. */
  readonly staging: string;
  /** The last minute (`YYYY-MM-DDTHH:MM`) of which every entry in the table is known to be in the log. */
  readonly sweptTo: string;
}

/** The head as it stands; undefined before the first entry. */
export async function readLogHead({ client, auditTable }: AuditStore): Promise<LogHead | undefined> {
  const { Item } = await client.send(
    new GetCommand({ TableName: auditTable, Key: logHeadKey, ConsistentRead: true }),
  );
  return Item as LogHead | undefined;
}

/** Puts `head` in the place of exactly the version before it; false when another sequencer was first. */
export async function replaceLogHead({ client, auditTable }: AuditStore, head: LogHead): Promise<boolean> {
  try {
    await client.send(
      new PutCommand({
        TableName: auditTable,
        Item: { ...logHeadKey, type: 'LogHead', schemaVersion, ...head },
        ...(head.version === 1
          ? { ConditionExpression: 'attribute_not_exists(PK)' }
          : {
              ConditionExpression: '#version = :before',
              ExpressionAttributeNames: { '#version': 'version' },
              ExpressionAttributeValues: { ':before': head.version - 1 },
            }),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
