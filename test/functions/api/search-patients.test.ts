import type { Bundle, Patient } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PatientSearch } from '../../../functions/domain/search/patient-search.ts';
import { soughtText } from '../../../functions/domain/search/sought-text.ts';
import { blocksOf, putBlocks } from '../../../functions/store/blocking-key.ts';
import { searchPatients } from '../../../functions/usecases/search-patients.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { makeBundle, makePatient, testNhsNumber } from '../../support/people.ts';
import { policy } from '../../support/policy.ts';
import { withoutRandomIds } from '../../support/random-ids.ts';

const feed = { role: 'feed', purpose: 'feed', subject: 'feed-1' } as const;
const clerk = { role: 'clerk', subject: 'clerk-1' } as const;
const application = { role: 'application', subject: 'trace-service' } as const;

let region: TestRegion;
/** Person ids by the local id of the patient. */
const people = new Map<string, string>();

beforeAll(async () => {
  region = await openTestRegion();
  for (const patient of everybody) await register(patient);
});
afterAll(() => region?.close());

let numbers = 0;

/** A patient with a verified NHS number of their own; what is not given here is as {@link makePatient} has it. */
function patient(id: string, made: Parameters<typeof makePatient>[0], change: object = {}) {
  numbers += 1;
  return { ...makePatient({ id, nhsNumber: testNhsNumber(numbers), ...made }), ...change };
}

async function register(resource: { resourceType: string; id: string }, organisation = 'T9A') {
  const answer = await region.call('submit-bundle', {
    caller: { ...feed, organisation },
    body: makeBundle(resource),
  });
  expect([answer.status, answer.code]).toEqual([200, undefined]);
  const location = answer.body.entry?.[0]?.response?.location ?? '';
  people.set(resource.id, location.replace('Patient/', ''));
}

type Query = Readonly<Record<string, string | readonly string[]>>;

async function search(query: Query, caller: object = clerk) {
  const answer = await region.call<Bundle<Patient>>('search-patients', { caller, query });
  const entries = answer.body.entry ?? [];
  const found = entries.map(({ resource }) => [...people].find(([, id]) => id === resource?.id)?.[0]);
  return { ...answer, found, entries };
}

const name = (use: string, family: string | undefined, ...given: string[]) => ({
  use,
  ...(family && { family }),
  given,
});

/** Made-up people, one for each thing that can be asked. */
const everybody = [
  patient('jak', { family: 'Jaxon', given: 'Amandine', birthDate: '1937-08-29', postcode: 'DN20 8DU' }),
  patient('magda', { family: 'Magwyn', given: 'Jeanne', birthDate: '1957-07-23', postcode: 'DN17 3AH' }),
  patient(
    'alder',
    { family: 'Aldermond', birthDate: '2024-09-17', gender: 'male', postcode: 'DN17 1BX' },
    {
      name: [name('usual', 'Aldermond', 'Joseph', 'Damon')],
      telecom: [{ system: 'phone', value: '+91 99480 52441', use: 'mobile' }],
    },
  ),
  patient('poole', {
    family: 'Poolish',
    given: 'Mark',
    birthDate: '1941-10-24',
    gender: 'male',
    postcode: 'DN15 8JY',
    practice: 'Y90001',
  }),
  patient('orton', {
    family: 'Ortonby',
    given: 'Ben',
    birthDate: '2017-05-20',
    gender: 'male',
    postcode: 'ZZ99 7CZ',
  }),
  patient(
    'gwin',
    { family: 'Gwinnet', birthDate: '2020-01-06', gender: 'female' },
    { name: [name('usual', 'Gwinnet', 'Justin'), name('old', 'Gwinnet', 'Austell')] },
  ),
  patient(
    'edgar',
    { family: 'Gwinnet', given: 'Edgar', birthDate: '2020-09-20', gender: 'male' },
    {
      telecom: [
        { system: 'email', value: 'Edgar.Gwinnet@example.test', use: 'home' },
        { system: 'email', value: 'former@example.test', use: 'old' },
      ],
    },
  ),
  patient('pauline', { family: 'attisóne', given: 'Paulina', birthDate: '1960-07-14', postcode: 'DN19 7DX' }),
  patient(
    'paula',
    { family: 'attisone', birthDate: '1960-07-14', postcode: 'DN16 2HB' },
    { name: [name('usual', 'attisone', 'Paulina', 'Mary')] },
  ),
  patient(
    'hidden',
    {
      family: 'Godsown',
      given: 'Rodney',
      birthDate: '1936-02-24',
      gender: 'male',
      postcode: 'DN15 0AD',
      restricted: true,
      practice: 'Y90001',
    },
    {
      telecom: [
        { system: 'phone', value: '01632 960001' },
        { system: 'email', value: 'rodney@example.test' },
      ],
    },
  ),
  patient(
    'gluck',
    { family: 'Gluckman', birthDate: '1975-02-21', gender: 'male' },
    { name: [name('usual', 'Gluckman', 'Jason', 'Willis')] },
  ),
  patient(
    'toby',
    { family: 'Marram', birthDate: '2010-10-22' },
    { name: [name('usual', 'Marram', 'Toby', 'James')] },
  ),
  patient(
    'anne',
    { family: 'Marram', birthDate: '2013-10-22' },
    { name: [name('usual', 'Marram', 'Anne Marie', 'Joy')] },
  ),
  patient('luke-m', { family: 'Youdsley', given: 'Luke', birthDate: '1970-01-24', gender: 'male' }),
  patient('luke-f', { family: 'Youdsley', given: 'Luke', birthDate: '1970-01-24', gender: 'female' }),
  patient('luke-u', { family: 'Youdsley', given: 'Luke', birthDate: '1970-01-24', gender: 'unknown' }),
  patient('luke-o', { family: 'Youdsley', given: 'Luke', birthDate: '1970-01-24', gender: 'other' }),
  patient(
    'leeke',
    { family: 'Leekham', given: 'Horace', birthDate: '1956-05-02', gender: 'male' },
    {
      address: [
        { use: 'home', postalCode: 'DN15 0AD' },
        { use: 'billing', postalCode: 'DN16 3SS' },
        { use: 'old', postalCode: 'LS1 4AB' },
      ],
    },
  ),
  patient(
    'garton',
    { family: 'Gartonby', birthDate: '1955-11-05', gender: 'female' },
    { name: [name('usual', 'Gartonby', 'Billie'), name('old', 'Bloggson', 'Jo')] },
  ),
];

