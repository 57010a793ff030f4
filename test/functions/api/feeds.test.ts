import type { AllergyIntolerance, Bundle, Composition, MessageHeader, OperationOutcome } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../../functions/domain/error-catalogue.ts';
import { openTestRegion, type TestRegion, type TestResponse } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';
import { withoutRandomIds } from '../../support/random-ids.ts';

let region: TestRegion;
let people = 0;
beforeAll(async () => {
  region = await openTestRegion();
});
afterAll(() => region?.close());

const feed = { role: 'feed', purpose: 'feed' } as const;
const system = 'https://trust.example/mrn';

/** Somebody quite new, whose local id is `id`. */
function newPatient(id: string, more: object = {}) {
  people += 1;
  return { ...makePatient({ id, ...makeStranger(people), nhsNumber: testNhsNumber(people) }), ...more };
}

async function send(body: object | string, more: Parameters<TestRegion['call']>[1] = {}) {
  return region.call<Bundle>('submit-bundle', { caller: feed, body, ...more });
}

const fatesOf = ({ body }: TestResponse<Bundle>) =>
  (body.entry ?? []).map(({ response }) => {
    const { issue } = (response?.outcome ?? { issue: [] }) as OperationOutcome;
    return issue[0]?.details?.coding?.[0]?.code;
  });
const personOf = ({ body }: TestResponse<Bundle>) =>
  body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';

function resourcesOf<Resource>({ entry = [] }: Bundle, type: string): Resource[] {
  return entry.flatMap(({ resource }) => (resource?.resourceType === type ? [resource as Resource] : []));
}

/** The allergies of a person, as a clinician of the sending trust sees them. */
async function allergiesOf(personId: string): Promise<string[]> {
  const { body } = await region.call<Bundle>('read-section', { path: { id: personId, code: 'allergies' } });
  return resourcesOf<AllergyIntolerance>(body, 'AllergyIntolerance')
    .map(({ code }) => code?.text ?? '')
    .toSorted();
}

const dated = (id: string, patientId: string, text: string, lastUpdated: string) => ({
  ...makeAllergy(id, patientId, { text }),
  meta: { lastUpdated },
});

describe('the order of messages', () => {
  it('is their senders’: an older one never overwrites a newer one, and a replay changes nothing', async () => {
    const first = makeBundle(newPatient('o-1'), dated('o-a', 'o-1', 'Newer', '2026-02-02T10:00:00Z'));
    const personId = personOf(await send(first));
    const older = makeBundle(dated('o-a', 'o-1', 'Older', '2026-02-01T10:00:00Z'));
    expect(fatesOf(await send(older))).toEqual(['stale']);
    expect(await allergiesOf(personId)).toEqual(['Newer']);
    expect(fatesOf(await send(first))).toEqual(['unchanged', 'unchanged']);
    const newest = makeBundle(dated('o-a', 'o-1', 'Newest', '2026-02-03T10:00:00+01:00'));
    expect(fatesOf(await send(newest))).toEqual(['stored']);
    expect(fatesOf(await send(older))).toEqual(['stale']);
    expect(await allergiesOf(personId)).toEqual(['Newest']);
  });

  it('is by the time of the message where a resource has none', async () => {
    const personId = personOf(await send(makeBundle(newPatient('o-2'))));
    const at = (timestamp: string, text: string) => ({
      ...makeBundle(makeAllergy('o-b', 'o-2', { text })),
      timestamp,
    });
    expect(fatesOf(await send(at('2026-03-02T10:00:00Z', 'Second')))).toEqual(['stored']);
    expect(fatesOf(await send(at('2026-03-01T10:00:00Z', 'First')))).toEqual(['stale']);
    expect(await allergiesOf(personId)).toEqual(['Second']);
  });

  it('counts also for two versions in one Bundle: the newer one is filed', async () => {
    const entries = [
      { ...newPatient('o-3'), resourceType: 'Patient', id: 'o-3' },
      dated('o-c', 'o-3', 'Later', '2026-02-02T10:00:00Z'),
      dated('o-c', 'o-3', 'Earlier', '2026-02-01T10:00:00Z'),
    ];
    const answer = await send({ ...makeBundle(...entries), type: 'batch' });
    expect(fatesOf(answer)).toEqual(['person-created', 'stored', 'stale']);
    expect(await allergiesOf(personOf(answer))).toEqual(['Later']);
  });

  it('a resource that is corrected to be about somebody else moves to them, and both are told of it', async () => {
    const wrong = personOf(
      await send(makeBundle(newPatient('o-4'), makeAllergy('o-d', 'o-4', { text: 'Latex' }))),
    );
    const right = personOf(await send(makeBundle(newPatient('o-5'))));
    const known = (await region.auditEntries()).length;
    expect(fatesOf(await send(makeBundle(makeAllergy('o-d', 'o-5', { text: 'Latex' }))))).toEqual(['stored']);
    const audited = (await region.auditEntries()).slice(known).map(({ personId }) => personId);
    expect(audited.toSorted()).toEqual([wrong, right].toSorted());
    expect(await allergiesOf(wrong)).toEqual([]);
    expect(await allergiesOf(right)).toEqual(['Latex']);
  });
});

