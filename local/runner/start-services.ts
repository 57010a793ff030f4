import path from 'node:path';
import type { LocalService } from '../aws/local-service.ts';
import type { ObjectFolder } from '../aws/object-folder.ts';
import { createFileFolder, createMemoryFolder } from '../aws/object-folder.ts';
import { startS3 } from '../aws/s3.ts';
import type { SecretDefinition } from '../aws/secrets-manager.ts';
import { startSecretsManager } from '../aws/secrets-manager.ts';
import type { Deployment } from './deployment.ts';
import { resourcesOfType } from './deployment.ts';
import { refuse } from './refusal.ts';
import { bucketProperties, secretProperties } from './resource-properties.ts';

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

/** Starts S3 with the declared buckets. */
export function startDeclaredBuckets({
  deployment,
  dataDir,
  clock,
  onDefect,
}: ServiceInput): Promise<LocalService> {
  const buckets = new Map<string, ObjectFolder>();
  for (const { resource } of resourcesOfType(deployment, 'AWS::S3::Bucket', bucketProperties)) {
    if (!/^[a-z0-9][a-z0-9.-]+$/.test(resource.ref))
      refuse(resource.place, `${resource.ref} is not a bucket name`);
    buckets.set(
      resource.ref,
      dataDir === undefined
        ? createMemoryFolder(clock)
        : createFileFolder(
            path.join(dataDir, 's3', resource.ref),
            path.join(dataDir, 's3-metadata', resource.ref),
          ),
    );
  }
  return startS3({ buckets, onDefect });
}
