// What counting usage costs: `node bench/usage.ts [ENTRIES]` (default 20,000) counts made-up audit entries in batches of the
// stream, in process with their store calls on an embedded engine, half of the batches delivered twice, and holds the
// counters against the entries. Prints a table, then the same figures as JSON.
import { availableParallelism } from 'node:os';
import { viewingOperations } from '../functions/api/routes.ts';
import type { Caller } from '../functions/domain/access/caller.ts';
import type { AuditEntry } from '../functions/domain/audit/audit-entry.ts';
import { sectionCodes } from '../functions/domain/record/section-codes.ts';
import { countUsage } from '../functions/usecases/count-usage.ts';
import { readMonthlyUsage } from '../functions/usecases/read-usage.ts';
import { loadRegions } from '../lib/config/load-regions.ts';
import { seededRandom } from '../local/demo/random.ts';
import { openFreshRegion } from '../local/measure/fresh-region.ts';

const seed = 20_261_121;
const batchSize = 100;
const staff = 2_000;
const month = '2026-11';

const count = Number(process.argv[2] ?? 20_000);
const config = (await loadRegions()).get('london');
if (!config || !Number.isSafeInteger(count)) throw new Error('usage: node bench/usage.ts [ENTRIES]');
const { policy } = config;
const region = await openFreshRegion(policy);

const random = seededRandom(seed);
const pick = (range: number) => Math.floor(random() * range);

const entries = Array.from({ length: count }, (): AuditEntry => {
  const user = pick(staff);
  const organisation = policy.organisations[user % policy.organisations.length]?.ods ?? '';
  return {
    id: region.store.newId(),
    recordedAt: `${month}-${String(1 + pick(28)).padStart(2, '0')}T10:00:00.000Z`,
    writerId: 'writer',
    writerSequence: 1,
    operation: 'read-section',
    action: 'R',
    caller: {
      ...{ subject: `user-${user}`, name: `User ${user}`, role: 'clinician', organisation },
      ...{ purpose: 'directcare', tokenId: 'token' },
    },
    requestId: 'request',
    outcome: 'success',
    personId: `person-${pick(50_000)}`,
    section: sectionCodes[pick(sectionCodes.length)] ?? 'results',
  };
});

region.meter.lap();
const start = performance.now();
for (let at = 0; at < entries.length; at += batchSize)
  await countUsage(region, entries.slice(at, at + batchSize), viewingOperations);
const seconds = (performance.now() - start) / 1000;
const spent = region.meter.lap();
for (let at = 0; at < entries.length; at += batchSize * 2)
  await countUsage(region, entries.slice(at, at + batchSize), viewingOperations);

const asked = performance.now();
const officer: Caller = {
  subject: 'officer',
  name: 'Officer',
  role: 'privacy-officer',
  organisation: policy.organisations[0]?.ods ?? '',
  purpose: 'audit',
  tokenId: 'token',
};
const report = await readMonthlyUsage(region, officer, { month, publicForm: false });
const reportMilliseconds = performance.now() - asked;
await region.close();
if (!report.ok) throw new Error(report.code);
const distinct = new Set(entries.map(({ caller }) => caller.subject)).size;
if (report.value.usage.views !== count || report.value.usage.staff !== distinct)
  throw new Error('the counters are not those of the log');

const figures = {
  entries: count,
  staff: distinct,
  entriesPerSecond: Math.round(count / seconds),
  writeUnitsPerEntry: round(spent.writeUnits / count),
  readUnitsPerEntry: round(spent.readUnits / count),
  reportMilliseconds: Math.round(reportMilliseconds),
};
console.log(
  `Node ${process.version}, ${availableParallelism()} CPUs, batches of ${batchSize}, one after another; totals equal the log after every other batch came twice`,
);
console.table(figures);
console.log(JSON.stringify(figures));

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
