import type { Bundle, Consent } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../../functions/api/routes.ts';
import type { ObjectionScope } from '../../../functions/domain/access/objection.ts';
import { consentReasonExtension } from '../../../functions/formats/fhir/consent-codes.ts';
import { makeLetter, makePdf } from '../../support/documents.ts';
import { makeConsent } from '../../support/objections.ts';
import {
  openTestRegion,
  type TestCaller,
  type TestRegion,
  type TestRequest,
} from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';

let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion();
});
afterAll(() => region?.close());

const officer = { role: 'privacy-officer', purpose: 'audit', subject: 'officer-1' } as const;
const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';
const odsCodeSystem = 'https://fhir.nhs.uk/Id/ods-organization-code';
const participationSystem = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const kindSystem = 'https://towpath.example/fhir/CodeSystem/objection-kind';

let serial = 0;

/** Somebody new of whom three organisations hold a record with an allergy each. */
async function newPerson(nhsNumber?: string): Promise<string> {
  serial += 1;
  const n = serial;
  let personId = '';
  for (const organisation of ['T9A', 'T9B', 'Y90001']) {
    const id = `objector-${n}`;
    const { body } = await region.call<Bundle>('submit-bundle', {
      caller: { role: 'feed', purpose: 'feed', organisation },
      body: makeBundle(
        makePatient({ id, ...makeStranger(5_000 + n), nhsNumber: nhsNumber ?? testNhsNumber(500 + n) }),
        makeAllergy(`${id}-a`, id, { text: `Allergy of ${organisation}` }),
      ),
    });
    personId = body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
  }
  return personId;
}

const organisation = (ods: string) => ({ identifier: { system: odsCodeSystem, value: ods } });
const actor = (code: 'CST' | 'IRCP', ods: string) => ({
  role: { coding: [{ system: participationSystem, code }] },
  reference: organisation(ods),
});
const provision = ({ sections, sources, viewers }: ObjectionScope, more: object = {}) => ({
  type: 'deny',
  ...more,
  ...((sources || viewers) && {
    actor: [
      ...(sources ?? []).map((ods) => actor('CST', ods)),
      ...(viewers ?? []).map((ods) => actor('IRCP', ods)),
    ],
  }),
  ...(sections && {
    code: sections.map((code) => ({
      coding: [{ system: 'https://towpath.example/fhir/CodeSystem/section', code }],
    })),
  }),
});

const post = (body: object, caller: TestCaller = {}) =>
  region.call<Consent>('record-objection', { body, caller });
const object = (personId: string, scope: ObjectionScope, more: object = {}, caller: TestCaller = {}) =>
  post(makeConsent(personId, 'deny', { provision: provision(scope), ...more }), caller);

const read = (personId: string, viewer = 'T9A') =>
  region.call('read-section', {
    caller: { organisation: viewer },
    path: { id: personId, code: 'allergies' },
  });

/** The organisations whose allergies the answer shows, and whether it says that something was kept back. */
async function shown(personId: string, viewer = 'T9A') {
  const { body, code, text } = await read(personId, viewer);
  if (code) return code;
  const sources = (body.entry ?? [])
    .flatMap(({ resource }) => (resource?.resourceType === 'AllergyIntolerance' ? [resource] : []))
    .map(({ meta }) => meta?.source?.replace('urn:nhs:ods:', ''));
  return { sources: sources.toSorted(), withheld: text.includes('"code":"suppressed"') };
}

const all = { sources: ['T9A', 'T9B', 'Y90001'], withheld: false };
const history = async (personId: string, status?: string) => {
  const { body } = await region.call('list-objections', {
    query: { patient: personId, ...(status && { status }) },
  });
  return (body.entry ?? []).map(({ resource }) => resource as Consent);
};