describe('the searches that PDS tests its cascading trace with', () => {
  const magda = { family: 'Magwyn', given: 'Jeanne', gender: 'female', 'address-postcode': 'DN17 3AH' };
  const alder = { family: 'ALDERMOND', gender: 'male', birthdate: '2024-09-17' };
  const poole = { family: 'poolish', given: 'mark', gender: 'male', birthdate: '1941-10-24' };
  const joseph = { family: 'Aldermond', given: 'Joseph', birthdate: '2024-09-17' };

  it.each<[string, Query, string[]]>([
    [
      'given and family name exchanged',
      {
        family: 'amandine',
        given: 'jaxon',
        gender: 'female',
        birthdate: '1937-08-29',
        'address-postcode': 'DN20 8DU',
      },
      ['jak'],
    ],
    ['a wrong birth date', { ...magda, birthdate: '1957-09-23' }, []],
    [
      'given names in another order (which PDS itself leaves out)',
      { ...alder, given: 'Damon Joseph' },
      ['alder'],
    ],
    ['a shortened given name', { ...alder, given: 'Joe', 'address-postcode': 'DN17 1BX' }, ['alder']],
    ['the right practice', { ...poole, 'general-practitioner': 'Y90001' }, ['poole']],
    [
      'the wrong practice',
      { ...poole, 'general-practitioner': 'V8198', 'address-postcode': 'DN15 8JY' },
      ['poole'],
    ],
    ['an overlong postcode', { ...poole, 'address-postcode': 'DN15258JY' }, ['poole']],
    ['a mistyped postcode', { ...poole, 'address-postcode': 'DN18 8JY' }, ['poole']],
    [
      'a ZZ99 postcode',
      {
        family: 'Ortonby',
        given: 'Ben',
        gender: 'male',
        birthdate: '2017-05-20',
        'address-postcode': 'ZZ99 7CZ',
      },
      [],
    ],
    [
      'a mistyped email',
      { family: 'Gwinnet', given: 'Edgar', birthdate: '2020-09-20', email: 'ed.gwinnet@example.test' },
      [],
    ],
    [
      'a former given name',
      { family: 'Gwinnet', given: 'Austell', birthdate: '2020-01-06', gender: 'female' },
      ['gwin'],
    ],
    [
      'a slip in the given name',
      { family: 'Gwinnet', given: 'Justen', birthdate: '2020-01-06', gender: 'female' },
      ['gwin'],
    ],
    [
      'accents',
      { family: 'ATTISÖN', given: 'PÀULINÁ', birthdate: '1960-07-14', 'address-postcode': 'DN19 7DX' },
      ['pauline'],
    ],
    [
      'a sensitive patient',
      { family: 'Godsown', given: 'Rodney', gender: 'male', birthdate: '1936-02-24' },
      ['hidden'],
    ],
    ['a phone with its country code', { ...joseph, phone: '0091 9948052441' }, ['alder']],
    ['a mistyped phone', { ...joseph, phone: '0091 9948072441', 'address-postcode': 'DN17 1BX' }, ['alder']],
    [
      'the middle name (which PDS itself leaves out)',
      { family: 'GLUCKMAN', given: 'Willis', birthdate: '1975-02-21' },
      ['gluck'],
    ],
    ['an initial', { family: 'MARRAM', given: 'Toby J', birthdate: '2010-10-22' }, ['toby']],
    [
      'a given name of two words',
      { family: 'MARRAM', given: 'Anne Marie J', birthdate: '2013-10-22' },
      ['anne'],
    ],
  ])('by %s', async (_, query, expected) => {
    for (const caller of [clerk, application]) {
      const { status, found, body } = await search({ '_fuzzy-match': 'true', ...query }, caller);
      expect([status, found, body.total]).toEqual([200, expected, expected.length]);
    }
  });

  it.each<[string, Query]>([
    ['a birth date in another format', { ...magda, birthdate: '19570723' }],
    ['a wildcard in a fuzzy search', { ...alder, given: 'Jos*' }],
  ])('refuses %s', async (_, query) => {
    const { status, code } = await search({ '_fuzzy-match': 'true', ...query });
    expect([status, code]).toEqual([400, 'INVALID_REQUEST']);
  });

  it('answers an application too many matches where several people fit, as PDS does', async () => {
    const query = { '_fuzzy-match': 'true', family: 'Yowdsley', given: 'Luke', birthdate: '1970-01-24' };
    const { status, body } = await search(query, application);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'information',
          code: 'multiple-matches',
          details: { coding: [{ code: 'TOO_MANY_MATCHES' }] },
        },
      ],
    });
  });
});

