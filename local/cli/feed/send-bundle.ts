import * as z from 'zod';
import { fateSystem } from '../../../functions/formats/fhir/transaction-response.ts';
import { type RegionClient, readRefusal } from '../region-client.ts';
import { hideNumbers, type Rejection, type WholeBundle } from './resource-item.ts';
import type { ItemOutcome } from './send-transaction.ts';

/** What became of a Bundle that was sent whole; `too-large` when it has to be sent in parts. */
export type WholeOutcome =
  | {
      readonly kind: 'filed';
      readonly outcomes: readonly ItemOutcome[];
      readonly rejected: readonly Rejection[];
    }
  | { readonly kind: 'too-large' };

const issue = z.object({
  details: z.object({
    coding: z.array(z.object({ system: z.string().optional(), code: z.string() })).default([]),
  }),
});
const outcomeSchema = z.object({ issue: z.array(issue).min(1) });
const answerSchema = z.object({
  entry: z.array(
    z.object({
      response: z.object({ location: z.string().optional(), outcome: outcomeSchema }).optional(),
      resource: z.looseObject({ resourceType: z.string() }).optional(),
    }),
  ),
});

const notStored =
  'not a patient or clinical resource (entries keep their reference to it, with its display text)';

/** Sends a document or a message as the one thing that it is, all or none. */
export async function sendBundle(
  client: Pick<RegionClient, 'post'>,
  token: string,
  { bundle, file, items, label }: WholeBundle,
): Promise<WholeOutcome> {
  const answer = await client.post('', bundle, token);
  const filed = answer.status === 200 ? answerSchema.safeParse(answer.body) : undefined;
  if (!filed?.success) {
    const { code, diagnostics, text } = readRefusal(refusalIn(answer));
    if (code === 'TOO_LARGE') return { kind: 'too-large' };
    const reason = hideNumbers(`${code}: ${diagnostics || text}`);
    return { kind: 'filed', outcomes: [], rejected: [{ file, resource: label, reason }] };
  }
  const outcomes: ItemOutcome[] = [];
  const rejected: Rejection[] = [];
  for (const [index, { codes, personId }] of fatesOf(filed.data).entries()) {
    const item = items[index];
    const [fate = 'not-stored', ...remarks] = codes;
    if (!item) continue;
    if (fate === 'not-stored') rejected.push({ file, resource: item.label, reason: notStored });
    else outcomes.push({ item, kind: 'accepted', fate, remarks, ...(personId && { personId }) });
  }
  return { kind: 'filed', outcomes, rejected };
}

/** A message that was refused says so in a message; its OperationOutcome is the second entry. */
function refusalIn({ body, status }: Awaited<ReturnType<RegionClient['post']>>) {
  const answer = answerSchema.safeParse(body);
  return { status, body: (answer.success ? answer.data.entry[1]?.resource : undefined) ?? body };
}

/** What became of each resource, in the Bundle's order: from a transaction's answer, or from a message's, whose header is no resource. */
function fatesOf({ entry }: z.infer<typeof answerSchema>): { codes: string[]; personId?: string }[] {
  const codesOf = ({ details }: z.infer<typeof issue>) =>
    details.coding.filter(({ system }) => system === fateSystem).map(({ code }) => code);
  const said = outcomeSchema.safeParse(entry[1]?.resource);
  if (entry[0]?.resource?.resourceType === 'MessageHeader')
    return said.success ? said.data.issue.map((one) => ({ codes: codesOf(one) })) : [];
  return entry.map(({ response }) => {
    const personId = response?.location?.replace(/^Patient\//, '');
    const [first] = response?.outcome.issue ?? [];
    return { codes: first ? codesOf(first) : [], ...(personId && { personId }) };
  });
}