describe('an objection to a part', () => {
  it('to what an organisation sent keeps it from all others, with the generic marker and nothing of whose it is', async () => {
    const personId = await newPerson();
    expect(await shown(personId)).toEqual(all);
    expect((await object(personId, { sources: ['T9B'] })).status).toBe(201);
    expect(await shown(personId)).toEqual({ sources: ['T9A', 'Y90001'], withheld: true });
    expect((await read(personId)).text).not.toContain('T9B');
    expect(await shown(personId, 'Y90001')).toEqual({ sources: ['T9A', 'Y90001'], withheld: true });
    expect(await shown(personId, 'T9B')).toEqual(all);
  });

  it('to an organisation that looks shuts that one out, and no other', async () => {
    const personId = await newPerson();
    await object(personId, { viewers: ['T9B'] });
    expect(await shown(personId, 'T9B')).toBe('NO_PATIENT_CONSENT');
    expect(await shown(personId)).toEqual(all);
  });

  it('to sections keeps back what others sent of them', async () => {
    const personId = await newPerson();
    await object(personId, { sections: ['allergies'] });
    expect(await shown(personId)).toEqual({ sources: ['T9A'], withheld: true });
    expect((await region.call('read-patient', { path: { id: personId } })).status).toBe(200);
  });

  it('holds several at a time; the one that is named is reversed', async () => {
    const personId = await newPerson();
    const first = await object(personId, { sources: ['T9B'] });
    await object(personId, { sources: ['Y90001'] });
    expect(await shown(personId)).toEqual({ sources: ['T9A'], withheld: true });
    const reversed = await post(
      makeConsent(personId, 'permit', { sourceReference: { reference: `Consent/${first.body.id}` } }),
    );
    expect([reversed.status, reversed.body.sourceReference?.reference]).toEqual([
      201,
      `Consent/${first.body.id}`,
    ]);
    expect(await shown(personId)).toEqual({ sources: ['T9A', 'T9B'], withheld: true });
    expect((await history(personId)).map(({ provision: one, status }) => [one?.type, status])).toEqual([
      ['deny', 'inactive'],
      ['deny', 'active'],
      ['permit', 'active'],
    ]);
    expect(await history(personId, 'inactive')).toHaveLength(1);
  });

  it('said again in the same words is the one that stands', async () => {
    const personId = await newPerson();
    const first = await object(personId, { sources: ['T9B'] });
    const again = await object(personId, { sources: ['T9B'] });
    expect([again.status, again.body.id]).toEqual([201, first.body.id]);
    expect((await object(personId, { sources: ['Y90001'] })).body.id).not.toBe(first.body.id);
    expect(await history(personId)).toHaveLength(2);
  });

  it('is not reversed by a reversal of something else, nor twice', async () => {
    const personId = await newPerson();
    const part = await object(personId, { sources: ['T9B'] });
    // Names none: it reverses objections to the whole record, of which there is none.
    const other = await post(makeConsent(personId, 'permit'));
    expect([other.status, other.code]).toEqual([400, 'INVALID_REQUEST']);
    expect(await shown(personId)).toEqual({ sources: ['T9A', 'Y90001'], withheld: true });
    const named = makeConsent(personId, 'permit', {
      sourceReference: { reference: `Consent/${part.body.id}` },
    });
    expect((await post(named)).status).toBe(201);
    const again = await post(named);
    expect([again.status, again.code]).toEqual([400, 'INVALID_REQUEST']);
  });
});

