import path from 'node:path';
import type { DemoFile } from '../demo/demo-file.ts';
import { heroes } from '../demo/heroes.ts';
import { userTable } from '../demo/user-table.ts';
import { shellWord, walkThrough } from '../demo/walk-through.ts';
import type { RunningRegion } from '../region.ts';
import { type Command, dataDirOf, dataOption, type Outcome, textOption } from './command.ts';
import { formatTable } from './format-table.ts';
import { describeOldNode } from './node-version.ts';
import { type Progress, startProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** `towpath start`: runs a region until it is told to stop. */
export const startCommand: Command = {
  name: 'start',
  summary: 'start the demo region on this machine',
  usage: '[--port N] [--data DIR] [--region NAME] [--no-demo]',
  options: {
    port: { type: 'string', about: 'port on 127.0.0.1; 0 for any free one (default 8080)' },
    ...dataOption,
    region: { type: 'string', about: 'region file of lib/config/regions (default london)' },
    'no-demo': { type: 'boolean', about: 'leave an empty region empty' },
  },
  async run({ json, options, terminal }): Promise<Outcome> {
    const startedAt = performance.now();
    const old = describeOldNode(process.versions.node);
    if (old) return { kind: 'failed', ...old };
    const port = Number(textOption(options, 'port') ?? '8080');
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      return { kind: 'wrong-usage', message: '--port takes a number from 0 to 65535' };
    const dataDir = dataDirOf(options);
    const stopped = waitForStop();

    // The engine and the runner take a third of a second to load, which no other command should pay.
    const { startRegion } = await import('../region.ts');
    let seeding: Progress | undefined;
    const started = await startRegion({
      dataDir,
      region: textOption(options, 'region') ?? 'london',
      port,
      withDemo: options['no-demo'] !== true,
      signal: stopped.signal,
      onFatal: stopped.fail,
      progress: {
        step: (text) => terminal.err(text),
        seeding(done, total) {
          seeding ??= startProgress(terminal, 'Seeding', total);
          seeding.show(done);
          if (done === total) seeding.finish();
        },
      },
    });
    if (!started.ok) return { kind: 'failed', message: started.message, fix: started.fix };
    const { region } = started;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    terminal.out(
      json
        ? JSON.stringify(region.run)
        : describe(region, dataDir, seconds, options.data === undefined, terminal),
    );

    const reason = await stopped.reason;
    if (!json) terminal.err('Stopping …');
    await region.stop();
    if (reason.kind === 'failed') return reason;
    if (!json) terminal.err(`Stopped. The data is kept in ${dataDir}.`);
    return { kind: 'done' };
  },
};

/** Waits for Ctrl-C, for a stop from outside, or for a defect; `signal` tells of it at once. */
function waitForStop(): {
  reason: Promise<Outcome>;
  signal: AbortSignal;
  fail: (message: string) => void;
} {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, () => {
      resolve({ kind: 'done' });
      controller.abort();
    });
  return {
    reason: promise,
    signal: controller.signal,
    fail: (message) => resolve({ kind: 'failed', message }),
  };
}

function describe(
  { demo, limits, logFile, policy, run }: RunningRegion,
  dataDir: string,
  seconds: string,
  isDefaultDataDir: boolean,
  { bold }: Terminal,
): string {
  const origin = new URL(run.baseUrl).origin;
  const hero = demo?.heroes.marian;
  const strangerId = demo?.heroes.aisha?.personId;
  const data = isDefaultDataDir ? '' : ` --data ${shellWord(dataDir)}`;
  const steps =
    hero?.personId === undefined || strangerId === undefined
      ? []
      : walkThrough({
          baseUrl: run.baseUrl,
          personId: hero.personId,
          nhsNumber: hero.nhsNumber,
          strangerId,
          dataDir: isDefaultDataDir ? undefined : dataDir,
        });
  return [
    '',
    bold(`Towpath ${policy.name} is ready after ${seconds} s.`),
    '',
    `  API        ${run.baseUrl}`,
    `  Docs       ${origin}/docs`,
    `  Data       ${path.resolve(dataDir)}`,
    `  Audit log  ${run.auditLog}`,
    `  Log        ${path.resolve(logFile)}`,
    '',
    bold('Demo users'),
    formatTable(userTable(policy)).replaceAll(/^/gm, '  '),
    '',
    `  A token for one: npm run -s towpath -- token --as clinician${data}`,
    ...policy.clients
      .slice(0, 1)
      .map(
        ({ id }) =>
          `  An assertion of a system, for POST /oauth2/token: npm run -s towpath -- assertion --client ${id}${data}`,
      ),
    '',
    ...(demo === undefined ? [] : describeHeroes(demo, bold)),
    ...(steps.length > 0
      ? [bold('A walk-through: paste these into another terminal, in this folder'), '']
      : [`  To feed it: npm run -s towpath -- load examples${data}`, '']),
    ...steps.flatMap(({ command, title }, index) => [`# ${index + 1}. ${title}`, command, '']),
    bold('What is not pretended'),
    ...limits.map((line) => `  ${line}`),
    '',
    'Ctrl-C stops it.',
  ].join('\n');
}

/** The named people, and what each shows. */
function describeHeroes(demo: DemoFile, bold: Terminal['bold']): string[] {
  const rows = heroes.map(({ birthDate, family, given, hero, shows }) => [
    `  ${given.join(' ')} ${family}`,
    birthDate,
    demo.heroes[hero]?.personId === undefined ? '(fails the check)' : (demo.heroes[hero]?.nhsNumber ?? ''),
    shows,
  ]);
  return [
    bold('Made-up people to look for'),
    formatTable([['  NAME', 'BORN', 'NHS NUMBER', 'SHOWS'], ...rows]),
    '',
  ];
}
