import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleFunctions } from '../lib/constructs/bundle.ts';

// `node bench/synth.ts`: how long `cdk synth` takes for both regions without a network.
// The table goes to standard error, one JSON object to standard output.

const runs = 5;
const limitMilliseconds = 10_000;
const regions = ['london', 'hertfordshire-west-essex'];
const root = fileURLToPath(new URL('../', import.meta.url));
const cdk = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');

/** One whole `cdk synth --quiet` in a process of its own, whose every outside request would fail. */
function timeSynth(): number {
  const outdir = mkdtempSync(join(tmpdir(), 'towpath-bench-synth-'));
  const nowhere = 'http://127.0.0.1:9';
  const start = performance.now();
  try {
    execFileSync(
      process.execPath,
      [
        cdk,
        'synth',
        '--quiet',
        '--app',
        `"${process.execPath}" bin/app.ts ${regions.join(' ')}`,
        '--output',
        outdir,
      ],
      {
        cwd: root,
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          ...process.env,
          CDK_DISABLE_CLI_TELEMETRY: '1',
          AWS_EC2_METADATA_DISABLED: 'true',
          HTTP_PROXY: nowhere,
          HTTPS_PROXY: nowhere,
        },
      },
    );
    return performance.now() - start;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('no value to take the median of');
  return middle;
}

const times = Array.from({ length: runs }, timeSynth).map(Math.round);
const bundleStart = performance.now();
const { bundle } = bundleFunctions();
const bundleMilliseconds = Math.round(performance.now() - bundleStart);
const result = {
  regions,
  node: process.version,
  processors: cpus().length,
  synthMilliseconds: { median: median(times), runs: times, limit: limitMilliseconds },
  bundleMilliseconds,
};

console.error(
  [
    `cdk synth, ${regions.length} regions, median of ${runs}: ${(result.synthMilliseconds.median / 1000).toFixed(1)} s (limit ${limitMilliseconds / 1000} s)`,
    `esbuild, ${bundle.size} functions: ${bundleMilliseconds} ms`,
  ].join('\n'),
);
console.log(JSON.stringify(result));
process.exitCode = result.synthMilliseconds.median > limitMilliseconds ? 1 : 0;
