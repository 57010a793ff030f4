import { createHash } from 'node:crypto';
import type { Bundle } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../../functions/api/routes.ts';
import type { AuditEntry } from '../../../functions/domain/audit/audit-entry.ts';
import { leafOf } from '../../../functions/domain/audit/log-leaf.ts';
import { leafHash } from '../../../functions/domain/audit/merkle.ts';
import { openLogObjects } from '../../../functions/store/log-objects.ts';
import { type NewPrivacyAlert, privacyAlertId, raiseAlert } from '../../../functions/store/privacy-alert.ts';
import { openReviewTask, reviewTaskId } from '../../../functions/store/review-task.ts';
import { transact } from '../../../functions/store/transaction.ts';
import type { AgreementsState } from '../../../functions/usecases/read-agreements.ts';
import { sequenceEntries } from '../../../functions/usecases/sequence-audit.ts';
import { makeLetter, makePdf } from '../../support/documents.ts';
import { type FaultKind, makeFaultyEndpoint } from '../../support/faulty-endpoint.ts';
import { makeEntries, makeLogKey, testOrigin } from '../../support/log-world.ts';
import {
  openTestRegion,
  type TestRegion,
  type TestRequest,
  type TestResponse,
} from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';
import { withoutRandomIds } from '../../support/random-ids.ts';
import { message, msh, pid } from '../formats/hl7v2/support.ts';

const faults = makeFaultyEndpoint();
const sinkFaults = makeFaultyEndpoint();
const feed = { role: 'feed', purpose: 'feed' } as const;
let region: TestRegion;
let personId: string;
/** An entry that is in the signed log. */
let loggedId: string;
/** An entry and a document of the person. */
let entryId: string;
let documentId: string;
/** A feed that waits in the queue. */
let intakeId: string;
/** A message that was refused. */
let rejectedId: string;

beforeAll(async () => {
  region = await openTestRegion({ endpointInFrontOf: faults.start, bucketsInFrontOf: sinkFaults.start });
  const patient = makePatient({ id: 'f-1', family: 'Canary', nhsNumber: testNhsNumber(1) });
  const { body } = await region.call<Bundle>('submit-bundle', {
    caller: feed,
    body: makeBundle(
      patient,
      makeAllergy('f-a', 'f-1', { text: 'Canary allergen' }),
      makeLetter('f-letter', 'f-1', { data: makePdf(9_000).toString('base64') }),
    ),
  });
  personId = body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
  const documents = await region.call('read-section', { path: { id: personId, code: 'documents' } });
  const allergies = await region.call<Bundle>('read-section', { path: { id: personId, code: 'allergies' } });
  entryId = allergies.body.entry?.[0]?.resource?.id ?? '';
  documentId = /"Binary\/([0-9a-f]+)"/.exec(documents.text)?.[1] ?? '';
  await region.call('submit-bundle', { caller: feed, body: makeBundle(makeAllergy('f-b', 'nobody')) });
  const accepted = await region.call('submit-bundle', {
    caller: feed,
    body: makeBundle(makeAllergy('f-q', 'f-1')),
    headers: { Prefer: 'respond-async' },
  });
  intakeId = accepted.headers['content-location']?.split('/').at(-1) ?? '';
  const rejects = await region.call<{ rejects: { id: string }[] }>('list-rejects', { caller: feed });
  rejectedId = rejects.body.rejects[0]?.id ?? '';
  const logged = makeEntries(region.store, 1);
  loggedId = logged[0]?.id ?? '';
  const objects = openLogObjects('audit', () => new Date());
  await sequenceEntries(
    { origin: testOrigin, store: region.store, objects, signer: makeLogKey().signer },
    logged,
  );
});
afterAll(async () => {
  await region?.close();
  await faults.close();
  await sinkFaults.close();
});

/** An opt-out of secondary use, which stops no read: another one each round. */
const optOutFrom = (round: number) => ({
  resourceType: 'Consent',
  status: 'active',
  category: [
    { coding: [{ system: 'https://towpath.example/fhir/CodeSystem/objection-kind', code: 'type-1' }] },
  ],
  patient: { reference: personId },
  provision: { type: 'deny', period: { start: new Date(round * 1_000).toISOString() } },
});

