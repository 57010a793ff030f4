import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

const projectDir = fileURLToPath(new URL('../../', import.meta.url));

const manifestSchema = z.object({ bin: z.object({ cdk: z.string() }) });

/** Runs the pinned CDK command line with this Node; gives its exit status. What it prints goes to standard error. */
export function runCdk(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<number> {
  const manifestFile = createRequire(import.meta.url).resolve('aws-cdk/package.json');
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(manifestFile, 'utf8')));
  const cdk = path.join(path.dirname(manifestFile), manifest.bin.cdk);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cdk, ...args], {
      cwd: projectDir,
      // cdk.json runs the app as `node`: it must be this one, whatever the shell has.
      env: {
        ...process.env,
        PATH: [path.dirname(process.execPath), process.env.PATH].join(path.delimiter),
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        ...environment,
      },
      stdio: ['ignore', 2, 2],
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