describe('a search by a health worker', () => {
  it('finds the four of one name and birth date, and one of each gender', async () => {
    const youds = { family: 'YOUDSLEY', birthdate: 'eq1970-01-24' };
    const all = await search(youds);
    expect(all.found).toEqual(['luke-m', 'luke-f', 'luke-u', 'luke-o']);
    expect(all.entries.map((entry) => entry.search?.score)).toEqual([1, 1, 1, 1]);
    for (const gender of ['male', 'female', 'unknown', 'other'])
      expect((await search({ ...youds, gender })).found).toEqual([`luke-${gender[0]}`]);
    const limited = await search({ ...youds, '_max-results': '3' });
    expect([limited.status, limited.code]).toEqual([200, 'TOO_MANY_MATCHES']);
    expect((await search({ ...youds, '_max-results': '4' })).found).toHaveLength(4);
  });

  it('finds whoever changed the family name when all else fits, and never a twin', async () => {
    const home = { birthdate: '1941-10-24', gender: 'male', 'address-postalcode': 'DN15 8JY' };
    const fuzzy = { '_fuzzy-match': 'true', family: 'Okonkwo', given: 'Mark' };
    expect((await search({ ...fuzzy, ...home })).found).toEqual(['poole']);
    expect((await search({ ...fuzzy, ...home, given: 'Peter' })).found).toEqual([]);
    expect((await search({ ...fuzzy, ...home, family: 'Poolish', given: 'Peter' })).found).toEqual([]);
    expect((await search({ ...fuzzy, birthdate: home.birthdate })).found).toEqual([]);
  });

  it('scores a nearer spelling first', async () => {
    const query = { '_fuzzy-match': 'true', family: 'ATTISÖN', given: 'Paulina', birthdate: '1960-07-14' };
    const { found, entries } = await search(query);
    expect(found).toEqual(['pauline', 'paula']);
    const [first = 0, second = 0] = entries.map((entry) => entry.search?.score);
    expect(first).toBeGreaterThan(second);
    expect(first).toBeLessThan(1);
  });

  it.each<[string, Query, string[]]>([
    ['a wildcard in the family name', { family: 'Gwi*', birthdate: '2020-09-20' }, ['edgar']],
    ['a wildcard within the family name', { family: 'Gw*n*t', birthdate: '2020-09-20' }, ['edgar']],
    [
      'wildcards in the given name and postcode',
      { family: 'Poo*sh', given: 'Ma*', birthdate: '1941-10-24', 'address-postalcode': 'dn15*' },
      ['poole'],
    ],
    ['a wildcard for a middle name', { family: 'Gluckman', given: 'Wil*', birthdate: '1975-02-21' }, []],
    [
      'repeated given names',
      { family: 'Gluckman', given: ['Jason', 'Willis'], birthdate: '1975-02-21' },
      ['gluck'],
    ],
    [
      'a postcode without its space',
      { family: 'Poolish', birthdate: '1941-10-24', 'address-postalcode': 'dn158jy' },
      ['poole'],
    ],
    ['a short range', { family: 'Poolish', birthdate: ['ge1941-10-20', 'le1941-10-26'] }, ['poole']],
    ['a short range elsewhere', { family: 'Poolish', birthdate: ['ge1941-10-25', 'le1941-10-30'] }, []],
    [
      'a range of a year with a given name',
      { family: 'Poolish', given: 'Mark', birthdate: ['ge1941-01-01', 'le1941-12-31'] },
      ['poole'],
    ],
    ['a range of a year', { family: 'Poolish', birthdate: ['ge1941-01-01', 'le1941-12-31'] }, ['poole']],
    ['an open range', { family: 'Poolish', gender: 'male', birthdate: 'le1950-01-01' }, ['poole']],
    ['an open range that ends before', { family: 'Poolish', birthdate: 'le1940-01-01' }, []],
    [
      'an open range with a given name',
      { family: 'Poolish', given: 'Mark', birthdate: 'ge1930-01-01' },
      ['poole'],
    ],
    [
      'an open range with a postcode',
      { family: 'Poolish', birthdate: 'le1950-01-01', 'address-postalcode': 'DN15 8JY' },
      ['poole'],
    ],
    [
      'a fuzzy open range',
      { '_fuzzy-match': 'true', family: 'Poolishe', given: 'Mark', birthdate: 'le1950-01-01' },
      ['poole'],
    ],
    [
      'the practice',
      { family: 'Poolish', birthdate: '1941-10-24', 'general-practitioner': 'y90001' },
      ['poole'],
    ],
    [
      'another practice',
      { family: 'Poolish', birthdate: '1941-10-24', 'general-practitioner': 'Y90002' },
      [],
    ],
    [
      'the email in other letters',
      { family: 'Gwinnet', birthdate: '2020-09-20', email: 'EDGAR.gwinnet@EXAMPLE.test' },
      ['edgar'],
    ],
    ['a former email', { family: 'Gwinnet', birthdate: '2020-09-20', email: 'former@example.test' }, []],
    [
      'a former email, with history',
      { family: 'Gwinnet', birthdate: '2020-09-20', email: 'former@example.test', _history: 'true' },
      ['edgar'],
    ],
    ['a former name', { family: 'Bloggson', birthdate: '1955-11-05' }, []],
    [
      'a former name, with history',
      { family: 'Bloggson', birthdate: '1955-11-05', _history: 'true' },
      ['garton'],
    ],
    [
      'a homophone of a former name',
      { '_fuzzy-match': 'true', family: 'Blogson', given: 'Joe', birthdate: '1955-11-05' },
      ['garton'],
    ],
    [
      'a former postcode',
      { family: 'Leekham', birthdate: '1956-05-02', 'address-postalcode': 'LS1 4AB' },
      [],
    ],
    [
      'a former postcode, with history',
      { family: 'Leekham', birthdate: '1956-05-02', 'address-postalcode': 'LS1 4AB', _history: 'true' },
      ['leeke'],
    ],
    [
      'a postcode that is not where they live',
      {
        family: 'Leekham',
        given: 'Horace',
        birthdate: '1956-05-02',
        'address-postalcode': 'DN16 3SS',
        _history: 'true',
      },
      [],
    ],
    [
      'an exact name',
      { '_exact-match': 'true', family: 'Poolish', given: 'Mark', birthdate: '1941-10-24' },
      ['poole'],
    ],
    [
      'an inexact name',
      {
        '_exact-match': 'true',
        '_fuzzy-match': 'true',
        family: 'Poolishe',
        given: 'Mark',
        birthdate: '1941-10-24',
      },
      [],
    ],
    ['a name that nobody has', { family: 'Spiderling', birthdate: '1962-07-31' }, []],
  ])('by %s', async (_, query, expected) => {
    const { status, found, body } = await search(query);
    expect([status, found]).toEqual([200, expected]);
    expect(body).toMatchObject({ resourceType: 'Bundle', type: 'searchset', total: expected.length });
  });

  it('follows what a later message changes: former values with history alone, a corrected birth date never', async () => {
    const nhsNumber = testNhsNumber(900);
    // One thing at a time: a message that changes all at once looks like somebody else, and is set aside.
    const messages = [
      { family: 'Humeling', given: 'Casey', birthDate: '1999-09-01', postcode: 'E2 8AA' },
      { family: 'Medlar', given: 'Casey', birthDate: '1999-09-01', postcode: 'DN16 3JW' },
      { family: 'Medlar', given: 'Rowenna', birthDate: '1999-09-01', postcode: 'DN16 3JW' },
      { family: 'Medlar', given: 'Rowenna', birthDate: '1999-09-09', postcode: 'DN16 3JW' },
    ];
    for (const [year, message] of messages.entries())
      await register(
        makePatient({ id: 'med', nhsNumber, ...message, sentAt: `${2020 + year}-01-01T00:00:00Z` }),
      );
    const now = { birthdate: '1999-09-09' };
    const fuzzy = { '_fuzzy-match': 'true' };
    const history = { _history: 'true' };
    const rows: [Query, string[]][] = [
      [{ family: 'Medlar', ...now }, ['med']],
      [{ family: 'Humeling', ...now }, []],
      [{ family: 'Humeling', ...now, ...history }, ['med']],
      [{ family: 'Humeling', given: 'Casey', ...now, ...fuzzy }, ['med']],
      [{ family: 'Medlar', given: 'Casey', ...now, ...fuzzy }, ['med']],
      [{ family: 'Medlar', ...now, 'address-postalcode': 'E2 8AA' }, []],
      [{ family: 'Medlar', ...now, 'address-postalcode': 'E2 8AA', ...history }, ['med']],
      [{ family: 'Medlar', birthdate: '1999-09-01' }, []],
      [{ family: 'Medlar', birthdate: '1999-09-01', ...history }, []],
      [{ family: 'Humeling', given: 'Casey', birthdate: '1999-09-01', ...fuzzy }, []],
    ];
    for (const [query, expected] of rows)
      expect([query, (await search(query)).found]).toEqual([query, expected]);
  });

  it('finds by NHS number, and by a superseded one whoever holds its successor', async () => {
    const [former, current] = [testNhsNumber(910), testNhsNumber(911)];
    await register(
      makePatient({
        id: 'cuff',
        family: 'Cuffley',
        birthDate: '1926-01-07',
        nhsNumber: current,
        superseded: [former],
      }),
    );
    for (const identifier of [current, former, `https://fhir.nhs.uk/Id/nhs-number|${current}`]) {
      const { found, entries } = await search({ identifier });
      expect([found, entries[0]?.resource?.identifier?.[0]?.value]).toEqual([['cuff'], current]);
    }
    expect((await search({ identifier: current, family: 'Cuffley' })).found).toEqual(['cuff']);
    expect((await search({ identifier: current, family: 'Cuffling' })).found).toEqual([]);
    expect((await search({ identifier: testNhsNumber(912) })).found).toEqual([]);
  });
});

