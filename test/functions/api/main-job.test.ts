import type {
  AllergyIntolerance,
  AuditEvent,
  Bundle,
  Consent,
  OperationOutcome,
  Parameters,
  Patient,
  Resource,
} from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, testNhsNumber } from '../../support/people.ts';
import { withoutRandomIds } from '../../support/random-ids.ts';

const feed = (organisation: string) =>
  ({ role: 'feed', organisation, purpose: 'feed', subject: `feed-${organisation}` }) as const;
const officer = { role: 'privacy-officer', purpose: 'audit', subject: 'officer-1' } as const;
const marian = testNhsNumber(1);

let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion();
});
afterAll(() => region?.close());

/** Sends a Bundle and returns the person of its first entry. */
async function send(
  organisation: string,
  bundle: object,
): Promise<{ personId: string; fates: (string | undefined)[] }> {
  const answer = await region.call<Bundle>('submit-bundle', { caller: feed(organisation), body: bundle });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  const fates = (answer.body.entry ?? []).map(({ response }) => {
    const outcome = response?.outcome as OperationOutcome | undefined;
    return outcome?.issue[0]?.details?.coding?.[0]?.code;
  });
  const location = answer.body.entry?.[0]?.response?.location ?? '';
  return { personId: location.replace('Patient/', ''), fates };
}

const matchBody = (resource: object, more: object[] = []) => ({
  resourceType: 'Parameters',
  parameter: [{ name: 'resource', resource: { resourceType: 'Patient', ...resource } }, ...more],
});
const byNumber = (value: string) =>
  matchBody({ identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value }] });

/** The text of an allergy; undefined for any other resource. */
function allergyText(resource: Resource | undefined): string | undefined {
  return resource?.resourceType === 'AllergyIntolerance'
    ? (resource as AllergyIntolerance).code?.text
    : undefined;
}

