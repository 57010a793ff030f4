import type {
  Bundle,
  Extension,
  OperationOutcome,
  OperationOutcomeIssue,
  Parameters,
  ParametersParameter,
} from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { feedFreshness } from '../../../functions/domain/record/feed-freshness.ts';
import { type SectionCode, sectionCodes } from '../../../functions/domain/record/section-codes.ts';
import { sections } from '../../../functions/domain/record/sections.ts';
import { makeFaultyEndpoint } from '../../support/faulty-endpoint.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';
import { policy } from '../../support/policy.ts';

const faults = makeFaultyEndpoint();
let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion({ endpointInFrontOf: faults.start });
});
afterAll(async () => {
  await region?.close();
  await faults.close();
});

let people = 0;

type Resource = { resourceType: string; id: string };

/** Sends the resources of one new person from each organisation, every record of one number; gives the person's id. */
async function makePerson(
  sent: Readonly<Record<string, (patientId: string) => readonly Resource[]>>,
): Promise<string> {
  people += 1;
  const number = testNhsNumber(people);
  let location = '';
  for (const [organisation, resources] of Object.entries(sent)) {
    const id = `p${people}`;
    const patient = makePatient({ ...makeStranger(people), id, nhsNumber: number, practice: 'Y90001' });
    const { body, status, text } = await region.call<Bundle>('submit-bundle', {
      caller: { role: 'feed', organisation, purpose: 'feed' },
      body: makeBundle(patient, ...resources(id)),
    });
    expect([status, text]).toEqual([200, expect.any(String)]);
    location = body.entry?.[0]?.response?.location ?? '';
  }
  return location.replace('Patient/', '');
}

async function read(
  personId: string,
  query: Record<string, string | readonly string[]> = {},
  code = 'allergies',
  organisation = 'T9A',
) {
  const answer = await region.call('read-section', {
    caller: { organisation },
    path: { id: personId, code },
    query,
  });
  const entries = (answer.body.entry ?? []).filter(({ search }) => search?.mode === 'match');
  const outcomes = (answer.body.entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === 'OperationOutcome' ? [resource as OperationOutcome] : [],
  );
  return {
    ...answer,
    resources: entries.map(
      ({ resource }) => resource as Resource & { code?: { text?: string }; extension?: Extension[] },
    ),
    outcomes,
    issues: outcomes.flatMap(({ issue }) => issue),
    next: answer.body.link?.find(({ relation }) => relation === 'next')?.url,
  };
}

const codeOf = ({ details }: OperationOutcomeIssue) => details?.coding?.[0]?.code;
const organisationOf = ({ extension }: OperationOutcomeIssue) =>
  extension?.[0]?.valueReference?.identifier?.value;
/** What is said of each organisation that shows nothing. */
const statesIn = (issues: readonly OperationOutcomeIssue[]) =>
  Object.fromEntries(
    issues.flatMap((issue) => {
      const organisation = organisationOf(issue);
      return organisation ? [[organisation, codeOf(issue)]] : [];
    }),
  );
const textsOf = (resources: readonly { code?: { text?: string } }[]) =>
  resources.map(({ code }) => code?.text);

