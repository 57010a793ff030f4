import type { Bundle } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matchPolicy } from '../../../functions/domain/matching/match-policy.ts';
import { blocksOf, putBlocks } from '../../../functions/store/blocking-key.ts';
import { sourceRef } from '../../../functions/store/keys.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { makeBundle, makePatient } from '../../support/people.ts';

const feed = { role: 'feed', purpose: 'feed' } as const;

interface Sought {
  readonly family?: string;
  readonly given?: readonly string[];
  readonly birthDate?: string;
  readonly postcode?: string;
  readonly gender?: string;
}

const marian: Sought = {
  family: 'Lockwood',
  given: ['Marian'],
  birthDate: '1971-03-09',
  postcode: 'E2 8AA',
  gender: 'female',
};

let region: TestRegion;
let personId: string | undefined;
beforeAll(async () => {
  region = await openTestRegion();
  const { body } = await region.call('submit-bundle', { caller: feed, body: makeBundle(makePatient()) });
  personId = body.entry?.[0]?.response?.location?.replace('Patient/', '');
});
afterAll(() => region?.close());

const longestMilliseconds = 2_000;

async function match({ birthDate, family, gender, given, postcode }: Sought) {
  const resource = {
    resourceType: 'Patient',
    name: [{ ...(family !== undefined && { family }), ...(given && { given }) }],
    ...(birthDate !== undefined && { birthDate }),
    ...(gender !== undefined && { gender }),
    ...(postcode !== undefined && { address: [{ postalCode: postcode }] }),
  };
  const started = performance.now();
  const answer = await region.call<Bundle>('match-patient', {
    body: { resourceType: 'Parameters', parameter: [{ name: 'resource', resource }] },
  });
  expect(performance.now() - started).toBeLessThan(longestMilliseconds);
  return answer;
}

function foundBy({ body, status }: Awaited<ReturnType<typeof match>>) {
  return [
    status,
    ...(body.entry ?? []).map(
      ({ resource, search }) => `${resource?.id} ${search?.extension?.[0]?.valueCode}`,
    ),
  ];
}

describe('$match finds a person', () => {
  it.each<[string, Sought]>([
    ['plain', {}],
    ['a zero-width space in the family name', { family: 'Lock\u200Bwood' }],
    ['right-to-left marks around the given name', { given: ['\u200F\u202EMarian\u202C'] }],
    ['a byte-order mark before the name', { family: '\uFEFFLockwood' }],
    ['a soft hyphen in the name', { family: 'Lock\u00ADwood' }],
    ['full-width letters', { family: 'ＬＯＣＫＷＯＯＤ', given: ['ｍａｒｉａｎ'] }],
    ['an emoji after the name', { family: 'Lockwood 😀' }],
    [
      'combining accents on every letter',
      { family: 'L\u0301o\u0302c\u0303k\u0304w\u0306o\u0307o\u0308d\u030A' },
    ],
    ['a letter of another script that looks alike', { family: 'Lockw\u043Eod' }],
    ['a name of 10,000 letters beside hers', { given: ['Marian', 'x'.repeat(10_000)] }],
    ['a hundred given names beside hers', { given: ['Marian', ...Array<string>(100).fill('Xerxes')] }],
    ['a birth date in the future, one digit off', { birthDate: '2971-03-09' }],
    ['a postcode with an invisible character', { postcode: 'E2\u200B 8AA' }],
    ['a placeholder for a family name', { family: 'UNKNOWN' }],
  ])('by %s', async (_name, odd) => {
    expect(foundBy(await match({ ...marian, ...odd }))).toEqual([200, `${personId} certain`]);
  });
});

describe('$match finds nobody, and says so,', () => {
  it.each<[string, Sought]>([
    ['another script', { family: 'Παπαδοπούλου', given: ['Μαρία'], birthDate: '1988-12-25' }],
    ['scripts mixed in one name', { family: 'Lоסמ王', given: ['М-a-р'], birthDate: '1988-12-25' }],
    ['a birth date in the future', { family: 'Okafor', given: ['Ada'], birthDate: '2999-12-31' }],
    [
      'the first birth date that can be written',
      { family: 'Okafor', given: ['Ada'], birthDate: '0001-01-01' },
    ],
    [
      'a given name of 10,000 letters',
      { family: 'Okafor', given: ['x'.repeat(10_000)], birthDate: '1988-12-25' },
    ],
    [
      'a family name as long as is taken',
      { family: 'y'.repeat(250), given: ['Ada'], birthDate: '1988-12-25' },
    ],
  ])('by %s', async (_name, odd) => {
    expect(foundBy(await match(odd))).toEqual([200]);
  });
});