describe('the main job', () => {
  let personId: string;
  beforeAll(async () => {
    const first = await send(
      'T9A',
      makeBundle(
        makePatient({ id: 'a-1', nhsNumber: marian, practice: 'Y90001' }),
        makeAllergy('a-allergy-1', 'a-1', { date: '2023-01-01', text: 'Penicillin' }),
        makeAllergy('a-allergy-2', 'a-1', { date: '2025-01-01', text: 'Latex' }),
      ),
    );
    expect(first.fates).toEqual(['person-created', 'stored', 'stored']);
    personId = first.personId;
  });

  it('links the record of another organisation by the verified NHS number', async () => {
    const second = await send(
      'T9B',
      makeBundle(
        makePatient({ id: 'b-1', nhsNumber: marian, given: 'Marion' }),
        makeAllergy('b-allergy-1', 'b-1', { date: '2024-01-01', text: 'Egg' }),
      ),
    );
    expect(second).toEqual({ personId, fates: ['person-linked', 'stored'] });
  });

  it('links a record without a number by certain demographics, and leaves a doubtful one apart', async () => {
    const linked = await send('Y90001', makeBundle(makePatient({ id: 'g-1' })));
    expect(linked).toEqual({ personId, fates: ['person-linked'] });
    const twin = await send('Y90001', makeBundle(makePatient({ id: 'g-2', given: 'Josephine' })));
    expect(twin.fates).toEqual(['person-created']);
    expect(twin.personId).not.toBe(personId);
  });

  it('finds her by NHS number, with spaces or without', async () => {
    for (const text of [marian, `${marian.slice(0, 3)} ${marian.slice(3, 6)} ${marian.slice(6)}`]) {
      const { body, status } = await region.call('match-patient', { body: byNumber(text) });
      expect(status).toBe(200);
      expect(body.entry).toHaveLength(1);
      expect(body.entry?.[0]?.resource?.id).toBe(personId);
      expect(body.entry?.[0]?.search?.score).toBe(1);
      expect(body.entry?.[0]?.search?.extension?.[0]?.valueCode).toBe('certain');
    }
  });

  it('finds her by a mistyped name, with score, grade and an explanation that names every field', async () => {
    const sought = {
      name: [{ family: 'Lockwod', given: ['Marian'] }],
      birthDate: '1971-03-09',
      gender: 'female',
      address: [{ postalCode: 'E2 8AA' }],
    };
    const { body } = await region.call('match-patient', { body: matchBody(sought) });
    expect(body.entry?.[0]?.resource?.id).toBe(personId);
    expect(body.entry?.[0]?.search?.score).toBeGreaterThan(0.95);
    const [grade, explanation] = body.entry?.[0]?.search?.extension ?? [];
    expect(grade?.valueCode).toBe('certain');
    const fields = (explanation?.extension ?? []).flatMap(
      ({ extension }) => extension?.find(({ url }) => url === 'name')?.valueCode ?? [],
    );
    expect(fields).toEqual(expect.arrayContaining(['family', 'given', 'birthDate', 'postcode', 'gender']));
  });

  it('does not take a number for proof when the demographics tell of somebody else', async () => {
    const other = {
      identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: marian }],
      name: [{ family: 'Okafor', given: ['Chidi'] }],
      birthDate: '1999-12-31',
      gender: 'male',
    };
    const { body } = await region.call('match-patient', { body: matchBody(other) });
    expect(body.entry).toBeUndefined();
  });

  it('reads the golden demographics with an ETag', async () => {
    const { body, headers } = await region.call<Patient>('read-patient', { path: { id: personId } });
    expect(body.id).toBe(personId);
    expect(body.identifier?.[0]?.value).toBe(marian);
    expect(headers.etag).toMatch(/^W\/"\d+"$/);
  });

  it('lists the sections with count, latest date and the state of each source', async () => {
    const { body } = await region.call<Parameters>('list-sections', { path: { id: personId } });
    const sections = (body.parameter ?? []).filter(({ name }) => name === 'section');
    const part = (parameter: (typeof sections)[number] | undefined, name: string) =>
      parameter?.part?.filter((one) => one.name === name) ?? [];
    const allergies = sections.find((section) => part(section, 'code')[0]?.valueCode === 'allergies');
    expect(part(allergies, 'count')[0]?.valueUnsignedInt).toBe(3);
    expect(part(allergies, 'latest')[0]?.valueDateTime).toContain('2025-01-01');
    const sources = part(allergies, 'source').map((source) => [
      part(source, 'organisation')[0]?.valueIdentifier?.value,
      part(source, 'state')[0]?.valueCode,
    ]);
    expect(sources.toSorted()).toEqual([
      ['T9A', 'recorded'],
      ['T9B', 'recorded'],
      ['Y90001', 'none-recorded'],
    ]);
  });

  it('reads one section over all organisations, newest first, page by page', async () => {
    const texts: (string | undefined)[] = [];
    let query: Record<string, string> = { _count: '2' };
    for (let page = 1; page <= 2; page += 1) {
      const { body } = await region.call('read-section', {
        path: { id: personId, code: 'allergies' },
        query,
      });
      for (const { resource, search } of body.entry ?? []) {
        if (search?.mode === 'outcome') continue;
        texts.push(allergyText(resource));
        expect(resource).toMatchObject({
          patient: { reference: `Patient/${personId}` },
          meta: { source: expect.stringMatching(/^urn:nhs:ods:T9[AB]$/) },
        });
      }
      const next = body.link?.find(({ relation }) => relation === 'next')?.url;
      expect(Boolean(next)).toBe(page === 1);
      if (next) query = Object.fromEntries(new URL(next).searchParams);
    }
    expect(texts).toEqual(['Latex', 'Egg', 'Penicillin']);
  });

  it('answers a section without entries with what each organisation has: nothing recorded', async () => {
    const { body } = await region.call('read-section', { path: { id: personId, code: 'imaging' } });
    expect(body).toMatchObject({ resourceType: 'Bundle', type: 'searchset' });
    expect(body.entry?.map(({ search }) => search?.mode)).toEqual(['outcome']);
    const outcome = body.entry?.[0]?.resource as OperationOutcome;
    expect(outcome.issue.map(({ details }) => details?.coding?.[0]?.code)).toEqual(
      Array(3).fill('none-recorded'),
    );
  });

  it('records an objection that holds from the next read on, and reverses it', async () => {
    const consent = (type: 'deny' | 'permit') => ({
      resourceType: 'Consent',
      status: 'active',
      patient: { reference: `Patient/${personId}` },
      provision: { type },
    });
    const read = () => region.call('read-section', { path: { id: personId, code: 'allergies' } });
    expect((await read()).status).toBe(200);
    const recorded = await region.call<Consent>('record-objection', { body: consent('deny') });
    expect([recorded.status, recorded.body.provision?.type]).toEqual([201, 'deny']);
    for (const operation of ['read-section', 'list-sections', 'read-patient']) {
      const refused = await region.call(operation, {
        path: { id: personId, ...(operation === 'read-section' && { code: 'allergies' }) },
      });
      expect([refused.status, refused.code]).toEqual([403, 'NO_PATIENT_CONSENT']);
      for (const leak of ['Lockwood', 'Marian', marian, 'T9B', 'Penicillin'])
        expect(refused.text).not.toContain(leak);
    }
    expect((await region.call('record-objection', { body: consent('permit') })).status).toBe(201);
    expect((await read()).status).toBe(200);
    const { body } = await region.call('list-objections', { query: { patient: `Patient/${personId}` } });
    expect(body.entry?.map(({ resource }) => (resource as Consent).provision?.type)).toEqual([
      'deny',
      'permit',
    ]);
  });

  it('shows the privacy officer who looked, newest first, refusals included', async () => {
    const { body } = await region.call('search-audit-events', {
      caller: officer,
      query: { patient: personId, _count: '100' },
    });
    const events = (body.entry ?? []).map(({ resource }) => resource as AuditEvent);
    expect(events.map(({ recorded }) => recorded)).toEqual(
      events
        .map(({ recorded }) => recorded)
        .toSorted()
        .reverse(),
    );
    const told = events.map(({ subtype, outcome, outcomeDesc }) => [
      subtype?.[0]?.code,
      outcome,
      outcomeDesc,
    ]);
    expect(told).toContainEqual(['read-section', '0', undefined]);
    expect(told).toContainEqual(['read-section', '4', 'NO_PATIENT_CONSENT']);
    expect(told).toContainEqual(['match-patient', '0', undefined]);
    expect(told).toContainEqual(['submit-bundle', '0', undefined]);
  });
});