describe('a merged patient', () => {
  it('is answered by the survivor, once, by what either was called', async () => {
    const others = { birthDate: '1926-03-07', postcode: 'E14 7LB' };
    await register(
      makePatient({
        id: 'kept',
        family: 'Coverley',
        given: 'Jane',
        ...others,
        sentAt: '2025-01-01T00:00:00Z',
      }),
    );
    await register(
      makePatient({
        id: 'gone',
        family: 'Stanhope',
        given: 'Isobel',
        ...others,
        sentAt: '2024-01-01T00:00:00Z',
      }),
      'T9B',
    );
    const reference = (id: string) => ({ reference: `Patient/${people.get(id)}` });
    const merged = await region.call('merge-patients', {
      caller: { role: 'steward', subject: 'steward-1' },
      body: {
        resourceType: 'Parameters',
        parameter: [
          { name: 'source-patient', valueReference: reference('gone') },
          { name: 'target-patient', valueReference: reference('kept') },
        ],
      },
    });
    expect(merged.status).toBe(200);
    const born = { birthdate: '1926-03-07' };
    expect((await search({ family: 'Coverley', ...born })).found).toEqual(['kept']);
    expect((await search({ family: 'Stanhope', ...born })).found).toEqual([]);
    expect((await search({ family: 'Stanhope', ...born, _history: 'true' })).found).toEqual(['kept']);
    expect(
      (await search({ family: 'Stanhoape', given: 'Isobel', ...born, '_fuzzy-match': 'true' })).found,
    ).toEqual(['kept']);
  });
});

