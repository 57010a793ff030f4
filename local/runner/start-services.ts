import path from 'node:path';
import { startKms } from '../aws/kms.ts';
import type { LocalService } from '../aws/local-service.ts';
import type { ObjectFolder } from '../aws/object-folder.ts';
import { createFileFolder, createMemoryFolder } from '../aws/object-folder.ts';
import { startS3 } from '../aws/s3.ts';
import type { SecretDefinition } from '../aws/secrets-manager.ts';
import { startSecretsManager } from '../aws/secrets-manager.ts';
import type { Deployment } from './deployment.ts';
import { resourcesOfType } from './deployment.ts';
import { refuse } from './refusal.ts';
import { bucketProperties, kmsKeyProperties, secretProperties } from './resource-properties.ts';

interface ServiceInput {
  readonly deployment: Deployment;
  readonly dataDir: string | undefined;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly onDefect: (error: unknown) => void;
}

/** Starts Secrets Manager with the declared secrets. */
export function startDeclaredSecrets({ deployment, dataDir, ...rest }: ServiceInput): Promise<LocalService> {
  const secrets = resourcesOfType(deployment, 'AWS::SecretsManager::Secret', secretProperties).map(
    ({ resource, properties }): SecretDefinition => {
      const { SecretString: text, GenerateSecretString: recipe } = properties;
      if (text === undefined && recipe === undefined)
        refuse(resource.place, 'a secret without a value is not served');
      return {
        arn: resource.ref,
        name: properties.Name ?? `${resource.stackName}-${resource.logicalId}`,
        value: recipe === undefined ? { kind: 'given', text: text ?? '' } : { kind: 'generated', recipe },
      };
    },
  );
  const file = dataDir === undefined ? undefined : path.join(dataDir, 'secrets.json');
  return startSecretsManager({ secrets, file, ...rest });
}

/** Starts KMS with the declared keys that sign. */
export function startDeclaredKeys({ deployment, dataDir, onDefect }: ServiceInput): Promise<LocalService> {
  const keys = resourcesOfType(deployment, 'AWS::KMS::Key', kmsKeyProperties).flatMap(
    ({ resource, properties: { KeySpec: spec } }) =>
      spec === 'SYMMETRIC_DEFAULT' ? [] : [{ arn: resource.attribute('Arn'), spec }],
  );
  return startKms({
    keys,
    file: dataDir === undefined ? undefined : path.join(dataDir, 'signing-keys.json'),
    onDefect,
  });
}

/** A bucket of the Stage. */
export interface DeclaredBucket {
  readonly name: string;
  /** Where its objects are files; undefined in memory. */
  readonly folder: string | undefined;
  /** Whether the template locks its objects: on AWS they could not be changed. */
  readonly hasObjectLock: boolean;
}

/** The declared buckets; refuses one whose name cannot be a folder. */
export function readBuckets(deployment: Deployment, dataDir: string | undefined): DeclaredBucket[] {
  return resourcesOfType(deployment, 'AWS::S3::Bucket', bucketProperties).map(({ resource, properties }) => {
    const name = resource.ref;
    if (!/^[a-z0-9][a-z0-9.-]+$/.test(name)) refuse(resource.place, `${name} is not a bucket name`);
    return {
      name,
      folder: dataDir === undefined ? undefined : path.resolve(dataDir, 's3', name),
      hasObjectLock: properties.ObjectLockEnabled,
    };
  });
}

/** Starts S3 with the declared buckets. */
export function startDeclaredBuckets({
  deployment,
  dataDir,
  clock,
  onDefect,
}: ServiceInput): Promise<LocalService> {
  const buckets = new Map<string, ObjectFolder>();
  for (const { name, folder } of readBuckets(deployment, dataDir)) {
    buckets.set(
      name,
      dataDir === undefined || folder === undefined
        ? createMemoryFolder(clock)
        : createFileFolder(folder, path.resolve(dataDir, 's3-metadata', name)),
    );
  }
  return startS3({ buckets, onDefect });
}
