import type { AuditEvent, Bundle, Consent, Parameters, Patient } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestRegion, type TestRegion, type TestRequest } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';
import { withoutRandomIds } from '../../support/random-ids.ts';

const feed = (organisation: string) => ({ role: 'feed', organisation, purpose: 'feed' }) as const;
const steward = { role: 'steward', purpose: 'administration', subject: 'steward-1' } as const;
const officer = { role: 'privacy-officer', purpose: 'audit' } as const;

let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion();
});
afterAll(() => region?.close());

let serial = 0;

/** What is said of the person whose record has this local id. */
function nameOf(localId: string) {
  const stranger = makeStranger(Number(localId.replace('local-', '')));
  return { ...stranger, family: `Canary${stranger.family.toLowerCase()}` };
}
/** Sends a record of somebody who resembles nobody before, and gives the person. */
async function register(
  organisation: string,
  made: Partial<ReturnType<typeof makeStranger>> & { nhsNumber?: string } = {},
): Promise<{ personId: string; localId: string }> {
  serial += 1;
  const localId = `local-${serial}`;
  const patient = makePatient({ ...nameOf(localId), id: localId, ...made });
  const { body, status, text } = await region.call<Bundle>('submit-bundle', {
    caller: feed(organisation),
    body: makeBundle(patient, makeAllergy(`a-${serial}`, localId, { text: `Allergen ${serial}` })),
  });
  expect([status, text]).toEqual([200, expect.any(String)]);
  return { personId: body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '', localId };
}
const mergeBody = (source: string, target: string, more: object[] = []) => ({
  resourceType: 'Parameters',
  parameter: [
    { name: 'source-patient', valueReference: { reference: `Patient/${source}` } },
    { name: 'target-patient', valueReference: { reference: `Patient/${target}` } },
    ...more,
  ],
});

const merge = (source: string, target: string, more: object[] = [], request: TestRequest = {}) =>
  region.call<Parameters>('merge-patients', {
    caller: steward,
    body: mergeBody(source, target, more),
    ...request,
  });

const unmerge = (id: string, more: object[] = []) =>
  region.call<Parameters>('unmerge-patient', {
    caller: steward,
    path: { id },
    body: { resourceType: 'Parameters', parameter: more },
  });

const read = (id: string, organisation = 'T9A') =>
  region.call<Patient>('read-patient', { caller: { organisation }, path: { id } });

async function allergies(id: string, organisation = 'T9A'): Promise<number> {
  const { body } = await region.call('read-section', {
    caller: { organisation },
    path: { id, code: 'allergies' },
  });
  return (body.entry ?? []).filter(({ search }) => search?.mode === 'match').length;
}

const consent = (personId: string, type: 'deny' | 'permit') =>
  region.call<Consent>('record-objection', {
    body: {
      resourceType: 'Consent',
      status: 'active',
      patient: { reference: personId },
      provision: { type },
    },
  });

const part = (body: Parameters, name: string) => body.parameter?.find((one) => one.name === name);

