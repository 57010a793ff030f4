import * as z from 'zod';
import { agreementSchema } from '../../../functions/domain/access/agreement.ts';
import {
  type AgreementChange,
  agreementChanges,
} from '../../../functions/domain/access/agreement-changes.ts';
import type { Outcome } from '../command.ts';
import { type RegionClient, refusalOutcome } from '../region-client.ts';
import { readAgreementsFile } from './agreements-file.ts';

const stateSchema = z.object({ version: z.number(), agreements: z.array(agreementSchema) });
const outcomeSchema = z.object({ version: z.number() });

/** Sends the agreements of a file to a region, on condition that those whose difference is printed are still applied. */
export async function applyAgreements(
  client: RegionClient,
  token: string,
  request: { readonly region: string; readonly file: string | undefined; readonly isDryRun: boolean },
): Promise<Outcome> {
  const read = await readAgreementsFile(request.file, request.region);
  if (!read.ok) return read.outcome;
  const current = await client.get('/agreements', token);
  const state = current.status === 200 ? stateSchema.safeParse(current.body) : undefined;
  if (!state?.success) return refusalOutcome(current);
  const { version } = state.data;
  const changes = agreementChanges(state.data.agreements, read.agreements);
  if (changes.length === 0)
    return {
      kind: 'done',
      text: `Version ${version} says the same: nothing to apply.`,
      json: { version, changes, applied: false },
    };
  if (request.isDryRun)
    return {
      kind: 'done',
      text: `${describe(changes)}\n\nVersion ${version} stays: this was a dry run.`,
      json: { version, changes, applied: false },
    };
  const answer = await client.post('/agreements', { version, agreements: read.agreements }, token);
  const applied = answer.status === 200 ? outcomeSchema.safeParse(answer.body) : undefined;
  if (!applied?.success) return refusalOutcome(answer);
  return {
    kind: 'done',
    text: `${describe(changes)}\n\nApplied as version ${applied.data.version}; it holds everywhere within five seconds.`,
    json: { version: applied.data.version, changes, applied: true },
  };
}

const signs = { added: '+', removed: '-' } as const;

function describe(changes: readonly AgreementChange[]): string {
  return changes
    .map(({ change, organisation, rule }) => `${signs[change]} ${organisation} ${rule}`)
    .join('\n');
}