const officer = { role: 'privacy-officer', purpose: 'audit' } as const;
const steward = { role: 'steward', purpose: 'administration' } as const;

let newcomers = 100_000;

/** Two new persons who resemble nobody. */
async function registerPair(): Promise<{ personId: string; otherPersonId: string }> {
  const ids: string[] = [];
  for (let member = 0; member < 2; member += 1) {
    newcomers += 1;
    const { body } = await region.call<Bundle>('submit-bundle', newPatient(newcomers));
    ids.push(body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '');
  }
  const [one = '', other = ''] = ids;
  return { personId: one, otherPersonId: other };
}

async function mergeRequest(): Promise<TestRequest> {
  const { personId: source, otherPersonId: target } = await registerPair();
  return {
    caller: steward,
    body: {
      resourceType: 'Parameters',
      parameter: [
        { name: 'source-patient', valueReference: { reference: source } },
        { name: 'target-patient', valueReference: { reference: target } },
      ],
    },
  };
}

async function unmergeRequest(): Promise<TestRequest> {
  const merge = await mergeRequest();
  await region.call('merge-patients', merge);
  const { parameter } = merge.body as { parameter: { valueReference: { reference: string } }[] };
  return {
    caller: steward,
    path: { id: parameter[0]?.valueReference.reference ?? '' },
    body: { resourceType: 'Parameters' },
  };
}

async function decisionRequest(round: number): Promise<TestRequest> {
  const pair = await registerPair();
  const task = { kind: 'possible-duplicate', reason: 'test', ...pair } as const;
  await transact(region.store, openReviewTask(region.store, task));
  return {
    caller: steward,
    path: { id: reviewTaskId(region.store, pair) },
    body: { version: 1, decision: round % 2 === 0 ? 'merge' : 'keep-apart' },
  };
}

let reviewed = 0;
async function reviewRequest(round: number): Promise<TestRequest> {
  const id = privacyAlertId(region.store, 'after-death', 'somebody', `${round} ${reviewed++}`);
  const alert: NewPrivacyAlert = {
    rule: 'after-death',
    subject: 'somebody',
    organisation: 'T9A',
    entryId: 'entry',
    at: '2026-11-21T09:00:00.000Z',
    succeeded: true,
  };
  await transact(region.store, raiseAlert(region.store, id, alert));
  return { caller: officer, path: { id }, body: { version: 1, outcome: 'justified' } };
}

/** Takes out what the mere sender shares, or puts it back: in either case something changes. */
async function agreementsRequest(): Promise<TestRequest> {
  const { body } = await region.call<AgreementsState>('read-agreements', { caller: officer });
  const { agreements, version } = body;
  const shares = agreements.some(({ organisation, share }) => organisation === 'T9S' && share.length > 0);
  const changed = agreements.map((one) =>
    one.organisation !== 'T9S'
      ? one
      : {
          ...one,
          share: shares ? [] : [{ sections: 'all', roles: 'all', with: 'all', from: '2020-01-01' }],
        },
  );
  return { caller: officer, body: { version, agreements: changed } };
}

function newPatient(round: number): TestRequest {
  const id = `f-${round}`;
  // Each round sends somebody quite new, or the sweep would grow with its own candidates.
  const patient = makePatient({ id, ...makeStranger(round) });
  return { caller: feed, body: makeBundle(patient, makeAllergy(`${id}-a`, id)) };
}

