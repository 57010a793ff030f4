// What a load costs on AWS: `node bench/load-cost.ts [RECORDS]` registers made-up people (5 % of them twice) through the
// API's own code on a metered engine, ten a transaction, counts the capacity by AWS's rules from the sizes of the items, and
// works out what ten million records cost and how long they take. Prints a table and JSON; docs/runbooks/bulk-load.md uses it.
import { randomUUID } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { submitBundle } from '../functions/usecases/submit-bundle.ts';
import { auditDisclosure } from '../functions/usecases/write-audit.ts';
import { loadRegions } from '../lib/config/load-regions.ts';
import { patientOfRow } from '../local/cli/feed/patient-of-row.ts';
import { feedOf } from '../local/demo/callers.ts';
import { seededRandom } from '../local/demo/random.ts';
import type { Item } from '../local/engine/dynalite.ts';
import { openFreshRegion } from '../local/measure/fresh-region.ts';
import { itemBytes } from '../local/measure/item-size.ts';
import { makePopulation } from './people/population.ts';
import { makeRecords } from './people/records.ts';

const seed = 20_261_121;
const perTransaction = 10;
const wanted = 10_000_000;

/** US dollars a million, on demand, Standard class. London's are those of November 2024; check them before relying on a sum. */
const prices = { writes: 0.7423, reads: 0.1485 };

/** Write units a second that an on-demand table takes: a new one, and the default quota of a table (both AWS's own figures). */
const writeRates = { 'new table': 4_000, 'warmed to the table quota': 40_000 };

const count = Number(process.argv[2] ?? '2000');
const policy = (await loadRegions()).get('london')?.policy;
if (!policy) throw new Error('there is no region london');
const region = await openFreshRegion(policy);
const caller = feedOf('T9A', 'load-cost');

async function register(patients: readonly object[]): Promise<void> {
  const entry = patients.map((resource) => ({
    resource,
    request: { method: 'PUT', url: `Patient/${(resource as { id: string }).id}` },
  }));
  const bundle = { resourceType: 'Bundle', type: 'transaction', entry };
  const request = { bundle, body: JSON.stringify(bundle), requestId: randomUUID(), newPersonId: randomUUID };
  const submitted = await submitBundle(region, caller, request);
  if (!submitted.ok) throw new Error(`a transaction was refused: ${submitted.code}`);
  const { entries } = submitted.value;
  await region.countPeople(entries.filter(({ fate }) => fate === 'person-created').length);
  const people = new Set(entries.flatMap(({ personId }) => personId ?? []));
  audited += people.size;
  await auditDisclosure(
    region,
    { operation: 'submit-bundle', action: 'C', caller, requestId: request.requestId },
    [...people].map((personId) => ({ personId, resourceCount: 1 })),
    '',
  );
}

let audited = 0;
let done = 0;
const patients: object[] = [];
const population = makePopulation({ seed, people: count });
for (const record of makeRecords(population, { random: seededRandom(seed), duplicates: 0.05 })) {
  const made = patientOfRow({ row: 0, ...record }, true);
  if (!made.ok) continue;
  patients.push(made.patient);
  done += 1;
  if (patients.length === perTransaction) await register(patients.splice(0));
  if (done === count) break;
}
if (patients.length > 0) await register(patients);

const capacity = region.meter.lap();
const items = new Map<string, { items: number; bytes: number; units: number }>();
let ExclusiveStartKey: Record<string, unknown> | undefined;
do {
  const page = await region.store.client.send(
    new ScanCommand({
      TableName: region.store.recordTable,
      ...(ExclusiveStartKey && { ExclusiveStartKey }),
    }),
  );
  for (const item of page.Items ?? []) {
    const bytes = itemBytes(marshall(item) as Item);
    const sum = items.get(String(item.type)) ?? { items: 0, bytes: 0, units: 0 };
    items.set(String(item.type), {
      items: sum.items + 1,
      bytes: sum.bytes + bytes,
      units: sum.units + Math.ceil(bytes / 1024),
    });
  }
  ExclusiveStartKey = page.LastEvaluatedKey;
} while (ExclusiveStartKey);
await region.close();

const round = (value: number, digits = 2) => Number(value.toFixed(digits));
/** The index by patient takes each audit entry a second time; the meter leaves indexes out. */
const indexUnits = audited / done;
const kept = [...items].filter(([type]) => !['Idempotency', 'Statistics'].includes(type));
const ways = {
  ordinary: {
    writeUnits: capacity.writeUnits / done + indexUnits,
    readUnits: capacity.readUnits / done,
  },
  initial: { writeUnits: kept.reduce((sum, [, { units }]) => sum + units, 0) / done, readUnits: 0 },
};
console.table(
  [...items].map(([type, { bytes, items: number, units }]) => ({
    type,
    'items a record': round(number / done),
    'mean bytes': Math.round(bytes / number),
    'write units a record, outside a transaction': round(units / done),
  })),
);
const figures = Object.entries(ways).map(([way, { readUnits, writeUnits }]) => ({
  way,
  writeUnitsPerRecord: round(writeUnits),
  readUnitsPerRecord: round(readUnits),
  dollarsForTenMillion: Math.round((wanted / 1e6) * (writeUnits * prices.writes + readUnits * prices.reads)),
  ...Object.fromEntries(
    Object.entries(writeRates).map(([table, rate]) => [
      `hours, ${table}`,
      round((wanted * writeUnits) / rate / 3600, 1),
    ]),
  ),
}));
console.table(figures);
const bytesPerRecord = kept.reduce((sum, [, { bytes }]) => sum + bytes, 0) / done;
console.log(JSON.stringify({ records: done, bytesPerRecord: Math.round(bytesPerRecord), prices, figures }));
