import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { basePath } from '../../functions/api/routes.ts';
import { loadRegions } from '../../lib/config/load-regions.ts';
import { keyParameters } from '../demo/token-keys.ts';
import { type Command, dataDirOf, dataOption, type Outcome, textOption } from './command.ts';
import { makeFolder } from './make-folder.ts';
import { runCdk } from './run-cdk.ts';
import { writeTargetFile } from './run-file.ts';
import { appOf } from './synth.ts';

const defaultEndpoint = 'http://127.0.0.1:4566';

/** The only AWS region in the United Kingdom. */
const awsRegion = 'eu-west-2';

/** The account that LocalStack and its like give to any credentials. */
const emulatorAccount = '000000000000';

/** The stage of lib/app.ts that leaves out what LocalStack skips. */
const localStage = 'local';

/** The region whose config the `local` stage is made from (lib/app.ts). */
const emulatedRegion = 'london';

/** `towpath deploy`: deploys a region to AWS, or the `local` stage to LocalStack, with plain `cdk`. */
export const deployCommand: Command = {
  name: 'deploy',
  summary: 'deploy a region to AWS, or the local stage to LocalStack',
  usage: '--region NAME [--token-keys FILE] | --target localstack [--endpoint URL] [--data DIR]',
  options: {
    region: { type: 'string', about: 'region file of lib/config/regions, for AWS' },
    'token-keys': {
      type: 'string',
      about: "JSON Web Key Set that counts beside the region's own token key; later deployments keep it",
    },
    target: { type: 'string', about: 'localstack' },
    endpoint: { type: 'string', about: `of LocalStack (default ${defaultEndpoint})` },
    ...dataOption,
  },
  async run({ options }): Promise<Outcome> {
    const region = textOption(options, 'region');
    const target = textOption(options, 'target');
    if ((region === undefined) === (target === undefined))
      return { kind: 'wrong-usage', message: 'give --region NAME or --target localstack' };
    if (region !== undefined) return deployToAws(region, textOption(options, 'token-keys'));
    if (target !== 'localstack') return { kind: 'wrong-usage', message: '--target takes localstack' };
    const endpoint = (textOption(options, 'endpoint') ?? defaultEndpoint).replace(/\/$/, '');
    if (!URL.canParse(endpoint)) return { kind: 'wrong-usage', message: '--endpoint takes a URL' };
    return deployToEmulator(endpoint, dataDirOf(options));
  },
};

async function deployToAws(region: string, keysFile: string | undefined): Promise<Outcome> {
  const regions = await loadRegions();
  if (!regions.has(region))
    return {
      kind: 'wrong-usage',
      message: `there is no region ${region}; there are ${[...regions.keys()].join(', ')}`,
    };
  const keys = keysFile === undefined ? undefined : await readKeySet(keysFile);
  if (keys && !keys.ok) return keys.outcome;
  const parameters = keys ? ['--parameters', `${region}-api:TokenJwks=${keys.text}`] : [];
  const status = await runCdk([
    'deploy',
    '--app',
    appOf(region),
    `${region}/*`,
    '--require-approval',
    'broadening',
    ...parameters,
  ]);
  if (status !== 0)
    return {
      kind: 'failed',
      message: `cdk deploy ended with status ${status}`,
      fix: 'towpath doctor checks credentials and bootstrap',
    };
  return { kind: 'done', text: `Region ${region} is deployed.`, json: { region } };
}

const keySetSchema = z.object({
  keys: z.array(z.object({ kty: z.enum(['EC', 'RSA']), d: z.undefined().optional() }).loose()).min(1),
});

/** A public key set from a file; one with a private key in it is refused, for it would stand in the stack for all to read. */
async function readKeySet(
  file: string,
): Promise<{ readonly ok: true; readonly text: string } | { readonly ok: false; readonly outcome: Outcome }> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const parsed = text === undefined ? undefined : keySetSchema.safeParse(parseJson(text));
  if (parsed?.success) return { ok: true, text: JSON.stringify(parsed.data) };
  const message =
    text === undefined ? `${file} cannot be read` : `${file} is no JSON Web Key Set of public EC or RSA keys`;
  return {
    ok: false,
    outcome: { kind: 'failed', message, fix: 'ask your identity provider for its public keys' },
  };
}

/** Bootstraps and deploys the `local` stage, then remembers the base URL so that other commands reach it. */
async function deployToEmulator(endpoint: string, dataDir: string): Promise<Outcome> {
  await makeFolder(dataDir);
  const policy = (await loadRegions()).get(emulatedRegion)?.policy;
  if (!policy) throw new Error(`there is no region ${emulatedRegion}`);
  const parameters = Object.entries(await keyParameters(dataDir, policy)).flatMap(([name, value]) => [
    '--parameters',
    `${localStage}-api:${name}=${value}`,
  ]);
  const environment = emulatorEnvironment(endpoint);
  const outputsFile = path.resolve(dataDir, 'deploy-outputs.json');
  const assembly = ['--app', appOf(localStage), '--output', path.resolve(dataDir, 'assembly', localStage)];
  const steps = [
    ['bootstrap', `aws://${emulatorAccount}/${awsRegion}`, ...assembly],
    [
      'deploy',
      ...assembly,
      `${localStage}/*`,
      '--require-approval',
      'never',
      ...parameters,
      '--outputs-file',
      outputsFile,
    ],
  ];
  for (const step of steps) {
    const status = await runCdk(step, environment);
    if (status !== 0)
      return {
        kind: 'failed',
        message: `cdk ${step[0]} ended with status ${status}`,
        fix: `check that LocalStack answers at ${endpoint}; its own messages are above`,
      };
  }
  const baseUrl = await readBaseUrl(outputsFile, endpoint);
  if (baseUrl === undefined)
    return {
      kind: 'failed',
      message: `the deployment gave no BaseUrl in ${outputsFile}`,
      fix: 'deploy again',
    };
  await writeTargetFile(dataDir, { baseUrl, region: emulatedRegion, stage: localStage });
  const getToken = `npm run -s towpath -- token --as clinician --data ${dataDir}`;
  return {
    kind: 'done',
    text: [`Deployed to ${endpoint}`, `Base URL  ${baseUrl}`, `A token   ${getToken}`].join('\n'),
    json: { baseUrl, stage: localStage, region: emulatedRegion, endpoint },
  };
}

/** What plain `cdk` needs to talk to an emulator; without the S3 variable, assets would go to AWS. */
function emulatorEnvironment(endpoint: string): NodeJS.ProcessEnv {
  const { AWS_ACCESS_KEY_ID = 'test', AWS_SECRET_ACCESS_KEY = 'test' } = process.env;
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: awsRegion,
    AWS_DEFAULT_REGION: awsRegion,
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
    CDK_DEFAULT_ACCOUNT: emulatorAccount,
    CDK_DEFAULT_REGION: awsRegion,
  };
}

const outputsSchema = z.record(z.string(), z.record(z.string(), z.string()));

/** The API as the emulator serves it: by path, since its host names need public DNS. */
async function readBaseUrl(outputsFile: string, endpoint: string): Promise<string | undefined> {
  const parsed = outputsSchema.safeParse(parseJson(await readFile(outputsFile, 'utf8').catch(() => '')));
  const output = parsed.success ? parsed.data[`${localStage}-api`]?.BaseUrl : undefined;
  const [, apiId, stage] = /^https?:\/\/([a-z0-9]+)\.execute-api\.[^/]+\/([^/]+)/.exec(output ?? '') ?? [];
  if (apiId === undefined || stage === undefined) return undefined;
  return `${endpoint}/restapis/${apiId}/${stage}/_user_request_${basePath}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