describe('$merge', () => {
  it('brings the records of two persons together; under the old id the survivor is read', async () => {
    const [one, other] = [await register('T9A'), await register('T9B', { nhsNumber: testNhsNumber(100) })];
    expect((await read(one.personId, 'T9B')).code).toBe('NO_RELATIONSHIP');
    const merged = await merge(one.personId, other.personId);
    expect(merged.status).toBe(200);
    expect(part(merged.body, 'result')?.resource).toMatchObject({ id: other.personId });
    expect(part(merged.body, 'outcome')?.resource).toMatchObject({ issue: [{ severity: 'information' }] });
    expect(merged.headers.etag).toMatch(/^W\/"\d+"$/);
    for (const organisation of ['T9A', 'T9B'])
      for (const id of [one.personId, other.personId]) {
        const { body, status } = await read(id, organisation);
        expect([status, body.id]).toEqual([200, other.personId]);
        expect(body.link).toEqual([{ other: { reference: `Patient/${one.personId}` }, type: 'replaces' }]);
        expect(await allergies(id, organisation)).toBe(2);
      }
    expect((await read(one.personId, 'Y90001')).code).toBe('NO_RELATIONSHIP');
  });

  it('is audited for both persons, as a change', async () => {
    const [one, other] = [await register('T9A'), await register('T9A')];
    const { headers } = await merge(one.personId, other.personId);
    const entries = (await region.auditEntries()).filter(
      ({ requestId }) => requestId === headers['x-request-id'],
    );
    expect(entries.map(({ personId }) => personId).toSorted()).toEqual(
      [one.personId, other.personId].toSorted(),
    );
    for (const entry of entries)
      expect(entry).toMatchObject({ operation: 'merge-patients', action: 'U', outcome: 'success' });
  });

  it('shows who looked before the merge under either id', async () => {
    const [one, other] = [await register('T9A'), await register('T9A')];
    await read(one.personId);
    await merge(one.personId, other.personId);
    const { body } = await region.call<Bundle<AuditEvent>>('search-audit-events', {
      caller: officer,
      query: { patient: one.personId },
    });
    const reads = (body.entry ?? []).filter(
      ({ resource }) => resource?.subtype?.[0]?.code === 'read-patient',
    );
    expect(reads).toHaveLength(1);
  });

  it('changes nothing as a preview, and says what would come of it', async () => {
    const [one, other] = [await register('T9A'), await register('T9B', { nhsNumber: testNhsNumber(101) })];
    const before = await region.recordItems();
    const preview = await merge(one.personId, other.personId, [{ name: 'preview', valueBoolean: true }]);
    expect(part(preview.body, 'result')?.resource).toMatchObject({ id: other.personId });
    expect(await region.recordItems()).toEqual(before);
  });

  it('asked twice answers as before and changes nothing', async () => {
    const [one, other] = [await register('T9A'), await register('T9A')];
    await merge(one.personId, other.personId);
    const before = await region.recordItems();
    const again = await merge(one.personId, other.personId);
    expect(again.status).toBe(200);
    expect(part(again.body, 'result')?.resource).toMatchObject({ id: other.personId });
    expect(await region.recordItems()).toEqual(before);
  });

  it('does not choose between two verified numbers; the steward does, and the retired one still leads to the person', async () => {
    const [first, second] = [testNhsNumber(102), testNhsNumber(103)];
    const one = await register('T9A', { nhsNumber: first });
    const other = await register('T9A', { nhsNumber: second });
    const refused = await merge(one.personId, other.personId);
    expect([refused.status, refused.code]).toEqual([409, 'IDENTITY_CONFLICT']);
    expect(refused.text).toContain('surviving-nhs-number');
    const stranger = [{ name: 'surviving-nhs-number', valueString: testNhsNumber(104) }];
    expect((await merge(one.personId, other.personId, stranger)).code).toBe('IDENTITY_CONFLICT');
    const chosen = [{ name: 'surviving-nhs-number', valueString: first }];
    expect((await merge(one.personId, other.personId, chosen)).status).toBe(200);
    for (const number of [first, second]) {
      const { body } = await region.call('match-patient', {
        body: {
          resourceType: 'Parameters',
          parameter: [
            {
              name: 'resource',
              resource: {
                resourceType: 'Patient',
                identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: number }],
              },
            },
          ],
        },
      });
      expect(body.entry?.[0]?.resource).toMatchObject({
        id: other.personId,
        identifier: [{ value: first }],
      });
    }
    await unmerge(one.personId);
    expect((await read(one.personId)).body.identifier?.[0]?.value).toBe(first);
    expect((await read(other.personId)).body.identifier?.[0]?.value).toBe(second);
  });

  it('keeps an objection of either in force, and gives it back', async () => {
    const [one, other] = [await register('T9A'), await register('T9A')];
    await consent(one.personId, 'deny');
    expect((await read(other.personId)).status).toBe(200);
    await merge(one.personId, other.personId);
    for (const id of [one.personId, other.personId]) expect((await read(id)).code).toBe('NO_PATIENT_CONSENT');
    const history = await region.call('list-objections', { query: { patient: other.personId } });
    expect(history.body.total).toBe(1);
    await unmerge(one.personId);
    expect((await read(one.personId)).code).toBe('NO_PATIENT_CONSENT');
    expect((await read(other.personId)).status).toBe(200);
  });

  it('takes an objection under the old id for the survivor', async () => {
    const [one, other] = [await register('T9A'), await register('T9A')];
    await merge(one.personId, other.personId);
    const recorded = await consent(one.personId, 'deny');
    expect(recorded.body.patient?.reference).toBe(`Patient/${other.personId}`);
    expect((await read(other.personId)).code).toBe('NO_PATIENT_CONSENT');
    await unmerge(one.personId);
    // Nobody knows which of the two spoke: it holds for both.
    expect((await read(one.personId)).code).toBe('NO_PATIENT_CONSENT');
    expect((await read(other.personId)).code).toBe('NO_PATIENT_CONSENT');
  });

  it('loses no objection that is recorded at the same moment', async () => {
    for (let round = 0; round < 8; round += 1) {
      const [one, other] = [await register('T9A'), await register('T9A')];
      const [recorded, merged] = await Promise.all([
        consent(one.personId, 'deny'),
        merge(one.personId, other.personId),
      ]);
      expect([201, 409]).toContain(recorded.status);
      expect([200, 409]).toContain(merged.status);
      const expected = recorded.status === 201 ? 'NO_PATIENT_CONSENT' : undefined;
      expect((await read(one.personId)).code).toBe(expected);
      if (merged.status === 200) expect((await read(other.personId)).code).toBe(expected);
    }
  });

  it('loses no record that is registered at the same moment', async () => {
    const nhsNumber = testNhsNumber(140);
    const one = await register('T9A', { nhsNumber });
    // Of one birth date: the late record is theirs whether it comes before the merge or after it.
    const other = await register('T9A', { birthDate: nameOf(one.localId).birthDate });
    const [late] = await Promise.all([
      register('T9B', { nhsNumber, ...nameOf(one.localId) }),
      merge(one.personId, other.personId),
    ]);
    const ids = await Promise.all([one, other, late].map(({ personId }) => read(personId)));
    expect(new Set(ids.map(({ body }) => body.id)).size).toBe(1);
    expect(await allergies(other.personId)).toBe(3);
  });

  it('says when a person has more records than one transaction moves; the other way round it goes', async () => {
    const nhsNumber = testNhsNumber(150);
    const many = await register('T9A', { nhsNumber });
    const said = nameOf(many.localId);
    for (let bundle = 0; bundle < 3; bundle += 1) {
      const patients = Array.from({ length: 11 }, (_, index) =>
        makePatient({ ...said, nhsNumber, id: `many-${bundle}-${index}` }),
      );
      const sent = await region.call('submit-bundle', {
        caller: feed('T9B'),
        body: makeBundle(...patients),
      });
      expect(sent.status).toBe(200);
    }
    const few = await register('T9A');
    expect((await merge(many.personId, few.personId)).code).toBe('TOO_LARGE');
    expect((await merge(few.personId, many.personId)).status).toBe(200);
    expect((await unmerge(few.personId)).status).toBe(200);
  });

  it('takes the version that the caller has seen, and no other', async () => {
    const [one, other] = [await register('T9A'), await register('T9A')];
    const { headers } = await read(other.personId);
    const stale = await merge(one.personId, other.personId, [], { headers: { 'If-Match': 'W/"77"' } });
    expect([stale.status, stale.code]).toEqual([412, 'STALE_VERSION']);
    const current = { headers: { 'If-Match': headers.etag ?? '' } };
    expect((await merge(one.personId, other.personId, [], current)).status).toBe(200);
  });

  it('lets one of two merges of the same pair at once win, whichever way round; no circle comes of it', async () => {
    for (let round = 0; round < 4; round += 1) {
      const [one, other] = [await register('T9A'), await register('T9A')];
      const answers = await Promise.all([
        merge(one.personId, other.personId),
        merge(other.personId, one.personId),
      ]);
      for (const { status } of answers) expect([200, 409]).toContain(status);
      const survivors = [await read(one.personId), await read(other.personId)].map(({ body }) => body.id);
      expect(new Set(survivors).size).toBe(1);
    }
  });

  it('sends what arrives afterwards for the old record to the survivor, and back with the record', async () => {
    const [one, other] = [await register('T9A'), await register('T9B')];
    await merge(one.personId, other.personId);
    await region.call('submit-bundle', {
      caller: feed('T9A'),
      body: makeBundle(makeAllergy('later', one.localId, { text: 'Later' })),
    });
    expect(await allergies(other.personId)).toBe(3);
    await unmerge(one.personId);
    expect(await allergies(one.personId)).toBe(2);
    expect(await allergies(other.personId, 'T9B')).toBe(1);
  });

  it.each<[string, (ids: [string, string]) => TestRequest, string]>([
    ['an unknown person', ([one]) => ({ body: mergeBody(one, 'nobody') }), 'PATIENT_NOT_FOUND'],
    ['one person twice', ([one]) => ({ body: mergeBody(one, one) }), 'INVALID_REQUEST'],
    [
      'no target',
      ([one]) => ({
        body: {
          resourceType: 'Parameters',
          parameter: [
            { name: 'source-patient', valueReference: { reference: one } },
            { name: 'preview', valueBoolean: true },
          ],
        },
      }),
      'INVALID_REQUEST',
    ],
    [
      'an unknown parameter',
      ([one, other]) => ({ body: mergeBody(one, other, [{ name: 'canary', valueBoolean: true }]) }),
      'INVALID_REQUEST',
    ],
    [
      'a parameter twice',
      ([one, other]) => ({
        body: mergeBody(one, other, [
          { name: 'preview', valueBoolean: true },
          { name: 'preview', valueBoolean: false },
        ]),
      }),
      'INVALID_REQUEST',
    ],
    [
      'a value of the wrong type',
      ([one, other]) => ({ body: mergeBody(one, other, [{ name: 'preview', valueString: 'yes' }]) }),
      'INVALID_REQUEST',
    ],
    [
      'a surviving number that fails the check',
      ([one, other]) => ({
        body: mergeBody(one, other, [{ name: 'surviving-nhs-number', valueString: '9990000000' }]),
      }),
      'INVALID_NHS_NUMBER',
    ],
    [
      'an If-Match that is no ETag',
      ([one, other]) => ({ body: mergeBody(one, other), headers: { 'If-Match': 'seven' } }),
      'INVALID_REQUEST',
    ],
    [
      'a clinician',
      ([one, other]) => ({ caller: { role: 'clinician' }, body: mergeBody(one, other) }),
      'FORBIDDEN_ROLE',
    ],
  ])('refuses %s and changes nothing', async (_, request, code) => {
    const ids: [string, string] = [(await register('T9A')).personId, (await register('T9A')).personId];
    const before = await region.recordItems();
    const answer = await region.call('merge-patients', { caller: steward, ...request(ids) });
    expect(answer.code).toBe(code);
    expect(answer.text).not.toContain('canary');
    expect(await region.recordItems()).toEqual(before);
    expect((await region.auditEntries()).at(-1)).toMatchObject({ errorCode: code, outcome: 'refused' });
  });
});

