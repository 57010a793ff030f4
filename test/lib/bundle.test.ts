import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../functions/api/routes.ts';
import {
  type BundleReport,
  bundleBudgetOf,
  bundleFunctions,
  functionEntries,
} from '../../lib/constructs/bundle.ts';
import { defaultProvider } from '../../lib/constructs/environment-credentials.ts';

let report: BundleReport;
let folder: string;
beforeAll(() => {
  report = bundleFunctions();
  folder = mkdtempSync(join(tmpdir(), 'towpath-bundle-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the bundle', () => {
  it('holds one file for every route, the authoriser and the event functions', () => {
    const names = [
      ...routes.map(({ operation }) => operation),
      'authoriser',
      'sequence-audit',
      'sweep-audit',
      'record-gateway-refusals',
      'file-queued-message',
      'follow-audit',
      'count-people',
      'rematch-source',
    ];
    expect([...report.bundle.keys()].sort()).toEqual(names.sort());
  });

  it.each([...functionEntries.keys()])('keeps %s within the budget', (name) => {
    const bytes = report.bundle.get(name)?.byteLength ?? Number.POSITIVE_INFINITY;
    expect(bytes).toBeLessThanOrEqual(bundleBudgetOf(name));
  });

  it('imports nothing but Node’s own modules', () => {
    const imports = Object.values(report.metafile.outputs).flatMap((output) => output.imports);
    expect(imports.filter(({ path }) => !path.startsWith('node:') && !isBuiltin(path))).toEqual([]);
  });

  it('leaves out the SDK’s sources of credentials that Lambda never has', () => {
    const inputs = Object.keys(report.metafile.inputs);
    expect(inputs).toContain('lib/constructs/environment-credentials.ts');
    expect(
      inputs.filter((path) => /credential-provider-(?!env)|nested-clients|token-providers/.test(path)),
    ).toEqual([]);
  });

  it('says nothing of the machine that made it', () => {
    for (const [name, contents] of report.bundle)
      expect(Buffer.from(contents).includes(process.cwd()), name).toBe(false);
  });

  it('is the same when it is made again', () => {
    const again = bundleFunctions().bundle;
    for (const [name, contents] of report.bundle)
      expect(Buffer.compare(contents, again.get(name) ?? Buffer.of())).toBe(0);
  });

  it('loads as an ES module that exports a handler', async () => {
    const file = join(folder, 'authoriser.mjs');
    writeFileSync(file, report.bundle.get('authoriser') ?? '');
    const module: unknown = await import(/* @vite-ignore */ pathToFileURL(file).href);
    expect(module).toHaveProperty('handler', expect.any(Function));
  });

  it('is refused when an entry file is missing, which is named', () => {
    const entries = new Map([...functionEntries, ['read-minds', 'functions/api/read-minds.ts']]);
    expect(() => bundleFunctions(entries)).toThrow('entry files are missing: functions/api/read-minds.ts');
  });
});

function isBuiltin(path: string): boolean {
  return process.getBuiltinModule(path) !== undefined;
}

describe('credentials in a function', () => {
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;
  const before = names.map((name) => process.env[name]);
  afterAll(() => {
    names.forEach((name, index) => {
      const value = before[index];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    });
  });

  it('come from the environment, the session token with them', async () => {
    process.env.AWS_ACCESS_KEY_ID = 'key';
    process.env.AWS_SECRET_ACCESS_KEY = 'secret';
    process.env.AWS_SESSION_TOKEN = 'token';
    await expect(defaultProvider()()).resolves.toEqual({
      accessKeyId: 'key',
      secretAccessKey: 'secret',
      sessionToken: 'token',
    });
  });

  it('are asked for by name when they are not there', async () => {
    delete process.env.AWS_ACCESS_KEY_ID;
    await expect(defaultProvider()()).rejects.toThrow('AWS_ACCESS_KEY_ID');
  });
});
