/**
 * Disclosures without an audit entry under random faults: `node bench/audit-faults.ts [RUNS] [SEED]` (default 5,000 and 1). For a
 * hundred thousand: `for seed in $(seq 20); do node bench/audit-faults.ts 5000 $seed; done`, as one table of that many entries
 * would be read ever slower. Each run asks one operation while some calls to the table fail, and the second sink too in every
 * other run; a body that was released must have an entry of either sink with its digest that names its patient.
 */
import { createHash } from 'node:crypto';
import type { Bundle } from 'fhir/r4.js';
import type { AuditEntry } from '../functions/domain/audit/audit-entry.ts';
import { seededRandom } from '../local/demo/random.ts';
import { type FaultKind, makeFaultyEndpoint } from '../test/support/faulty-endpoint.ts';
import { openTestRegion, type TestRequest } from '../test/support/operations.ts';
import { makeAllergy, makeBundle, makePatient, testNhsNumber } from '../test/support/people.ts';

const runs = Number(process.argv[2] ?? 5_000);
const seed = Number(process.argv[3] ?? 1);
/** Runs after which the answers are held against the stored entries. */
const chunk = 1_000;

const faults = makeFaultyEndpoint();
const sinkFaults = makeFaultyEndpoint();
const region = await openTestRegion({ endpointInFrontOf: faults.start, bucketsInFrontOf: sinkFaults.start });
const random = seededRandom(seed);
const below = (limit: number) => Math.floor(random() * limit);

const patient = makePatient({ id: 'c-1', family: 'Canary', nhsNumber: testNhsNumber(1) });
const { body } = await region.call<Bundle>('submit-bundle', {
  caller: { role: 'feed', purpose: 'feed' },
  body: makeBundle(patient, makeAllergy('c-a', 'c-1', { text: 'Canary allergen' })),
});
const personId = body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
const section = await region.call<Bundle>('read-section', { path: { id: personId, code: 'allergies' } });
const entryId = section.body.entry?.[0]?.resource?.id ?? '';
const officer = { role: 'privacy-officer', purpose: 'audit' } as const;
const matchOf = ({ family, birthDate }: { family: string; birthDate: string }) => ({
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'resource',
      resource: { resourceType: 'Patient', name: [{ family, given: ['Marian'] }], birthDate },
    },
  ],
});
const requests: readonly (readonly [string, TestRequest])[] = [
  ['read-patient', { path: { id: personId } }],
  ['list-sections', { path: { id: personId } }],
  ['read-section', { path: { id: personId, code: 'allergies' } }],
  ['read-summary', { path: { id: personId } }],
  ['read-everything', { path: { id: personId } }],
  ['search-resources', { path: { type: 'AllergyIntolerance' }, query: { patient: personId } }],
  ['read-resource', { path: { type: 'AllergyIntolerance', id: entryId } }],
  ['match-patient', { body: matchOf({ family: 'Canary', birthDate: '1971-03-09' }) }],
  ['search-patients', { query: { family: 'Canary', birthdate: '1971-03-09', gender: 'female' } }],
  ['list-objections', { query: { patient: personId } }],
  ['search-audit-events', { caller: officer, query: { patient: personId, _count: '2' } }],
];
const kinds: readonly FaultKind[] = ['failed-before-effect', 'reply-lost-after-effect'];

let released = 0;
let withheld = 0;
let unaudited = 0;
let pending: { readonly run: number; readonly operation: string; readonly text: string }[] = [];

async function holdAgainstEntries(): Promise<void> {
  const known = new Map<string, AuditEntry[]>();
  for (const entry of [...(await region.auditEntries()), ...(await region.secondSink())])
    known.set(entry.requestId, [...(known.get(entry.requestId) ?? []), entry]);
  for (const { operation, run, text } of pending) {
    const proof = (known.get(requestIdOf(run)) ?? []).find(
      (entry) =>
        entry.salt !== undefined &&
        createHash('sha256').update(entry.salt).update(text).digest('hex') === entry.bodyDigest &&
        (!text.includes('Canary') || entry.personId === personId),
    );
    if (proof) continue;
    unaudited += 1;
    console.log(`run ${run} (seed ${seed}): ${operation} was released without its entry`);
  }
  pending = [];
}

function requestIdOf(run: number): string {
  return `00000000-0000-4000-8000-${String(run).padStart(12, '0')}`;
}

const started = performance.now();
for (let run = 1; run <= runs; run += 1) {
  const [operation, request] = requests[below(requests.length)] ?? ['read-patient', {}];
  faults.setPlan({
    from: 1 + below(10),
    length: 1 + below(4),
    kind: kinds[below(2)] ?? 'failed-before-effect',
  });
  sinkFaults.setPlan(
    run % 2 === 0
      ? { from: 1, length: 1 + below(3), kind: kinds[below(2)] ?? 'failed-before-effect' }
      : undefined,
  );
  const answer = await region.call(operation, {
    ...request,
    // Of many users, so that no quota of one ends the searches.
    caller: { ...request.caller, subject: `user-${run % 1_000}` },
    headers: { 'X-Request-ID': requestIdOf(run) },
  });
  faults.setPlan(undefined);
  sinkFaults.setPlan(undefined);
  if (answer.status < 300) {
    released += 1;
    pending.push({ run, operation, text: answer.text });
  } else {
    withheld += 1;
    if (/Canary/.test(answer.text)) unaudited += 1;
  }
  if (run % chunk === 0 || run === runs) await holdAgainstEntries();
}
const seconds = Math.round((performance.now() - started) / 1000);
const inLogs = /Canary/.test(region.logs());
await region.close();
await faults.close();
await sinkFaults.close();
// Only now: while the region is open, lines of JSON are taken for its log.
console.log(JSON.stringify({ runs, seed, released, withheld, unaudited, inLogs, seconds }));
if (unaudited > 0 || inLogs) process.exitCode = 1;