describe('identity', () => {
  it('changes nothing when a Bundle is sent again, and supersedes an entry that changed', async () => {
    const patient = makePatient({
      id: 'again',
      family: 'Quayle',
      given: 'Ivo',
      birthDate: '1980-02-02',
      nhsNumber: testNhsNumber(2),
    });
    const first = await send('T9A', makeBundle(patient, makeAllergy('again-1', 'again')));
    expect((await send('T9A', makeBundle(patient, makeAllergy('again-1', 'again')))).fates).toEqual([
      'unchanged',
      'unchanged',
    ]);
    const changed = await send(
      'T9A',
      makeBundle(makeAllergy('again-1', 'again', { text: 'Peanut', date: '2025-09-09' })),
    );
    expect(changed.fates).toEqual(['stored']);
    const { body } = await region.call('read-section', { path: { id: first.personId, code: 'allergies' } });
    expect(body.entry?.map(({ resource }) => [allergyText(resource), resource?.meta?.versionId])).toEqual([
      ['Peanut', '2'],
    ]);
  });

  it('gives the first answer again for a repeated X-Request-ID, and refuses another body under it', async () => {
    const headers = { 'X-Request-ID': '6f3c1d52-3c52-4d0e-9b8e-1f2f6f0a0001' };
    const bundle = makeBundle(
      makePatient({ id: 'once', family: 'Sluice', given: 'Nora', birthDate: '1990-01-01' }),
    );
    const first = await region.call('submit-bundle', { caller: feed('T9A'), body: bundle, headers });
    const second = await region.call('submit-bundle', { caller: feed('T9A'), body: bundle, headers });
    expect(second.text).toBe(first.text);
    const other = await region.call('submit-bundle', {
      caller: feed('T9A'),
      headers,
      body: makeBundle(makePatient({ id: 'other', birthDate: '1990-01-02' })),
    });
    expect([other.status, other.code]).toEqual([422, 'IDEMPOTENCY_MISMATCH']);
  });

  it('lets an older message never overwrite a newer one', async () => {
    const at = (sentAt: string, family: string) =>
      makeBundle(
        makePatient({
          id: 'late',
          family,
          given: 'Uma',
          birthDate: '1966-06-06',
          nhsNumber: testNhsNumber(3),
          sentAt,
        }),
      );
    const { personId } = await send('T9A', at('2026-02-01T10:00:00+00:00', 'Newname'));
    expect((await send('T9A', at('2026-02-01T10:30:00+01:00', 'Oldname'))).fates).toEqual(['stale']);
    const { body } = await region.call<Patient>('read-patient', { path: { id: personId } });
    expect(body.name?.[0]?.family).toBe('Newname');
  });

  it('follows a superseded number to the person, and gives the current one', async () => {
    const [old, current] = [testNhsNumber(4), testNhsNumber(5)];
    const { personId } = await send(
      'T9A',
      makeBundle(
        makePatient({
          id: 'renumbered',
          family: 'Weir',
          given: 'Tom',
          birthDate: '1955-05-05',
          nhsNumber: current,
          superseded: [old],
        }),
      ),
    );
    const { body } = await region.call('match-patient', { body: byNumber(old) });
    expect(body.entry?.[0]?.resource?.id).toBe(personId);
    const found = body.entry?.[0]?.resource as Patient | undefined;
    expect(found?.identifier?.map(({ value }) => value)).toEqual([current]);
  });

  it.each([
    ['fails Modulus 11', { nhsNumber: '9990000000' }],
    ['is not verified', { nhsNumber: testNhsNumber(6), status: '02' }],
  ])('holds a patient whose number %s in quarantine, and serves nothing', async (_, change) => {
    const sent = await send(
      'T9A',
      makeBundle(
        makePatient({
          id: `q-${change.nhsNumber}`,
          family: 'Quarantine',
          given: 'Quentin',
          birthDate: '1944-04-04',
          ...change,
        }),
      ),
    );
    expect(sent).toEqual({ personId: '', fates: ['quarantined'] });
    const sought = {
      name: [{ family: 'Quarantine', given: ['Quentin'] }],
      birthDate: '1944-04-04',
      gender: 'female',
      address: [{ postalCode: 'E2 8AA' }],
    };
    expect((await region.call('match-patient', { body: matchBody(sought) })).body.entry).toBeUndefined();
  });

  it('takes a quarantined record out of quarantine when its number is verified, with the entries it had', async () => {
    const number = testNhsNumber(7);
    const patient = (status: string) =>
      makePatient({
        id: 'healed',
        family: 'Heal',
        given: 'Una',
        birthDate: '1933-03-03',
        nhsNumber: number,
        status,
      });
    await send('T9A', makeBundle(patient('02'), makeAllergy('healed-1', 'healed')));
    const { personId, fates } = await send('T9A', makeBundle(patient('01')));
    expect(fates).toEqual(['person-created']);
    const { body } = await region.call('read-section', { path: { id: personId, code: 'allergies' } });
    expect(body.entry).toHaveLength(1);
  });

  it('sets aside a message with another verified number than its linked record, and serves nothing of it', async () => {
    const patient = (n: number) =>
      makeBundle(
        makePatient({
          id: 'overlaid',
          family: 'Overlay',
          given: 'Olive',
          birthDate: '1922-02-02',
          nhsNumber: testNhsNumber(n),
        }),
      );
    await send('T9A', patient(8));
    const { body, status } = await region.call('submit-bundle', { caller: feed('T9A'), body: patient(9) });
    expect([status, body.entry?.[0]?.response?.status]).toEqual([200, '202 Accepted']);
    expect(
      (await region.call('match-patient', { body: byNumber(testNhsNumber(9)) })).body.entry,
    ).toBeUndefined();
  });

  it('puts a number that belongs to quite another person in quarantine', async () => {
    await send(
      'T9A',
      makeBundle(
        makePatient({
          id: 'owner',
          family: 'Owner',
          given: 'Olga',
          birthDate: '1911-01-01',
          nhsNumber: testNhsNumber(10),
        }),
      ),
    );
    const thief = makePatient({
      id: 'thief',
      family: 'Different',
      given: 'Dara',
      birthDate: '2001-10-11',
      gender: 'male',
      postcode: 'OX1 1AA',
      nhsNumber: testNhsNumber(10),
    });
    expect((await send('T9B', makeBundle(thief))).fates).toEqual(['quarantined']);
  });

  it('never finds a restricted person, by number or by demographics, and answers not found to those involved', async () => {
    const hidden = makePatient({
      id: 'hidden',
      family: 'Hidden',
      given: 'Hana',
      birthDate: '1977-07-07',
      nhsNumber: testNhsNumber(11),
      restricted: true,
    });
    const { personId } = await send('T9A', makeBundle(hidden));
    expect(
      (await region.call('match-patient', { body: byNumber(testNhsNumber(11)) })).body.entry,
    ).toBeUndefined();
    const sought = {
      name: [{ family: 'Hidden', given: ['Hana'] }],
      birthDate: '1977-07-07',
      gender: 'female',
      address: [{ postalCode: 'E2 8AA' }],
    };
    expect((await region.call('match-patient', { body: matchBody(sought) })).body.entry).toBeUndefined();
    const read = await region.call('read-patient', { path: { id: personId } });
    expect([read.status, read.code]).toEqual([404, 'PATIENT_NOT_FOUND']);
  });

  it('finds a long-deceased person, whose record is closed', async () => {
    const { personId } = await send(
      'T9A',
      makeBundle(
        makePatient({
          id: 'dead',
          family: 'Lychgate',
          given: 'Seth',
          birthDate: '1901-01-01',
          nhsNumber: testNhsNumber(12),
          deceased: '2010-10-22',
        }),
      ),
    );
    expect(
      (await region.call('match-patient', { body: byNumber(testNhsNumber(12)) })).body.entry?.[0]?.resource
        ?.id,
    ).toBe(personId);
    expect((await region.call('list-sections', { path: { id: personId } })).code).toBe('PATIENT_NOT_FOUND');
  });
});