describe('a batch', () => {
  const put = (resource: { resourceType: string; id: string }) => ({
    resource,
    request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
  });

  it('files each entry on its own, those of one patient together, and keeps what it refused', async () => {
    const many = Array.from({ length: 40 }, (_, n) =>
      put(makeAllergy(`b-many-${n}`, 'b-1', { text: `A${n}` })),
    );
    const entry = [
      ...many,
      put(newPatient('b-1')),
      put({ ...makeAllergy('b-bad', 'b-1'), owner: 'Canary' } as never),
      put(newPatient('b-2')),
      put(makeAllergy('b-2-a', 'b-2', { text: 'Latex' })),
      put(makeAllergy('b-lost', 'canary-nobody')),
      { request: { method: 'DELETE', url: 'Patient/b-1' } },
    ];
    const headers = { 'X-Request-ID': crypto.randomUUID() };
    const answer = await send({ resourceType: 'Bundle', type: 'batch', entry }, { headers });
    expect([answer.status, answer.body.type]).toEqual([200, 'batch-response']);
    expect(fatesOf(answer)).toEqual([
      ...Array(40).fill('stored'),
      'person-created',
      'INVALID_REQUEST',
      'person-created',
      'stored',
      'INVALID_REQUEST',
      'INVALID_REQUEST',
    ]);
    expect(answer.body.entry?.map(({ response }) => response?.status).slice(40)).toEqual([
      '201 Created',
      '400',
      '201 Created',
      '201 Created',
      '400',
      '400',
    ]);
    expect(JSON.stringify(answer.body.entry?.[44]?.response?.outcome)).toContain(
      'Bundle.entry[44].resource.subject: no Patient of this organisation is held for it',
    );
    // Sent again under the same id, it is the same answer.
    const again = await send({ resourceType: 'Bundle', type: 'batch', entry }, { headers });
    expect(again.text).toBe(answer.text);
    const { body } = await region.call<{ rejects: { messageId: string }[] }>('list-rejects', {
      caller: feed,
    });
    expect(body.rejects.filter(({ messageId }) => messageId === headers['X-Request-ID'])).toHaveLength(3);
  });
});

const header = (more: object = {}) => ({
  resource: {
    resourceType: 'MessageHeader',
    id: 'message-1',
    eventCoding: { system: 'https://fhir.nhs.uk/CodeSystem/message-event', code: 'discharge' },
    source: { endpoint: 'https://trust.example/engine' },
    ...more,
  },
});
const messageOf = (...resources: object[]) => ({
  resourceType: 'Bundle',
  type: 'message',
  entry: [header(), ...resources.map((resource) => ({ resource }))],
});

