// How fast one section is read, from three sources with 100 entries, over HTTP with checks and audit; whether a page costs the
// same in a record of 10, 1,000 and 20,000 entries; and what each section of a large record costs in read units: `node
// bench/section-read.ts` prints tables, then the same figures as JSON. `node bench/section-read.ts gateway` (or `growth`, or
// `units`) measures that alone.
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { Caller } from '../functions/domain/access/caller.ts';
import { type SectionCode, sectionCodes } from '../functions/domain/record/section-codes.ts';
import { writeSectionPage } from '../functions/formats/fhir/section-page.ts';
import { readSection } from '../functions/usecases/read-section.ts';
import { auditDisclosure } from '../functions/usecases/write-audit.ts';
import { loadRegions } from '../lib/config/load-regions.ts';
import { openFreshRegion } from '../local/measure/fresh-region.ts';
import { quantile } from '../local/measure/match-figures.ts';
import { measureRequests, printFigures } from './http/measure-requests.ts';
import { startBenchRegion, withRegionProcess } from './http/region-process.ts';
import { fillRecord, type RecordSize, recordMessages } from './records/large-record.ts';

const targetSchema = z.object({
  baseUrl: z.url(),
  tokens: z.array(z.string().min(1)).min(1),
  personId: z.string().min(1),
});

const oneSection: RecordSize = { entries: 100, sources: 3, type: 'Observation' };

/** In the child: an empty region that is fed one record over HTTP, as its suppliers would. */
async function serve(dataDir: string): Promise<void> {
  const { clinicians, region, tokenOf } = await startBenchRegion(dataDir, false);
  const { baseUrl } = region.run;
  let location = '';
  for (const { bundle, sender } of recordMessages(region.policy, oneSection).messages) {
    const answer = await fetch(baseUrl, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${await tokenOf(sender)}`,
        'Content-Type': 'application/fhir+json',
      },
      body: JSON.stringify(bundle),
    });
    if (answer.status !== 200) throw new Error(`the feed was answered with ${answer.status}`);
    const body = (await answer.json()) as { entry?: { response?: { location?: string } }[] };
    location = body.entry?.[0]?.response?.location ?? '';
  }
  const tokens = await clinicians();
  process.send?.({ baseUrl, tokens, personId: location.replace('Patient/', '') });
}

/** The section as it is first shown, in pages of 20, and the whole of it in one. */
async function measureGateway(): Promise<void> {
  const figures = await withRegionProcess(fileURLToPath(import.meta.url), async (said) => {
    const target = targetSchema.parse(said);
    const path = `/Patient/${target.personId}/sections/results`;
    return measureRequests(target, [
      { name: 'first page of 20', method: 'GET', path },
      { name: 'all 100', method: 'GET', path: `${path}?_count=100` },
    ]);
  });
  printFigures(figures, { ...oneSection });
}

async function openRegion() {
  const config = (await loadRegions()).get('london');
  if (!config) throw new Error('there is no region london');
  return openFreshRegion(config.policy);
}

/** What `GET /Patient/{id}/sections/{code}` does between the checks of the request and the answer. */
async function readPage(
  region: Awaited<ReturnType<typeof openRegion>>,
  reader: Caller,
  { count, personId, section }: { personId: string; section: SectionCode; count: number },
): Promise<number> {
  const read = await readSection(region, reader, { personId, section, count, query: '' });
  if (!read.ok) throw new Error(`the section was refused: ${read.code}`);
  const body = JSON.stringify(
    writeSectionPage(section, read.value, {
      self: 'https://bench.example/?',
      baseUrl: 'https://bench.example',
    }),
  );
  const resources = read.value.entries.map(({ entry }) => `${entry.resourceType}/${entry.entryId}`);
  const request = { operation: 'read-section', action: 'R', caller: reader, requestId: personId } as const;
  await auditDisclosure(
    region,
    request,
    [{ personId, section, resourceCount: resources.length, resources }],
    body,
  );
  return resources.length;
}

/** A page of 20 results in records of growing length, of three sources. */
async function measureGrowth(): Promise<void> {
  const figures = [];
  for (const entries of [10, 1_000, 20_000]) {
    const region = await openRegion();
    const { personId, reader } = await fillRecord(region, { entries, sources: 3 });
    const page = { personId, section: 'results', count: 20 } as const;
    for (let warmUp = 0; warmUp < 30; warmUp += 1) await readPage(region, reader, page);
    region.meter.lap();
    const times: number[] = [];
    const reads = 100;
    for (let asked = 0; asked < reads; asked += 1) {
      const start = performance.now();
      await readPage(region, reader, page);
      times.push(performance.now() - start);
    }
    const { calls, readUnits } = region.meter.lap();
    await region.close();
    const sorted = times.sort((a, b) => a - b);
    figures.push({
      entries,
      p50Ms: tenths(quantile(sorted, 0.5) ?? 0),
      p95Ms: tenths(quantile(sorted, 0.95) ?? 0),
      storeCalls: calls / reads,
      readUnits: tenths(readUnits / reads),
    });
  }
  console.log('A page of 20 results, in process with its store calls and its audit entry');
  console.table(figures);
  console.log(JSON.stringify({ node: process.version, growth: figures }));
}

/**
 * Pence for a read unit on demand in London (eu-west-2): $0.1485 a million read request units (the AWS price list, DynamoDB,
 * on demand, Standard table class, November 2024 on) at 0.79 pounds a dollar, before VAT. Change it here when AWS does.
 */
const penceAReadUnit = (0.1485 / 1_000_000) * 79;

/** The first page of each section of a record of 1,000 entries in eight source records. */
async function measureUnits(): Promise<void> {
  const region = await openRegion();
  const { personId, reader } = await fillRecord(region, { entries: 1_000, sources: 8 });
  const figures = [];
  for (const section of sectionCodes) {
    region.meter.lap();
    const shown = await readPage(region, reader, { personId, section, count: 20 });
    const { calls, readUnits } = region.meter.lap();
    figures.push({
      section,
      shown,
      storeCalls: calls,
      readUnits: tenths(readUnits),
      penceAThousandViews: Math.round(readUnits * penceAReadUnit * 1_000 * 100) / 100,
    });
  }
  await region.close();
  console.log('The first page (20) of each section of a record of 1,000 entries in eight source records');
  console.table(figures);
  console.log(JSON.stringify({ node: process.version, penceAReadUnit, units: figures }));
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

const [mode, dataDir = ''] = process.argv.slice(2);
if (mode === 'serve') await serve(dataDir);
else {
  if (mode === undefined || mode === 'gateway') await measureGateway();
  if (mode === undefined || mode === 'growth') await measureGrowth();
  if (mode === undefined || mode === 'units') await measureUnits();
}