describe('sharing and sensitivity', () => {
  let personId: string;
  beforeAll(async () => {
    const number = testNhsNumber(20);
    const patient = (id: string) =>
      makePatient({ id, family: 'Basin', given: 'Bea', birthDate: '1988-08-08', nhsNumber: number });
    ({ personId } = await send('T9A', makeBundle(patient('s-a'), makeAllergy('s-a-1', 's-a'))));
    await send(
      'T9B',
      makeBundle(
        patient('s-b'),
        makeAllergy('s-b-1', 's-b', { label: 'R', text: 'Secret' }),
        makeAllergy('s-b-2', 's-b', { status: 'entered-in-error', text: 'Mistake' }),
      ),
    );
    await send('VT9C1', makeBundle(patient('s-c'), makeAllergy('s-c-1', 's-c', { text: 'View only' })));
  });

  const textsFor = async (organisation: string) => {
    const { body } = await region.call('read-section', {
      caller: { organisation },
      path: { id: personId, code: 'allergies' },
    });
    return (body.entry ?? []).map(({ resource }) => allergyText(resource) ?? resource?.resourceType);
  };

  it('withholds a labelled entry from others with a marker that names neither count nor source', async () => {
    expect(await textsFor('T9A')).toEqual(['Penicillin', 'OperationOutcome']);
    expect((await textsFor('T9B')).toSorted()).toEqual(['OperationOutcome', 'Penicillin', 'Secret']);
  });

  it('shows what an organisation does not share to itself only', async () => {
    expect(await textsFor('VT9C1')).toContain('View only');
    expect(await textsFor('T9A')).not.toContain('View only');
  });

  it('never shows an entry that was entered in error', async () => {
    for (const organisation of ['T9A', 'T9B', 'VT9C1'])
      expect(await textsFor(organisation)).not.toContain('Mistake');
  });
});

