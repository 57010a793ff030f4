// How fast the local region answers one match and one section read over HTTP: `node bench/gateway.ts` prints a table, then
// the same figures as JSON. The demo region runs in a process of its own, from an empty data folder. To measure a region
// that runs already: `node bench/gateway.ts BASE_URL TOKEN,TOKEN… PERSON_ID NHS_NUMBER`, with tokens of enough users for their quotas.
import { Agent } from 'node:http';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import {
  type BenchRequest,
  measureRequests,
  printFigures,
  type RequestFigure,
  sendOnce,
} from './http/measure-requests.ts';
import { startBenchRegion, withRegionProcess } from './http/region-process.ts';

const targetSchema = z.object({
  /** Ends in `/FHIR/R4`. */
  baseUrl: z.url(),
  tokens: z.array(z.string().min(1)).min(1),
  personId: z.string().min(1),
  nhsNumber: z.string().regex(/^999\d{7}$/),
});

/** A region with one person to ask about. */
export type GatewayTarget = z.infer<typeof targetSchema>;

/** The two requests of the region's day: find the person, read a section. */
function makeRequests({ personId, nhsNumber }: GatewayTarget): BenchRequest[] {
  const identifier = [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber }];
  const resource = { resourceType: 'Patient', identifier };
  return [
    {
      name: 'match',
      method: 'POST',
      path: '/Patient/$match',
      body: JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'resource', resource }] }),
    },
    { name: 'section', method: 'GET', path: `/Patient/${personId}/sections/allergies` },
  ];
}

/** In the child: starts the demo region and says where it is. */
async function serve(dataDir: string): Promise<void> {
  const { clinicians, region } = await startBenchRegion(dataDir, true);
  const { demo, run } = region;
  const tokens = await clinicians();
  // The first named person whom the clinician may read.
  for (const { nhsNumber, personId } of Object.values(demo?.heroes ?? {})) {
    if (personId === undefined) continue;
    const target: GatewayTarget = { baseUrl: run.baseUrl, tokens, personId, nhsNumber };
    const requests = makeRequests(target);
    const agent = new Agent();
    const statuses = await Promise.all(requests.map((sent) => sendOnce(target, sent, agent)));
    agent.destroy();
    if (statuses.every((status) => status === 200)) {
      process.send?.(target);
      return;
    }
  }
  throw new Error('the demo region has nobody whom the clinician may read');
}

function measure(said: unknown): Promise<RequestFigure[]> {
  const target = targetSchema.parse(said);
  return measureRequests(target, makeRequests(target));
}

async function main([baseUrl, tokens, personId, nhsNumber]: readonly string[]): Promise<void> {
  const running = baseUrl && { baseUrl, tokens: tokens?.split(','), personId, nhsNumber };
  printFigures(
    await (running ? measure(running) : withRegionProcess(fileURLToPath(import.meta.url), measure)),
  );
}

const [mode, ...rest] = process.argv.slice(2);
await (mode === 'serve' ? serve(rest[0] ?? '') : main(process.argv.slice(2)));
