import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { loadRegions } from '../../lib/config/load-regions.ts';
import { type Command, dataDirOf, dataOption, type Outcome, textOption } from './command.ts';
import { makeFolder } from './make-folder.ts';
import { describeOldNode } from './node-version.ts';
import { readRunFile } from './run-file.ts';

/** What one check found. A `note` stops nothing on this machine. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'note' | 'problem';
  readonly found: string;
  readonly fix?: string;
}

/** Less free space than this is too little to work with. */
const neededMegabytes = 200;

const awsRegion = 'eu-west-2';
const bootstrapCommand = `npx cdk bootstrap aws://ACCOUNT/${awsRegion}`;

/** `towpath doctor`: checks what Towpath needs, each with its fix. */
export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'check Node, port, data folder, configuration and AWS access',
  usage: '[--port N] [--data DIR]',
  options: { port: { type: 'string', about: 'port to check (default 8080)' }, ...dataOption },
  async run({ options }): Promise<Outcome> {
    const port = Number(textOption(options, 'port') ?? '8080');
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      return { kind: 'wrong-usage', message: '--port takes a number from 0 to 65535' };
    const dataDir = dataDirOf(options);
    const findings = [
      checkNode(),
      await checkPort(port, dataDir),
      await checkDataFolder(dataDir),
      await checkConfiguration(),
      ...(await checkAws()),
    ];
    const problems = findings.filter(({ state }) => state === 'problem');
    const text = findings.map(describe).join('\n');
    if (problems.length === 0) return { kind: 'done', text, json: { healthy: true, findings } };
    return {
      kind: 'failed',
      message: `${problems.length === 1 ? 'one problem' : `${problems.length} problems`}\n${text}`,
      json: { healthy: false, findings },
    };
  },
};

function describe({ check, fix, found, state }: Finding): string {
  const mark = { ok: 'ok      ', note: 'note    ', problem: 'PROBLEM ' }[state];
  return `${mark}${check}: ${found}${fix === undefined ? '' : `\n          fix: ${fix}`}`;
}

function checkNode(): Finding {
  const old = describeOldNode(process.versions.node);
  return old
    ? { check: 'Node', state: 'problem', found: old.message, fix: old.fix }
    : { check: 'Node', state: 'ok', found: process.versions.node };
}

async function checkPort(port: number, dataDir: string): Promise<Finding> {
  const run = await readRunFile(dataDir);
  if (run && Number(new URL(run.baseUrl).port) === port)
    return { check: 'Port', state: 'ok', found: `${port} is used by the region of ${dataDir}` };
  const isFree = await new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
  return isFree
    ? { check: 'Port', state: 'ok', found: `${port} is free` }
    : {
        check: 'Port',
        state: 'problem',
        found: `${port} is taken by another process`,
        fix: 'npm start -- --port 0 takes any free port',
      };
}

async function checkDataFolder(dataDir: string): Promise<Finding> {
  const check = 'Data folder';
  const folder = path.resolve(dataDir);
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const freeMegabytes = Math.floor((bavail * bsize) / 1_000_000);
    if (freeMegabytes < neededMegabytes)
      return {
        check,
        state: 'problem',
        found: `${folder} has ${freeMegabytes} MB free`,
        fix: `free at least ${neededMegabytes} MB, or name a folder on another disk with --data DIR`,
      };
    return { check, state: 'ok', found: `${folder} can be written, ${freeMegabytes} MB free` };
  } catch {
    return {
      check,
      state: 'problem',
      found: `${folder} cannot be written`,
      fix: 'check its permissions, or name another folder with --data DIR',
    };
  }
}

async function checkConfiguration(): Promise<Finding> {
  try {
    const regions = await loadRegions();
    return { check: 'Configuration', state: 'ok', found: `regions ${[...regions.keys()].join(', ')}` };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return {
      check: 'Configuration',
      state: 'problem',
      found,
      fix: 'correct the named file in lib/config/regions',
    };
  }
}

/** AWS is needed for deployments alone, so what is missing here is a note. */
async function checkAws(): Promise<Finding[]> {
  // Loaded here, so that no other command pays for it.
  const { S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ region: awsRegion, maxAttempts: 1 });
  try {
    if (!(await hasCredentials(client)))
      return [
        {
          check: 'AWS credentials',
          state: 'note',
          found: 'none; needed only to deploy',
          fix: 'aws configure sso, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
        },
        {
          check: 'CDK bootstrap',
          state: 'note',
          found: 'not checked without an account',
          fix: bootstrapCommand,
        },
      ];
    return await checkBootstrap(client);
  } finally {
    client.destroy();
  }
}

async function hasCredentials(client: S3Client): Promise<boolean> {
  // The metadata service of a virtual machine is asked last, and where there is none the question takes seconds.
  const { AWS_EC2_METADATA_DISABLED: before } = process.env;
  process.env.AWS_EC2_METADATA_DISABLED = before ?? 'true';
  try {
    await client.config.credentials();
    return true;
  } catch {
    return false;
  } finally {
    if (before === undefined) delete process.env.AWS_EC2_METADATA_DISABLED;
  }
}

/** The bootstrap's asset bucket tells of both: that the credentials work, and that the account is bootstrapped. */
async function checkBootstrap(client: S3Client): Promise<Finding[]> {
  const credentials = (state: Finding['state'], found: string): Finding => ({
    check: 'AWS credentials',
    state,
    found,
    ...(state !== 'ok' && { fix: 'sign in again, or check AWS_PROFILE' }),
  });
  const { ListBucketsCommand } = await import('@aws-sdk/client-s3');
  try {
    const { Buckets = [] } = await client.send(
      new ListBucketsCommand({ Prefix: 'cdk-hnb659fds-assets-', BucketRegion: awsRegion }),
    );
    const isBootstrapped = Buckets.some(({ Name = '' }) => Name.endsWith(`-${awsRegion}`));
    return [
      credentials('ok', 'they work'),
      isBootstrapped
        ? { check: 'CDK bootstrap', state: 'ok', found: `done in ${awsRegion}` }
        : { check: 'CDK bootstrap', state: 'note', found: `not done in ${awsRegion}`, fix: bootstrapCommand },
    ];
  } catch (error) {
    const name = error instanceof Error ? error.name : 'error';
    const unknown: Finding = {
      check: 'CDK bootstrap',
      state: 'note',
      found: 'could not be checked',
      fix: bootstrapCommand,
    };
    return name === 'AccessDenied'
      ? [credentials('ok', 'they work, and may not list buckets'), unknown]
      : [credentials('note', `they do not work (${name})`), unknown];
  }
}
