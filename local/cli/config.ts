import {
  type Command,
  type CommandInput,
  dataDirOf,
  dataOption,
  type Outcome,
  textOption,
} from './command.ts';
import { applyAgreements } from './config/apply-agreements.ts';
import { simulateAccess } from './config/simulate-access.ts';
import { openRegion, tokenForUser } from './open-region.ts';
import { regionClient } from './region-client.ts';

/** `towpath config`: the agreements of a running region – apply others, or see what somebody would see. */
export const configCommand: Command = {
  name: 'config',
  summary: 'apply agreements, or see what somebody would see by them and why',
  usage:
    '(apply [--file FILE] [--dry-run] [--as USER] | simulate --as USER --patient ID [--file FILE]) [--data DIR]',
  options: {
    file: {
      type: 'string',
      about: "agreements as JSON (default for apply: the region's file in lib/config/agreements)",
    },
    'dry-run': { type: 'boolean', about: 'apply: print the difference and change nothing' },
    as: {
      type: 'string',
      about: 'apply: who applies (default privacy-officer); simulate: the user in whose place to look',
    },
    patient: { type: 'string', about: 'simulate: the person id' },
    ...dataOption,
  },
  takesPaths: true,
  async run(input): Promise<Outcome> {
    const [task, ...rest] = input.positionals;
    const work = rest.length === 0 ? tasks.get(task ?? '') : undefined;
    if (!work) return { kind: 'wrong-usage', message: 'name one task: apply or simulate' };
    const opened = await openRegion(dataDirOf(input.options));
    if (!opened.ok) return opened.outcome;
    return work(input, opened.region);
  },
};

type OpenedRegion = Extract<Awaited<ReturnType<typeof openRegion>>, { ok: true }>['region'];
type Task = (input: CommandInput, region: OpenedRegion) => Promise<Outcome>;

const tasks = new Map<string, Task>([
  ['apply', apply],
  ['simulate', simulate],
]);

async function apply({ options }: CommandInput, region: OpenedRegion): Promise<Outcome> {
  const issued = await tokenForUser(region, textOption(options, 'as') ?? 'privacy-officer');
  if (!issued.ok) return issued.outcome;
  return applyAgreements(regionClient(region.found.baseUrl), issued.token, {
    region: region.found.region,
    file: textOption(options, 'file'),
    isDryRun: options['dry-run'] === true,
  });
}

async function simulate({ options }: CommandInput, region: OpenedRegion): Promise<Outcome> {
  const user = textOption(options, 'as');
  const patient = textOption(options, 'patient');
  if (user === undefined || patient === undefined)
    return { kind: 'wrong-usage', message: 'name the user with --as and the patient with --patient' };
  const viewer = await tokenForUser(region, user);
  if (!viewer.ok) return viewer.outcome;
  const issued = await tokenForUser(region, 'privacy-officer');
  if (!issued.ok) return issued.outcome;
  return simulateAccess(regionClient(region.found.baseUrl), issued.token, {
    region: region.found.region,
    viewer: viewer.caller,
    patient,
    file: textOption(options, 'file'),
  });
}
