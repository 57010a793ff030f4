import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { searchingOperations, viewingOperations } from '../api/routes.ts';
import type { AuditEntry } from '../domain/audit/audit-entry.ts';
import { countMetric, describeDefect, log } from '../edge/observe.ts';
import { loadRegion } from '../edge/region.ts';
import { countUsage } from '../usecases/count-usage.ts';
import { raisePrivacyAlerts } from '../usecases/raise-privacy-alerts.ts';

/**
 * Follows the audit table's stream: counts usage, keeps each user's list of entries, and raises privacy alerts. Each entry
 * counts once however often it is delivered, so a batch that fails is simply delivered again.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const entries = event.Records.flatMap(newEntry);
  try {
    const region = await loadRegion();
    await countUsage(region, entries, viewingOperations);
    const raised = await raisePrivacyAlerts(region, entries, {
      viewing: viewingOperations,
      searching: searchingOperations,
    });
    // The rule and no more: who looked at whom is for the privacy officer's list alone.
    for (const rule of raised) countMetric('PrivacyAlert', { operation: rule });
    log('info', 'audit-followed', { count: entries.length });
    return { batchItemFailures: [] };
  } catch (error) {
    log('error', 'audit-follow-failed', { count: entries.length, defect: describeDefect(error) });
    const first = event.Records[0]?.dynamodb?.SequenceNumber;
    if (!first) throw error;
    return { batchItemFailures: [{ itemIdentifier: first }] };
  }
}

/** Entries are only ever inserted; the removal of one at the end of its retention is no new fact. */
function newEntry({ dynamodb, eventName }: DynamoDBRecord): AuditEntry[] {
  if (eventName !== 'INSERT' || !dynamodb?.NewImage) return [];
  const image = unmarshall(dynamodb.NewImage as Parameters<typeof unmarshall>[0]);
  return image.type === 'AuditEntry' ? [image as AuditEntry] : [];
}
