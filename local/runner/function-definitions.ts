import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { functionNameFromArn } from './api-definition.ts';
import type { Deployment } from './deployment.ts';
import { resourcesOfType } from './deployment.ts';
import type { LambdaFunction } from './function-pool.ts';
import { refuse } from './refusal.ts';
import {
  aliasProperties,
  eventInvokeConfigProperties,
  functionProperties,
  versionProperties,
} from './resource-properties.ts';

/** Where the functions find the local services. */
export interface ServiceEndpoints {
  readonly dynamodb: string | undefined;
  readonly secretsManager: string;
  readonly s3: string;
  readonly sqs: string;
  readonly kms: string;
  /** Every other AWS service: an address that refuses. */
  readonly other: string;
}

function findModule(
  taskRoot: string,
  handler: string,
  place: string,
): { module: string; exportName: string } {
  const dot = handler.lastIndexOf('.');
  const base = path.join(taskRoot, handler.slice(0, dot));
  const module = ['.mjs', '.js', '.cjs']
    .map((extension) => base + extension)
    .find((file) => existsSync(file));
  if (module === undefined) return refuse(place, `its code has no module for the handler ${handler}`);
  return { module, exportName: handler.slice(dot + 1) };
}

/** The functions of the Stage, with the whole environment that Lambda would give each. */
export function readFunctions(
  deployment: Deployment,
  endpoints: ServiceEndpoints,
  workersPerFunction: number,
): LambdaFunction[] {
  resourcesOfType(deployment, 'AWS::Lambda::Version', versionProperties);
  resourcesOfType(deployment, 'AWS::Lambda::Alias', aliasProperties);
  return resourcesOfType(deployment, 'AWS::Lambda::Function', functionProperties).map(
    ({ resource, properties }): LambdaFunction => {
      const taskRoot = deployment.findAsset(resource, properties.Code.S3Key);
      if (!existsSync(taskRoot) || !statSync(taskRoot).isDirectory()) {
        refuse(resource.place, 'its code is not a staged folder');
      }
      return {
        name: resource.ref,
        arn: resource.attribute('Arn'),
        ...findModule(taskRoot, properties.Handler, resource.place),
        memoryMegabytes: properties.MemorySize,
        timeoutMilliseconds: properties.Timeout * 1000,
        concurrency: Math.min(workersPerFunction, properties.ReservedConcurrentExecutions ?? Infinity),
        environment: {
          ...properties.Environment?.Variables,
          _HANDLER: properties.Handler,
          AWS_REGION: deployment.region,
          AWS_DEFAULT_REGION: deployment.region,
          AWS_EXECUTION_ENV: `AWS_Lambda_${properties.Runtime}`,
          AWS_LAMBDA_FUNCTION_NAME: resource.ref,
          AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(properties.MemorySize),
          AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
          AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
          AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${resource.ref}`,
          LAMBDA_TASK_ROOT: taskRoot,
          LANG: 'en_US.UTF-8',
          TZ: ':UTC',
          AWS_ACCESS_KEY_ID: 'local',
          AWS_SECRET_ACCESS_KEY: 'local',
          AWS_SESSION_TOKEN: 'local',
          ...(endpoints.dynamodb === undefined ? {} : { AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb }),
          AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.secretsManager,
          AWS_ENDPOINT_URL_S3: endpoints.s3,
          AWS_ENDPOINT_URL_SQS: endpoints.sqs,
          AWS_ENDPOINT_URL_KMS: endpoints.kms,
          AWS_ENDPOINT_URL: endpoints.other,
          // Lambda has no profile files; those of the person at this machine must not change a function.
          AWS_CONFIG_FILE: path.join(taskRoot, 'no-aws-config'),
          AWS_SHARED_CREDENTIALS_FILE: path.join(taskRoot, 'no-aws-credentials'),
          AWS_EC2_METADATA_DISABLED: 'true',
        },
      };
    },
  );
}

/** Tries after the first of an asynchronous event, by function name; AWS's default is two. */
export function readAsynchronousRetries(deployment: Deployment): (functionName: string) => number {
  const configured = new Map(
    resourcesOfType(deployment, 'AWS::Lambda::EventInvokeConfig', eventInvokeConfigProperties).map(
      ({ resource, properties }) => {
        if (properties.DestinationConfig?.OnFailure !== undefined) {
          refuse(resource.place, 'destinations of asynchronous events are not served');
        }
        return [functionNameFromArn(properties.FunctionName), properties.MaximumRetryAttempts ?? 2];
      },
    ),
  );
  return (functionName) => configured.get(functionName) ?? 2;
}