describe('$match refuses', () => {
  it.each<[string, Sought, string]>([
    ['a search without any field', {}, 'TOO_FEW_SEARCH_FIELDS'],
    ['a name only', { family: 'Lockwood', given: ['Marian'] }, 'TOO_FEW_SEARCH_FIELDS'],
    ['a postcode only', { postcode: 'E2 8AA' }, 'TOO_FEW_SEARCH_FIELDS'],
    [
      'placeholders only',
      {
        family: 'UNKNOWN',
        given: ['Baby'],
        birthDate: '1900-01-01',
        postcode: 'ZZ99 3WZ',
        gender: 'unknown',
      },
      'TOO_FEW_SEARCH_FIELDS',
    ],
    [
      'names of invisible characters',
      { ...marian, family: '\u200B\u200B', given: ['\u2060'], postcode: '', gender: 'unknown' },
      'TOO_FEW_SEARCH_FIELDS',
    ],
    ['names of emoji', { family: '😀', given: ['👶🏽'], birthDate: '1971-03-09' }, 'TOO_FEW_SEARCH_FIELDS'],
    [
      'names of punctuation',
      { family: '-', given: ['.', '"'], birthDate: '1971-03-09' },
      'TOO_FEW_SEARCH_FIELDS',
    ],
    [
      'hundreds of one-letter names',
      { family: 'a '.repeat(120), given: ['b '.repeat(5_000)], birthDate: '1971-03-09' },
      'TOO_FEW_SEARCH_FIELDS',
    ],
    ['a family name of 10,000 letters', { ...marian, family: 'x'.repeat(10_000) }, 'INVALID_REQUEST'],
    ['an impossible birth date', { ...marian, birthDate: '1971-02-30' }, 'INVALID_REQUEST'],
    ['a thirteenth month', { ...marian, birthDate: '1971-13-09' }, 'INVALID_REQUEST'],
    ['a birth date in full-width digits', { ...marian, birthDate: '１９７１-０３-０９' }, 'INVALID_REQUEST'],
    [
      'an invisible character in the birth date',
      { ...marian, birthDate: '1971-03\u200B-09' },
      'INVALID_REQUEST',
    ],
    ['a gender that FHIR does not know', { ...marian, gender: 'w' }, 'INVALID_REQUEST'],
  ])('%s', async (_name, odd, code) => {
    const answer = await match(odd);
    expect([answer.status, answer.code]).toEqual([400, code]);
    expect(answer.text).not.toMatch(/lockwood|marian|1971|xxx/i);
  });
});

describe('$match in a block that a hundred thousand share', () => {
  const crowd = { family: 'Nonamebury', given: 'Alex', birthDate: '1961-01-01', postcode: 'E1 1ZZ' };
  beforeAll(async () => {
    const { body } = await region.call('submit-bundle', {
      caller: feed,
      body: makeBundle(makePatient({ ...crowd, id: 'one-of-many' })),
    });
    expect(body.entry?.[0]?.response?.status).toMatch(/^201/);
    // What stands in the index of the others, who are not looked up: they are too many for that.
    const demographics = {
      names: [{ family: crowd.family, given: [crowd.given] }],
      birthDate: crowd.birthDate,
      postcode: crowd.postcode,
      deceased: false,
      restricted: false,
    };
    const { store } = region;
    for (let index = 0; index < matchPolicy.blocking.blockLimit * 5; index += 1) {
      const blocks = blocksOf(store, sourceRef(store.keys, 'T9A', `crowd-${index}`), demographics, 1);
      await putBlocks(store, blocks);
    }
  });

  it.each<[string, Sought]>([
    ['who is one of them', { ...crowd, given: [crowd.given] }],
    [
      'by the placeholder date and place alone',
      { birthDate: crowd.birthDate, postcode: crowd.postcode, gender: 'female' },
    ],
    ['without a place', { family: crowd.family, given: [crowd.given], birthDate: crowd.birthDate }],
    ['without a date', { family: crowd.family, given: [crowd.given], postcode: crowd.postcode }],
  ])(
    'says that it was cut, is quick, and is certain of nobody: a person sought %s',
    async (_name, sought) => {
      const { body, status } = await match(sought);
      expect(status).toBe(200);
      const grades = (body.entry ?? []).flatMap(({ search }) => search?.extension?.[0]?.valueCode ?? []);
      expect(grades).not.toContain('certain');
      expect(body.entry?.at(-1)).toMatchObject({
        search: { mode: 'outcome' },
        resource: { resourceType: 'OperationOutcome', issue: [{ severity: 'warning', code: 'incomplete' }] },
      });
    },
  );

  it('still finds who shares nothing with the crowd', async () => {
    expect(foundBy(await match(marian))).toEqual([200, `${personId} certain`]);
  });
});
