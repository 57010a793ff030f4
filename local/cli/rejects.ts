import * as z from 'zod';
import { type Command, dataDirOf, dataOption, type Outcome, textOption } from './command.ts';
import { formatTable } from './format-table.ts';
import { openRegion, tokenForUser } from './open-region.ts';
import { type RegionAnswer, type RegionClient, refusalOutcome, regionClient } from './region-client.ts';

/** `towpath rejects`: the messages that feeds were refused for what they hold. */
export const rejectsCommand: Command = {
  name: 'rejects',
  summary: 'list the messages that feeds were refused for what they hold, or show one',
  usage: '[--id ID] [--org ODS] [--as USER] [--data DIR]',
  options: {
    id: { type: 'string', about: 'one message, as it came; an unambiguous beginning of its id will do' },
    org: { type: 'string', about: "ODS code of the sender (default: the user's own; a steward sees all)" },
    as: { type: 'string', about: 'demo user who asks (default steward)' },
    ...dataOption,
  },
  async run({ options }): Promise<Outcome> {
    const opened = await openRegion(dataDirOf(options));
    if (!opened.ok) return opened.outcome;
    const issued = await tokenForUser(opened.region, textOption(options, 'as') ?? 'steward');
    if (!issued.ok) return issued.outcome;
    const client = regionClient(opened.region.found.baseUrl);
    const listed = await listRejects(client, issued.token, textOption(options, 'org')?.toUpperCase());
    if (!Array.isArray(listed)) return refusalOutcome(listed);
    const wanted = textOption(options, 'id');
    if (wanted === undefined) return { kind: 'done', text: describeAll(listed), json: { rejects: listed } };
    const [reject, another] = listed.filter(({ id }) => id.startsWith(wanted));
    if (!reject)
      return { kind: 'failed', message: 'no reject has this id', fix: 'towpath rejects lists them' };
    if (another) return { kind: 'wrong-usage', message: 'more than one reject has an id that begins so' };
    const answer = await client.get(`/rejects/${reject.id}`, issued.token);
    const read = answer.status === 200 ? rejectSchema.safeParse(answer.body) : undefined;
    if (!read?.success) return refusalOutcome(answer);
    return { kind: 'done', text: describeOne(read.data), json: read.data };
  },
};

const rejectSchema = z.object({
  id: z.string(),
  organisation: z.string(),
  sender: z.string(),
  format: z.string(),
  messageId: z.string(),
  code: z.string(),
  issues: z.array(z.string()),
  at: z.string(),
  size: z.number(),
  isKept: z.boolean(),
  message: z.string().optional(),
});

type Reject = z.infer<typeof rejectSchema>;

const pageSchema = z.object({ rejects: z.array(rejectSchema), next: z.string().optional() });

/** Every reject, newest first, or the first answer that is none. */
async function listRejects(
  client: RegionClient,
  token: string,
  organisation: string | undefined,
): Promise<Reject[] | RegionAnswer> {
  const rejects: Reject[] = [];
  const of = organisation === undefined ? '' : `&organisation=${organisation}`;
  for (let path: string | undefined = `/rejects?_count=100${of}`; path; ) {
    const answer: RegionAnswer = await client.get(path, token);
    const page = answer.status === 200 ? pageSchema.safeParse(answer.body) : undefined;
    if (!page?.success) return answer;
    rejects.push(...page.data.rejects);
    path = page.data.next?.slice(page.data.next.indexOf('/rejects'));
  }
  return rejects;
}

function describeAll(rejects: readonly Reject[]): string {
  if (rejects.length === 0) return 'Nothing was refused.';
  const rows = rejects.map(({ at, code, format, id, issues, organisation }) => [
    id.slice(0, 8),
    at.slice(0, 19),
    organisation,
    format,
    code,
    `${issues[0] ?? ''}${issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''}`,
  ]);
  return formatTable([['REJECT', 'AT', 'SENDER', 'FORMAT', 'CODE', 'WHAT IS WRONG'], ...rows]);
}

function describeOne(reject: Reject): string {
  const { at, code, format, id, issues, message, messageId, organisation, sender, size } = reject;
  return [
    `Reject ${id}`,
    `${organisation} (${sender}) sent it at ${at}, as ${format} message ${messageId}, ${size} bytes: ${code}`,
    ...issues.map((issue) => `  ${issue}`),
    '',
    message ?? 'The message itself is larger than is kept.',
  ].join('\n');
}