describe('a restricted patient', () => {
  const rodney = { family: 'Godsown', birthdate: '1936-02-24' };

  it('is found by name and birth date, without any place', async () => {
    for (const more of [{}, { family: 'Go*' }, { '_fuzzy-match': 'true', given: 'Rodney' }]) {
      const { found, entries, text } = await search({ ...rodney, ...more });
      expect(found).toEqual(['hidden']);
      expect(entries[0]?.resource?.meta?.security?.[0]?.code).toBe('R');
      for (const element of ['address', 'telecom', 'generalPractitioner'])
        expect(entries[0]?.resource).not.toHaveProperty(element);
      expect(text).not.toMatch(/DN15|Y90001|960001|example\.test/);
    }
  });

  it.each([
    ['postcode', { 'address-postalcode': 'DN15 0AD' }],
    ['the start of the postcode', { 'address-postalcode': 'DN*' }],
    ['practice', { 'general-practitioner': 'Y90001' }],
    ['phone', { phone: '01632 960001' }],
    ['email', { email: 'rodney@example.test' }],
    [
      'postcode, fuzzily',
      { 'address-postalcode': 'DN15 0AD', '_fuzzy-match': 'true', given: 'Rodney', gender: 'male' },
    ],
    ['practice, fuzzily', { 'general-practitioner': 'Y90001', '_fuzzy-match': 'true', given: 'Rodney' }],
    [
      'a wrong practice, fuzzily',
      { 'general-practitioner': 'Y90002', '_fuzzy-match': 'true', given: 'Rodney' },
    ],
  ])('is not found when the search says their %s', async (_, more) => {
    const { status, text } = await search({ ...rodney, ...more });
    const nobody = await search({ family: 'Nobodyson', birthdate: '1936-02-24', ...more, given: 'Rodney' });
    expect(status).toBe(200);
    expect(text).toBe(nobody.text);
  });

  it('is found by NHS number without any place, and not with one', async () => {
    const identifier = everybody.find(({ id }) => id === 'hidden')?.identifier[0]?.value ?? '';
    const { found, entries } = await search({ identifier });
    expect(found).toEqual(['hidden']);
    expect(entries[0]?.resource).not.toHaveProperty('address');
    expect((await search({ identifier, 'address-postalcode': 'DN15 0AD' })).found).toEqual([]);
  });

  it('is never found by $match, nor linked by it', async () => {
    const resource = {
      resourceType: 'Patient',
      name: [{ family: 'Godsown', given: ['Rodney'] }],
      birthDate: '1936-02-24',
      gender: 'male',
    };
    const matched = await region.call('match-patient', {
      body: { resourceType: 'Parameters', parameter: [{ name: 'resource', resource }] },
    });
    expect([matched.status, matched.body.total]).toEqual([200, 0]);
    await register({ ...resource, id: 'rodney-elsewhere' }, 'T9B');
    expect(people.get('rodney-elsewhere')).not.toBe(people.get('hidden'));
  });

  it('has no place in the index', async () => {
    const items = await region.recordItems();
    const restricted = items.filter((item) => item.type === 'BlockingKey' && item.restricted);
    expect(restricted.length).toBeGreaterThan(0);
    for (const item of restricted)
      expect(JSON.stringify(item.variants)).not.toMatch(/postcode|DN15|Y90001|phone|email|960001/);
  });
});