describe('what every patient shares until a relationship is proven', () => {
  it('is the same bytes for known, unknown, restricted and objected people', async () => {
    const known = (
      await send(
        'T9A',
        makeBundle(
          makePatient({ id: 'n-1', family: 'Known', birthDate: '1999-09-09', nhsNumber: testNhsNumber(30) }),
        ),
      )
    ).personId;
    const sealed = (
      await send(
        'T9A',
        makeBundle(
          makePatient({
            id: 'n-2',
            family: 'Sealed',
            birthDate: '1999-09-10',
            nhsNumber: testNhsNumber(31),
            restricted: true,
          }),
        ),
      )
    ).personId;
    const objected = (
      await send(
        'T9A',
        makeBundle(
          makePatient({
            id: 'n-3',
            family: 'Objected',
            birthDate: '1999-09-11',
            nhsNumber: testNhsNumber(32),
          }),
        ),
      )
    ).personId;
    await region.call('record-objection', {
      body: {
        resourceType: 'Consent',
        status: 'active',
        patient: { reference: objected },
        provision: { type: 'deny' },
      },
    });
    const unknown = '00000000-0000-4000-8000-000000000000';
    const headers = { 'X-Request-ID': '6f3c1d52-3c52-4d0e-9b8e-1f2f6f0a0002' };
    for (const [operation, path] of [
      ['read-patient', {}],
      ['list-sections', {}],
      ['read-section', { code: 'allergies' }],
    ] as const) {
      const answers = await Promise.all(
        [known, sealed, objected, unknown].map((id) =>
          region.call(operation, { caller: { organisation: 'T9B' }, path: { id, ...path }, headers }),
        ),
      );
      expect(
        new Set(answers.map(({ status, text, headers: sent }) => JSON.stringify([status, text, sent]))).size,
      ).toBe(1);
      expect(answers[0]?.code).toBe('NO_RELATIONSHIP');
    }
  });
});

