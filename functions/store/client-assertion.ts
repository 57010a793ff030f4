import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { assertionKey } from './keys.ts';
import { type Store, schemaVersion } from './store.ts';

/**
 * Marks an assertion's `jti` as used; false when it was used before. The mark stays until `expiresAt` (epoch seconds),
 * from which the assertion is refused by its age.
 */
export async function spendAssertion(
  store: Store,
  clientId: string,
  jti: string,
  expiresAt: number,
): Promise<boolean> {
  const attempt = store.newId();
  try {
    await store.client.send(
      new PutCommand({
        TableName: store.recordTable,
        Item: {
          ...assertionKey(store.keys, clientId, jti),
          type: 'ClientAssertion',
          schemaVersion,
          attempt,
          expiresAt,
        },
        ConditionExpression: 'attribute_not_exists(PK)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    // A reply can be lost after the put; the client's own retry then meets its own mark.
    return error.Item?.attempt?.S === attempt;
  }
}
