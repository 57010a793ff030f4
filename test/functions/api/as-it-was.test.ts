import type { AllergyIntolerance, Bundle, DocumentReference, Parameters, Patient } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeLetter, makePdf } from '../../support/documents.ts';
import { makeConsent } from '../../support/objections.ts';
import { openTestRegion, type TestCaller, type TestRegion } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';

const feed = (organisation: string) => ({ role: 'feed', organisation, purpose: 'feed' }) as const;
const steward = { role: 'steward', subject: 'steward-1' } as const;

let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion();
});
afterAll(() => region?.close());

async function send(organisation: string, ...resources: { resourceType: string; id: string }[]) {
  const body = makeBundle(...resources);
  const answer = await region.call<Bundle>('submit-bundle', { caller: feed(organisation), body });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return answer.body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
}

/** The functions' clock is the machine's: an instant that everything before is before, and everything after behind. */
async function now(): Promise<string> {
  const at = new Date().toISOString();
  while (new Date().toISOString() === at);
  const between = new Date().toISOString();
  while (new Date().toISOString() === between);
  return between;
}

const readSection = (personId: string, _asOf?: string, more: object = {}, caller: TestCaller = {}) =>
  region.call<Bundle>('read-section', {
    caller,
    path: { id: personId, code: 'allergies' },
    query: { ...(_asOf && { _asOf }), ...more },
  });

async function allergies(personId: string, asOf?: string, caller?: TestCaller) {
  const { body } = await readSection(personId, asOf, {}, caller);
  return (body.entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === 'AllergyIntolerance' ? [(resource as AllergyIntolerance).code?.text] : [],
  );
}

