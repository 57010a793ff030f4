// How long the summary of a large record takes, in process with its store calls and its audit entry: `node bench/summary.ts
// [ENTRIES] [SOURCES]` (default 1,000 in eight) fills an embedded engine on a temporary folder with one made-up record, asks
// for its summary again and again, and prints a table, then the same figures as JSON.
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { writeSummary } from '../functions/formats/fhir/summary.ts';
import { summariseRecord } from '../functions/usecases/summarise-record.ts';
import { auditDisclosure } from '../functions/usecases/write-audit.ts';
import { loadRegions } from '../lib/config/load-regions.ts';
import { openFreshRegion } from '../local/measure/fresh-region.ts';
import { mean, quantile } from '../local/measure/match-figures.ts';
import { fillRecord } from './records/large-record.ts';

const warmUp = 20;
const measured = 100;

const [entries = 1000, sources = 8] = process.argv.slice(2).map(Number);
const config = (await loadRegions()).get('london');
if (!config || !Number.isSafeInteger(entries) || !Number.isSafeInteger(sources))
  throw new Error('usage: node bench/summary.ts [ENTRIES] [SOURCES]');
const region = await openFreshRegion(config.policy);
const { personId, reader } = await fillRecord(region, { entries, sources });

/** What `GET /Patient/{id}/$summary` does between the checks of the request and the answer. */
async function summarise(): Promise<{ readonly shown: number; readonly bytes: number }> {
  const summarised = await summariseRecord(region, reader, { personId });
  if (!summarised.ok) throw new Error(`the summary was refused: ${summarised.code}`);
  const shown = summarised.value.entries.flatMap(({ duplicates, entry }) => [entry, ...duplicates]);
  const body = JSON.stringify(
    writeSummary(summarised.value, {
      id: randomUUID(),
      madeAt: summarised.value.madeAt,
      baseUrl: 'https://bench.example/FHIR/R4',
      region: config?.policy ?? { region: '', name: '' },
    }),
  );
  const resources = shown.map(({ entryId, resourceType }) => `${resourceType}/${entryId}`);
  const request = {
    operation: 'read-summary',
    action: 'R',
    caller: reader,
    requestId: randomUUID(),
  } as const;
  await auditDisclosure(region, request, [{ personId, resourceCount: shown.length, resources }], body);
  return { shown: shown.length, bytes: Buffer.byteLength(body) };
}

const times: number[] = [];
let last = { shown: 0, bytes: 0 };
region.meter.lap();
let processorMs = 0;
for (let asked = 0; asked < warmUp + measured; asked += 1) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  last = await summarise();
  times.push(performance.now() - start);
  const { system, user } = process.cpuUsage(before);
  if (asked >= warmUp) processorMs += (system + user) / 1000;
}
const capacity = region.meter.lap();
await region.close();

const sorted = times.slice(warmUp).sort((a, b) => a - b);
const round = (value: number | null) => (value === null ? null : Math.round(value * 10) / 10);
const figures = {
  entries: last.shown,
  kilobytes: round(last.bytes / 1000),
  p50Ms: round(quantile(sorted, 0.5)),
  p95Ms: round(quantile(sorted, 0.95)),
  meanMs: round(mean(sorted)),
  // Of all threads of this process, which is the engine too: it depends less on what else runs.
  processorMs: round(processorMs / measured),
  // The audit put is one of the calls.
  storeCalls: round(capacity.calls / times.length),
  readUnits: round(capacity.readUnits / times.length),
};
console.log(
  `Node ${process.version}, ${availableParallelism()} CPUs, ${entries} entries in ${sources} sources, ${measured} summaries one after another`,
);
console.table([figures]);
console.log(JSON.stringify({ node: process.version, sources, summaries: measured, ...figures }));