describe('four kinds of empty', () => {
  it('nothing recorded, and not shared by that organisation', async () => {
    const id = await makePerson({
      T9A: (p) => [makeAllergy('e1', p)],
      T9B: () => [],
      T9M: (p) => [makeAllergy('e2', p, { text: 'Unshared' })],
    });
    const { issues, resources, text } = await read(id);
    expect(resources).toHaveLength(1);
    expect(statesIn(issues)).toEqual({ T9B: 'none-recorded', T9M: 'not-shared' });
    expect(text).not.toContain('Unshared');
  });

  it('withheld: nobody who shows nothing is told apart, and nothing tells how much, whose or what', async () => {
    const secret = (p: string) => [makeAllergy('w1', p, { label: 'R', text: 'Secret' })];
    const id = await makePerson({ T9A: (p) => [makeAllergy('w2', p)], T9B: secret, Y90001: () => [] });
    const { issues, text } = await read(id);
    expect(issues.map(codeOf)).toContain('confidential-items');
    expect(statesIn(issues)).toEqual({ T9B: 'withheld', Y90001: 'withheld' });
    expect(text).not.toContain('Secret');
    // Whichever it is of, the answer is the same but for who it is.
    const other = await makePerson({ T9A: (p) => [makeAllergy('w3', p)], T9B: () => [], Y90001: secret });
    const shape = (issue: OperationOutcomeIssue[]) =>
      issue.map((one) => [one.severity, one.code, codeOf(one)]);
    expect(shape((await read(other)).issues)).toEqual(shape(issues));
    // What an organisation has recorded itself it sees.
    expect(textsOf((await read(id, {}, 'allergies', 'T9B')).resources)).toContain('Secret');
  });

  it('the marker does not depend on page or filter, which would tell where the withheld item stands', async () => {
    const id = await makePerson({
      T9A: (p) => ['2021', '2022', '2024'].map((date) => makeAllergy(`m${date}`, p, { date, text: date })),
      T9B: (p) => [makeAllergy('m0', p, { date: '2023', label: 'R' })],
    });
    const marked = async (query: Record<string, string | readonly string[]>) =>
      (await read(id, query)).issues.map(codeOf).includes('confidential-items');
    for (const query of [
      { _count: '1' },
      { date: ['ge2024'] },
      { date: ['lt2022'] },
      { source: ['T9A'] },
      { source: ['Y90001'] },
      { status: 'inactive' },
    ])
      expect(await marked(query)).toBe(true);
    let pages = 0;
    for (let url = (await read(id, { _count: '1' })).next; url; pages += 1) {
      const page = await read(id, Object.fromEntries(new URL(url).searchParams));
      expect(page.issues.map(codeOf)).toContain('confidential-items');
      url = page.next;
    }
    expect(pages).toBe(2);
  });
});

describe('none known', () => {
  const none = (p: string) => [
    {
      ...makeAllergy('n1', p),
      code: { coding: [{ system: 'http://snomed.info/sct', code: '716186003' }], text: 'No known allergy' },
    },
  ];

  it('is said where a source said it', async () => {
    const id = await makePerson({ T9A: () => [], T9B: none });
    const { issues } = await read(id);
    expect(statesIn(issues)).toEqual({ T9A: 'none-recorded', T9B: 'none-known' });
  });

  it('and side by side with the organisation that records one: GP penicillin, trust none known', async () => {
    const id = await makePerson({ T9A: () => [], Y90001: (p) => [makeAllergy('n2', p)], T9B: none });
    const { issues, resources } = await read(id);
    expect(resources).toHaveLength(2);
    const differ = issues.find((issue) => codeOf(issue) === 'none-known-but-recorded');
    expect(differ).toMatchObject({ severity: 'warning', code: 'conflict' });
    expect(differ?.details?.text).toContain('Penicillin');
    const sides = differ?.extension?.[0]?.extension?.filter(({ url }) => url === 'side') ?? [];
    const referred = sides.flatMap(({ extension }) =>
      (extension ?? []).flatMap(({ valueReference }) => valueReference?.reference ?? []),
    );
    expect(referred.toSorted()).toEqual(
      resources.map(({ id, resourceType }) => `${resourceType}/${id}`).toSorted(),
    );
  });
});

