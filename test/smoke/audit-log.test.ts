import { randomUUID } from 'node:crypto';
import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestExamples } from '../../functions/api/schemas.ts';
import { type DeployedRegion, openDeployedRegion } from './deployed-region.ts';

/*
 * That the stream of the audit table is wired to the verifiable log, which only a deployment shows. It needs the AWS API of the
 * place where the region was deployed: the SDK's own variables say where (AWS_ENDPOINT_URL for an emulator).
 */

const s3 = new S3Client({ forcePathStyle: true });
let region: DeployedRegion;
beforeAll(async () => {
  region = await openDeployedRegion();
});
afterAll(() => s3.destroy());

it('adds the audit entry of a request to the log', async () => {
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

/** The text of the newest bundle of entries. */
async function readNewest(Bucket: string): Promise<string> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'tile/entries/' }));
  const [newest] = Contents.toSorted(
    (a, b) =>
      (b.LastModified?.getTime() ?? 0) - (a.LastModified?.getTime() ?? 0) || (b.Size ?? 0) - (a.Size ?? 0),
  );
  if (newest?.Key === undefined) return '';
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: newest.Key }));
  return (await Body?.transformToString()) ?? '';
}