describe('every reader of a record', () => {
  /** A request of each operation that reads, about a person and a document of T9B. */
  const requests: Record<string, (id: string, binary: string, letter: string) => TestRequest> = {
    'read-patient': (id) => ({ path: { id } }),
    'list-sections': (id) => ({ path: { id } }),
    'read-section': (id) => ({ path: { id, code: 'allergies' } }),
    'read-summary': (id) => ({ path: { id } }),
    'read-everything': (id) => ({ path: { id } }),
    'search-resources': (id) => ({ path: { type: 'AllergyIntolerance' }, query: { patient: id } }),
    'read-resource': (_, __, letter) => ({ path: { type: 'DocumentReference', id: letter } }),
    'read-binary': (_, binary) => ({ path: { id: binary } }),
  };

  /** The operations that answer what they may not show as if it were not there. */
  const byId = new Set(['read-resource', 'read-binary']);

  async function withLetter(): Promise<[personId: string, binary: string, letter: string]> {
    const personId = await newPerson();
    const id = `objector-${serial}`;
    const data = makePdf(9_000, id).toString('base64');
    await region.call('submit-bundle', {
      caller: { role: 'feed', purpose: 'feed', organisation: 'T9B' },
      body: makeBundle(makeLetter(`${id}-l`, id, { contentType: 'application/pdf', data })),
    });
    const { text } = await region.call('read-section', { path: { id: personId, code: 'documents' } });
    const idAfter = (before: RegExp) => before.exec(text)?.[1] ?? '';
    return [
      personId,
      idAfter(/Binary\/([A-Za-z0-9.-]+)/),
      idAfter(/R4\/DocumentReference\/([A-Za-z0-9.-]+)/),
    ];
  }

  it('is tested here', () => {
    const readers = routes.filter(({ permission }) => ['record.read', 'patient.read'].includes(permission));
    expect(Object.keys(requests).toSorted()).toEqual(readers.map(({ operation }) => operation).toSorted());
  });

  it('refuses a record whose patient objects to all of it, and says nothing of it', async () => {
    const person = await withLetter();
    const [personId] = person;
    for (const [operation, request] of Object.entries(requests))
      expect([operation, (await region.call(operation, request(...person))).status]).toEqual([
        operation,
        200,
      ]);
    await object(personId, {});
    for (const [operation, request] of Object.entries(requests)) {
      const { code, status, text } = await region.call(operation, request(...person));
      expect([operation, status, code]).toEqual([operation, 403, 'NO_PATIENT_CONSENT']);
      for (const leak of ['T9B', 'Allergy of']) expect(text).not.toContain(leak);
    }
  });

  it('leaves out what an organisation sent whose data the patient keeps back, and does not name it', async () => {
    const person = await withLetter();
    const [personId] = person;
    await object(personId, { sources: ['T9B'] });
    for (const [operation, request] of Object.entries(requests)) {
      const { status, text } = await region.call(operation, request(...person));
      expect([operation, status]).toEqual([operation, byId.has(operation) ? 403 : 200]);
      for (const leak of ['T9B', 'Allergy of T9B'])
        expect([operation, text.includes(leak)]).toEqual([operation, false]);
    }
  });
});

describe('an objection in time', () => {
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

  it('is recorded ahead, listed, and holds only from its date', async () => {
    const personId = await newPerson();
    const end = day(9);
    const period = { start: day(2).slice(0, 10), end };
    const recorded = await object(personId, {}, { provision: provision({}, { period }) });
    expect(recorded.status).toBe(201);
    expect(await shown(personId)).toEqual(all);
    const [listed] = await history(personId, 'active');
    // Midnight in the United Kingdom is never later than this.
    expect(listed?.provision?.period).toEqual({ start: `${day(1).slice(0, 10)}T23:00:00.000Z`, end });
  });

  it('dated back holds at once, and is over at its end', async () => {
    const personId = await newPerson();
    await object(personId, {}, { provision: provision({}, { period: { start: day(-3), end: day(-1) } }) });
    expect(await shown(personId)).toEqual(all);
    await object(personId, {}, { provision: provision({}, { period: { start: day(-3) } }) });
    expect(await shown(personId)).toBe('NO_PATIENT_CONSENT');
    expect((await history(personId)).map(({ status }) => status)).toEqual(['inactive', 'active']);
  });
});