describe('an entry', () => {
  it('carries organisation, setting, clinical date, received time and identifiers, once for each source that says the same', async () => {
    const allergy = (p: string) => [
      { ...makeAllergy('s1', p), identifier: [{ system: 'urn:s', value: `of ${p}` }] },
    ];
    const id = await makePerson({
      T9B: allergy,
      Y90001: allergy,
      T9A: (p) => [makeAllergy('s2', p, { text: 'Other' })],
    });
    const { resources } = await read(id);
    expect(textsOf(resources).toSorted()).toEqual(['Other', 'Penicillin']);
    const folded = resources.find(({ code }) => code?.text === 'Penicillin');
    expect(folded).toMatchObject({ identifier: [{ system: 'urn:s' }] });
    const sources = folded?.extension?.map(({ extension = [] }) => {
      const part = (name: string) => extension.find(({ url }) => url === name);
      return [
        part('organisation')?.valueReference?.identifier?.value,
        part('organisation')?.valueReference?.display,
        part('setting')?.valueCode,
        part('date')?.valueDateTime,
        part('received')?.valueInstant,
        part('senderId')?.valueString,
      ];
    });
    expect(sources?.toSorted()).toEqual([
      ['T9B', 'Organisation T9B', 'acute-trust', '2024-05-01', expect.stringContaining('20'), 's1'],
      ['Y90001', 'Organisation Y90001', 'gp-practice', '2024-05-01', expect.stringContaining('20'), 's1'],
    ]);
  });
});

describe('the table of sections', () => {
  const text = (words: string) => ({ text: words });
  /** One resource of each section, beside the Patient. */
  const oneOfEach: Readonly<Record<SectionCode, (subject: object) => object>> = {
    demographics: (patient) => ({ resourceType: 'RelatedPerson', patient, relationship: [text('Daughter')] }),
    teams: (subject) => ({ resourceType: 'CareTeam', subject, status: 'active' }),
    appointments: (actor) => ({
      resourceType: 'Appointment',
      status: 'booked',
      start: '2027-01-05T09:00:00Z',
      end: '2027-01-05T09:10:00Z',
      participant: [{ actor, status: 'accepted' }],
    }),
    conditions: (subject) => ({ resourceType: 'Condition', subject, code: text('Asthma') }),
    medications: (subject) => ({
      resourceType: 'MedicationStatement',
      status: 'active',
      subject,
      medicationCodeableConcept: text('Ramipril 5mg capsules'),
    }),
    allergies: (patient) => ({
      resourceType: 'AllergyIntolerance',
      patient,
      code: text('Latex'),
      clinicalStatus: {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' },
        ],
      },
    }),
    alerts: (subject) => ({ resourceType: 'Flag', subject, status: 'active', code: text('Falls') }),
    results: (subject) => ({ resourceType: 'Observation', subject, status: 'final', code: text('Sodium') }),
    imaging: (subject) => ({ resourceType: 'ImagingStudy', subject, status: 'available' }),
    documents: (subject) => ({
      resourceType: 'DocumentReference',
      subject,
      status: 'current',
      content: [{ attachment: { contentType: 'text/plain', data: 'U2Vlbi4=' } }],
    }),
    'care-plans': (subject) => ({ resourceType: 'CarePlan', subject, status: 'active', intent: 'plan' }),
    community: (patient) => ({ resourceType: 'EpisodeOfCare', patient, status: 'active' }),
    ambulance: (subject) => ({
      resourceType: 'Encounter',
      subject,
      status: 'finished',
      class: { code: 'FLD' },
    }),
    immunisations: (patient) => ({
      resourceType: 'Immunization',
      patient,
      status: 'completed',
      vaccineCode: text('Influenza'),
      occurrenceDateTime: '2025-10-01',
    }),
    procedures: (subject) => ({ resourceType: 'Procedure', subject, status: 'completed' }),
    social: (subject) => ({
      resourceType: 'Observation',
      subject,
      status: 'final',
      code: text('Lives alone'),
      category: [{ coding: [{ code: 'social-history' }] }],
    }),
  };

  it('is served whole: an entry of each of the sixteen, of a type that the table names, with its source', async () => {
    const id = await makePerson({
      T9A: (p) =>
        sectionCodes.map(
          (code) => ({ ...oneOfEach[code]({ reference: `Patient/${p}` }), id: `x-${code}` }) as Resource,
        ),
    });
    for (const code of sectionCodes) {
      const { resources } = await read(id, {}, code);
      const [entry, ...others] = resources.filter(({ resourceType }) => resourceType !== 'Patient');
      expect([code, others]).toEqual([code, []]);
      expect(sections[code].resourceTypes).toContain(entry?.resourceType);
      const parts = entry?.extension?.[0]?.extension?.map(({ url }) => url);
      expect(parts).toEqual(
        expect.arrayContaining(['organisation', 'setting', 'received', 'entry', 'senderId']),
      );
    }
  });
});

