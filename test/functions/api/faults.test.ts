import { createHash } from 'node:crypto';
import type { Bundle } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openReviewTask, reviewTaskId } from '../../../functions/store/review-task.ts';
import { transact } from '../../../functions/store/transaction.ts';
import { type FaultKind, makeFaultyEndpoint } from '../../support/faulty-endpoint.ts';
import { openTestRegion, type TestRegion, type TestRequest } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';

const faults = makeFaultyEndpoint();
const feed = { role: 'feed', purpose: 'feed' } as const;
let region: TestRegion;
let personId: string;

beforeAll(async () => {
  region = await openTestRegion({ endpointInFrontOf: faults.start });
  const patient = makePatient({ id: 'f-1', family: 'Canary', nhsNumber: testNhsNumber(1) });
  const { body } = await region.call<Bundle>('submit-bundle', {
    caller: feed,
    body: makeBundle(patient, makeAllergy('f-a', 'f-1', { text: 'Canary allergen' })),
  });
  personId = body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
});
afterAll(async () => {
  await region?.close();
  await faults.close();
});

const consent = (type: string) => ({
  resourceType: 'Consent',
  status: 'active',
  patient: { reference: personId },
  provision: { type },
});

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
  'record-objection': () => ({ body: consent('permit') }),
  'list-objections': () => ({ query: { patient: personId } }),
  'search-audit-events': () => ({
    caller: { role: 'privacy-officer', purpose: 'audit' },
    query: { patient: personId },
  }),
  'submit-bundle': newPatient,
  'merge-patients': mergeRequest,
  'unmerge-patient': unmergeRequest,
  'list-link-history': () => ({ caller: steward, path: { id: personId } }),
  'list-review-tasks': () => ({ caller: steward }),
  'decide-review-task': decisionRequest,
};

describe.each(Object.keys(requests))('%s, with every store call failing in turn', (operation) => {
  // The client waits longest after throttling, so one operation stands for all in that kind.
  const kinds: FaultKind[] = ['failed-before-effect', 'reply-lost-after-effect'];
  if (operation === 'read-section') kinds.push('throttled');
  it.each(kinds)('discloses nothing without its audit entry: %s', async (kind) => {
    const known = new Set((await region.auditEntries()).map(({ id }) => id));
    let finished = false;
    for (let from = 1; !finished; from += 1) {
      expect(from).toBeLessThan(60);
      const request = (await requests[operation]?.(from * 10 + kind.length)) ?? {};
      faults.setPlan({ from, length: 3, kind });
      const answer = await region.call(operation, request);
      finished = faults.calls() < from;
      faults.setPlan(undefined);
      const entries = (await region.auditEntries()).filter(({ id }) => !known.has(id));
      if (answer.status < 300) {
        const proof = entries.find(
          ({ salt, bodyDigest }) =>
            salt && createHash('sha256').update(salt).update(answer.text).digest('hex') === bodyDigest,
        );
        expect(proof, `call ${from} failed and the body was released unaudited`).toMatchObject({
          operation,
          outcome: 'success',
        });
      } else {
        expect([500, 503, 409]).toContain(answer.status);
        expect(answer.text).not.toMatch(/Canary|999\d{7}|planned fault/);
      }
    }
    expect(
      (await region.call(operation, (await requests[operation]?.(1_000 + kind.length)) ?? {})).status,
    ).toBeLessThan(300);
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
  faults.setPlan({ from: Number.POSITIVE_INFINITY, length: 0, kind: 'throttled' });
  await region.call(operation, request);
  const calls = faults.calls();
  faults.setPlan(undefined);
  return calls;
}