describe('$unmerge', () => {
  it('gives the records back and keeps the two apart: merging again needs an override', async () => {
    const [one, other] = [await register('T9A'), await register('T9B')];
    await merge(one.personId, other.personId);
    const parted = await unmerge(one.personId, [{ name: 'comment', valueString: 'Two people' }]);
    expect(parted.status).toBe(200);
    expect(part(parted.body, 'result')?.resource).toMatchObject({ id: one.personId });
    expect((await read(one.personId)).body.id).toBe(one.personId);
    expect((await read(one.personId, 'T9B')).code).toBe('NO_RELATIONSHIP');
    const refused = await merge(one.personId, other.personId);
    expect([refused.code, refused.text.includes('override-not-duplicate')]).toEqual([
      'IDENTITY_CONFLICT',
      true,
    ]);
    const override = [{ name: 'override-not-duplicate', valueBoolean: true }];
    expect((await merge(one.personId, other.personId, override)).status).toBe(200);
  });

  it('refuses somebody who is not merged, somebody unknown, and a merge that was built upon', async () => {
    const [a, b, c] = [await register('T9A'), await register('T9A'), await register('T9A')];
    expect((await unmerge(a.personId)).code).toBe('IDENTITY_CONFLICT');
    expect((await unmerge('nobody')).code).toBe('PATIENT_NOT_FOUND');
    await merge(a.personId, b.personId);
    await merge(b.personId, c.personId);
    const refused = await unmerge(a.personId);
    expect([refused.code, refused.text.includes('undo that merge first')]).toEqual([
      'IDENTITY_CONFLICT',
      true,
    ]);
    expect((await read(a.personId)).body.id).toBe(c.personId);
    expect((await unmerge(b.personId)).status).toBe(200);
    expect((await unmerge(a.personId)).status).toBe(200);
  });

  it('takes one wrong record away into a person of its own, or to somebody named; no message brings it back', async () => {
    const nhsNumber = testNhsNumber(120);
    const one = await register('T9A', { nhsNumber });
    const target = await register('T9B');
    const wrong = await register('T9M');
    const override = [{ name: 'override-not-duplicate', valueBoolean: true }];
    await merge(wrong.personId, one.personId, override);
    const history = await region.call<Parameters>('list-link-history', {
      caller: steward,
      path: { id: one.personId },
    });
    const [merged] = (history.body.parameter ?? []).filter(({ name }) => name === 'event');
    const record = merged?.part?.find(({ name }) => name === 'record')?.part;
    const name = `${record?.[0]?.valueIdentifier?.value}/${record?.[1]?.valueId}`;
    expect(name).toMatch(/^T9M\/[0-9a-f]{32}$/);
    const taken = await unmerge(one.personId, [{ name: 'record', valueString: name }]);
    expect(taken.status).toBe(200);
    const owner = part(taken.body, 'result')?.resource?.id ?? '';
    expect([one.personId, wrong.personId]).not.toContain(owner);
    expect(await allergies(one.personId)).toBe(1);
    expect((await read(one.personId, 'T9M')).code).toBe('NO_RELATIONSHIP');
    expect(await allergies(owner, 'T9M')).toBe(1);

    expect((await merge(owner, one.personId)).code).toBe('IDENTITY_CONFLICT');
    await merge(owner, one.personId, override);
    const given = await unmerge(one.personId, [
      { name: 'record', valueString: name },
      { name: 'target-patient', valueReference: { reference: `Patient/${target.personId}` } },
    ]);
    expect(part(given.body, 'result')?.resource?.id).toBe(target.personId);
    const again = await region.call<Bundle>('submit-bundle', {
      caller: feed('T9M'),
      body: makeBundle(makeAllergy('after', wrong.localId)),
    });
    expect(again.body.entry?.[0]?.response?.status).toMatch(/^20/);
    // The mental health trust shares no allergies: its own staff see them all.
    expect(await allergies(target.personId, 'T9M')).toBe(3);
  });

  it.each<[string, object[], string]>([
    ['a record that is no name of one', [{ name: 'record', valueString: 'T9A/canary' }], 'INVALID_REQUEST'],
    [
      'a record of somebody else',
      [{ name: 'record', valueString: `T9A/${'0'.repeat(32)}` }],
      'IDENTITY_CONFLICT',
    ],
    [
      'a target without a record',
      [{ name: 'target-patient', valueReference: { reference: 'x' } }],
      'INVALID_REQUEST',
    ],
    [
      'an unknown target',
      [
        { name: 'record', valueString: `T9A/${'0'.repeat(32)}` },
        { name: 'target-patient', valueReference: { reference: 'nobody' } },
      ],
      'PATIENT_NOT_FOUND',
    ],
  ])('refuses %s', async (_, parameters, code) => {
    const { personId } = await register('T9A');
    expect((await unmerge(personId, parameters)).code).toBe(code);
  });

  it('takes nothing but its own parameters', async () => {
    const { personId } = await register('T9A');
    expect((await unmerge(personId, [{ name: 'preview', valueBoolean: true }])).code).toBe('INVALID_REQUEST');
    expect((await unmerge(personId, [{ name: 'keep-apart', valueString: 'no' }])).code).toBe(
      'INVALID_REQUEST',
    );
  });
});