/** Each operation that discloses or changes something, with a request that succeeds when nothing fails. */
const requests: Record<string, (round: number) => TestRequest | Promise<TestRequest>> = {
  'read-patient': () => ({ path: { id: personId } }),
  'list-sections': () => ({ path: { id: personId } }),
  'read-section': () => ({ path: { id: personId, code: 'allergies' } }),
  'read-summary': () => ({ path: { id: personId } }),
  'read-everything': () => ({ path: { id: personId } }),
  'search-resources': () => ({ path: { type: 'AllergyIntolerance' }, query: { patient: personId } }),
  'read-resource': () => ({ path: { type: 'AllergyIntolerance', id: entryId } }),
  'read-binary': () => ({ path: { id: documentId } }),
  'match-patient': () => ({
    body: {
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'resource',
          resource: {
            resourceType: 'Patient',
            name: [{ family: 'Canary', given: ['Marian'] }],
            birthDate: '1971-03-09',
          },
        },
      ],
    },
  }),
  'search-patients': () => ({ query: { family: 'Canary', birthdate: '1971-03-09', gender: 'female' } }),
  'record-objection': (round) => ({ body: optOutFrom(round) }),
  'list-objections': () => ({ query: { patient: personId } }),
  'search-audit-events': () => ({
    caller: officer,
    query: { patient: personId },
  }),
  'get-audit-receipt': () => ({ caller: officer, path: { id: loggedId } }),
  'list-privacy-alerts': () => ({ caller: officer }),
  'review-privacy-alert': reviewRequest,
  'read-agreements': () => ({ caller: officer }),
  'apply-agreements': agreementsRequest,
  'simulate-access': () => ({
    caller: officer,
    body: { patient: personId, role: 'clinician', organisation: 'T9A' },
  }),
  'read-usage': () => ({ caller: officer, query: { month: '2026-11' } }),
  'submit-bundle': newPatient,
  'process-message': (round) => {
    const header = {
      resourceType: 'MessageHeader',
      id: 'm',
      eventUri: 'urn:e',
      source: { endpoint: 'urn:s' },
    };
    const entry = [header, makeAllergy(`f-message-${round}`, 'f-1')].map((resource) => ({ resource }));
    return { caller: feed, body: { resourceType: 'Bundle', type: 'message', entry } };
  },
  'submit-hl7v2': (round) => ({
    caller: feed,
    headers: { 'Content-Type': 'application/hl7-v2' },
    body: message(msh({ event: 'ADT^A28', controlId: `F${round}` }), pid({ localId: `f-hl7-${round}` })),
  }),
  'break-glass': () => ({
    path: { id: personId },
    body: {
      resourceType: 'Parameters',
      parameter: [
        { name: 'alert-type', valueCode: '1' },
        { name: 'reason', valueCode: '4' },
      ],
    },
  }),
  'create-resource': (round) => ({
    caller: feed,
    path: { type: 'AllergyIntolerance' },
    body: makeAllergy(`f-new-${round}`, 'f-1'),
  }),
  'update-resource': (round) => ({
    caller: feed,
    path: { type: 'AllergyIntolerance', id: 'f-a' },
    body: makeAllergy('f-a', 'f-1', { text: `Canary ${round}` }),
  }),
  'list-rejects': () => ({ caller: feed }),
  'read-intake': () => ({ caller: feed, path: { id: intakeId } }),
  'read-reject': () => ({ caller: feed, path: { id: rejectedId } }),
  'merge-patients': mergeRequest,
  'unmerge-patient': unmergeRequest,
  'list-link-history': () => ({ caller: steward, path: { id: personId } }),
  'list-review-tasks': () => ({ caller: steward }),
  'decide-review-task': decisionRequest,
};

/** The plan of calls to the second sink when it is gone too. */
const gone = { from: 1, length: Number.POSITIVE_INFINITY, kind: 'failed-before-effect' } as const;

/** Every entry of either sink that was written since `known`. */
async function entriesSince(known: ReadonlySet<string>): Promise<AuditEntry[]> {
  const stored = [...(await region.auditEntries()), ...(await region.secondSink())];
  return stored.filter(({ id }) => !known.has(id));
}
const entryIds = async () => new Set((await entriesSince(new Set())).map(({ id }) => id));

