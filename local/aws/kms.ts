import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { type LocalService, type ServiceAnswer, startLocalService } from './local-service.ts';

/** The kinds of key that sign locally: KMS's name for the key, its algorithm, and what it signs for the caller. */
const signingSpecs = {
  ECC_NIST_P256: { algorithm: 'ECDSA_SHA_256', curve: 'P-256', hash: 'sha256' },
  ECC_NIST_P384: { algorithm: 'ECDSA_SHA_384', curve: 'P-384', hash: 'sha384' },
} as const;

/** A declared key that signs. */
interface SigningKeyDefinition {
  readonly arn: string;
  readonly spec: keyof typeof signingSpecs;
}

interface KmsInput {
  readonly keys: readonly SigningKeyDefinition[];
  /** Where the keys are kept, readable by its owner alone; undefined keeps them in memory. */
  readonly file: string | undefined;
  readonly onDefect: (error: unknown) => void;
}

/** Private keys (PKCS #8, PEM) by ARN. */
const keptSchema = z.record(z.string(), z.string());

const requestSchema = z.object({
  KeyId: z.string(),
  Message: z.base64().optional(),
  MessageType: z.literal('RAW').optional(),
  SigningAlgorithm: z.string().optional(),
});

/** Most bytes that KMS signs unhashed. */
const longestMessage = 4096;

function refusal(type: string, message: string): ServiceAnswer {
  return {
    statusCode: 400,
    headers: { 'Content-Type': 'application/x-amz-json-1.1', 'x-amzn-errortype': type },
    body: JSON.stringify({ __type: type, message }),
  };
}

function answer(body: object): ServiceAnswer {
  return {
    statusCode: 200,
    headers: { 'Content-Type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(body),
  };
}

function openKeys({ file, keys }: KmsInput): Readonly<Record<string, string>> {
  const kept =
    file !== undefined && existsSync(file) ? keptSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  const missing = keys.filter(({ arn }) => !(arn in kept));
  for (const { arn, spec } of missing)
    kept[arn] = generateKeyPairSync('ec', { namedCurve: signingSpecs[spec].curve })
      .privateKey.export({ format: 'pem', type: 'pkcs8' })
      .toString();
  if (missing.length > 0 && file !== undefined) {
    mkdirSync(path.dirname(file), { recursive: true });
    // Written whole beside and renamed: a crash leaves the old file or the new one.
    writeFileSync(`${file}.new`, JSON.stringify(kept), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return kept;
}

/** Starts KMS's GetPublicKey and Sign (ECDSA) for the declared signing keys; a key lasts as long as its file. */
export async function startKms(input: KmsInput): Promise<LocalService> {
  const kept = openKeys(input);
  return startLocalService((request) => {
    const action = String(request.headers['x-amz-target']).replace('TrentService.', '');
    if (action !== 'GetPublicKey' && action !== 'Sign')
      return refusal('UnsupportedOperationException', 'only GetPublicKey and Sign are served locally');
    const parsed = requestSchema.safeParse(JSON.parse(request.body.toString('utf8')));
    if (!parsed.success) return refusal('ValidationException', 'not served locally with these parameters');
    const { KeyId, Message, SigningAlgorithm } = parsed.data;
    const key = input.keys.find(({ arn }) => arn === KeyId || arn.endsWith(`:key/${KeyId}`));
    const pem = key && kept[key.arn];
    if (key === undefined || pem === undefined) return refusal('NotFoundException', 'no such signing key');
    const { algorithm, hash } = signingSpecs[key.spec];
    if (action === 'GetPublicKey') {
      const spki = createPublicKey(pem).export({ format: 'der', type: 'spki' });
      return answer({
        KeyId: key.arn,
        PublicKey: spki.toString('base64'),
        KeySpec: key.spec,
        KeyUsage: 'SIGN_VERIFY',
        SigningAlgorithms: [algorithm],
      });
    }
    const message = Buffer.from(Message ?? '', 'base64');
    if (message.length === 0 || message.length > longestMessage)
      return refusal('ValidationException', 'a message has 1 to 4096 bytes');
    if (SigningAlgorithm !== algorithm)
      return refusal('InvalidKeyUsageException', `the key signs with ${algorithm}`);
    const signature = sign(hash, message, { key: createPrivateKey(pem), dsaEncoding: 'der' });
    return answer({ KeyId: key.arn, Signature: signature.toString('base64'), SigningAlgorithm });
  }, input.onDefect);
}
