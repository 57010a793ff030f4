import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { log } from '../edge/observe.ts';
import { loadRegion } from '../edge/region.ts';
import { countPeople } from '../store/statistics.ts';

/**
 * Keeps the number of active persons, from which matching takes its prior: new persons are counted, merged ones taken off.
 * One update for a whole batch; a batch that is delivered twice counts twice, which moves a prior of millions by nothing.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<void> {
  const change = event.Records.reduce((sum, record) => sum + changeBy(record), 0);
  if (change !== 0) await countPeople((await loadRegion()).store, change);
  log('info', 'people-counted', { count: change });
}

function changeBy({ dynamodb }: DynamoDBRecord): number {
  return Number(isActivePerson(dynamodb?.NewImage)) - Number(isActivePerson(dynamodb?.OldImage));
}

type Image = NonNullable<DynamoDBRecord['dynamodb']>['NewImage'];

function isActivePerson(image: Image): boolean {
  if (!image) return false;
  const { status, type } = unmarshall(image as Parameters<typeof unmarshall>[0]);
  return type === 'Person' && status === 'active';
}
