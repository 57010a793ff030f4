import { openLogSigner } from '../../functions/store/log-signer.ts';
import { pinKey } from './pinned-keys.ts';

/**
 * Pins the key of a running region's log beside the log, as an operator does with the key of a deployed one: from KMS itself,
 * never from the log.
 */
export async function pinLocalKey(
  folder: string,
  origin: string,
  environments: readonly Readonly<Record<string, string>>[],
): Promise<void> {
  const environment = environments.find((one) => one.LOG_KEY !== undefined);
  if (!environment?.LOG_KEY) throw new Error('the template has no function that signs the audit log');
  const signer = openLogSigner(environment.LOG_KEY, {
    endpoint: environment.AWS_ENDPOINT_URL_KMS ?? '',
    region: environment.AWS_REGION ?? '',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  await pinKey(folder, origin, await signer.publicKey());
}
