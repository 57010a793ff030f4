import { GetPublicKeyCommand, KMSClient, type KMSClientConfig, SignCommand } from '@aws-sdk/client-kms';

/** Signs the heads of the log. */
export interface LogSigner {
  /** ECDSA P-256 over SHA-256 of the message, in DER; or ML-DSA-44 of the message, without a context (FIPS 204). */
  sign(message: Buffer): Promise<Buffer>;
  /** DER, SPKI. */
  publicKey(): Promise<Buffer>;
}

/** KMS's names for the two algorithms. */
type LogAlgorithm = 'ECDSA_SHA_256' | 'ML_DSA_SHAKE_256';

/** A signer whose key never leaves KMS. */
export function openLogSigner(
  KeyId: string,
  SigningAlgorithm: LogAlgorithm,
  where: KMSClientConfig = {},
): LogSigner {
  const kms = new KMSClient({
    ...where,
    maxAttempts: 3,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000 },
  });
  let known: Buffer | undefined;
  return {
    async sign(Message) {
      // RAW, and never a digest: a head's message has some hundred bytes, of the 4,096 that KMS takes.
      const { Signature } = await kms.send(
        new SignCommand({ KeyId, Message, MessageType: 'RAW', SigningAlgorithm }),
      );
      if (!Signature) throw new Error('KMS gave no signature');
      return Buffer.from(Signature);
    },
    async publicKey() {
      if (known) return known;
      const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }));
      if (!PublicKey) throw new Error('KMS gave no public key');
      known = Buffer.from(PublicKey);
      return known;
    },
  };
}
