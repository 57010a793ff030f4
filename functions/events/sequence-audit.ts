import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { LogEntry } from '../domain/audit/audit-entry.ts';
import { openAuditLog } from '../edge/audit-log.ts';
import { describeDefect, log } from '../edge/observe.ts';
import { type AuditLog, sequenceEntries, sequenceSettled } from '../usecases/sequence-audit.ts';

type StreamedEntry = LogEntry & { readonly type?: string };

let auditLog: AuditLog | undefined;

/**
 * Adds new audit entries from the table's stream to the verifiable log. With each sign of life it also reads the settled minutes
 * from the table again, so that what the stream lost is lost to nobody.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const first = event.Records[0]?.dynamodb?.SequenceNumber;
  try {
    auditLog ??= openAuditLog();
    const entries = event.Records.flatMap(readEntry);
    let count = entries.length > 0 ? await sequenceEntries(auditLog, entries) : 0;
    if (entries.some(({ type }) => type === 'AuditHeartbeat')) count += await sequenceSettled(auditLog);
    log('info', 'audit-sequenced', { count });
    return { batchItemFailures: [] };
  } catch (error) {
    log('error', 'audit-sequence-failed', { count: event.Records.length, defect: describeDefect(error) });
    if (!first) throw error;
    // All of the batch comes again: what is in the log already is passed over.
    return { batchItemFailures: [{ itemIdentifier: first }] };
  }
}

/** Entries are only ever inserted; the other items of the table are the log's own and the usage counters. */
function readEntry({ eventName, dynamodb }: DynamoDBRecord): StreamedEntry[] {
  if (eventName !== 'INSERT' || !dynamodb?.NewImage) return [];
  const image = unmarshall(dynamodb.NewImage as Parameters<typeof unmarshall>[0]) as StreamedEntry;
  return image.type === 'AuditEntry' || image.type === 'AuditHeartbeat' ? [image] : [];
}