describe('the list of sections', () => {
  const parts = (parameter: ParametersParameter | undefined, name: string) =>
    parameter?.part?.filter((one) => one.name === name) ?? [];
  const list = async (personId: string) => {
    const { body } = await region.call<Parameters>('list-sections', { path: { id: personId } });
    const named = (name: string) => (body.parameter ?? []).filter((one) => one.name === name);
    const section = (code: string) =>
      named('section').find((one) => parts(one, 'code')[0]?.valueCode === code);
    const states = (code: string) =>
      Object.fromEntries(
        parts(section(code), 'source').map((source) => [
          parts(source, 'organisation')[0]?.valueIdentifier?.value,
          [parts(source, 'state')[0]?.valueCode, parts(source, 'count')[0]?.valueUnsignedInt],
        ]),
      );
    return { section, states, feeds: named('feed') };
  };

  it('shows all sixteen, with the state of each organisation, and marks what is withheld without counting it', async () => {
    const id = await makePerson({
      T9A: (p) => [makeAllergy('l1', p)],
      T9B: (p) => [makeAllergy('l2', p, { label: 'R' })],
      T9M: () => [],
      Y90001: (p) => [
        {
          ...makeAllergy('l3', p),
          code: { coding: [{ system: 'http://snomed.info/sct', code: '716186003' }] },
        },
      ],
    });
    const { section, states } = await list(id);
    expect(sectionCodes.every((code) => section(code) !== undefined)).toBe(true);
    expect(states('allergies')).toEqual({
      T9A: ['recorded', 1],
      T9B: ['withheld', 0],
      T9M: ['not-shared', 0],
      Y90001: ['none-known', 1],
    });
    expect(parts(section('allergies'), 'count')[0]?.valueUnsignedInt).toBe(2);
    expect(parts(section('allergies'), 'confidential-items')[0]?.valueBoolean).toBe(true);
    expect(states('alerts')).toEqual({
      T9A: ['none-recorded', 0],
      T9B: ['none-recorded', 0],
      T9M: ['none-recorded', 0],
      Y90001: ['none-recorded', 0],
    });
    expect(parts(section('alerts'), 'confidential-items')).toEqual([]);
  });

  it('says when each feed last brought a message, and whether that is late for its kind', async () => {
    const before = new Date(Date.now() - 120_000).toISOString();
    const id = await makePerson({ T9A: () => [], Y90001: () => [] });
    const { feeds } = await list(id);
    const told = feeds.map((feed) => [
      parts(feed, 'organisation')[0]?.valueIdentifier?.value,
      parts(feed, 'expectedEveryHours')[0]?.valueDecimal,
      parts(feed, 'late')[0]?.valueBoolean,
    ]);
    expect(told.toSorted()).toEqual([
      ['T9A', 4, false],
      ['Y90001', 24, false],
    ]);
    for (const feed of feeds) expect((parts(feed, 'lastMessage')[0]?.valueInstant ?? '') > before).toBe(true);
  });

  it('writes the time of a feed once a minute, not with every message', async () => {
    for (let n = 0; n < 3; n += 1) await makePerson({ T9A: () => [] });
    const items = await region.recordItems();
    const feeds = items.filter(({ type }) => type === 'FeedStatus');
    expect(feeds.map(({ PK }) => PK).toSorted()).toContain('FEED#T9A');
    expect(feedFreshness(policy, 'T9A', '2026-11-21T05:00:00Z', '2026-11-21T09:00:00Z').isLate).toBe(false);
    expect(feedFreshness(policy, 'T9A', '2026-11-21T04:59:59Z', '2026-11-21T09:00:00Z').isLate).toBe(true);
    expect(feedFreshness(policy, 'Y90001', undefined, '2026-11-21T09:00:00Z').isLate).toBe(true);
  });
});

