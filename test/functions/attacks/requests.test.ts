import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Bundle, Consent } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectionsStand } from '../../../functions/usecases/objections-stand.ts';
import { openRecord } from '../../../functions/usecases/open-record.ts';
import { readEntries } from '../../../functions/usecases/read-entries.ts';
import { makeFaultyEndpoint } from '../../support/faulty-endpoint.ts';
import { makeConsent } from '../../support/objections.ts';
import { openTestRegion, type TestCaller, type TestRegion } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';
import { policy } from '../../support/policy.ts';

const endpoint = makeFaultyEndpoint();
let region: TestRegion;
let personId: string;
const canary = 'Canarysubstance';
const nhsNumber = testNhsNumber(40);

beforeAll(async () => {
  region = await openTestRegion({ endpointInFrontOf: endpoint.start });
  for (const organisation of ['T9A', 'T9B']) personId = await send(organisation, ...record('victim', canary));
});
afterAll(async () => {
  await region?.close();
  await endpoint.close();
});

function record(id: string, substance: string, number: string = nhsNumber) {
  return [
    makePatient({ id, ...makeStranger(id === 'victim' ? 1 : 2), nhsNumber: number }),
    makeAllergy(`${id}-a`, id, { text: substance }),
  ];
}

async function send(organisation: string, ...resources: readonly { resourceType: string; id: string }[]) {
  const { body, status, text } = await region.call<Bundle>('submit-bundle', {
    caller: { role: 'feed', purpose: 'feed', organisation },
    body: makeBundle(...resources),
  });
  expect([status, text]).toEqual([200, expect.any(String)]);
  return body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
}

const read = (caller: TestCaller = {}, headers: Record<string, string> = {}) =>
  region.call('read-section', { caller, headers, path: { id: personId, code: 'allergies' } });

/** Store calls of one good read. */
async function callsOfRead(): Promise<number> {
  endpoint.setPlan(undefined);
  expect((await read()).status).toBe(200);
  return endpoint.calls();
}

describe('attack 07: an organisation in a header', () => {
  const headers = {
    'X-Organisation': 'T9A',
    'NHSD-End-User-Organisation-ODS': 'T9A',
    'Ssp-From': 'T9A',
    organisation: 'T9A',
  };

  it('counts for nothing: the token’s decides, and is refused', async () => {
    expect((await read({ organisation: 'T9Z' }, headers)).code).toBe('NO_AGREEMENT');
    expect((await read({ organisation: 'Y90001' }, headers)).code).toBe('NO_RELATIONSHIP');
  });

  it('is in no audit entry', async () => {
    await read({ organisation: 'Y90001' }, headers);
    const entry = (await region.auditEntries()).at(-1);
    expect(entry).toMatchObject({ errorCode: 'NO_RELATIONSHIP', caller: { organisation: 'Y90001' } });
  });
});

describe('attack 12: a patient who objects, one without a relationship and nobody', () => {
  it('cost a stranger the same store calls and give the same bytes', async () => {
    const objector = await send('T9A', ...record('objector', 'Other', testNhsNumber(41)));
    await region.call<Consent>('record-objection', { body: makeConsent(objector) });
    const seen = [];
    for (const id of [personId, objector, crypto.randomUUID()]) {
      endpoint.setPlan(undefined);
      const { headers, status, text } = await region.call('read-section', {
        caller: { organisation: 'Y90001' },
        path: { id, code: 'allergies' },
      });
      const names = Object.keys(headers).toSorted();
      seen.push({ status, text, names, calls: endpoint.calls() });
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  });

  it('cost whoever objects by number the same store calls, whether or not the number is anybody’s', async () => {
    const calls = [];
    for (const value of [testNhsNumber(41), testNhsNumber(44)]) {
      endpoint.setPlan(undefined);
      const patient = { identifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value } };
      const { status } = await region.call('record-objection', {
        caller: { organisation: 'Y90001' },
        body: makeConsent('', 'deny', {
          patient,
          provision: { type: 'deny', period: { start: '2026-01-01' } },
        }),
      });
      calls.push([status, endpoint.calls()]);
    }
    expect(calls[1]).toEqual(calls[0]);
    expect(calls[0]?.[0]).toBe(201);
  });
});

it('attack 13: a store of objections that does not answer is 503, and nothing of the record', async () => {
  for (const from of [1, (await callsOfRead()) - 1]) {
    endpoint.setPlan({ from, length: Number.POSITIVE_INFINITY, kind: 'failed-before-effect' });
    const answer = await read();
    endpoint.setPlan(undefined);
    expect([503, 'STORE_UNAVAILABLE']).toEqual([answer.status, answer.code]);
    expect(answer.text).not.toContain(canary);
  }
});