describe('bad input to a search', () => {
  const poole = { family: 'Poolish', birthdate: '1941-10-24' };
  it.each<[string, Query, string]>([
    ['no field', {}, 'TOO_FEW_SEARCH_FIELDS'],
    ['a name alone', { family: 'Poolish' }, 'TOO_FEW_SEARCH_FIELDS'],
    ['a birth date alone', { birthdate: '1941-10-24' }, 'TOO_FEW_SEARCH_FIELDS'],
    ['a gender alone', { gender: 'female' }, 'TOO_FEW_SEARCH_FIELDS'],
    ['phone and email alone', { phone: '01632960001', email: 'a@example.test' }, 'TOO_FEW_SEARCH_FIELDS'],
    ['no family name in a plain search', { given: 'Mark', birthdate: '1941-10-24' }, 'TOO_FEW_SEARCH_FIELDS'],
    ['no given name in a fuzzy search', { ...poole, '_fuzzy-match': 'true' }, 'TOO_FEW_SEARCH_FIELDS'],
    ['one letter before a wildcard', { ...poole, family: 'P*' }, 'INVALID_REQUEST'],
    ['a wildcard alone', { ...poole, family: '*' }, 'INVALID_REQUEST'],
    [
      'one letter before a wildcard of the postcode',
      { ...poole, 'address-postalcode': 'D*' },
      'INVALID_REQUEST',
    ],
    ['a birth date in the future', { ...poole, birthdate: '2027-01-01' }, 'INVALID_REQUEST'],
    ['an impossible date', { ...poole, birthdate: '1941-02-30' }, 'INVALID_REQUEST'],
    ['a partial date', { ...poole, birthdate: '1941' }, 'INVALID_REQUEST'],
    ['another prefix', { ...poole, birthdate: 'gt1941-10-24' }, 'INVALID_REQUEST'],
    ['two equal prefixes', { ...poole, birthdate: ['1941-10-24', '1941-10-25'] }, 'INVALID_REQUEST'],
    [
      'a range that ends before it begins',
      { ...poole, birthdate: ['ge1941-10-25', 'le1941-10-24'] },
      'INVALID_REQUEST',
    ],
    [
      'a wide range with a wildcard',
      { family: 'Poo*', birthdate: ['ge1941-01-01', 'le1941-12-31'] },
      'INVALID_REQUEST',
    ],
    ['a range of nine decades', { ...poole, birthdate: 'ge1931-01-01' }, 'INVALID_REQUEST'],
    ['a name of 10,000 characters', { ...poole, family: 'P'.repeat(10_000) }, 'INVALID_REQUEST'],
    ['an emoji', { ...poole, family: '🙂' }, 'INVALID_REQUEST'],
    ['invisible characters alone', { ...poole, family: '\u200b\u200e' }, 'INVALID_REQUEST'],
    ['a repeated family name', { ...poole, family: ['Poolish', 'Canary'] }, 'INVALID_REQUEST'],
    ['an empty family name', { ...poole, family: '' }, 'INVALID_REQUEST'],
    ['_max-results of 0', { ...poole, '_max-results': '0' }, 'INVALID_REQUEST'],
    ['_max-results of 51', { ...poole, '_max-results': '51' }, 'INVALID_REQUEST'],
    ['_max-results that is no number', { ...poole, '_max-results': 'all' }, 'INVALID_REQUEST'],
    ['an unknown parameter', { ...poole, favourite: 'Canary' }, 'INVALID_REQUEST'],
    ['__proto__', { ...poole, ['__proto__']: 'Canary' }, 'INVALID_REQUEST'],
    ['an unknown gender', { ...poole, gender: 'Canary' }, 'INVALID_REQUEST'],
    ['a flag that is neither true nor false', { ...poole, '_fuzzy-match': 'yes' }, 'INVALID_REQUEST'],
    [
      'both names of the postcode',
      { ...poole, 'address-postalcode': 'E2 8AA', 'address-postcode': 'E2 8AA' },
      'INVALID_REQUEST',
    ],
    ['no postcode', { ...poole, 'address-postalcode': 'Canary Wharf station' }, 'INVALID_REQUEST'],
    ['a phone without digits', { ...poole, phone: 'canary' }, 'INVALID_REQUEST'],
    ['an email without @', { ...poole, email: 'canary' }, 'INVALID_REQUEST'],
    ['a practice that is no code', { ...poole, 'general-practitioner': 'Canary Surgery' }, 'INVALID_REQUEST'],
    ['another identifier', { identifier: 'https://canary.example/id|1' }, 'INVALID_REQUEST'],
    ['a bad check digit', { identifier: '9990000000' }, 'INVALID_NHS_NUMBER'],
    ['full-width digits', { identifier: '９９９０００００１３' }, 'INVALID_NHS_NUMBER'],
  ])('%s: an error that says which, repeats nothing and is audited', async (_, query, code) => {
    const before = (await region.auditEntries()).length;
    const answer = await search(query);
    expect([answer.status, answer.code]).toEqual([400, code]);
    expect(answer.text).not.toMatch(/canary|poolish|1941|9990/i);
    const entries = await region.auditEntries();
    expect(entries).toHaveLength(before + 1);
    expect(entries.at(-1)).toMatchObject({
      outcome: 'refused',
      errorCode: code,
      operation: 'search-patients',
    });
  });

  it.each([
    ['marks of direction', '\u200ePool\u200fish\u202c'],
    ['zero-width characters', 'Pool\u200bish'],
    ['mixed case and width', 'ＰＯＯＬＩＳＨ'],
  ])('%s within a name make no difference', async (_, family) => {
    expect((await search({ ...poole, family })).found).toEqual(['poole']);
  });

  it.each([
    ['letters of two scripts', 'Рoolish'],
    ['another script', 'Пулиш'],
  ])('%s find nobody', async (_, family) => {
    const { status, found } = await search({ ...poole, family });
    expect([status, found]).toEqual([200, []]);
  });

  it('refuses an application that asks for more than one', async () => {
    const { code, status } = await search({ ...poole, '_max-results': '2' }, application);
    expect([status, code]).toEqual([403, 'FORBIDDEN_ROLE']);
    expect((await search({ ...poole, '_max-results': '1' }, application)).found).toEqual(['poole']);
  });

  it('refuses a role that may not match', async () => {
    expect((await search(poole, feed)).code).toBe('FORBIDDEN_ROLE');
  });
});

