import { createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { calculateJwkThumbprint, type JWK, type JWTPayload } from 'jose';
import { requireVariable } from './env.ts';

/** Bytes of each half of an ES384 signature. */
const halfBytes = 48;

const kms = new KMSClient({
  maxAttempts: 3,
  retryMode: 'standard',
  // All three attempts fit into the authoriser's five seconds.
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_500 },
});

let publicKey: Promise<JWK> | undefined;

/** The public half of the region's token key (EC P-384, in KMS), asked for once; its `kid` is its RFC 7638 thumbprint. */
export function tokenPublicKey(): Promise<JWK> {
  publicKey ??= readPublicKey().catch((error: unknown) => {
    publicKey = undefined;
    throw error;
  });
  return publicKey;
}

async function readPublicKey(): Promise<JWK> {
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: requireVariable('TOKEN_KEY') }));
  if (!PublicKey) throw new Error('KMS gave no public key');
  const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  const { crv, kty, x, y } = key.export({ format: 'jwk' }) as JWK;
  const jwk = { kty, crv, x, y } as JWK;
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES384', use: 'sig' };
}

/** An access token (RFC 9068) with these claims, signed inside KMS: the private key is in no function. */
export async function signAccessToken(claims: JWTPayload): Promise<string> {
  const { kid } = await tokenPublicKey();
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${part({ alg: 'ES384', typ: 'at+jwt', kid })}.${part(claims)}`;
  const { Signature } = await kms.send(
    new SignCommand({
      KeyId: requireVariable('TOKEN_KEY'),
      SigningAlgorithm: 'ECDSA_SHA_384',
      // 4,096 bytes at most, by KMS; claims are bounded well below.
      MessageType: 'RAW',
      Message: Buffer.from(content),
    }),
  );
  if (!Signature) throw new Error('KMS gave no signature');
  return `${content}.${joseSignature(Buffer.from(Signature)).toString('base64url')}`;
}

/** The two numbers of a DER signature (X9.62), each at its full length, as RFC 7518 §3.4 has them. */
function joseSignature(der: Buffer): Buffer {
  let position = 2;
  const readNumber = (): Buffer => {
    const length = der[position + 1] ?? 0;
    const digits = der.subarray(position + 2, position + 2 + length);
    position += 2 + length;
    // DER leaves out leading zeros, and puts one before a first bit that is set.
    const significant = digits.subarray(Math.max(0, digits.length - halfBytes));
    return Buffer.concat([Buffer.alloc(halfBytes - significant.length), significant]);
  };
  return Buffer.concat([readNumber(), readNumber()]);
}