/** What is released names its patient in an entry with its digest; what is not released discloses nothing. */
function expectAudited(
  operation: string,
  answer: Pick<TestResponse, 'status' | 'text'>,
  entries: readonly AuditEntry[],
  where: string,
) {
  if (answer.status >= 300) {
    expect([500, 503, 409]).toContain(answer.status);
    expect(answer.text).not.toMatch(/Canary|999\d{7}|planned fault/);
    return;
  }
  const proofs = entries.filter(
    ({ salt, bodyDigest }) =>
      salt && createHash('sha256').update(salt).update(answer.text).digest('hex') === bodyDigest,
  );
  expect(proofs[0], `${where} failed and the body was released unaudited`).toMatchObject({
    operation,
    outcome: 'success',
  });
  if (answer.text.includes('Canary'))
    expect(
      proofs.map((proof) => proof.personId),
      `${where} failed and no entry names the patient`,
    ).toContain(personId);
}

it('the sweep is over every operation that a caller can ask for', () => {
  const operations = routes.flatMap(({ operation, permission }) =>
    permission === 'open' ? [] : [operation],
  );
  expect(operations.filter((operation) => !(operation in requests))).toEqual([]);
});

describe.each(Object.keys(requests))('%s, with every store call failing in turn', (operation) => {
  // The client waits longest after throttling, so one operation stands for all in that kind.
  const kinds: FaultKind[] = ['failed-before-effect', 'reply-lost-after-effect'];
  if (operation === 'read-section') kinds.push('throttled');
  it.each(kinds)('discloses nothing without its audit entry in either sink: %s', async (kind) => {
    let finished = false;
    for (let from = 1; !finished; from += 1) {
      expect(from).toBeLessThan(60);
      // In every other round, the second sink is gone with the table.
      const round = from * 10 + kind.length;
      for (const plan of [undefined, gone]) {
        const request = (await requests[operation]?.(plan ? round + 5_000 : round)) ?? {};
        const known = await entryIds();
        faults.setPlan({ from, length: 3, kind });
        sinkFaults.setPlan(plan);
        const answer = await region.call(operation, request);
        finished = faults.calls() < from;
        faults.setPlan(undefined);
        sinkFaults.setPlan(undefined);
        expectAudited(operation, answer, await entriesSince(known), `call ${from}`);
      }
    }
    expect(
      (await region.call(operation, (await requests[operation]?.(1_000 + kind.length)) ?? {})).status,
    ).toBeLessThan(300);
  });
});

it('no log line of all this names a patient', () => {
  expect(withoutRandomIds(region.logs())).not.toMatch(/Canary|999\d{7}/);
});

describe('the second sink', () => {
  const read = () => region.call('read-patient', { path: { id: personId } });

  it('takes the entry when the table is slow or gone, and the answer is released', async () => {
    const total = await callsOf('read-patient');
    const known = await entryIds();
    faults.setPlan({ from: total, length: Number.POSITIVE_INFINITY, kind: 'failed-before-effect' });
    const answer = await read();
    faults.setPlan(undefined);
    expect(answer.status).toBe(200);
    const entries = await entriesSince(known);
    expectAudited('read-patient', answer, entries, 'the audit put');
    expect((await region.secondSink()).map(({ id }) => id)).toContain(entries[0]?.id);
  });

  it('creates and never overwrites', async () => {
    const [entry] = await region.secondSink();
    const key = `second-sink/${entry?.id}.json`;
    const before = (await region.auditBucket.read(key))?.body;
    const { openSecondSink } = await import('../../../functions/store/second-sink.ts');
    await openSecondSink('audit').put(entry?.id ?? '', Buffer.from('{}'));
    expect((await region.auditBucket.read(key))?.body).toEqual(before);
  });

  it('fails: 503, no body, and the next entry declares the number that was given up', async () => {
    const total = await callsOf('read-patient');
    const before = (await entriesSince(new Set())).at(-1);
    for (const round of [1, 2]) {
      faults.setPlan({ from: total, length: Number.POSITIVE_INFINITY, kind: 'failed-before-effect' });
      sinkFaults.setPlan(gone);
      const refused = await read();
      faults.setPlan(undefined);
      sinkFaults.setPlan(undefined);
      expect([round, refused.status, refused.code]).toEqual([round, 503, 'AUDIT_UNAVAILABLE']);
      expect(refused.headers['retry-after']).toBe('2');
    }
    const known = await entryIds();
    expect((await read()).status).toBe(200);
    const [next] = await entriesSince(known);
    const last = before?.writerSequence ?? 0;
    expect(next?.writerSequence).toBeGreaterThan(last + 1);
    expect(next?.abandoned).toEqual([[expect.any(Number), (next?.writerSequence ?? 0) - 1]]);
    const known2 = await entryIds();
    await read();
    expect((await entriesSince(known2))[0]).not.toHaveProperty('abandoned');
  });
});

