import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { type LocalService, type ServiceAnswer, startLocalService } from './local-service.ts';

/** A kind of key that signs locally: KMS's name for its algorithm, and what it does for the caller. */
interface SigningSpec {
  readonly algorithm: string;
  generate(): KeyObject;
  sign(message: Buffer, key: KeyObject): Buffer;
}

const ecdsa = (algorithm: string, namedCurve: string, hash: string): SigningSpec => ({
  algorithm,
  generate: () => generateKeyPairSync('ec', { namedCurve }).privateKey,
  sign: (message, key) => sign(hash, message, { key, dsaEncoding: 'der' }),
});

/** By KMS's name for the kind. */
const signingSpecs = {
  ECC_NIST_P256: ecdsa('ECDSA_SHA_256', 'P-256', 'sha256'),
  ECC_NIST_P384: ecdsa('ECDSA_SHA_384', 'P-384', 'sha384'),
  ML_DSA_44: {
    algorithm: 'ML_DSA_SHAKE_256',
    generate: () => generateKeyPairSync('ml-dsa-44').privateKey,
    sign: (message, key) => sign(null, message, key),
  },
} as const satisfies Record<string, SigningSpec>;

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
  const missing = keys.filter(({ arn, spec }) => !(arn in kept) && isKnownToNode(spec));
  for (const { arn, spec } of missing)
    kept[arn] = signingSpecs[spec].generate().export({ format: 'pem', type: 'pkcs8' }).toString();
  if (missing.length > 0 && file !== undefined) {
    mkdirSync(path.dirname(file), { recursive: true });
    // Written whole beside and renamed: a crash leaves the old file or the new one.
    writeFileSync(`${file}.new`, JSON.stringify(kept), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return kept;
}

/** Node makes ML-DSA keys from 24.6 on; before that there is no such key here, as in an AWS region that has not the kind. */
function isKnownToNode(spec: keyof typeof signingSpecs): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return spec !== 'ML_DSA_44' || major > 24 || (major === 24 && minor >= 6);
}

/** Starts KMS's GetPublicKey and Sign (ECDSA, ML-DSA-44) for the declared signing keys; a key lasts as long as its file. */
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
    const spec: SigningSpec = signingSpecs[key.spec];
    const { algorithm } = spec;
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
    const signature = spec.sign(message, createPrivateKey(pem));
    return answer({ KeyId: key.arn, Signature: signature.toString('base64'), SigningAlgorithm });
  }, input.onDefect);
}
