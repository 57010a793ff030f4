import { randomUUID } from 'node:crypto';
import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestExamples } from '../../functions/api/schemas.ts';
import { type DeployedRegion, openDeployedRegion } from './deployed-region.ts';

/*
 * That the stream of the audit table is wired to the archive, which only a deployment shows. It needs the AWS API of the
 * place where the region was deployed: the SDK's own variables say where (AWS_ENDPOINT_URL for an emulator).
 */

const s3 = new S3Client({ forcePathStyle: true });
let region: DeployedRegion;
beforeAll(async () => {
  region = await openDeployedRegion();
});
afterAll(() => s3.destroy());

it('copies the audit entry of a request to the archive', async () => {
  const requestId = randomUUID();
  const answer = await region.call('POST', '/Patient/$match', {
    authorization: await region.as('clinician'),
    body: requestExamples.MatchParameters,
    requestId,
  });
  expect(answer.status).toBe(200);
  const bucket = await findArchive();
  await expect
    .poll(() => readNewest(bucket), { timeout: 30_000, interval: 500 })
    .toContain(`"requestId":"${requestId}"`);
});

async function findArchive(): Promise<string> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const names = Buckets.flatMap(({ Name = '' }) => (/auditarchive/i.test(Name) ? [Name] : []));
  expect(names).toHaveLength(1);
  return names[0] ?? '';
}

/** The text of the newest object, a line for each entry. */
async function readNewest(Bucket: string): Promise<string> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'entries/' }));
  const newest = Contents.map(({ Key = '' }) => Key)
    .toSorted()
    .at(-1);
  if (newest === undefined) return '';
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: newest }));
  return (await Body?.transformToString()) ?? '';
}
