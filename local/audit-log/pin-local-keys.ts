import { openLogSigner } from '../../functions/store/log-signer.ts';
import { pinKeys } from './pinned-keys.ts';

/**
 * Pins the keys of a running region's log beside the log, as an operator does with those of a deployed one: from KMS itself,
 * never from the log.
 */
export async function pinLocalKeys(
  folder: string,
  origin: string,
  environments: readonly Readonly<Record<string, string>>[],
): Promise<void> {
  const environment = environments.find((one) => one.LOG_KEY !== undefined);
  if (!environment?.LOG_KEY) throw new Error('the template has no function that signs the audit log');
  const where = {
    endpoint: environment.AWS_ENDPOINT_URL_KMS ?? '',
    region: environment.AWS_REGION ?? '',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const publicKey = await openLogSigner(environment.LOG_KEY, 'ECDSA_SHA_256', where).publicKey();
  const { POST_QUANTUM_LOG_KEY: second } = environment;
  // Local KMS has no ML-DSA key under a Node that knows none; the log then goes without its line.
  const secondKey =
    second &&
    (await openLogSigner(second, 'ML_DSA_SHAKE_256', where)
      .publicKey()
      .catch(() => undefined));
  await pinKeys(folder, origin, secondKey ? [publicKey, secondKey] : [publicKey]);
}