describe('a block that very many share', () => {
  const shared = {
    names: [{ family: 'Everyman', given: ['Jo'] }],
    birthDate: '1970-01-01',
    deceased: false,
    restricted: false,
  };
  const jo = { family: 'Everyman', birthdate: '1970-01-01' };

  beforeAll(async () => {
    const { store } = region;
    const sources = Array.from({ length: 320 }, (_, index) => ({ ods: 'T9A', local: `everyman-${index}` }));
    for (const source of sources) await putBlocks(store, blocksOf(store, source, shared, 1));
  });

  it.each<[string, Query]>([
    ['plainly', jo],
    ['by a wildcard', { ...jo, family: 'Ev*' }],
    ['by one who is not among them', { ...jo, given: 'Somebody' }],
    ['in a range', { ...jo, birthdate: ['ge1960-01-01', 'le1979-12-31'] }],
    ['fuzzily', { ...jo, '_fuzzy-match': 'true', given: 'Jo' }],
  ])('is read in part and never claimed to be complete, %s', async (_, query) => {
    for (const caller of [clerk, application]) {
      const { code, status } = await search(query, caller);
      expect([status, code]).toEqual([200, 'TOO_MANY_MATCHES']);
    }
  });

  it('is not there for a name that stands for none', async () => {
    for (const id of ['placeholder-1', 'placeholder-2'])
      await register(
        patient(id, { family: 'UNKNOWN', given: 'Baby', birthDate: '1900-01-01', postcode: 'ZZ99 3WZ' }),
      );
    const { status, found } = await search({ family: 'Unknown', birthdate: '1900-01-01' });
    expect([status, found]).toEqual([200, []]);
  });
});

