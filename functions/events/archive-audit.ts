import { createHash } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { requireVariable } from '../edge/env.ts';
import { describeDefect, log } from '../edge/observe.ts';

const s3 = new S3Client({ maxAttempts: 3 });

/**
 * Copies new audit entries from the table's stream to the audit bucket, whose Object Lock keeps them unchangeable: one
 * NDJSON object for each batch, named after its sequence numbers, so that a repeated batch writes the same object again.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const first = event.Records[0]?.dynamodb?.SequenceNumber;
  try {
    const lines = event.Records.flatMap(auditLine);
    if (lines.length > 0) await putObject(event.Records, lines);
    log('info', 'audit-archived', { count: lines.length });
    return { batchItemFailures: [] };
  } catch (error) {
    log('error', 'audit-archive-failed', { count: event.Records.length, defect: describeDefect(error) });
    if (!first) throw error;
    // A stream is read in order: everything from the first record on is delivered again.
    return { batchItemFailures: [{ itemIdentifier: first }] };
  }
}

/** Entries are only ever inserted; the removal of one at the end of its retention is no new fact. */
function auditLine({ eventName, dynamodb }: DynamoDBRecord): string[] {
  if (eventName !== 'INSERT' || !dynamodb?.NewImage) return [];
  const image = unmarshall(dynamodb.NewImage as Parameters<typeof unmarshall>[0]);
  return [JSON.stringify({ sequence: dynamodb.SequenceNumber, ...image })];
}

async function putObject(records: readonly DynamoDBRecord[], lines: readonly string[]): Promise<void> {
  const name = createHash('sha256')
    .update(records.map(({ dynamodb }) => dynamodb?.SequenceNumber).join())
    .digest('hex')
    .slice(0, 16);
  const hour = new Date((records[0]?.dynamodb?.ApproximateCreationDateTime ?? 0) * 1000)
    .toISOString()
    .slice(0, 13)
    .replaceAll(/[-T]/g, '/');
  const body = `${lines.join('\n')}\n`;
  await s3.send(
    new PutObjectCommand({
      Bucket: requireVariable('AUDIT_BUCKET'),
      Key: `entries/${hour}/${records[0]?.dynamodb?.SequenceNumber}-${name}.ndjson`,
      Body: body,
      ContentType: 'application/x-ndjson',
      ChecksumSHA256: createHash('sha256').update(body).digest('base64'),
    }),
  );
}
