import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { monotonicFactory } from 'ulid';
import { openDocumentStore } from '../store/document-store.ts';
import { openIntakeQueue } from '../store/intake-queue.ts';
import { deriveRegionKeys } from '../store/region-keys.ts';
import { openSecondSink } from '../store/second-sink.ts';
import type { Region } from '../usecases/region.ts';
import { environment, requireVariable } from './env.ts';
import { loadPolicy } from './policy.ts';

let region: Promise<Region> | undefined;

/** The region, built once for each execution environment; a failed start is tried again by the next request. */
export function loadRegion(): Promise<Region> {
  region ??= buildRegion().catch((error: unknown) => {
    region = undefined;
    throw error;
  });
  return region;
}

const ignore = () => undefined;

/**
 * Without `info` the SDK makes no copy of each answer for a line that nobody logs: with its own silent logger that took a
 * twentieth of a section read. Answers hold patients' data and are never logged.
 */
const silentLogger = { trace: ignore, debug: ignore, warn: ignore, error: ignore } as NonNullable<
  DynamoDBClientConfig['logger']
>;

/** A document client; retries and waits are stated: a clinician waits, and the SDK's defaults change between versions. */
export function documentClient(): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(
    new DynamoDBClient({
      maxAttempts: 3,
      retryMode: 'standard',
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 4_000 },
      logger: silentLogger,
    }),
    { marshallOptions: { removeUndefinedValues: true } },
  );
}

async function buildRegion(): Promise<Region> {
  const { RECORD_TABLE, AUDIT_TABLE, AUDIT_BUCKET, AUDIT_BUDGET, DOCUMENTS_BUCKET, INTAKE_QUEUE } =
    environment();
  const newId = monotonicFactory();
  return {
    policy: loadPolicy(),
    store: {
      client: documentClient(),
      recordTable: RECORD_TABLE ?? 'not granted',
      auditTable: AUDIT_TABLE ?? 'not granted',
      keys: deriveRegionKeys(await readSecret(requireVariable('REGION_SECRET'))),
      now: () => new Date(),
      newId: () => newId(),
      writer: { id: newId(), sequence: 0 },
      ...(AUDIT_BUDGET && { auditBudget: AUDIT_BUDGET }),
      ...(AUDIT_BUCKET && { secondSink: openSecondSink(AUDIT_BUCKET) }),
      ...(INTAKE_QUEUE && { intake: openIntakeQueue(INTAKE_QUEUE) }),
      ...(DOCUMENTS_BUCKET && { documents: openDocumentStore(DOCUMENTS_BUCKET) }),
    },
  };
}

async function readSecret(id: string): Promise<string> {
  const secrets = new SecretsManagerClient({ maxAttempts: 3 });
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: id }));
  if (!SecretString) throw new Error('the region secret is empty');
  return SecretString;
}