describe('a record as it was', () => {
  const nhsNumber = testNhsNumber(1);
  const patient = (given: string) => makePatient({ id: 'a-1', nhsNumber, given });
  const pdf = (mark: string) => makePdf(9_000, mark).toString('base64');
  const letter = (mark: string) =>
    makeLetter('letter-1', 'a-1', { contentType: 'application/pdf', data: pdf(mark) });
  let personId: string;
  let first: string;
  let second: string;
  beforeAll(async () => {
    personId = await send(
      'T9A',
      patient('Marian'),
      makeAllergy('one', 'a-1', { text: 'Penicillin' }),
      letter('first'),
    );
    first = await now();
    await send(
      'T9A',
      patient('Marianne'),
      makeAllergy('one', 'a-1', { text: 'Amoxicillin', date: '2025-01-01' }),
      makeAllergy('two', 'a-1', { text: 'Latex' }),
      letter('second'),
    );
    await send(
      'T9B',
      makePatient({ id: 'b-1', nhsNumber, given: 'Marianne' }),
      makeAllergy('b', 'b-1', { text: 'Egg', date: '2024-04-01' }),
    );
    second = await now();
    await send('T9A', makeAllergy('two', 'a-1', { status: 'entered-in-error' }));
  });

  it('shows a section with its entries and sources of then', async () => {
    expect(await allergies(personId, first)).toEqual(['Penicillin']);
    expect(await allergies(personId, second)).toEqual(['Amoxicillin', 'Latex', 'Egg']);
    expect(await allergies(personId)).toEqual(['Amoxicillin', 'Egg']);
  });

  it('shows the demographics of then', async () => {
    const read = async (_asOf?: string) => {
      const answer = await region.call<Patient>('read-patient', {
        path: { id: personId },
        query: _asOf ? { _asOf } : {},
      });
      return { given: answer.body.name?.[0]?.given, etag: answer.headers.etag };
    };
    expect((await read(first)).given).toEqual(['Marian']);
    const current = await read();
    expect(current.given).toEqual(['Marianne']);
    expect((await read(first)).etag).not.toBe(current.etag);
  });

  it('counts the sections of then', async () => {
    const count = async (_asOf: string) => {
      const { body } = await region.call<Parameters>('list-sections', {
        path: { id: personId },
        query: { _asOf },
      });
      const section = body.parameter?.find(({ part }) => part?.[0]?.valueCode === 'allergies');
      return section?.part?.find(({ name }) => name === 'count')?.valueUnsignedInt;
    };
    expect([await count(first), await count(second)]).toEqual([1, 3]);
  });

  it('is what $summary, $everything and a search show', async () => {
    for (const operation of ['read-summary', 'read-everything', 'search-resources']) {
      const isSearch = operation === 'search-resources';
      const { status, text } = await region.call(operation, {
        path: isSearch ? { type: 'AllergyIntolerance' } : { id: personId },
        query: { _asOf: first, ...(isSearch && { patient: personId }) },
      });
      expect(status).toBe(200);
      expect([text.includes('Penicillin'), text.includes('Latex'), text.includes('Egg')]).toEqual([
        true,
        false,
        false,
      ]);
    }
  });

  it('is what reading one entry by its id shows', async () => {
    const { body } = await readSection(personId, second);
    const entries = (body.entry ?? []).flatMap(({ resource }) => resource ?? []);
    const idOf = (text: string) => entries.find((one) => JSON.stringify(one).includes(text))?.id ?? '';
    const read = (id: string, _asOf: string) =>
      region.call('read-resource', { path: { type: 'AllergyIntolerance', id }, query: { _asOf } });
    expect((await read(idOf('Amoxicillin'), first)).text).toContain('Penicillin');
    expect((await read(idOf('Amoxicillin'), second)).text).toContain('Amoxicillin');
    expect((await read(idOf('Latex'), first)).code).toBe('NO_RELATIONSHIP');
  });

  it('stays at the instant from page to page, and a cursor is good for that instant alone', async () => {
    const page = await readSection(personId, second, { _count: '1' });
    const next = page.body.link?.find(({ relation }) => relation === 'next')?.url ?? '';
    const { searchParams } = new URL(next);
    expect(searchParams.get('_asOf')).toBe(second);
    const cursor = { _cursor: searchParams.get('_cursor') ?? '', _count: '1' };
    const following = await readSection(personId, second, cursor);
    expect(following.text).toContain('Latex');
    expect((await readSection(personId, first, cursor)).code).toBe('INVALID_REQUEST');
    expect((await readSection(personId, undefined, cursor)).code).toBe('INVALID_REQUEST');
  });

  it('reads the document to which the entry of then refers, and without the instant does not', async () => {
    const idAt = async (_asOf?: string) => {
      const { body } = await region.call<Bundle>('read-section', {
        path: { id: personId, code: 'documents' },
        query: _asOf ? { _asOf } : {},
      });
      const held = (body.entry ?? []).flatMap(({ resource }) =>
        resource?.resourceType === 'DocumentReference' ? [resource as DocumentReference] : [],
      );
      return held[0]?.content[0]?.attachment.url?.replace('Binary/', '') ?? '';
    };
    const read = (id: string, _asOf?: string) =>
      region.call('read-binary', { path: { id }, query: _asOf ? { _asOf } : {} });
    const then = await idAt(first);
    expect(then).not.toBe(await idAt());
    expect((await read(then, first)).body).toMatchObject({ data: pdf('first') });
    expect((await read(then)).code).toBe('NO_RELATIONSHIP');
    expect((await read(await idAt(), first)).code).toBe('NO_RELATIONSHIP');
    expect((await read(then, '2999-01-01T00:00:00Z')).code).toBe('INVALID_REQUEST');
  });

  it('is nobody before the person was known, refused for an instant ahead, and for what is no instant', async () => {
    expect((await readSection(personId, '2020-01-01T00:00:00Z')).code).toBe('PATIENT_NOT_FOUND');
    expect((await readSection(personId, '2999-01-01T00:00:00Z')).code).toBe('INVALID_REQUEST');
    expect((await readSection(personId, 'yesterday')).code).toBe('INVALID_REQUEST');
    expect((await readSection(personId, '2025-02-30T00:00:00Z')).code).toBe('INVALID_REQUEST');
  });

  it('takes an offset for a zone', async () => {
    const shifted = new Date(Date.parse(first) + 3_600_000).toISOString().replace('Z', '+01:00');
    expect(await allergies(personId, shifted)).toEqual(['Penicillin']);
  });
});