describe('filters', () => {
  let id: string;
  beforeAll(async () => {
    id = await makePerson({
      T9A: (p) =>
        ['2020-05-05', '2022', '2024-01-31'].map((date) =>
          makeAllergy(`f${date}`, p, { date, text: `A ${date}` }),
        ),
      T9B: (p) => [
        {
          ...makeAllergy('f4', p, { date: '2023-03-03', text: 'B' }),
          clinicalStatus: {
            coding: [
              {
                system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical',
                code: 'resolved',
              },
            ],
          },
        },
      ],
    });
  });

  it.each([
    [{ date: ['ge2023'] }, ['A 2024-01-31', 'B']],
    [{ date: ['ge2022-06'] }, ['A 2024-01-31', 'B', 'A 2022']],
    [{ date: ['ge2020', 'lt2023'] }, ['A 2022', 'A 2020-05-05']],
    [{ date: ['2024-01'] }, ['A 2024-01-31']],
    [{ source: ['T9B'] }, ['B']],
    [{ source: ['T9B', 'T9A'] }, ['A 2024-01-31', 'B', 'A 2022', 'A 2020-05-05']],
    [{ source: ['Y90001'] }, []],
    [{ status: 'resolved,inactive' }, ['B']],
    [{ _lastUpdated: ['lt2020'] }, []],
    [{ _lastUpdated: ['ge2020-01-01T00:00:00Z'] }, ['A 2024-01-31', 'B', 'A 2022', 'A 2020-05-05']],
  ])('%j', async (query, texts) => {
    const { resources, status } = await read(id, query);
    expect([status, textsOf(resources)]).toEqual([200, texts]);
    const paged: (string | undefined)[] = [];
    let page = await read(id, { ...query, _count: '1' });
    for (;;) {
      paged.push(...textsOf(page.resources));
      if (!page.next) break;
      const url = new URL(page.next);
      const names = [...new Set(url.searchParams.keys())];
      const again = ['date', 'source', '_lastUpdated'];
      page = await read(
        id,
        Object.fromEntries(
          names.map((name) => [
            name,
            again.includes(name) ? url.searchParams.getAll(name) : (url.searchParams.get(name) ?? ''),
          ]),
        ),
      );
    }
    expect(paged).toEqual(texts);
  });

  it.each([
    ['no date', { date: ['yesterday'] }],
    ['no prefix of FHIR', { date: ['xx2024'] }],
    ['no ODS code', { source: ['a b'] }],
    ['an unknown parameter', { colour: 'red' }],
  ])('%s is INVALID_REQUEST', async (_, query) => {
    expect((await read(id, query)).code).toBe('INVALID_REQUEST');
  });

  it('a cursor is good for its own query alone', async () => {
    const { next = '' } = await read(id, { _count: '1', date: ['ge2020'] });
    const cursor = new URL(next).searchParams.get('_cursor') ?? '';
    expect((await read(id, { _cursor: cursor })).code).toBe('INVALID_REQUEST');
    expect((await read(id, { _cursor: cursor, date: ['ge2020'] })).status).toBe(200);
  });
});

describe('the store calls of a read', () => {
  it('are the links, one round of Queries of the sources that hold something, the look again, and the audit entry', async () => {
    const id = await makePerson({
      T9A: (p) => [makeAllergy('c1', p)],
      T9B: (p) => [makeAllergy('c2', p, { text: 'Egg' })],
      Y90001: () => [],
    });
    await read(id);
    faults.setPlan(undefined);
    await read(id);
    // One, two side by side (nothing is asked of the practice, which holds nothing), one, one.
    expect(faults.calls()).toBe(5);
  });
});

it('no name or NHS number is in a log', () => {
  expect(region.logs()).not.toMatch(/Lockwood|999\d{7}/);
});
