import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { comparisonFields } from '../domain/matching/comparison-fields.ts';
import { describeDefect, log } from '../edge/observe.ts';
import { loadRegion } from '../edge/region.ts';
import type { SourceRef } from '../store/keys.ts';
import type { SourceRecord } from '../store/source-record.ts';
import { rematchSource } from '../usecases/rematch-source.ts';

/**
 * The late pass: source records whose details have changed, or that their number alone has linked, are matched again, in
 * the order of the table's stream. A registration without a number has searched the index already.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const region = await loadRegion();
  let count = 0;
  for (const record of event.Records) {
    const source = changedSource(record);
    if (!source) continue;
    try {
      const { kind } = await rematchSource(region, source);
      if (kind !== 'nothing') count += 1;
    } catch (error) {
      log('error', 'rematch-failed', { count: 1, defect: describeDefect(error) });
      const { SequenceNumber } = record.dynamodb ?? {};
      if (!SequenceNumber) throw error;
      // A stream is read in order: everything from this record on is delivered again.
      return { batchItemFailures: [{ itemIdentifier: SequenceNumber }] };
    }
  }
  log('info', 'sources-rematched', { count });
  return { batchItemFailures: [] };
}

function changedSource({ dynamodb }: DynamoDBRecord): SourceRef | undefined {
  const now = readImage(dynamodb?.NewImage);
  if (now?.type !== 'SourceRecord' || !now.demographics || !now.personId || !now.source) return undefined;
  const before = readImage(dynamodb?.OldImage);
  const wasLinked = before?.demographics !== undefined && before.personId !== undefined;
  if (!wasLinked) return now.unsearched ? now.source : undefined;
  const fieldsOf = ({ demographics }: Partial<SourceRecord>) =>
    JSON.stringify(demographics && comparisonFields(demographics));
  const isSame = fieldsOf(now) === fieldsOf(before) && now.nhsNumber === before.nhsNumber;
  return isSame ? undefined : now.source;
}

type Image = NonNullable<DynamoDBRecord['dynamodb']>['NewImage'];

function readImage(image: Image): (Partial<SourceRecord> & { readonly type?: string }) | undefined {
  return image && unmarshall(image as Parameters<typeof unmarshall>[0]);
}