it('attack 16: a reference to another organisation’s sealed item leads nowhere and counts for nobody', async () => {
  const id = 'sealed';
  const number = testNhsNumber(42);
  const observation = {
    resourceType: 'Observation',
    id: 'sealed-o',
    meta: {
      security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }],
    },
    status: 'final',
    code: { text: 'Sealed finding' },
    subject: { reference: `Patient/${id}` },
    effectiveDateTime: '2026-01-01',
  };
  const [patient] = record(id, 'x', number);
  if (!patient) throw new Error('no patient');
  const person = await send('T9B', patient, observation);
  const own = await region.call('read-section', {
    caller: { organisation: 'T9B' },
    path: { id: person, code: 'results' },
  });
  const sealedId = own.body.entry?.find(({ resource }) => resource?.resourceType === 'Observation')?.resource
    ?.id;
  expect(sealedId).toBeDefined();
  await send('T9A', patient, {
    resourceType: 'DiagnosticReport',
    id: 'report',
    status: 'final',
    code: { text: 'Report' },
    subject: { reference: `Patient/${id}` },
    effectiveDateTime: '2026-01-02',
    result: [{ reference: `Observation/${sealedId}` }],
  } as never);
  const answer = await region.call('read-section', {
    path: { id: person, code: 'results' },
  });
  expect(answer.status).toBe(200);
  expect(answer.text).toContain('Report');
  for (const leak of ['Sealed finding', sealedId ?? 'no id']) expect(answer.text).not.toContain(leak);
  expect(answer.body.total).toBeUndefined();
});

describe('attack 17: _include and its like around a section', () => {
  it.each([{ _include: '*' }, { _revinclude: 'Observation:subject' }, { _elements: 'id' }, { _expand: '*' }])(
    '%j is refused',
    async (query) => {
      const answer = await region.call('read-section', {
        path: { id: personId, code: 'allergies' },
        query: query as Record<string, string>,
      });
      expect([answer.status, answer.code]).toEqual([400, 'INVALID_REQUEST']);
    },
  );

  it('a role opens by no other way what its sections do not', async () => {
    for (const [operation, path] of [
      ['read-section', { id: personId, code: 'allergies' }],
      ['read-summary', { id: personId }],
      ['read-everything', { id: personId }],
    ] as const) {
      const answer = await region.call(operation, {
        caller: { role: 'clerk' },
        path,
      });
      expect(answer.text).not.toContain(canary);
    }
  });
});

describe('attack 18: fields of the caller’s in a body', () => {
  it.each([{ organisation: 'T9B' }, { role: 'privacy-officer' }, { recordedBy: { subject: 'other' } }])(
    '%j is refused, and stored nowhere',
    async (extra) => {
      const before = await region.recordItems();
      const answer = await region.call('record-objection', { body: makeConsent(personId, 'deny', extra) });
      expect([answer.status, answer.code]).toEqual([400, 'INVALID_REQUEST']);
      expect(await region.recordItems()).toEqual(before);
    },
  );
});

it('attack 21: a gzip bomb is not unpacked', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
  const started = performance.now();
  const { code, status } = await region.call('submit-bundle', {
    caller: { role: 'feed', purpose: 'feed' },
    headers: { 'Content-Encoding': 'gzip' },
    body: bomb.toString('latin1'),
  });
  expect([status, code]).toEqual([400, 'INVALID_REQUEST']);
  expect(performance.now() - started).toBeLessThan(1_000);
});