describe('$link-history', () => {
  const history = (id: string, query: Record<string, string> = {}, caller: TestRequest['caller'] = steward) =>
    region.call<Parameters>('list-link-history', { caller, path: { id }, query });
  const kinds = (body: Parameters) =>
    (body.parameter ?? [])
      .filter(({ name }) => name === 'event')
      .map(({ part: parts }) => parts?.find(({ name }) => name === 'kind')?.valueCode);

  it('tells in both ledgers who was merged and parted, by whom and why, newest first, page by page', async () => {
    const [one, other] = [await register('T9A'), await register('T9A')];
    await merge(one.personId, other.personId, [{ name: 'comment', valueString: 'Seen together' }]);
    await unmerge(one.personId);
    expect(kinds((await history(one.personId)).body)).toEqual(['unmerged-from', 'merged-into', 'created']);
    const whole = await history(other.personId);
    expect(kinds(whole.body)).toEqual(['unmerged', 'merged-from', 'created']);
    expect(whole.text).toContain('Seen together');
    expect(whole.text).toContain('Ada Quay');
    const paged: (string | undefined)[] = [];
    let query: Record<string, string> = { _count: '2' };
    for (let page = 1; page <= 2; page += 1) {
      const { body } = await history(other.personId, query);
      paged.push(...kinds(body));
      const next = part(body, 'next')?.valueUri;
      expect(Boolean(next)).toBe(page === 1);
      if (next) query = Object.fromEntries(new URL(next).searchParams);
    }
    expect(paged).toEqual(['unmerged', 'merged-from', 'created']);
    expect((await history(one.personId, query)).code).toBe('INVALID_REQUEST');
  });

  it('gives the grounds of a link that the machine made by demographics, field by field', async () => {
    const somebody = makePatient({ ...makeStranger(500), id: 'grounds-1' });
    const send = (organisation: string) =>
      region.call<Bundle>('submit-bundle', { caller: feed(organisation), body: makeBundle(somebody) });
    const first = await send('T9A');
    await send('T9B');
    const id = first.body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
    const { body } = await history(id);
    expect(kinds(body)).toEqual(['linked', 'created']);
    const linked = body.parameter?.find(({ name }) => name === 'event')?.part ?? [];
    expect(linked.find(({ name }) => name === 'how')?.valueCode).toBe('demographics');
    const rows = linked.filter(({ name }) => name === 'field');
    expect(rows.map(({ part: parts }) => parts?.[0]?.valueCode)).toEqual(
      expect.arrayContaining(['prior', 'family', 'given', 'birthDate', 'postcode']),
    );
  });

  it('is for stewards of this region, and for people who exist', async () => {
    const { personId } = await register('T9A');
    expect((await history(personId, {}, { role: 'gp' })).code).toBe('FORBIDDEN_ROLE');
    expect((await history('nobody')).code).toBe('PATIENT_NOT_FOUND');
  });
});

describe('the logs and keys of identity work', () => {
  it('hold no name, number or comment', async () => {
    const logs = region.logs();
    expect(logs).toContain('request-answered');
    for (const canary of ['Canary', 'Seen together', 'Two people']) expect(logs).not.toContain(canary);
    expect(withoutRandomIds(logs)).not.toMatch(/999\d{7}/);
    for (const { PK, SK } of (await region.recordItems()) as { PK: string; SK: string }[])
      expect(withoutRandomIds(`${PK} ${SK}`)).not.toMatch(/999\d{7}|Canary/);
  });
});
