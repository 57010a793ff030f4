import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LogEntry } from '../../../functions/domain/audit/audit-entry.ts';
import { ecdsaKeyId } from '../../../functions/domain/audit/signed-note.ts';
import { verifyLog } from '../../../functions/domain/audit/verify-log.ts';
import { openLogSigner } from '../../../functions/store/log-signer.ts';
import { startKms } from '../../../local/aws/kms.ts';
import type { LocalService } from '../../../local/aws/local-service.ts';
import { makeEntries } from '../../support/log-world.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';

const arn = 'arn:aws:kms:eu-west-2:000000000000:key/log';
let region: TestRegion;
let kms: LocalService;
let handler: typeof import('../../../functions/events/sequence-audit.ts').handler;
beforeAll(async () => {
  region = await openTestRegion();
  kms = await startKms({
    keys: [{ arn, spec: 'ECC_NIST_P256' }],
    file: undefined,
    onDefect: (error) => {
      throw error;
    },
  });
  Object.assign(process.env, { LOG_KEY: arn, AWS_ENDPOINT_URL_KMS: kms.endpoint });
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

async function verify() {
  const publicKey = await openLogSigner(arn).publicKey();
  const key = { name: 'test.towpath.example/audit-log', keyId: ecdsaKeyId(publicKey), publicKey };
  const read = async (path: string) => (await region.auditBucket.read(path))?.body;
  return verifyLog({ read, keys: [key] });
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

it('asks for the whole batch again when the key does not sign, and has lost nothing then', async () => {
  const [entry] = makeEntries(region.store, 1);
  const event = { Records: [recordOf(inTable(entry as LogEntry))] };
  await kms.close();
  expect((await handler(event)).batchItemFailures).toEqual([{ itemIdentifier: '7' }]);
  expect(await region.auditBucket.read('tile/0/000.p/5')).toBeDefined();
});
