import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LogEntry } from '../../../functions/domain/audit/audit-entry.ts';
import { pinnedKey } from '../../../functions/domain/audit/note-key.ts';
import { verifyLog } from '../../../functions/domain/audit/verify-log.ts';
import { openLogSigner } from '../../../functions/store/log-signer.ts';
import { startKms } from '../../../local/aws/kms.ts';
import type { LocalService } from '../../../local/aws/local-service.ts';
import { makeEntries } from '../../support/log-world.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';

const arn = 'arn:aws:kms:eu-west-2:000000000000:key/log';
const secondArn = 'arn:aws:kms:eu-west-2:000000000000:key/post-quantum-log';
/** The keys that KMS has: one that is taken out is refused from then on. */
const declared: Parameters<typeof startKms>[0]['keys'][number][] = [
  { arn, spec: 'ECC_NIST_P256' },
  { arn: secondArn, spec: 'ML_DSA_44' },
];
let region: TestRegion;
let kms: LocalService;
let publicKeys: readonly Buffer[];
let handler: typeof import('../../../functions/events/sequence-audit.ts').handler;
beforeAll(async () => {
  region = await openTestRegion();
  kms = await startKms({
    keys: declared,
    file: undefined,
    onDefect: (error) => {
      throw error;
    },
  });
  Object.assign(process.env, {
    LOG_KEY: arn,
    POST_QUANTUM_LOG_KEY: secondArn,
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
  });
  publicKeys = [
    await openLogSigner(arn, 'ECDSA_SHA_256').publicKey(),
    await openLogSigner(secondArn, 'ML_DSA_SHAKE_256').publicKey(),
  ];
  ({ handler } = await import('../../../functions/events/sequence-audit.ts'));
});
afterAll(async () => {
  await region?.close();
});

const recordOf = (item: object, change: Partial<DynamoDBRecord> = {}): DynamoDBRecord => ({
  eventName: 'INSERT',
  dynamodb: {
    SequenceNumber: '7',
    NewImage: marshall(item, { removeUndefinedValues: true }) as NonNullable<
      DynamoDBRecord['dynamodb']
    >['NewImage'] &
      object,
  },
  ...change,
});
const inTable = (entry: LogEntry) => ({ ...entry, PK: 'AUDIT#x', SK: entry.id, patientKey: 'PATIENT#p' });

/** Both keys pinned unless fewer are named. */
async function verify(pinned = publicKeys) {
  const keys = pinned.flatMap((one) => pinnedKey('test.towpath.example/audit-log', one) ?? []);
  const read = async (path: string) => (await region.auditBucket.read(path))?.body;
  return verifyLog({ read, keys });
}

it('adds the entries of a batch to the signed log, and nothing else of the table', async () => {
  const entries = makeEntries(region.store, 5);
  const result = await handler({
    Records: [
      ...entries.map((entry) => recordOf(inTable(entry))),
      recordOf({ PK: 'LOG', SK: 'HEAD', type: 'LogHead' }),
      recordOf(inTable(entries[0] as LogEntry), { eventName: 'REMOVE' }),
    ],
  });
  expect(result.batchItemFailures).toEqual([]);
  expect(await verify()).toMatchObject({ entries: 5, findings: [] });
});

it('goes on with the ECDSA line when KMS refuses the ML-DSA key, says so, and has the line again with the next head', async () => {
  const [refused, back] = makeEntries(region.store, 2, 1);
  declared.pop();
  const result = await handler({ Records: [recordOf(inTable(refused as LogEntry))] });
  expect(result.batchItemFailures).toEqual([]);
  expect(region.logs()).toContain('audit-line-missing');
  expect(region.logs()).toMatch(/"region":"\w+","AuditLineMissing":1/);
  expect(await verify(publicKeys.slice(0, 1))).toMatchObject({ entries: 6, findings: [] });
  expect((await verify()).findings).toMatchObject([{ kind: 'missing-signature' }]);
  declared.push({ arn: secondArn, spec: 'ML_DSA_44' });
  await handler({ Records: [recordOf(inTable(back as LogEntry))] });
  expect(await verify()).toMatchObject({ entries: 7, findings: [] });
});

it('asks for the whole batch again when the key does not sign, and has lost nothing then', async () => {
  const [entry] = makeEntries(region.store, 1);
  const event = { Records: [recordOf(inTable(entry as LogEntry))] };
  await kms.close();
  expect((await handler(event)).batchItemFailures).toEqual([{ itemIdentifier: '7' }]);
  expect(await region.auditBucket.read('tile/0/000.p/7')).toBeDefined();
});
