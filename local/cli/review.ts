import * as z from 'zod';
import { reviewDecisions } from '../../functions/store/review-task.ts';
import {
  type Command,
  dataDirOf,
  dataOption,
  type OptionValues,
  type Outcome,
  textOption,
} from './command.ts';
import { formatTable } from './format-table.ts';
import { openRegion, tokenForUser } from './open-region.ts';
import { type RegionAnswer, type RegionClient, refusalOutcome, regionClient } from './region-client.ts';

/** `towpath review`: the doubts about who is who, side by side, and their decision. */
export const reviewCommand: Command = {
  name: 'review',
  summary: 'list, show and decide doubts about who is who',
  usage:
    '[--task ID [--decide DECISION] [--assign USER] [--person ID] [--comment TEXT]] [--as USER] [--data DIR]',
  options: {
    task: {
      type: 'string',
      about: 'one task, both sides and every weight; an unambiguous beginning of its id will do',
    },
    decide: { type: 'string', about: `${reviewDecisions.join(', ')}: decides the task` },
    assign: { type: 'string', about: 'gives the task to this user' },
    person: { type: 'string', about: 'a merge: which of the two stays' },
    comment: { type: 'string', about: 'why, for the ledger' },
    as: { type: 'string', about: 'demo user who asks (default steward)' },
    ...dataOption,
  },
  async run({ options }): Promise<Outcome> {
    const decision = textOption(options, 'decide');
    if (decision !== undefined && !(reviewDecisions as readonly string[]).includes(decision))
      return { kind: 'wrong-usage', message: `--decide takes ${reviewDecisions.join(', ')}` };
    const wanted = textOption(options, 'task');
    if (
      wanted === undefined &&
      ['decide', 'assign', 'person', 'comment'].some((name) => textOption(options, name))
    )
      return { kind: 'wrong-usage', message: 'name the task with --task ID' };
    const opened = await openRegion(dataDirOf(options));
    if (!opened.ok) return opened.outcome;
    const issued = await tokenForUser(opened.region, textOption(options, 'as') ?? 'steward');
    if (!issued.ok) return issued.outcome;
    const client = regionClient(opened.region.found.baseUrl);
    const listed = await listTasks(client, issued.token);
    if (!Array.isArray(listed)) return refusalOutcome(listed);
    if (wanted === undefined) return { kind: 'done', text: describeAll(listed), json: { tasks: listed } };
    const [task, another] = listed.filter(({ id }) => id.startsWith(wanted));
    if (!task)
      return { kind: 'failed', message: 'no open task has this id', fix: 'towpath review lists them' };
    if (another) return { kind: 'wrong-usage', message: 'more than one task has an id that begins so' };
    return decision === undefined && textOption(options, 'assign') === undefined
      ? { kind: 'done', text: describeOne(task), json: task }
      : await decide(client, issued.token, task, options);
  },
};

const taskSchema = z.object({
  id: z.string(),
  kind: z.string(),
  reason: z.string(),
  status: z.string(),
  createdAt: z.string(),
  version: z.number(),
  assignee: z.string().optional(),
  sides: z.array(
    z.object({
      kind: z.string(),
      person: z.string().optional(),
      organisation: z.string().optional(),
      patient: z.looseObject({
        name: z
          .array(z.object({ family: z.string().optional(), given: z.array(z.string()).optional() }))
          .optional(),
        birthDate: z.string().optional(),
        gender: z.string().optional(),
        identifier: z.array(z.object({ value: z.string().optional() })).optional(),
        address: z
          .array(z.object({ line: z.array(z.string()).optional(), postalCode: z.string().optional() }))
          .optional(),
      }),
    }),
  ),
  comparison: z
    .object({
      score: z.number(),
      guard: z.string().optional(),
      fields: z.array(z.object({ field: z.string(), outcome: z.string(), weight: z.number() })),
    })
    .optional(),
});