describe('a FHIR message', () => {
  it.each(['process-message', 'submit-bundle'])(
    'is filed and answered by a message: %s',
    async (operation) => {
      const id = `m-${operation}`;
      const body = messageOf(newPatient(id), makeAllergy(`${id}-a`, id));
      const headers = { 'X-Request-ID': crypto.randomUUID() };
      const answer = await region.call<Bundle>(operation, { caller: feed, body, headers });
      expect([answer.status, answer.body.type]).toEqual([200, 'message']);
      const [head, outcome] = (answer.body.entry ?? []).map(({ resource }) => resource);
      expect(head).toMatchObject({
        resourceType: 'MessageHeader',
        eventCoding: { code: 'discharge' },
        destination: [{ endpoint: 'https://trust.example/engine' }],
        source: { endpoint: 'https://record.test/FHIR/R4/$process-message' },
        response: {
          identifier: 'message-1',
          code: 'ok',
          details: { reference: answer.body.entry?.[1]?.fullUrl },
        },
      });
      expect(outcome).toMatchObject({
        resourceType: 'OperationOutcome',
        issue: [
          { severity: 'information', details: { text: 'Patient: person-created' } },
          { severity: 'information', details: { text: 'AllergyIntolerance: stored' } },
        ],
      });
      expect((await region.call(operation, { caller: feed, body, headers })).text).toBe(answer.text);
    },
  );

  it('that is refused is a fatal error, with what is wrong', async () => {
    const body = messageOf(newPatient('m-2'), makeAllergy('m-2-a', 'somebody-else'));
    const answer = await region.call<Bundle>('process-message', { caller: feed, body });
    expect(answer.status).toBe(400);
    const head = answer.body.entry?.[0]?.resource as MessageHeader;
    expect(head.response).toMatchObject({ identifier: 'message-1', code: 'fatal-error' });
    expect(answer.body.entry?.[1]?.resource).toMatchObject({
      issue: [
        {
          severity: 'error',
          details: { coding: [{ code: 'INVALID_REQUEST' }] },
          diagnostics: 'Bundle.entry[2].resource: is about another Patient than the message',
        },
      ],
    });
    expect((await region.auditEntries()).at(-1)).toMatchObject({
      outcome: 'refused',
      errorCode: 'INVALID_REQUEST',
    });
  });

  it('is all that $process-message takes', async () => {
    const answer = await region.call('process-message', {
      caller: feed,
      body: makeBundle(newPatient('m-3')),
    });
    expect([answer.code, answer.text.includes('Bundle.type: must be message')]).toEqual([
      'INVALID_REQUEST',
      true,
    ]);
  });
});

describe('a document', () => {
  it('is kept whole as a document, with its entries filed; a corrected one supersedes it', async () => {
    const composition = (title: string) => ({
      resourceType: 'Composition',
      id: 'd-comp',
      status: 'final',
      type: { coding: [{ system: 'http://snomed.info/sct', code: '373942005' }] },
      subject: { reference: 'Patient/d-1' },
      date: '2026-02-01',
      author: [{ display: 'Ward' }],
      title,
      section: [{ title: 'Allergies', entry: [{ reference: 'AllergyIntolerance/d-a' }] }],
    });
    const patient = newPatient('d-1');
    const documentOf = (title: string) => ({
      resourceType: 'Bundle',
      type: 'document',
      identifier: { system, value: title },
      entry: [composition(title), patient, makeAllergy('d-a', 'd-1')].map((resource) => ({ resource })),
    });
    const answer = await send(documentOf('Discharge'));
    expect(fatesOf(answer)).toEqual(['stored', 'person-created', 'stored']);
    expect(fatesOf(await send(documentOf('Discharge, corrected')))).toEqual([
      'stored',
      'unchanged',
      'unchanged',
    ]);
    const { body } = await region.call<Bundle>('read-section', {
      path: { id: personOf(answer), code: 'documents' },
    });
    const titles = resourcesOf<Composition>(body, 'Composition').map(({ title }) => title);
    expect(titles).toEqual(['Discharge, corrected']);
  });
});