describe('who says so', () => {
  it('is who asked, who recorded it and on whose behalf', async () => {
    const personId = await newPerson();
    const recorded = await object(
      personId,
      {},
      {
        performer: [{ type: 'RelatedPerson' }],
        organization: [organisation('Y90001')],
        extension: [{ url: consentReasonExtension, valueString: 'Asked at the desk' }],
      },
      officer,
    );
    expect(recorded.body).toMatchObject({
      performer: [{ type: 'RelatedPerson' }],
      organization: [organisation('Y90001')],
      provision: { type: 'deny' },
    });
    const [, reason] = recorded.body.extension ?? [];
    expect(reason?.valueString).toBe('Asked at the desk');
    expect(JSON.stringify(recorded.body.extension?.[0])).toMatch(/Ada Quay.*T9A.*privacy-officer/);
  });

  it('comes under the rules of the area: a reason, a clinician, no choice of organisations', async () => {
    const personId = await newPerson();
    const behalf = { organization: [organisation('T9M')] };
    const led = {
      ...behalf,
      performer: [{ type: 'Practitioner' }],
      extension: [{ url: consentReasonExtension, valueString: 'Agreed in clinic' }],
    };
    expect((await object(personId, {}, led, officer)).code).toBe('FORBIDDEN_ROLE');
    const bare = await object(personId, {}, behalf);
    expect([bare.status, bare.code]).toEqual([400, 'INVALID_REQUEST']);
    expect(bare.text).toContain('performer');
    expect(bare.text).toContain('consent-reason');
    expect((await object(personId, { sources: ['T9B'] }, led)).text).toContain('chosen organisations sent');
    expect((await object(personId, {}, led)).status).toBe(201);
  });

  it('needs a second person where the area wants one, and holds meanwhile', async () => {
    const personId = await newPerson();
    const recorded = await object(
      personId,
      {},
      {
        organization: [organisation('T9M')],
        performer: [{ type: 'Practitioner' }],
        extension: [{ url: consentReasonExtension, valueString: 'Agreed in clinic' }],
      },
    );
    expect(recorded.body.status).toBe('proposed');
    expect(await shown(personId)).toBe('NO_PATIENT_CONSENT');
    const confirm = makeConsent(personId, 'deny', {
      organization: [organisation('T9M')],
      sourceReference: { reference: `Consent/${recorded.body.id}` },
      verification: [{ verified: true }],
    });
    expect((await post(confirm)).code).toBe('INVALID_REQUEST');
    const confirmed = await post(confirm, { subject: 'user-2' });
    expect([confirmed.status, confirmed.body.status, confirmed.body.id]).toEqual([
      201,
      'active',
      recorded.body.id,
    ]);
    expect(confirmed.body.verification).toMatchObject([{ verified: true }]);
    expect(await history(personId, 'proposed')).toEqual([]);
  });

  it.each([
    ['an organisation that is not of the region', { organization: [organisation('ZZ999')] }, 'organization'],
    [
      'a viewer who is not of the region',
      { provision: provision({ viewers: ['ZZ999'] }) },
      'provision.actor',
    ],
    [
      'a section that is none',
      { provision: { type: 'deny', code: [{ coding: [{ system: 'x', code: 'allergies' }] }] } },
      'provision.code',
    ],
    ['demographics', { provision: provision({ sections: ['demographics'] }) }, 'provision.code'],
    [
      'a period that ends before it starts',
      { provision: provision({}, { period: { start: '2026-12-02', end: '2026-12-01' } }) },
      'provision.period',
    ],
    [
      'an instant without a time zone',
      { provision: provision({}, { period: { start: '2026-12-02T09:00:00' } }) },
      'provision.period.start',
    ],
    ['a kind that is none', { category: [{ coding: [{ system: kindSystem, code: 'other' }] }] }, 'category'],
    ['no patient', { patient: {} }, 'patient'],
  ])('refuses %s by its place', async (_, more, place) => {
    const personId = await newPerson();
    const { code, status, text } = await post(makeConsent(personId, 'deny', more));
    expect([status, code]).toEqual([400, 'INVALID_REQUEST']);
    expect(text).toContain(place);
    expect(text).not.toContain('ZZ999');
    expect(await history(personId)).toEqual([]);
  });
});

describe('opt-outs of secondary use', () => {
  it.each(['national-data-opt-out', 'type-1'])(
    '%s is recorded, listed, and no read asks for it',
    async (kind) => {
      const personId = await newPerson();
      const category = [{ coding: [{ system: kindSystem, code: kind }] }];
      expect((await object(personId, {}, { category })).status).toBe(201);
      for (const viewer of ['T9A', 'T9B', 'Y90001']) expect(await shown(personId, viewer)).toEqual(all);
      expect((await region.call('read-patient', { path: { id: personId } })).status).toBe(200);
      expect((await history(personId, 'active'))[0]?.category?.[0]?.coding?.[0]?.code).toBe(kind);
      // It is no objection to direct care, so no reversal of one reverses it.
      expect((await post(makeConsent(personId, 'permit'))).code).toBe('INVALID_REQUEST');
      await post(makeConsent(personId, 'permit', { category }));
      expect((await history(personId, 'inactive')).map(({ category: one }) => one)).toEqual([category]);
      const part = await object(personId, { sources: ['T9B'] }, { category });
      expect(part.code).toBe('INVALID_REQUEST');
    },
  );
});

