/**
 * What the audit adds to a read: `node bench/audit-overhead.ts [READS]` (default 5,000). Reads of one section through the handler on
 * the in-memory engine, by turns with its entry written and awaited as ever, and with the put of the entry answered at once by
 * a stand-in in front of the engine; and how long one put alone takes. Prints p50 and p99 of each and the difference, and JSON.
 */
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bundle } from 'fhir/r4.js';
import { openTestRegion } from '../test/support/operations.ts';
import { makeAllergy, makeBundle, makePatient, testNhsNumber } from '../test/support/people.ts';

const reads = Number(process.argv[2] ?? 5_000);
const warmUp = 500;
const entriesHeld = 20;

let skipsAudit = false;
let auditTable = '';
let puts = 0;

/** In front of the engine: lets everything through but, when told so, the put of an audit entry. */
const stand = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    const body = Buffer.concat(chunks);
    const isAudit =
      String(incoming.headers['x-amz-target']).endsWith('.PutItem') &&
      body.includes(`"TableName":"${auditTable}"`);
    if (isAudit) puts += 1;
    if (isAudit && skipsAudit) {
      outgoing.writeHead(200, { 'Content-Type': 'application/x-amz-json-1.0' }).end('{}');
      return;
    }
    const forwarded = httpRequest(
      new URL(incoming.url ?? '/', target),
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.end(body);
  });
});
let target = '';
const region = await openTestRegion({
  endpointInFrontOf: async (endpoint) => {
    target = endpoint;
    await new Promise<void>((resolve) => stand.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(stand.address() as AddressInfo).port}`;
  },
});
auditTable = region.store.auditTable;

const { body } = await region.call<Bundle>('submit-bundle', {
  caller: { role: 'feed', purpose: 'feed' },
  body: makeBundle(
    makePatient({ id: 'o-1', nhsNumber: testNhsNumber(1) }),
    ...Array.from({ length: entriesHeld }, (_, at) =>
      makeAllergy(`o-a-${at}`, 'o-1', { text: `Allergen ${at}` }),
    ),
  ),
});
const personId = body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';

async function timed(): Promise<number> {
  const started = performance.now();
  const { status } = await region.call('read-section', { path: { id: personId, code: 'allergies' } });
  if (status !== 200) throw new Error(`a read was answered with ${status}`);
  return performance.now() - started;
}

const times = { audited: [] as number[], unaudited: [] as number[] };
for (let run = 0; run < warmUp; run += 1) await timed();
const putsBefore = puts;
for (let run = 0; run < reads; run += 1)
  for (const kind of run % 2 === 0
    ? (['audited', 'unaudited'] as const)
    : (['unaudited', 'audited'] as const)) {
    skipsAudit = kind === 'unaudited';
    times[kind].push(await timed());
  }
const putsPerRead = (puts - putsBefore) / (2 * reads);
await region.close();
stand.closeAllConnections();
await new Promise<void>((resolve) => stand.close(() => resolve()));

const quantile = (all: readonly number[], share: number) =>
  all.toSorted((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))] ?? 0;
const rounded = (value: number) => Number(value.toFixed(2));
const figures = Object.entries({ p50: 0.5, p95: 0.95, p99: 0.99 }).map(([name, share]) => {
  const [audited, unaudited] = [quantile(times.audited, share), quantile(times.unaudited, share)];
  return {
    quantile: name,
    auditedMs: rounded(audited),
    unauditedMs: rounded(unaudited),
    addedMs: rounded(audited - unaudited),
  };
});
console.table(figures);
console.log(JSON.stringify({ reads, entriesShown: entriesHeld, putsPerRead, figures }));