describe('one resource alone', () => {
  it('is created and updated by its sender’s id, and answered where it is and in which version', async () => {
    const patient = newPatient('s-1');
    const made = await region.call('update-resource', {
      caller: feed,
      path: { id: 's-1' },
      body: patient,
    });
    const personId = made.headers.location?.split('/Patient/')[1] ?? '';
    expect([made.status, personId.length]).toEqual([201, 36]);
    const path = { type: 'AllergyIntolerance' };
    const body = makeAllergy('s-a', 's-1', { text: 'Latex' });
    const created = await region.call('create-resource', { caller: feed, path, body });
    expect([created.status, created.headers.etag]).toEqual([201, 'W/"1"']);
    expect(created.headers.location).toMatch(
      /^https:\/\/record\.test\/FHIR\/R4\/AllergyIntolerance\/[0-9a-f]{32}\/_history\/1$/,
    );
    expect(await allergiesOf(personId)).toEqual(['Latex']);
    const update = (version: number, text: string) =>
      region.call('update-resource', {
        caller: feed,
        path: { ...path, id: 's-a' },
        body: makeAllergy('s-a', 's-1', { text }),
        headers: { 'If-Match': `W/"${version}"` },
      });
    expect((await update(1, 'Rubber')).headers.etag).toBe('W/"2"');
    expect((await update(1, 'Gum')).code).toBe('STALE_VERSION');
    expect(await allergiesOf(personId)).toEqual(['Rubber']);
  });

  it('is only created when its identifier is not known yet', async () => {
    await region.call('create-resource', { caller: feed, body: newPatient('s-2') });
    const path = { type: 'AllergyIntolerance' };
    const headers = { 'If-None-Exist': `identifier=${system}|A1` };
    const { id: _, ...allergy } = makeAllergy('x', 's-2', { text: 'Nuts' });
    const create = (text: string) =>
      region.call('create-resource', {
        caller: feed,
        path,
        body: { ...allergy, identifier: [{ system, value: 'A1' }], code: { text } },
        headers,
      });
    const first = await create('Nuts');
    const second = await create('Peanuts');
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.headers.location).toBe(first.headers.location);
    // Without the condition, the identifier is still its name: this is the same resource.
    const third = await region.call('create-resource', {
      caller: feed,
      path,
      body: { ...allergy, identifier: [{ system, value: 'A1' }], code: { text: 'Almonds' } },
    });
    expect([third.status, third.headers.etag]).toEqual([201, 'W/"2"']);
  });

  it.each([
    [
      'another type than in the path',
      { resourceType: 'Condition', id: 'x' },
      'resourceType: must be the type in the path',
    ],
    [
      'another id than in the path',
      makeAllergy('y', 's-1'),
      'AllergyIntolerance.id: must be the id in the path',
    ],
    [
      'about nobody who is held',
      makeAllergy('x', 'canary-nobody'),
      'AllergyIntolerance.subject: no Patient of this organisation is held for it',
    ],
  ])('%s is refused', async (_name, body, issue) => {
    const path = { type: 'AllergyIntolerance', id: 'x' };
    const answer = await region.call<OperationOutcome>('update-resource', { caller: feed, path, body });
    expect([answer.code, answer.body.issue[0]?.diagnostics]).toEqual(['INVALID_REQUEST', issue]);
  });
});