describe('an objection by NHS number', () => {
  const byNumber = (number: string, more: object = {}) =>
    makeConsent('', 'deny', {
      patient: { identifier: { system: nhsNumberSystem, value: number } },
      ...more,
    });

  it('said before the person is known holds from the first read', async () => {
    const number = testNhsNumber(700);
    const said = await post(byNumber(number));
    expect(said.status).toBe(201);
    const personId = await newPerson(number);
    expect(await shown(personId)).toBe('NO_PATIENT_CONSENT');
    const [listed] = await history(personId);
    expect([listed?.id, listed?.dateTime]).toEqual([said.body.id, said.body.dateTime]);
    await post(makeConsent(personId, 'permit'));
    expect(await shown(personId)).toEqual(all);
  });

  it('is answered alike, byte for byte but ids and times, whether or not somebody has the number', async () => {
    const known = testNhsNumber(701);
    const personId = await newPerson(known);
    const answers = [];
    for (const number of [known, testNhsNumber(702)]) {
      const { body, headers, status } = await post(byNumber(number), { organisation: 'VT9C1' });
      const { id, meta, dateTime, provision: one, ...rest } = body;
      expect(JSON.stringify(body)).not.toContain(personId);
      answers.push({
        status,
        headers: Object.keys(headers).toSorted(),
        type: one?.type,
        rest: { ...rest, patient: undefined },
        lengths: [id?.length, meta?.lastUpdated?.length, dateTime?.length],
      });
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(await shown(personId)).toBe('NO_PATIENT_CONSENT');
  });

  it('holds for whoever takes a number over later, by an update or in place of another', async () => {
    const [first, second] = [testNhsNumber(703), testNhsNumber(704)];
    await post(byNumber(second, { provision: provision({ sources: ['T9B'] }) }));
    const personId = await newPerson(first);
    expect(await shown(personId)).toEqual(all);
    const { body } = await region.call<Bundle>('submit-bundle', {
      caller: { role: 'feed', purpose: 'feed', organisation: 'T9A' },
      body: makeBundle(
        makePatient({
          id: `objector-${serial}`,
          ...makeStranger(5_000 + serial),
          nhsNumber: second,
          superseded: [first],
          sentAt: new Date(Date.now() + 1_000).toISOString(),
        }),
      ),
    });
    expect(body.entry?.[0]?.response?.location).toBe(`Patient/${personId}`);
    expect(await shown(personId)).toEqual({ sources: ['T9A', 'Y90001'], withheld: true });
  });

  it('is undone by number only by a role that acts for the region', async () => {
    const number = testNhsNumber(705);
    const said = await post(byNumber(number));
    const undo = byNumber(number, {
      status: 'inactive',
      sourceReference: { reference: `Consent/${said.body.id}` },
    });
    expect((await post(undo)).code).toBe('NO_RELATIONSHIP');
    expect((await post(undo, officer)).status).toBe(201);
    const personId = await newPerson(number);
    expect(await shown(personId)).toEqual(all);
    expect(await history(personId)).toHaveLength(2);
  });

  it('leaves no number in a key, a log or an audit entry', async () => {
    const number = testNhsNumber(706);
    const { headers } = await post(byNumber(number));
    const kept = JSON.stringify([await region.recordItems(), await region.auditEntries()]);
    expect(kept.includes(number)).toBe(false);
    expect(region.logs()).not.toContain(number);
    const entries = await region.auditEntries();
    expect(entries.find(({ requestId }) => requestId === headers['x-request-id'])).toMatchObject({
      operation: 'record-objection',
      outcome: 'success',
    });
  });

  it('refuses a number with a bad check digit, and one under another system', async () => {
    expect((await post(byNumber('9990000001'))).code).toBe('INVALID_NHS_NUMBER');
    const other = { patient: { identifier: { system: 'https://example.org', value: testNhsNumber(707) } } };
    expect((await post(byNumber('', other))).code).toBe('INVALID_REQUEST');
  });
});
describe('a feed', () => {
  it('brings no Consent: a Bundle with one is refused by its place, and nothing of it is recorded', async () => {
    const personId = await newPerson();
    const { code, text } = await region.call<Bundle>('submit-bundle', {
      caller: { role: 'feed', purpose: 'feed', organisation: 'T9A' },
      body: makeBundle(makePatient({ id: `objector-${serial}`, ...makeStranger(5_000 + serial) }), {
        ...makeConsent('', 'deny', { patient: { reference: `Patient/objector-${serial}` } }),
        id: 'consent-1',
      }),
    });
    expect(code).toBe('INVALID_REQUEST');
    expect(text).toContain('Bundle.entry[1]');
    expect(await history(personId)).toEqual([]);
    expect(await shown(personId)).toEqual(all);
  });
});