describe('every disclosure and refusal', () => {
  it('has its audit entry: the released body matches a stored digest', async () => {
    const { createHash } = await import('node:crypto');
    const { personId } = await send(
      'T9A',
      makeBundle(
        makePatient({ id: 'd-1', family: 'Digest', birthDate: '1950-05-05', nhsNumber: testNhsNumber(40) }),
      ),
    );
    const { text, headers } = await region.call('read-patient', { path: { id: personId } });
    const entry = (await region.auditEntries()).find(
      ({ requestId }) => requestId === headers['x-request-id'],
    );
    expect(entry).toMatchObject({
      operation: 'read-patient',
      outcome: 'success',
      personId,
      caller: { subject: 'user-1', organisation: 'T9A' },
    });
    expect(entry?.bodyDigest).toBe(
      createHash('sha256')
        .update(entry?.salt ?? '')
        .update(text)
        .digest('hex'),
    );
  });

  it('leaves no name, number or birth date in any log line', () => {
    const logs = region.logs();
    expect(logs).toContain('request-answered');
    for (const canary of ['Lockwood', 'Marian', 'Quarantine', 'Hidden', 'Penicillin', '1971-03-09'])
      expect(logs).not.toContain(canary);
    expect(withoutRandomIds(logs)).not.toMatch(/999\d{7}|999 \d{3} \d{4}/);
  });

  it('leaves no NHS number in any key', async () => {
    const keys = [...(await region.recordItems()), ...(await region.auditEntries())].map((item) =>
      JSON.stringify([(item as { PK?: string }).PK, (item as { SK?: string }).SK]),
    );
    expect(keys.length).toBeGreaterThan(100);
    for (const key of keys) expect(withoutRandomIds(key)).not.toMatch(/999\d{7}/);
  });
});
