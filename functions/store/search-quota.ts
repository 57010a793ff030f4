import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { SearchQuota } from '../domain/access/search-quotas.ts';
import { searchQuotaKey } from './keys.ts';
import { instant, type Store, schemaVersion } from './store.ts';

/** Seconds for which the counters of an hour are kept. */
const keptSeconds = 2 * 3600;

/**
 * Counts one search of a holder (a name that tells nobody, such as a pseudonym), unless that would be one too many for the minute
 * or the hour: then false, and it is not counted. One conditional write, so that a quota holds however many ask at once.
 */
export async function countSearch(store: Store, holder: string, quota: SearchQuota): Promise<boolean> {
  const now = instant(store);
  try {
    await store.client.send(
      new UpdateCommand({
        TableName: store.recordTable,
        Key: searchQuotaKey(holder, now.slice(0, 13)),
        UpdateExpression:
          'SET #type = :type, schemaVersion = :schema, expiresAt = :expires ADD #hour :one, #minute :one',
        ConditionExpression:
          '(attribute_not_exists(#hour) OR #hour < :anHour) AND (attribute_not_exists(#minute) OR #minute < :aMinute)',
        ExpressionAttributeNames: {
          '#type': 'type',
          '#hour': 'hour',
          '#minute': `minute${now.slice(14, 16)}`,
        },
        ExpressionAttributeValues: {
          ':type': 'SearchQuota',
          ':schema': schemaVersion,
          ':expires': Math.floor(store.now().getTime() / 1000) + keptSeconds,
          ':one': 1,
          ':anHour': quota.anHour,
          ':aMinute': quota.aMinute,
        },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
