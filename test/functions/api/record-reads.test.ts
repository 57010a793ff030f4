import type { Bundle, Composition, Condition, OperationOutcome, Resource } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordTypes } from '../../../functions/domain/record/record-types.ts';
import { batchPut } from '../../../functions/store/batch-write.ts';
import type { ClinicalEntry, EntryItem } from '../../../functions/store/clinical-entry.ts';
import { entryKey } from '../../../functions/store/keys.ts';
import { largestSummary } from '../../../functions/usecases/summarise-record.ts';
import { ipsProfile } from '../../support/fhir-definitions.ts';
import { makeActiveAllergy, makeFullRecord } from '../../support/full-record.ts';
import { openTestRegion, type TestCaller, type TestRegion } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';
import { fhirProblems } from '../../support/validate-answer.ts';

let region: TestRegion;
let marian: string;
beforeAll(async () => {
  region = await openTestRegion();
  marian = await send('T9A', ...makeFullRecord('a-1', { nhsNumber: testNhsNumber(1) }));
  await send(
    'T9B',
    makePatient({ id: 'b-1', nhsNumber: testNhsNumber(1) }),
    makeActiveAllergy('b-egg', 'b-1', { text: 'Egg', date: '2020-02-02' }),
    makeActiveAllergy('b-penicillin', 'b-1', { date: '2025-01-01', text: 'Penicillin' }),
    makeAllergy('b-secret', 'b-1', { text: 'Hidden substance', label: 'R' }),
  );
});
afterAll(() => region?.close());

interface Made {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

/** Sends a transaction and returns the person of its first entry. */
async function send(organisation: string, ...resources: readonly Made[]) {
  const answer = await region.call<Bundle>('submit-bundle', {
    caller: { role: 'feed', organisation, purpose: 'feed', subject: `feed-${organisation}` },
    body: makeBundle(...resources),
  });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return (answer.body.entry?.[0]?.response?.location ?? '').replace('Patient/', '');
}

/** A person of whom T9A, or another organisation, sends these entries. */
let strangers = 0;
function sendStranger(make: (patientId: string) => readonly Made[], ods = 'T9A') {
  strangers += 1;
  const id = `stranger-${strangers}`;
  return send(ods, makePatient({ id, ...makeStranger(strangers) }), ...make(id));
}

const resourcesOf = ({ entry = [] }: Bundle): Resource[] =>
  entry.flatMap(({ resource, search }) => (resource && search?.mode !== 'outcome' ? [resource] : []));
const outcomesOf = ({ entry = [] }: Bundle) =>
  entry.flatMap(({ resource, search }) =>
    search?.mode === 'outcome' ? (resource as OperationOutcome).issue : [],
  );

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  if ('reference' in value && typeof value.reference === 'string') return [value.reference];
  return Object.values(value).flatMap(referencesIn);
}