describe('bad feeds, by name', () => {
  const cyclic = (id: string, other: string) => ({
    ...makeAllergy(id, 'n-1'),
    extension: [{ url: 'urn:see', valueReference: { reference: `AllergyIntolerance/${other}` } }],
  });
  const rows: [string, () => object | string, string, keyof typeof errorCatalogue, string, object?][] = [
    [
      'a Bundle with a patient that is not the one its entries refer to',
      () => messageOf(newPatient('n-2'), makeAllergy('n-2-a', 'n-other')),
      'submit-bundle',
      'INVALID_REQUEST',
      'Bundle.entry[2].resource: is about another Patient than the message',
    ],
    [
      'a transaction whose entries refer to a patient whom nobody has sent',
      () => makeBundle(newPatient('n-3'), makeAllergy('n-3-a', 'n-other')),
      'submit-bundle',
      'INVALID_REQUEST',
      'Bundle.entry[1].resource.subject: no Patient of this organisation is held for it',
    ],
    [
      'two patients in one message',
      () => messageOf(newPatient('n-4'), newPatient('n-5')),
      'process-message',
      'INVALID_REQUEST',
      'Bundle: holds two Patients; a message is about one',
    ],
    [
      'a dangling reference',
      () =>
        makeBundle(newPatient('n-6'), {
          ...makeAllergy('n-6-a', 'n-6'),
          ...{ encounter: { reference: 'urn:uuid:00000000-0000-4000-8000-000000000009' } },
        }),
      'submit-bundle',
      'INVALID_REQUEST',
      'Bundle.entry[1].resource: refers to a urn:uuid that is not in the Bundle',
    ],
    [
      'fifty thousand entries',
      () => ({
        resourceType: 'Bundle',
        type: 'batch',
        entry: Array.from({ length: 50_000 }, (_, n) => ({ fullUrl: `urn:n:${n}` })),
      }),
      'submit-bundle',
      'TOO_LARGE',
      'Bundle.entry: has more than 1000 entries',
    ],
    [
      'an entry that is larger than an item',
      () =>
        makeBundle(newPatient('n-7'), {
          ...makeAllergy('n-7-a', 'n-7'),
          ...{ note: [{ text: 'x'.repeat(450_000) }] },
        }),
      'submit-bundle',
      'TOO_LARGE',
      '',
    ],
    [
      'a Patient that is larger than an item',
      () =>
        makeBundle({
          ...newPatient('n-8'),
          ...{ text: { status: 'generated', div: `<div>${'x'.repeat(450_000)}</div>` } },
        }),
      'submit-bundle',
      'TOO_LARGE',
      '',
    ],
    [
      'entries that are together larger than a transaction',
      () =>
        makeBundle(
          newPatient('n-9'),
          ...Array.from({ length: 14 }, (_, n) => ({
            ...makeAllergy(`n-9-${n}`, 'n-9'),
            ...{ note: [{ text: 'x'.repeat(320_000) }] },
          })),
        ),
      'submit-bundle',
      'TOO_LARGE',
      '',
    ],
    [
      'XML with a DTD',
      () => '<!DOCTYPE x [<!ENTITY e SYSTEM "http://169.254.169.254/latest">]><Bundle>&e;</Bundle>',
      'submit-bundle',
      'UNSUPPORTED_MEDIA_TYPE',
      '',
      { 'Content-Type': 'application/fhir+xml' },
    ],
    [
      'deep nesting',
      () => `{"resourceType":"Bundle","type":"batch","entry":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
      'submit-bundle',
      'INVALID_REQUEST',
      'body: too-deep',
    ],
  ];

  it.each(rows)(
    '%s: the exact error, nothing half-stored, kept',
    async (_, body, operation, code, issue, headers) => {
      const held = async () =>
        (await region.recordItems()).filter(({ type }) => !String(type).startsWith('Reject')).length;
      const sent = body();
      const before = await held();
      const id = crypto.randomUUID();
      const started = performance.now();
      const answer = await region.call<OperationOutcome | Bundle>(operation, {
        caller: feed,
        body: sent,
        headers: { ...headers, 'X-Request-ID': id },
      });
      expect(performance.now() - started).toBeLessThan(3_000);
      expect(answer.status).toBe(errorCatalogue[code].status);
      const outcome =
        answer.body.resourceType === 'Bundle'
          ? (answer.body.entry?.[1]?.resource as OperationOutcome)
          : answer.body;
      expect(outcome.issue[0]?.details?.coding?.[0]?.code).toBe(code);
      expect(outcome.issue[0]?.diagnostics ?? '').toBe(issue);
      expect(await held()).toBe(before);
      const { body: list } = await region.call<{
        rejects: { id: string; messageId: string; code: string }[];
      }>('list-rejects', { caller: feed, query: { _count: '100' } });
      const reject = list.rejects.find(({ messageId }) => messageId === id);
      expect(reject?.code).toBe(code);
      const kept = await region.call<{ message?: string }>('read-reject', {
        caller: feed,
        path: { id: reject?.id ?? '' },
      });
      expect(kept.body.message).toBe(typeof sent === 'string' ? sent : JSON.stringify(sent));
    },
  );

  it('references that go in a circle are no fault', async () => {
    const answer = await send(makeBundle(newPatient('n-1'), cyclic('n-c1', 'n-c2'), cyclic('n-c2', 'n-c1')));
    expect(fatesOf(answer)).toEqual(['person-created', 'stored', 'stored']);
  });
});

it('no log line of all this names a patient', () => {
  expect(withoutRandomIds(region.logs())).not.toMatch(/canary|999\d{7}/i);
});
