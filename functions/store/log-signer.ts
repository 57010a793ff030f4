import { createPublicKey, type KeyObject } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, type KMSClientConfig, SignCommand } from '@aws-sdk/client-kms';

/** Signs the heads of the log. */
export interface LogSigner {
  /** ECDSA P-256 over SHA-256 of the text, in DER. */
  sign(text: string): Promise<Buffer>;
  publicKey(): Promise<KeyObject>;
}

/** A signer whose key never leaves KMS. */
export function openLogSigner(KeyId: string, where: KMSClientConfig = {}): LogSigner {
  const kms = new KMSClient({
    ...where,
    maxAttempts: 3,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000 },
  });
  let known: KeyObject | undefined;
  return {
    async sign(text) {
      const { Signature } = await kms.send(
        new SignCommand({
          KeyId,
          Message: Buffer.from(text),
          MessageType: 'RAW',
          SigningAlgorithm: 'ECDSA_SHA_256',
        }),
      );
      if (!Signature) throw new Error('KMS gave no signature');
      return Buffer.from(Signature);
    },
    async publicKey() {
      if (known) return known;
      const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }));
      if (!PublicKey) throw new Error('KMS gave no public key');
      known = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
      return known;
    },
  };
}
