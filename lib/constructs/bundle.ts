import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type Metafile } from 'esbuild';
import { routes } from '../../functions/api/routes.ts';

const beside = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const root = beside('../../');

/**
 * Most bytes of one function's `index.mjs`; a cold start reads and compiles all of it. 450 KB (decimal) was the aim, and most
 * functions keep to it; the five that match carry the policy, the word lists and the record's formats beside the SDK's and
 * zod's 300 KB, and are held to what they are today.
 */
const bundleBudgetBytes = 530_000;

/**
 * Functions that take feeds carry the readers of FHIR and, one of them, of HL7 v2, whose kept library is 67 KB of which 9 are
 * its parser: no clinician waits for their first request.
 */
const feedBudgetBytes = 690_000;

const feeds: ReadonlySet<string> = new Set([
  'file-queued-message',
  ...routes.flatMap(({ operation, permission }) => (permission === 'record.write' ? [operation] : [])),
]);

/** The most that a function's bundle may be, in bytes. */
export function bundleBudgetOf(name: string): number {
  return feeds.has(name) ? feedBudgetBytes : bundleBudgetBytes;
}

/** The entry file of every function by the function's name, relative to the project. */
export const functionEntries: ReadonlyMap<string, string> = new Map([
  ...routes.map(({ operation }) => [operation, `functions/api/${operation}.ts`] as const),
  ['authoriser', 'functions/edge/authoriser.ts'],
  ['sequence-audit', 'functions/events/sequence-audit.ts'],
  ['sweep-audit', 'functions/events/sweep-audit.ts'],
  ['record-gateway-refusals', 'functions/events/record-gateway-refusals.ts'],
  ['file-queued-message', 'functions/events/file-queued-message.ts'],
  ['follow-audit', 'functions/events/follow-audit.ts'],
  ['count-people', 'functions/events/count-people.ts'],
  ['rematch-source', 'functions/events/rematch-source.ts'],
]);

/** The bundled `index.mjs` of every function by the function's name. */
export type Bundle = ReadonlyMap<string, Uint8Array>;

/** {@link bundleFunctions} with esbuild's account of what went into each file. */
export interface BundleReport {
  readonly bundle: Bundle;
  readonly metafile: Metafile;
}

// CommonJS packages inside an ES module call `require` for Node's own modules.
const requireBanner = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** Bundles all entries in one esbuild run; throws with the list when an entry file is missing. */
export function bundleFunctions(entries = functionEntries): BundleReport {
  const missing = [...entries.values()].filter((entry) => !existsSync(join(root, entry)));
  if (missing.length > 0) throw new Error(`entry files are missing: ${missing.join(', ')}`);
  const outdir = join(root, 'bundle');
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(entries),
    outdir,
    outExtension: { '.js': '.mjs' },
    write: false,
    bundle: true,
    splitting: false,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minify: true,
    mainFields: ['module', 'main'],
    alias: {
      '@aws-sdk/credential-provider-node': beside('./environment-credentials.ts'),
      '@aws-sdk/endpoint-cache': beside('./no-endpoint-cache.ts'),
      '@smithy/core/event-streams': beside('./no-event-streams.ts'),
    },
    banner: { js: requireBanner },
    legalComments: 'none',
    metafile: true,
    logLevel: 'error',
  });
  const bundle = new Map(
    outputFiles.map(({ path, contents }) => [relative(outdir, path).slice(0, -'.mjs'.length), contents]),
  );
  return { bundle, metafile };
}

let bundled: Bundle | undefined;

/** The bundle of this process: made once for all stages. */
export function sharedBundle(): Bundle {
  bundled ??= bundleFunctions().bundle;
  return bundled;
}