describe('$summary', () => {
  const summaryOf = (id: string, caller: TestCaller = {}) =>
    region.call<Bundle>('read-summary', { caller, path: { id } });
  const compositionOf = ({ entry }: Bundle) => entry?.[0]?.resource as Composition;
  const sectionOf = (bundle: Bundle, code: string) =>
    compositionOf(bundle).section?.find((section) => section.code?.coding?.[0]?.code === code);
  const reasonOf = (bundle: Bundle, code: string) => sectionOf(bundle, code)?.emptyReason?.coding?.[0]?.code;

  it('is a document: Composition, Patient, author, and every entry once in a section of its kind', async () => {
    const { body, status } = await summaryOf(marian);
    expect([status, body.type, body.identifier?.value]).toEqual([
      200,
      'document',
      expect.stringMatching(/^urn:uuid:/),
    ]);
    const resources = resourcesOf(body);
    expect(resources.slice(0, 3).map(({ resourceType }) => resourceType)).toEqual([
      'Composition',
      'Patient',
      'Organization',
    ]);
    const { section = [] } = compositionOf(body);
    expect(
      section.map(({ code, entry }) => [
        code?.coding?.[0]?.code,
        (entry ?? []).map(({ reference }) => reference?.split('/')[0]).join(' '),
      ]),
    ).toEqual([
      ['11450-4', 'Condition'],
      ['10160-0', 'MedicationRequest'],
      ['48765-2', 'AllergyIntolerance AllergyIntolerance'],
      ['future-appointments', 'Encounter'],
      ['11348-0', 'Condition'],
      ['problems-and-issues', 'FamilyMemberHistory'],
      ['104605-1', 'Flag'],
      ['30954-2', 'Observation'],
      ['documents-including-correspondence-audio-and-images', ''],
      ['18776-5', 'CarePlan'],
      ['11369-6', 'Immunization'],
      ['47519-4', 'Procedure'],
      ['29762-2', 'Observation'],
      ['completeness', ''],
    ]);
    const listed = section.flatMap(({ entry = [] }) => entry.map(({ reference }) => reference));
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed.toSorted()).toEqual(
      resources
        .slice(3)
        .map((one) => `${one.resourceType}/${one.id}`)
        .toSorted(),
    );
  });

  it('has no reference that leads out of it, and keeps the words of those that did', async () => {
    const { body, text } = await summaryOf(marian);
    const addresses = new Set(body.entry?.map(({ fullUrl }) => fullUrl));
    const base = body.entry?.[0]?.fullUrl?.replace(/Composition\/.*/, '');
    for (const reference of referencesIn(body)) expect(addresses).toContain(`${base}${reference}`);
    expect(text).toContain('Dr Fen');
    expect(text).not.toContain('elsewhere.example');
  });

  it('passes the profiles of the International Patient Summary, where their package is installed', async (context) => {
    const { body } = await summaryOf(marian);
    const bundle = ipsProfile('Bundle');
    if (!bundle) return context.skip('hl7.fhir.uv.ips is not installed');
    expect(fhirProblems(body, bundle)).toEqual([]);
    const held = resourcesOf(body).map((resource) => {
      const { id = '', resourceType } = resource;
      const isSmoking = JSON.stringify(resource).includes('72166-2');
      const named: Record<string, string> = {
        Flag: 'Flag-alert',
        Observation: isSmoking ? 'Observation-tobaccouse' : 'Observation-results-laboratory-pathology',
      };
      const profile = ipsProfile(named[resourceType] ?? resourceType);
      return { id, resourceType, problems: profile ? fhirProblems(resource, profile) : undefined };
    });
    expect(held.filter(({ problems = [] }) => problems.length > 0)).toEqual([]);
    expect(held.filter(({ problems }) => problems !== undefined).length).toBeGreaterThan(10);
  });

  it('says that something is withheld and never what, and shows nothing of it', async () => {
    const { body, text } = await summaryOf(marian);
    expect(sectionOf(body, 'completeness')?.text?.div).toContain('Items are confidential');
    expect(text).not.toContain('Hidden substance');
  });

  it('shows once what two organisations say alike, and says on what they differ', async () => {
    const div = sectionOf((await summaryOf(marian)).body, '48765-2')?.text?.div ?? '';
    expect(div.match(/Penicillin/g)).toHaveLength(1);
    expect(div).toContain('Organisation T9A, Organisation T9B');
    expect(div).not.toContain('differ');
    const { clinicalStatus, ...statusless } = makeActiveAllergy('d-2', 'd-2', { text: 'Aspirin' });
    const resolved = { coding: clinicalStatus.coding.map((coding) => ({ ...coding, code: 'resolved' })) };
    const number = testNhsNumber(2);
    const id = await send(
      'T9A',
      makePatient({ id: 'd-1', nhsNumber: number }),
      makeActiveAllergy('d-1', 'd-1', { text: 'Aspirin' }),
    );
    await send('T9B', makePatient({ id: 'd-2', nhsNumber: number }), {
      ...statusless,
      clinicalStatus: resolved,
    });
    const differing = sectionOf((await summaryOf(id)).body, '48765-2')?.text?.div;
    expect(differing).toContain('Organisations differ on Aspirin.');
  });

  it('is in the audit with every entry that it held', async () => {
    const { body } = await summaryOf(marian);
    const entry = (await region.auditEntries()).findLast(({ operation }) => operation === 'read-summary');
    const held = resourcesOf(body)
      .slice(3)
      .map(({ id, resourceType }) => `${resourceType}/${id}`);
    expect(entry).toMatchObject({ personId: marian, outcome: 'success' });
    for (const one of held) expect(entry?.resources).toContain(one);
  });

  it('has its three sections where nothing is recorded, and claims no "none known"', async () => {
    const { body } = await summaryOf(await sendStranger(() => []));
    for (const code of ['11450-4', '10160-0', '48765-2']) {
      expect(reasonOf(body, code)).toBe('notasked');
      expect(sectionOf(body, code)?.text?.div).toContain('None of them has said that there is none.');
    }
  });

  it('says "none known" where a source said so', async () => {
    const patient = (id: string) => ({ reference: `Patient/${id}` });
    const id = await sendStranger((local) => [
      {
        resourceType: 'List',
        id: `${local}-list`,
        status: 'current',
        mode: 'snapshot',
        subject: patient(local),
        code: { coding: [{ system: 'http://snomed.info/sct', code: '886921000000105' }] },
        emptyReason: {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/list-empty-reason', code: 'nilknown' }],
        },
      },
    ]);
    const { body } = await summaryOf(id);
    expect([reasonOf(body, '48765-2'), reasonOf(body, '11450-4')]).toEqual(['nilknown', 'notasked']);
  });

  it('says where all of a section is withheld, and where nobody shares it', async () => {
    const withheld = await sendStranger((local) => [makeAllergy(`${local}-x`, local, { label: 'R' })], 'T9B');
    const caller = { organisation: 'T9B' };
    expect(reasonOf((await summaryOf(withheld, caller)).body, '48765-2')).toBeUndefined();
    await send('T9A', makePatient({ id: 'also-here', ...makeStranger(strangers) }));
    const { body } = await summaryOf(withheld);
    expect(reasonOf(body, '48765-2')).toBe('withheld');
  });

  it('gives a role the sections that the role may open', async () => {
    const codes = ({ body }: { body: Bundle }) =>
      (compositionOf(body).section ?? []).map(({ code }) => code?.coding?.[0]?.code);
    const [all, paramedic] = [
      codes(await summaryOf(marian)),
      codes(await summaryOf(marian, { role: 'paramedic' })),
    ];
    const closed = ['11369-6', '30954-2', '47519-4', '29762-2', 'future-appointments'];
    expect(all).toEqual(expect.arrayContaining(closed));
    expect(paramedic).toEqual(all.filter((code) => !closed.includes(code ?? '')));
  });

  it('escapes what senders wrote, and carries no markup of theirs', async () => {
    const attack = '<script>alert("1")</script>';
    const id = await sendStranger((local) => [
      {
        ...makeAllergy(`${local}-x`, local, { text: attack }),
        text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${attack}</div>` },
      },
    ]);
    const { body } = await summaryOf(id);
    const div = sectionOf(body, '48765-2')?.text?.div ?? '';
    expect(div).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;');
    for (const { text } of resourcesOf(body).map((one) => one as { text?: { div?: string } }))
      expect(text?.div ?? '').not.toContain('<script>');
  });

  it('of a record that is larger than a summary shows the newest of each section, and says so', async () => {
    const id = await sendStranger((local) => [
      makeActiveAllergy(`${local}-x`, local, { date: '1990-01-01' }),
      {
        resourceType: 'Observation',
        id: `${local}-first`,
        status: 'final',
        code: { text: 'Sodium' },
        subject: { reference: `Patient/${local}` },
        effectiveDateTime: '2001-01-01',
      },
    ]);
    const first = (await region.recordItems()).find(
      ({ date, type }) => type === 'ClinicalEntry' && date === '2001-01-01',
    ) as unknown as ClinicalEntry & { readonly PK: string; readonly SK: string };
    const items = Array.from({ length: largestSummary + 50 }, (_, n) => {
      const date = new Date(Date.UTC(2005, 0, 1 + n)).toISOString().slice(0, 10);
      const entryId = String(n).padStart(32, '0');
      const { SK } = entryKey(first.source, first.section, date, first.resourceType, entryId);
      return { ...first, SK, date, entryId };
    });
    await batchPut(region.store, items);
    const { body } = await summaryOf(id);
    expect(sectionOf(body, 'completeness')?.text?.div).toContain('newest entries only');
    expect(sectionOf(body, '48765-2')?.entry).toHaveLength(1);
    const observations = resourcesOf(body).flatMap((one) =>
      one.resourceType === 'Observation' ? [one.id] : [],
    );
    const newest = items.toReversed().map(({ entryId }) => entryId);
    expect(observations).toEqual(newest.slice(0, observations.length));
    expect(observations.length).toBeGreaterThanOrEqual(100);
  });

  it('shows the record as it was, and says of which instant', async () => {
    const id = await sendStranger((local) => [
      makeActiveAllergy(`${local}-x`, local, { text: 'Wasp sting' }),
    ]);
    const before = new Date().toISOString();
    const local = `stranger-${strangers}`;
    await send(
      'T9A',
      makePatient({ id: local, ...makeStranger(strangers) }),
      makeActiveAllergy(`${local}-x`, local, { text: 'Bee sting' }),
    );
    const now = await summaryOf(id);
    const then = await region.call<Bundle>('read-summary', { path: { id }, query: { _asOf: before } });
    expect([now.text.includes('Bee sting'), now.text.includes('Wasp sting')]).toEqual([true, false]);
    expect([then.text.includes('Bee sting'), then.text.includes('Wasp sting')]).toEqual([false, true]);
    expect(compositionOf(then.body)).toMatchObject({ date: before, title: expect.stringContaining(before) });
    const ahead = { path: { id }, query: { _asOf: '2999-01-01T00:00:00Z' } };
    expect((await region.call('read-summary', ahead)).code).toBe('INVALID_REQUEST');
  });

  it.each([
    ['a clerk', { role: 'clerk' }, 403, 'FORBIDDEN_ROLE'],
    ['an organisation without a relationship', { organisation: 'VT9C1' }, 403, 'NO_RELATIONSHIP'],
  ] as const)('is refused to %s', async (_, caller, status, code) => {
    const answer = await summaryOf(marian, caller);
    expect([answer.status, answer.code]).toEqual([status, code]);
  });
});

describe('$everything', () => {
  const everything = (query: Record<string, string> = {}, caller: TestCaller = {}) =>
    region.call<Bundle>('read-everything', { caller, path: { id: marian }, query });
  const nextOf = ({ link = [] }: Bundle) => {
    const url = link.find(({ relation }) => relation === 'next')?.url;
    return url ? Object.fromEntries(new URL(url).searchParams) : undefined;
  };

  it('gives the Patient and every entry once, page by page', async () => {
    const all = resourcesOf((await everything({ _count: '100' })).body);
    expect(all).toHaveLength(16);
    expect(all[0]).toMatchObject({ resourceType: 'Patient', id: marian });
    const paged: Resource[] = [];
    for (let query: Record<string, string> | undefined = { _count: '4' }; query; ) {
      const { body } = await everything(query);
      paged.push(...resourcesOf(body));
      query = nextOf(body);
    }
    expect(paged.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  });

  it('takes _type and _since', async () => {
    const types = async (query: Record<string, string>) =>
      resourcesOf((await everything(query)).body).map(({ resourceType }) => resourceType);
    expect(await types({ _type: 'Condition,Flag' })).toEqual(['Condition', 'Condition', 'Flag']);
    expect(await types({ _since: '2999-01-01T00:00:00Z' })).toEqual([]);
    expect(await types({ _since: '2020-01-01T00:00:00Z', _type: 'Patient' })).toEqual(['Patient']);
    expect(await types({ start: '2011-01-01', end: '2011-12-31', _type: 'Procedure,Immunization' })).toEqual([
      'Procedure',
    ]);
  });

  it('has cursors that are good for their query and their caller alone', async () => {
    const { _cursor = '' } = nextOf((await everything({ _count: '2' })).body) ?? {};
    expect((await everything({ _cursor, _count: '2' })).status).toBe(200);
    expect((await everything({ _cursor, _type: 'Flag' })).code).toBe('INVALID_REQUEST');
    expect((await everything({ _cursor }, { subject: 'somebody-else' })).code).toBe('INVALID_REQUEST');
  });

  it('gives a role what the role may open', async () => {
    const { body } = await everything({ _count: '100' }, { role: 'paramedic' });
    const types = new Set(resourcesOf(body).map(({ resourceType }) => resourceType));
    expect(types.has('Condition')).toBe(true);
    expect(types.has('Immunization') || types.has('Procedure')).toBe(false);
  });

  it('gives large entries on more pages, none larger than a function may answer', async () => {
    const id = await sendStranger((local) => [
      {
        resourceType: 'Observation',
        id: `${local}-large`,
        status: 'final',
        code: { text: 'Electrocardiogram' },
        subject: { reference: `Patient/${local}` },
        effectiveDateTime: '2003-03-03',
      },
    ]);
    const held = (await region.recordItems()).find(
      ({ date, type }) => type === 'ClinicalEntry' && date === '2003-03-03',
    ) as unknown as EntryItem;
    const resource = JSON.stringify({ ...JSON.parse(held.resource), valueString: 'x'.repeat(350_000) });
    const items = Array.from({ length: 24 }, (_, n) => {
      const date = new Date(Date.UTC(2004, 0, 1 + n)).toISOString().slice(0, 10);
      const entryId = `large${n}`;
      const { SK } = entryKey(held.source, held.section, date, held.resourceType, entryId);
      return { ...held, SK, date, entryId, resource };
    });
    await batchPut(region.store, items);
    const seen: string[] = [];
    const request = { path: { id }, query: { _count: '100', _type: 'Observation' } };
    for (let query: Record<string, string> | undefined = request.query; query; ) {
      const answer = await region.call<Bundle>('read-everything', { ...request, query });
      expect(Buffer.byteLength(answer.text)).toBeLessThan(6_000_000);
      seen.push(...resourcesOf(answer.body).map((one) => one.id ?? ''));
      query = nextOf(answer.body);
    }
    expect(seen).toHaveLength(25);
    expect(new Set(seen).size).toBe(25);
  });

  it('says that something is withheld', async () => {
    const { body } = await everything({ _count: '100' });
    expect(outcomesOf(body).map(({ code }) => code)).toEqual(['suppressed']);
  });
});

describe('a search by type', () => {
  const search = (
    type: string,
    query: Record<string, string | string[]>,
    more: { caller?: TestCaller; headers?: Record<string, string> } = {},
  ) =>
    region.call<Bundle>('search-resources', {
      ...more,
      path: { type },
      query: { patient: marian, ...query },
    });
  const idsOf = (bundle: Bundle) => resourcesOf(bundle).map(({ id }) => id ?? '');

  it.each(recordTypes)('answers %s', async (type) => {
    const { body, status } = await search(type, {});
    expect(status).toBe(200);
    for (const { resourceType } of resourcesOf(body)) expect(resourceType).toBe(type);
  });

  it.each([
    ['Condition', {}, 2],
    ['Condition', { 'clinical-status': 'active' }, 1],
    ['Condition', { code: 'http://snomed.info/sct|195967001' }, 1],
    ['Condition', { code: 'http://loinc.org|195967001' }, 0],
    ['Condition', { date: ['ge2011-01-01', 'lt2012'] }, 1],
    ['Observation', { category: 'laboratory' }, 1],
    ['Observation', { category: 'laboratory,social-history' }, 2],
    ['Immunization', { code: '822851000000102', status: 'completed' }, 1],
    ['Immunization', { status: 'not-done' }, 0],
    ['MedicationRequest', { code: '35936411000001109' }, 1],
    ['Composition', { type: '823681000000100' }, 1],
    ['AllergyIntolerance', { _lastUpdated: 'lt2020-01-01' }, 0],
    ['AllergyIntolerance', { _lastUpdated: 'ge2020-01-01' }, 3],
  ])('%s with %o finds %i', async (type, query, count) => {
    expect(idsOf((await search(type, query)).body)).toHaveLength(count);
  });

  it('finds entries by their ids, newest first', async () => {
    const ids = idsOf((await search('AllergyIntolerance', {})).body);
    const found = await search('AllergyIntolerance', { _id: ids.toReversed().join(',') });
    expect(idsOf(found.body)).toEqual(ids);
    expect(idsOf((await search('AllergyIntolerance', { _id: ids[0] ?? '' })).body)).toEqual([ids[0]]);
  });

  it('links to itself as it was understood, and on', async () => {
    const { body } = await search('Condition', { _count: '1', code: 'x,195967001,263102004' });
    const links = Object.fromEntries((body.link ?? []).map(({ relation, url }) => [relation, new URL(url)]));
    expect([...(links.self?.searchParams ?? [])]).toEqual([
      ['patient', marian],
      ['code', 'x,195967001,263102004'],
      ['_count', '1'],
    ]);
    const next = await search('Condition', Object.fromEntries(links.next?.searchParams ?? []));
    expect(idsOf(next.body)).toHaveLength(1);
    expect(idsOf(next.body)).not.toEqual(idsOf(body));
  });

  it.each([
    ['an unknown parameter', 'Condition', { bogus: '1' }],
    ['a date that is none', 'Condition', { date: '2024-13-01' }],
    ['a token of three parts', 'Condition', { code: 'a|b|c' }],
    ['a type that is no part of the record', 'Practitioner', {}],
    ['a type of another case', 'condition', {}],
  ])('refuses %s', async (_, type, query) => {
    const answer = await search(type, query);
    expect([answer.status, answer.code]).toEqual([400, 'INVALID_REQUEST']);
  });

  it('leaves out what it does not know when the caller asks for that', async () => {
    const headers = { Prefer: 'handling=lenient' };
    const { body, status } = await search('Condition', { bogus: '1' }, { headers });
    expect([status, idsOf(body).length]).toEqual([200, 2]);
    expect(body.link?.[0]?.url).not.toContain('bogus');
  });

  it.each([
    ['json', 200],
    ['application/fhir+json', 200],
    ['application/fhir+xml', 400],
  ])('asked for _format=%s answers %i', async (format, status) => {
    expect((await search('Condition', { _format: format })).status).toBe(status);
  });

  it('answers an unknown patient as one without a relationship', async () => {
    const caller = { organisation: 'VT9C1' };
    const known = await search('Condition', {}, { caller });
    const unknown = await search('Condition', { patient: 'nobody' }, { caller });
    expect([known.code, known.text]).toEqual(['NO_RELATIONSHIP', unknown.text]);
  });

  it.each([
    ['clerk', 'Condition'],
    ['paramedic', 'Immunization'],
    ['feed', 'Condition'],
  ] as const)('refuses a %s the type %s', async (role, type) => {
    expect((await search(type, {}, { caller: { role } })).code).toBe('FORBIDDEN_ROLE');
  });
});

describe('one entry', () => {
  const read = (type: string, id: string, caller: TestCaller = {}) =>
    region.call<Resource>('read-resource', { caller, path: { type, id } });
  const nowhere = '0123456789abcdef0123456789abcdef';
  const entries = async (caller: TestCaller = {}) => {
    const request = { caller, path: { id: marian }, query: { _count: '100' } };
    return resourcesOf((await region.call<Bundle>('read-everything', request)).body).slice(1);
  };

  it('is read by its type and id as everything gives it, and by each reference to it', async () => {
    const all = await entries();
    for (const one of all) {
      const { body, headers, status } = await read(one.resourceType, one.id ?? '');
      expect([status, headers.etag]).toEqual([200, `W/"${one.meta?.versionId}"`]);
      expect(body).toEqual(one);
    }
    const asthma = all.find((one) => JSON.stringify(one).includes('195967001'));
    const [type = '', id = ''] = (asthma as Condition).encounter?.reference?.split('/') ?? [];
    expect((await read(type, id)).body).toMatchObject({ resourceType: 'Encounter', id });
  });

  it('that the caller may not see is answered as one that is unknown, and as one without a relationship', async () => {
    const own = await entries({ organisation: 'T9B' });
    const hidden = own.find((one) => JSON.stringify(one).includes('Hidden substance'))?.id ?? '';
    expect((await read('AllergyIntolerance', hidden, { organisation: 'T9B' })).status).toBe(200);
    const [first] = await entries();
    const stranger = { organisation: 'VT9C1' };
    const answers = [
      await read('AllergyIntolerance', nowhere),
      await read('AllergyIntolerance', hidden),
      await read('AllergyIntolerance', hidden, stranger),
      await read(first?.resourceType ?? '', first?.id ?? '', stranger),
      // The right id under another type.
      await read('Condition', hidden, { organisation: 'T9B' }),
    ];
    expect(answers.map(({ status, text }) => [status, text])).toEqual(
      answers.map(() => [403, answers[0]?.text]),
    );
  });

  it.each([
    ['clerk', 'Condition'],
    ['paramedic', 'Immunization'],
  ] as const)('is refused to a %s by its type %s alone', async (role, type) => {
    expect((await read(type, nowhere, { role })).code).toBe('FORBIDDEN_ROLE');
  });

  it('of a type that is no part of the record is an invalid request', async () => {
    expect((await read('Practitioner', nowhere)).code).toBe('INVALID_REQUEST');
  });
});

it('nothing of a patient is in the logs', () => {
  expect(region.logs()).not.toMatch(/Lockwood|Marian|Penicillin|9990000/);
});