it('attack 23: XML with a DTD, an external entity or a billion laughs is not read at all', async () => {
  const hits: string[] = [];
  const server = createServer((request, response) => {
    hits.push(request.url ?? '');
    response.end('x');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.dtd`;
  const bodies = [
    `<?xml version="1.0"?><!DOCTYPE Bundle SYSTEM "${address}"><Bundle/>`,
    `<!DOCTYPE b [<!ENTITY x SYSTEM "${address}">]><Bundle>&x;</Bundle>`,
    '<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><Bundle>&b;</Bundle>',
  ];
  for (const body of bodies) {
    const caller = { role: 'feed', purpose: 'feed' } as const;
    const sent = (type: string) =>
      region.call('submit-bundle', { caller, body, headers: { 'Content-Type': type } });
    expect((await sent('application/fhir+xml')).status).toBe(415);
    expect((await sent('application/fhir+json')).status).toBe(400);
  }
  server.close();
  expect(hits).toEqual([]);
});

it('attack 27: text of expressions and keys is text', async () => {
  const texts = ['#n = :v', 'size(PK) > :x', 'attribute_not_exists(PK)', 'PERSON#x', ':person', '%{PK}'];
  for (const [index, text] of texts.entries()) {
    const id = `words-${index}`;
    const [patient] = record(id, 'x', testNhsNumber(50 + index));
    const answer = await region.call<Bundle>('submit-bundle', {
      caller: { role: 'feed', purpose: 'feed' },
      body: makeBundle(patient as never, makeAllergy(`${id}-a`, id, { text })),
    });
    expect(answer.status).toBe(200);
    const person = answer.body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
    const shown = await region.call('read-section', { path: { id: person, code: 'allergies' } });
    expect(shown.text).toContain(JSON.stringify(text).slice(1, -1));
  }
});

describe('attack 31: bytes that end a path, a header or a line', () => {
  it.each(['..%2f..%2fAuditEvent', 'a%00', '%c0%ae%c0%ae', 'x\r\nSet-Cookie: a=b', '../x', 'ｐ'])(
    'as an id, %j is refused',
    async (id) => {
      const answer = await region.call('read-patient', { path: { id } });
      expect([answer.status, answer.code]).toEqual([400, 'INVALID_REQUEST']);
      expect(answer.headers['set-cookie']).toBeUndefined();
    },
  );

  it('as a request id they are refused, answered with another and on no line of the log', async () => {
    const forged = 'x\r\n{"level":"INFO","message":"forged-line"}';
    const answer = await region.call('read-patient', {
      path: { id: personId },
      headers: { 'X-Request-ID': forged },
    });
    expect([answer.status, answer.code]).toEqual([400, 'INVALID_REQUEST']);
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(region.logs()).not.toContain('forged-line');
  });

  it('every line of the log is one JSON object', () => {
    for (const line of region
      .logs()
      .split('\n')
      .filter((text) => text.startsWith('{')))
      expect(() => JSON.parse(line)).not.toThrow();
  });
});

it('attack 32: an address in a payload is kept as text and never asked', async () => {
  const hits: string[] = [];
  const server = createServer((request, response) => {
    hits.push(request.url ?? '');
    response.end('x');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const local = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret`;
  const id = 'pointer';
  const [patient] = record(id, 'x', testNhsNumber(43));
  for (const [index, url] of [local, 'http://169.254.169.254/latest/meta-data/'].entries()) {
    const document = {
      resourceType: 'DocumentReference',
      id: `pointer-${index}`,
      status: 'current',
      subject: { reference: `Patient/${id}` },
      date: '2026-01-01T00:00:00Z',
      content: [{ attachment: { contentType: 'application/pdf', url } }],
    };
    const person = await send('T9A', patient as never, document);
    const shown = await region.call('read-section', { path: { id: person, code: 'documents' } });
    expect(shown.status).toBe(200);
  }
  server.close();
  expect(hits).toEqual([]);
});

it('attack 33: no cache may keep an answer, and the second call is audited again', async () => {
  const before = (await region.auditEntries()).length;
  for (let call = 1; call <= 2; call += 1) {
    const { headers } = await read();
    expect(headers['cache-control']).toBe('no-store');
    expect(headers.etag).toBeUndefined();
    expect(await region.auditEntries()).toHaveLength(before + call);
  }
});

it('attack 36: nothing leaves before the audit entry is stored, whenever the function is ended', async () => {
  const calls = await callsOfRead();
  for (let held = 1; held <= calls; held += 1) {
    let isAnswered = false;
    let wasAnsweredTooEarly = false;
    endpoint.setPlan(undefined);
    endpoint.meanwhile(held, async () => {
      // The call waits: a function that is killed now has answered nothing yet.
      await new Promise((resolve) => setImmediate(resolve));
      wasAnsweredTooEarly = isAnswered;
    });
    const known = (await region.auditEntries()).length;
    const { status } = await read();
    isAnswered = true;
    expect([status, wasAnsweredTooEarly]).toEqual([200, false]);
    expect(await region.auditEntries()).toHaveLength(known + 1);
  }
});

it('attack 58: every read on the way to a record is strongly consistent', async () => {
  const reads: { ConsistentRead?: boolean; RequestItems?: Record<string, { ConsistentRead?: boolean }> }[] =
    [];
  const { client } = region.store;
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (/^(?:Query|Get|BatchGet)/.test(commandName ?? '')) reads.push(args.input as never);
        return next(args);
      },
    { step: 'initialize', name: 'attack58' },
  );
  try {
    const watched = { policy, store: { ...region.store, now: () => new Date() }, opened: [] };
    const caller = {
      subject: 'u1',
      name: 'Ada Quay',
      role: 'clinician',
      organisation: 'T9A',
      purpose: 'directcare',
      tokenId: 't1',
    } as const;
    const record = await openRecord(watched, caller, personId, {
      permission: 'record.read',
      section: 'allergies',
    });
    if (!record.ok) throw new Error(record.code);
    await readEntries(watched, record.value, { sections: ['allergies'], count: 10 });
    expect(await objectionsStand(watched, watched.opened)).toBe(true);
  } finally {
    client.middlewareStack.remove('attack58');
  }
  expect(reads.length).toBeGreaterThanOrEqual(3);
  for (const { ConsistentRead, RequestItems } of reads)
    expect(
      RequestItems ? Object.values(RequestItems).every((one) => one.ConsistentRead) : ConsistentRead,
    ).toBe(true);
});
