import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  EncryptCommand,
  GetPublicKeyCommand,
  KMSClient,
  SignCommand,
  type SignCommandInput,
} from '@aws-sdk/client-kms';
import { expect, it, onTestFinished } from 'vitest';
import { startKms } from '../../../local/aws/kms.ts';
import type { LocalService } from '../../../local/aws/local-service.ts';

const arn = 'arn:aws:kms:eu-west-2:000000000000:key/abcdefghij';

async function openKms(file?: string) {
  const service = await startKms({ keys: [{ arn, spec: 'ECC_NIST_P384' }], file, onDefect: () => {} });
  return open(service);
}

function open(service: LocalService): KMSClient {
  const client = new KMSClient({
    endpoint: service.endpoint,
    region: 'eu-west-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    await service.close();
  });
  return client;
}

const readPublicKey = async (client: KMSClient) => {
  const { PublicKey = new Uint8Array() } = await client.send(new GetPublicKeyCommand({ KeyId: arn }));
  return createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
};
const signing = (Message: Uint8Array) =>
  new SignCommand({ KeyId: arn, Message, MessageType: 'RAW', SigningAlgorithm: 'ECDSA_SHA_384' });

it('signs so that the published key verifies it', async () => {
  const client = await openKms();
  const message = Buffer.from('a token');
  const { Signature = new Uint8Array() } = await client.send(signing(message));
  expect(verify('sha384', message, await readPublicKey(client), Buffer.from(Signature))).toBe(true);
});

it('signs by ML-DSA-44 for the key of that kind alone, and not what is hashed already', async () => {
  const KeyId = arn.replace('abcdefghij', 'klm');
  const service = await startKms({
    keys: [{ arn: KeyId, spec: 'ML_DSA_44' }],
    file: undefined,
    onDefect: () => {},
  });
  const client = open(service);
  const sign = (input: Partial<SignCommandInput> = {}) =>
    client.send(
      new SignCommand({
        KeyId,
        Message: Buffer.from('a head'),
        MessageType: 'RAW',
        SigningAlgorithm: 'ML_DSA_SHAKE_256',
        ...input,
      }),
    );
  const { Signature = new Uint8Array() } = await sign();
  expect(Signature).toHaveLength(2_420);
  const { PublicKey = new Uint8Array(), SigningAlgorithms } = await client.send(
    new GetPublicKeyCommand({ KeyId }),
  );
  expect(SigningAlgorithms).toEqual(['ML_DSA_SHAKE_256']);
  const publicKey = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  expect(verify(null, Buffer.from('a head'), publicKey, Signature)).toBe(true);
  await expect(sign({ SigningAlgorithm: 'ECDSA_SHA_256' })).rejects.toThrow('the key signs with ML_DSA');
  await expect(sign({ MessageType: 'EXTERNAL_MU' })).rejects.toThrow('not served locally');
});

it('keeps its key in a file for its owner alone, and finds it again', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'towpath-kms-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'signing-keys.json');
  const first = await readPublicKey(await openKms(file));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toContain('PRIVATE KEY');
  expect((await readPublicKey(await openKms(file))).equals(first)).toBe(true);
});

it('refuses another key, a message that KMS would not take, and every other action', async () => {
  const client = await openKms();
  await expect(client.send(new GetPublicKeyCommand({ KeyId: 'other' }))).rejects.toThrow(
    'no such signing key',
  );
  await expect(client.send(signing(Buffer.alloc(4097)))).rejects.toThrow('1 to 4096 bytes');
  await expect(
    client.send(new SignCommand({ ...signing(Buffer.from('x')).input, SigningAlgorithm: 'ECDSA_SHA_256' })),
  ).rejects.toThrow('the key signs with ECDSA_SHA_384');
  await expect(client.send(new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from('x') }))).rejects.toThrow(
    'only GetPublicKey and Sign',
  );
});