describe('the documents bucket', () => {
  it.each(['failed-before-effect', 'reply-lost-after-effect'] as const)(
    'does not answer: the message is refused whole, and sent again it is stored once: %s',
    async (kind) => {
      newcomers += 1;
      const localId = `f-${newcomers}`;
      const body = makeBundle(
        makePatient({ id: localId, ...makeStranger(newcomers) }),
        makeLetter(`${localId}-letter`, localId, { data: makePdf(9_000, localId).toString('base64') }),
      );
      // What an interrupted registration may leave in the index names nobody.
      const held = async () => (await region.recordItems()).filter(({ type }) => type !== 'BlockingKey');
      const before = await held();
      sinkFaults.setPlan({ ...gone, kind });
      const refused = await region.call('submit-bundle', { caller: feed, body });
      sinkFaults.setPlan(undefined);
      expect([refused.status, refused.code]).toEqual([503, 'STORE_UNAVAILABLE']);
      expect(await held()).toEqual(before);
      expect((await region.call('submit-bundle', { caller: feed, body })).status).toBe(200);
      const isDocument = ({ type }: Record<string, unknown>) => type === 'Document';
      expect((await held()).filter(isDocument)).toHaveLength(before.filter(isDocument).length + 1);
    },
  );
});

describe('the chain of a writer', () => {
  it('has every number once, and each entry names the hash of the one before it', async () => {
    const entries = (await entriesSince(new Set())).toSorted((a, b) => a.writerSequence - b.writerSequence);
    const unique = entries.filter(({ id }, at) => entries.findIndex((one) => one.id === id) === at);
    const abandoned = new Set(
      unique.flatMap(({ abandoned = [] }) =>
        abandoned.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, at) => from + at)),
      ),
    );
    for (const [at, entry] of unique.entries()) {
      const before = unique[at - 1];
      for (let number = (before?.writerSequence ?? 0) + 1; number < entry.writerSequence; number += 1)
        expect(abandoned).toContain(number);
      if (before?.writerSequence === entry.writerSequence - 1)
        expect(entry.previousHash).toBe(leafHash(leafOf(before)).toString('base64'));
    }
  });
});

describe('one lost reply', () => {
  it('costs nothing: the client’s retry meets the stored entry, and the answer is released once', async () => {
    const total = await callsOf('read-patient');
    for (let from = 1; from <= total; from += 1) {
      const before = (await region.auditEntries()).length;
      faults.setPlan({ from, length: 1, kind: 'reply-lost-after-effect' });
      const answer = await region.call('read-patient', { path: { id: personId } });
      faults.setPlan(undefined);
      expect([from, answer.status]).toEqual([from, 200]);
      expect((await region.auditEntries()).length).toBe(before + 1);
    }
  });

  it('stores a Bundle once', async () => {
    const total = await callsOf('submit-bundle', 5_000);
    for (let from = 1; from <= total; from += 1) {
      faults.setPlan({ from, length: 1, kind: 'reply-lost-after-effect' });
      const answer = await region.call<Bundle>('submit-bundle', newPatient(6_000 + from));
      faults.setPlan(undefined);
      expect([from, answer.status]).toEqual([from, 200]);
      expect(answer.body.entry?.[0]?.response?.status).toMatch(/^20[01]/);
    }
  });
});

async function callsOf(operation: string, round = 0): Promise<number> {
  const request = (await requests[operation]?.(round)) ?? {};
  // Agreements are read anew every five seconds: not by what is counted.
  await region.call('read-agreements', { caller: officer });
  faults.setPlan({ from: Number.POSITIVE_INFINITY, length: 0, kind: 'throttled' });
  await region.call(operation, request);
  const calls = faults.calls();
  faults.setPlan(undefined);
  return calls;
}