describe('a search', () => {
  it('takes no more than twelve store calls, whatever is asked for', async () => {
    let calls = 0;
    const { store } = region;
    const client = {
      send: (command: Parameters<typeof store.client.send>[0]) => {
        calls += 1;
        return store.client.send(command);
      },
    } as typeof store.client;
    const caller = {
      ...clerk,
      name: 'Ada Quay',
      organisation: 'T9A',
      purpose: 'directcare',
      tokenId: 't',
    } as const;
    const names = { family: soughtText('Smith-Gwinnet'), given: [soughtText('Ted'), soughtText('Bill')] };
    const days = { from: '2020-09-18', to: '2020-09-24' };
    for (const fuzzy of [false, true])
      for (const birthDate of [{ from: days.from, to: days.from }, days, { to: '1970-01-01' }]) {
        calls = 0;
        const plain = { fuzzy, exactOnly: false, history: true, birthDate, postcode: 'DN158JY' };
        await searchPatients({ policy, store: { ...store, client } }, caller, {
          ...plain,
          ...names,
        } as PatientSearch);
        expect(calls).toBeGreaterThan(0);
        expect(calls).toBeLessThanOrEqual(12);
      }
  });
});

describe('what a search leaves behind', () => {
  it('is one audit entry for each person who was answered', async () => {
    const before = (await region.auditEntries()).length;
    const { found } = await search({ family: 'Youdsley', birthdate: '1970-01-24' });
    const written = (await region.auditEntries()).slice(before);
    expect(written.map(({ personId }) => personId).toSorted()).toEqual(
      found.map((id) => people.get(id ?? '')).toSorted(),
    );
    for (const entry of written)
      expect(entry).toMatchObject({
        operation: 'search-patients',
        action: 'E',
        outcome: 'success',
        resourceCount: 1,
      });
  });

  it('is one audit entry without a person when nobody is answered, or too many are', async () => {
    const before = (await region.auditEntries()).length;
    await search({ family: 'Nobodyson', birthdate: '1970-01-24' });
    await search({ family: 'Youdsley', birthdate: '1970-01-24', '_max-results': '1' });
    const written = (await region.auditEntries()).slice(before);
    expect(written.map(({ outcome, errorCode, personId }) => [outcome, errorCode, personId])).toEqual([
      ['success', undefined, undefined],
      ['refused', 'TOO_MANY_MATCHES', undefined],
    ]);
  });

  it('is a link that repeats nothing that was asked for', async () => {
    const { body } = await search({ family: 'Poolish', birthdate: '1941-10-24' });
    expect(body.link).toEqual([{ relation: 'self', url: 'https://record.test/FHIR/R4/Patient' }]);
  });

  it('is no name, number or birth date in any log line', () => {
    const logs = region.logs();
    expect(logs).toContain('search-patients');
    expect(logs).not.toMatch(/poolish|youdsley|godsown|canary|1941-10-24|1970-01-24|DN15|example\.test/i);
    expect(withoutRandomIds(logs)).not.toMatch(/999\d{7}/);
  });
});