type Task = z.infer<typeof taskSchema>;
type Side = Task['sides'][number];

const pageSchema = z.object({ tasks: z.array(taskSchema), next: z.string().optional() });

/** Every open task, or the first answer that is none. */
async function listTasks(client: RegionClient, token: string): Promise<Task[] | RegionAnswer> {
  const tasks: Task[] = [];
  for (let path: string | undefined = '/review-tasks?_count=100'; path; ) {
    const answer: RegionAnswer = await client.get(path, token);
    const page = answer.status === 200 ? pageSchema.safeParse(answer.body) : undefined;
    if (!page?.success) return answer;
    tasks.push(...page.data.tasks);
    path = page.data.next?.slice(page.data.next.indexOf('/review-tasks'));
  }
  return tasks;
}

async function decide(
  client: RegionClient,
  token: string,
  { id, version }: Task,
  options: OptionValues,
): Promise<Outcome> {
  const decision = textOption(options, 'decide');
  const assign = textOption(options, 'assign');
  const person = textOption(options, 'person');
  const comment = textOption(options, 'comment');
  const body = {
    version,
    ...(decision && { decision }),
    ...(assign && { assign }),
    ...(person && { person }),
    ...(comment && { comment }),
  };
  const answer = await client.post(`/review-tasks/${id}`, body, token);
  const changed = answer.status === 200 ? taskSchema.safeParse(answer.body) : undefined;
  if (!changed?.success) return refusalOutcome(answer);
  const { assignee, status } = changed.data;
  const text = status === 'decided' ? `Decided: ${decision}.` : `Given to ${assignee ?? 'nobody'}.`;
  return { kind: 'done', text, json: changed.data };
}

function describeAll(tasks: readonly Task[]): string {
  if (tasks.length === 0) return 'Nothing to decide.';
  const rows = tasks.map(({ assignee, id, kind, sides }) => [
    id.slice(0, 8),
    kind,
    sides.map((side) => `${nameOf(side)} (${side.patient.birthDate ?? 'birth date unknown'})`).join(' / '),
    assignee ?? '',
  ]);
  return formatTable([['TASK', 'KIND', 'ABOUT', 'ASSIGNEE'], ...rows]);
}

function describeOne({ comparison, id, kind, reason, sides }: Task): string {
  const rows: [string, (side: Side) => string][] = [
    ['name', nameOf],
    ['born', ({ patient }) => patient.birthDate ?? ''],
    ['gender', ({ patient }) => patient.gender ?? ''],
    ['NHS number', ({ patient }) => patient.identifier?.[0]?.value ?? ''],
    ['address', ({ patient }) => patient.address?.[0]?.line?.join(', ') ?? ''],
    ['postcode', ({ patient }) => patient.address?.[0]?.postalCode ?? ''],
    ['id', ({ organisation, person }) => person ?? `of ${organisation}`],
  ];
  const table = formatTable([
    ['', ...sides.map((side) => side.kind.toUpperCase())],
    ...rows.map(([label, cell]) => [`  ${label}`, ...sides.map(cell)]),
  ]);
  if (!comparison) return `${kind} (${reason})\nTask ${id}\n\n${table}`;
  const { fields, guard, score } = comparison;
  const weights = formatTable([
    ['  FIELD', 'AGREEMENT', 'WEIGHT (BITS)'],
    ...fields.map(({ field, outcome, weight }) => [
      `  ${field}`,
      outcome,
      `${weight > 0 ? '+' : ''}${weight.toFixed(2)}`,
    ]),
  ]);
  const verdict = `Probability ${score.toFixed(4)} that both are one${guard ? `; not certain whatever it is: ${guard}` : ''}`;
  return `${kind} (${reason})\nTask ${id}\n\n${table}\n\n${weights}\n${verdict}`;
}

function nameOf({ patient }: Side): string {
  const [name] = patient.name ?? [];
  return [...(name?.given ?? []), name?.family ?? ''].join(' ').trim();
}
