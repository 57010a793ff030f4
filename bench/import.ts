/**
 * What a cold start reads: the size of each function's bundle, and the time that a fresh process takes to import it (with
 * its SDK clients' modules, without a request), median of 15: `node bench/import.ts`. The table goes to standard error, one JSON object to standard output.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import london from '../lib/config/regions/london.ts';
import { bundleBudgetOf, bundleFunctions } from '../lib/constructs/bundle.ts';

const runs = 15;
const folder = mkdtempSync(join(tmpdir(), 'towpath-import-'));
const script = `const started = performance.now(); await import(process.argv[1]); console.log(performance.now() - started); process.exit(0);`;

function timeImport(file: string): number {
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', script, file], {
    encoding: 'utf8',
    env: { AWS_REGION: 'eu-west-2', LAMBDA_TASK_ROOT: folder, POWERTOOLS_METRICS_NAMESPACE: 'Towpath' },
  });
  return Number(text);
}

try {
  writeFileSync(join(folder, 'region.json'), JSON.stringify(london.policy));
  const rows = [...bundleFunctions().bundle].map(([name, code]) => {
    const file = join(folder, `${name}.mjs`);
    writeFileSync(file, code);
    const times = Array.from({ length: runs }, () => timeImport(file)).sort((a, b) => a - b);
    return {
      function: name,
      bytes: code.length,
      gzipBytes: gzipSync(code).length,
      importMs: Math.round(times[Math.floor(runs / 2)] ?? 0),
    };
  });
  const conditions = { node: process.version, cpus: cpus().length, runs };
  console.error(`Node ${conditions.node}, ${conditions.cpus} CPUs, median of ${runs} fresh processes`);
  for (const row of [...rows].sort((a, b) => b.bytes - a.bytes))
    console.error(
      `${row.function.padEnd(26)}${String(row.bytes).padStart(8)} bytes ${String(row.importMs).padStart(4)} ms`,
    );
  console.log(JSON.stringify({ conditions, rows }));
  process.exitCode = rows.some(({ bytes, function: name }) => bytes > bundleBudgetOf(name)) ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true });
}
