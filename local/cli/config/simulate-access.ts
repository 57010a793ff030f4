import * as z from 'zod';
import type { Caller } from '../../../functions/domain/access/caller.ts';
import { errorCatalogue } from '../../../functions/domain/error-catalogue.ts';
import type { SimulatedReason } from '../../../functions/usecases/simulate-access.ts';
import type { Outcome } from '../command.ts';
import { formatTable } from '../format-table.ts';
import { type RegionClient, refusalOutcome } from '../region-client.ts';
import { readAgreementsFile } from './agreements-file.ts';

const reasons: Readonly<Record<SimulatedReason, string>> = {
  'own-record': 'its own record',
  agreement: 'agreement and role',
  'no-view-agreement': 'their organisation has not agreed to view it',
  'no-share-agreement': 'not shared with them',
  'closed-record': 'the record is closed to them',
  role: 'their role may not open it',
  objection: 'the patient objects',
};

const reason = z.enum(Object.keys(reasons) as [SimulatedReason, ...SimulatedReason[]]);
const simulationSchema = z.object({
  personId: z.string(),
  allowed: z.boolean(),
  code: z.string().optional(),
  relationships: z.array(z.object({ kind: z.string(), until: z.string() })),
  sections: z.array(
    z.object({
      section: z.string(),
      opens: z.boolean(),
      because: reason,
      sources: z.array(
        z.object({
          organisation: z.string(),
          name: z.string(),
          shown: z.boolean(),
          because: reason,
          labels: z.union([z.literal('all'), z.array(z.string())]),
        }),
      ),
    }),
  ),
});

type Simulated = z.infer<typeof simulationSchema>;

/** What a user would see of a record and why, by the region's agreements or by those of a file. */
export async function simulateAccess(
  client: RegionClient,
  token: string,
  request: {
    readonly region: string;
    readonly viewer: Caller;
    readonly patient: string;
    readonly file: string | undefined;
  },
): Promise<Outcome> {
  const { organisation, purpose, role, subject } = request.viewer;
  const read =
    request.file === undefined ? undefined : await readAgreementsFile(request.file, request.region);
  if (read && !read.ok) return read.outcome;
  const body = {
    patient: request.patient,
    ...{ role, organisation, purpose, subject },
    ...(read && { agreements: read.agreements }),
  };
  const answer = await client.post('/agreements/$simulate', body, token);
  const simulated = answer.status === 200 ? simulationSchema.safeParse(answer.body) : undefined;
  if (!simulated?.success) return refusalOutcome(answer);
  const heading = `${request.viewer.name} (${role} at ${organisation}), by ${read ? 'the proposed' : 'the applied'} agreements`;
  return { kind: 'done', text: `${heading}:\n${describe(simulated.data)}`, json: simulated.data };
}

function describe({ allowed, code, relationships, sections }: Simulated): string {
  const proof = relationships.map(({ kind, until }) => `${kind} until ${until.slice(0, 10)}`);
  const text = Object.hasOwn(errorCatalogue, code ?? '')
    ? errorCatalogue[code as keyof typeof errorCatalogue].text
    : '';
  const rows = sections.flatMap(({ because, opens, section, sources }) => [
    [`  ${section}`, opens ? 'opens' : 'closed', reasons[because]],
    ...sources.map((source) => [
      `    ${source.organisation} ${source.name}`,
      source.shown ? 'shown' : 'hidden',
      reasons[source.because],
      source.shown ? labelsOf(source) : '',
    ]),
  ]);
  return [
    `  relationship: ${proof.length > 0 ? proof.join('; ') : 'none that holds'}`,
    `  record: ${allowed ? 'opens' : `closed, ${code}: ${text}`}`,
    '',
    formatTable([['  SECTION', '', 'BECAUSE', 'ENTRIES WITH LABELS'], ...rows]),
  ].join('\n');
}

/** The labels with which an entry of the source is shown; those that ask for care and are not here keep it back. */
function labelsOf({ labels }: Simulated['sections'][number]['sources'][number]): string {
  return labels === 'all' ? 'any' : labels.join(', ');
}