describe('today’s rules over the record as it was', () => {
  it('ask for a relationship of today before anything else', async () => {
    const personId = await send('T9A', makePatient({ id: 'rule-1', ...makeStranger(1) }));
    const at = await now();
    const unknown = await readSection(
      '00000000-0000-4000-8000-00000000dead',
      at,
      {},
      { organisation: 'T9B' },
    );
    const refused = await readSection(personId, at, {}, { organisation: 'T9B' });
    expect([refused.status, refused.text]).toEqual([unknown.status, unknown.text]);
    expect(refused.code).toBe('NO_RELATIONSHIP');
  });

  it('let an objection of today close the past, and one of then keep it closed after its reversal', async () => {
    const personId = await send(
      'T9A',
      makePatient({ id: 'rule-2', ...makeStranger(2) }),
      makeAllergy('rule-2', 'rule-2', { text: 'Nuts' }),
    );
    const open = await now();
    const object = (type: 'deny' | 'permit') =>
      region.call('record-objection', { body: makeConsent(personId, type) });
    expect((await object('deny')).status).toBe(201);
    const objected = await now();
    expect((await readSection(personId, open)).code).toBe('NO_PATIENT_CONSENT');
    expect((await object('permit')).status).toBe(201);
    expect(await allergies(personId, open)).toEqual(['Nuts']);
    expect((await readSection(personId, objected)).code).toBe('NO_PATIENT_CONSENT');
  });

  it('show nobody who was sealed then, and nobody who is sealed now', async () => {
    const sealed = (restricted: boolean) =>
      makePatient({ id: 'rule-7', ...makeStranger(8), restricted, sentAt: new Date().toISOString() });
    const personId = await send('T9A', sealed(false));
    const open = await now();
    await send('T9A', sealed(true));
    const closed = await now();
    expect((await readSection(personId, open)).code).toBe('PATIENT_NOT_FOUND');
    await send('T9A', sealed(false));
    expect((await readSection(personId, open)).status).toBe(200);
    expect((await readSection(personId, closed)).code).toBe('PATIENT_NOT_FOUND');
  });

  it('withhold what has come to be confidential since', async () => {
    const number = testNhsNumber(4);
    await send('T9A', makePatient({ id: 'rule-3', nhsNumber: number }));
    const personId = await send(
      'T9B',
      makePatient({ id: 'rule-3b', nhsNumber: number }),
      makeAllergy('rule-3', 'rule-3b', { text: 'Sulfa' }),
    );
    const at = await now();
    await send('T9B', makeAllergy('rule-3', 'rule-3b', { text: 'Sulfa', label: 'R' }));
    expect(await allergies(personId, at)).toEqual([]);
    expect((await readSection(personId, at)).text).toContain('suppressed');
    expect(await allergies(personId, at, { organisation: 'T9B' })).toEqual(['Sulfa']);
  });

  it('withhold an entry that was corrected to be about somebody else', async () => {
    const personId = await send(
      'T9A',
      makePatient({ id: 'rule-4', ...makeStranger(4) }),
      makeAllergy('rule-4', 'rule-4', { text: 'Whose' }),
    );
    const at = await now();
    await send(
      'T9A',
      makePatient({ id: 'rule-4-other', ...makeStranger(5) }),
      makeAllergy('rule-4', 'rule-4-other', { text: 'Whose' }),
    );
    expect(await allergies(personId, at)).toEqual([]);
  });

  it('close the whole view where a record of then is somebody’s whom the caller may not see today', async () => {
    const one = await send(
      'T9A',
      makePatient({ id: 'rule-5', ...makeStranger(6) }),
      makeAllergy('rule-5', 'rule-5', { text: 'Mine' }),
    );
    const other = await send(
      'T9B',
      makePatient({ id: 'rule-6', ...makeStranger(7) }),
      makeAllergy('rule-6', 'rule-6', { text: 'Theirs' }),
    );
    const before = await now();
    const merge = await region.call('merge-patients', {
      caller: steward,
      body: {
        resourceType: 'Parameters',
        parameter: [
          { name: 'source-patient', valueReference: { reference: `Patient/${other}` } },
          { name: 'target-patient', valueReference: { reference: `Patient/${one}` } },
        ],
      },
    });
    expect([merge.status, merge.text]).toEqual([200, expect.any(String)]);
    const merged = await now();
    expect((await allergies(one, merged)).toSorted()).toEqual(['Mine', 'Theirs']);
    expect(await allergies(other, before)).toEqual(['Theirs']);
    const entry = (await region.auditEntries()).findLast(({ operation }) => operation === 'read-section');
    expect(entry).toMatchObject({ personId: other, reason: `relationship: feed; as of ${before}` });
    expect(await allergies(other, merged)).toHaveLength(2);
    const unmerge = await region.call('unmerge-patient', {
      caller: steward,
      path: { id: other },
      body: { resourceType: 'Parameters' },
    });
    expect([unmerge.status, unmerge.text]).toEqual([200, expect.any(String)]);
    // T9A knows one of the two, T9B the other: what stood together then is for nobody who may not see both.
    expect((await readSection(one, merged)).code).toBe('NO_RELATIONSHIP');
    expect((await readSection(other, merged, {}, { organisation: 'T9B' })).code).toBe('NO_RELATIONSHIP');
    expect(await allergies(one, before)).toEqual(['Mine']);
  });
});
