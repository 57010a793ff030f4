import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Command } from '../../../local/cli/command.ts';
import { commands } from '../../../local/cli/commands.ts';
import { formatTable } from '../../../local/cli/format-table.ts';
import { runCommandLine } from '../../../local/cli/main.ts';
import { describeOldNode } from '../../../local/cli/node-version.ts';
import { startProgress } from '../../../local/cli/progress.ts';
import { openSigningKey } from '../../../local/demo/token-keys.ts';

function fakeTerminal() {
  const out: string[] = [];
  const err: string[] = [];
  return {
    out,
    err,
    terminal: {
      out: (text: string) => out.push(text),
      err: (text: string) => err.push(text),
      isInteractive: false,
      bold: (text: string) => text,
    },
  };
}

async function run(args: readonly string[], known: readonly Command[] = commands) {
  const { err, out, terminal } = fakeTerminal();
  const code = await runCommandLine(known, args, terminal);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'towpath-cli-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

describe('the command line', () => {
  test.each([
    ['no command', []],
    ['an unknown command', ['frobnicate']],
    ['a log to verify that is not named', ['audit', 'verify']],
    ['a witness without its file', ['audit', 'witness', '--log', '.']],
    ['an unknown audit task', ['audit', 'praise', '--log', '.']],
    ['an unknown usage task', ['usage', 'reset']],
    ['an instant that is none', ['audit', 'verify', '--log', '.', '--since', 'yesterday']],
    ['a measurement that there is none of', ['bench', 'speed']],
    ['a measurement without its files', ['bench', 'match']],
    ['an unknown option', ['match', '--frobnicate']],
    ['an option without its value', ['token', '--as']],
    ['a path where none is taken', ['status', 'x']],
    ['a port that is none', ['start', '--port', 'many']],
    ['nothing to match with', ['match']],
    ['a decision without a task', ['review', '--decide', 'merge']],
    ['an unknown decision', ['review', '--task', 'a', '--decide', 'perhaps']],
    ['nothing to load', ['load']],
    ['an organisation that is none', ['load', '--org', 'a b', 'x']],
    ['no user for a token', ['token']],
    ['an unknown purpose', ['token', '--as', 'clinician', '--purpose', 'curiosity']],
    ['a deployment without target', ['deploy']],
    ['a deployment with two targets', ['deploy', '--region', 'london', '--target', 'localstack']],
    ['a deployment to an unknown target', ['deploy', '--target', 'moon']],
    ['a deployment of an unknown region', ['deploy', '--region', 'paris']],
    ['help for an unknown command', ['help', 'frobnicate']],
  ])('answers %s with exit status 2 and a reason on standard error', async (_, args) => {
    const { code, err, out } = await run(args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain('towpath');
  });

  test('help lists exactly the commands there are, and the options of each', async () => {
    const { code, out } = await run(['help']);
    expect(code).toBe(0);
    for (const { name } of commands) expect(out).toContain(`  ${name} `);
    expect(out).not.toContain('audit verify');
    const { out: start } = await run(['start', '--help']);
    for (const option of ['--port', '--data', '--region', '--no-demo', '--json'])
      expect(start).toContain(option);
  });

  test.each([['status'], ['token', '--as', 'clinician'], ['match', '--family', 'Lockwood'], ['load', '.']])(
    '%s fails with exit status 1 and names the remedy when nothing runs',
    async (...args) => {
      const { code, err } = await run([...args, '--data', dataDir]);
      expect(code).toBe(1);
      expect(err).toContain('npm start');
    },
  );

  test('with --json a failure is one JSON object on standard output', async () => {
    const { code, out } = await run(['status', '--data', dataDir, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ ready: false, error: { message: expect.any(String) } });
  });

  test('a region that was killed is not said to run', async () => {
    const run1 = {
      baseUrl: 'http://127.0.0.1:9/FHIR/R4',
      pid: 1,
      region: 'london',
      auditLog: '/x',
      ready: true,
    };
    await writeFile(path.join(dataDir, 'run.json'), JSON.stringify(run1));
    const { code, err } = await run(['status', '--data', dataDir]);
    expect(code).toBe(1);
    expect(err).toContain('does not answer');
  });

  test('a token is one word, for the region that runs or was deployed', async () => {
    await openSigningKey(dataDir);
    const target = { baseUrl: 'http://127.0.0.1:9/FHIR/R4', region: 'london', stage: 'local' };
    await writeFile(path.join(dataDir, 'target.json'), JSON.stringify(target));
    const { code, out } = await run(['token', '--as', 'clinician', '--data', dataDir]);
    expect(code).toBe(0);
    expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const unknown = await run(['token', '--as', 'nobody', '--data', dataDir]);
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain('clinician');
  });

  test('a defect is one line, and no stack is shown', async () => {
    const broken: Command = {
      name: 'broken',
      summary: '',
      usage: '',
      options: {},
      run: () => Promise.reject(new Error('the sky fell')),
    };
    const { code, err } = await run(['broken'], [broken]);
    expect(code).toBe(1);
    expect(err).toContain('the sky fell');
    expect(err).not.toMatch(/\n\s+at /);
  });
});

describe('doctor', () => {
  beforeEach(() => {
    for (const name of [
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_PROFILE',
      'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
      'AWS_CONTAINER_CREDENTIALS_FULL_URI',
      'AWS_WEB_IDENTITY_TOKEN_FILE',
    ])
      vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', path.join(dataDir, 'none'));
    vi.stubEnv('AWS_CONFIG_FILE', path.join(dataDir, 'none'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('names every check, in one JSON object, and exits 0 when only AWS is missing', async () => {
    const { code, out } = await run(['doctor', '--port', '0', '--data', dataDir, '--json']);
    const report = JSON.parse(out) as { healthy: boolean; findings: { check: string; state: string }[] };
    expect(code).toBe(0);
    expect(report.healthy).toBe(true);
    expect(report.findings.map(({ check }) => check)).toEqual([
      'Node',
      'Port',
      'Data folder',
      'Configuration',
      'AWS credentials',
      'CDK bootstrap',
    ]);
  });

  test('a data folder that is a file is a problem with a fix, and exit status 1', async () => {
    const file = path.join(dataDir, 'file');
    await writeFile(file, '');
    const { code, err } = await run(['doctor', '--port', '0', '--data', file]);
    expect(code).toBe(1);
    expect(err).toMatch(/PROBLEM Data folder.*\n\s+fix:/);
  });
});

describe('what is printed', () => {
  test('columns line up', () => {
    expect(
      formatTable([
        ['a', 'bb'],
        ['ccc', 'd'],
      ]),
    ).toBe('a    bb\nccc  d');
  });

  test('work under a second shows no progress; longer work shows plain lines where there is no terminal', () => {
    const { err, terminal } = fakeTerminal();
    let now = 0;
    const progress = startProgress(terminal, 'Sending', 10, () => now);
    now = 900;
    progress.show(1);
    expect(err).toEqual([]);
    now = 6000;
    progress.show(2);
    now = 6100;
    progress.show(3);
    now = 12_000;
    progress.show(4);
    expect(err).toEqual(['Sending 2 of 10', 'Sending 4 of 10']);
  });

  test.each([
    ['18.19.0', true],
    ['22.13.0', true],
    ['22.18.0', false],
    ['24.21.0', false],
  ])('Node %s is too old: %s', (version, isOld) => {
    expect(describeOldNode(version) !== undefined).toBe(isOld);
  });
});
