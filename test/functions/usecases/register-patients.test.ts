import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceRef } from '../../../functions/store/keys.ts';
import { getPerson } from '../../../functions/store/person.ts';
import { listReviewTasks } from '../../../functions/store/review-task.ts';
import { getSetAside } from '../../../functions/store/source-record.ts';
import type { Region } from '../../../functions/usecases/region.ts';
import { makeAllergy, makePatient, testNhsNumber } from '../../support/people.ts';
import { allItems, recordOf, regionOf, register, submit } from '../../support/registration.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

let store: TestStore;
let region: Region;
beforeAll(async () => {
  store = await openTestStore();
  region = regionOf(store);
});
afterAll(() => store.close());

let people = 0;
/** Somebody whom no other test knows: a rare name, an own day and postcode. */
function somebody() {
  people += 1;
  const letter = String.fromCharCode(97 + (people % 26));
  const syllables = ['bar', 'del', 'fox', 'gil', 'hun', 'jov', 'kel', 'lun', 'mor', 'nim', 'pol', 'quo'];
  const family = `${syllables[people % 12]}${syllables[Math.floor(people / 12) % 12]}wick${letter}`;
  return {
    family: family[0]?.toUpperCase() + family.slice(1),
    given: 'Marian',
    birthDate: `19${50 + (people % 40)}-0${1 + (people % 9)}-1${people % 9}`,
    postcode: `E${1 + (people % 9)} ${people % 9}A${letter.toUpperCase()}`,
  };
}
const tasks = async () => (await listReviewTasks(store, 'open', 100)).tasks;

describe('a verified NHS number', () => {
  it('decides, although name and address have changed', async () => {
    const one = { ...somebody(), nhsNumber: testNhsNumber(100) };
    const first = await register(region, 'T9A', makePatient({ ...one, id: 'n1' }));
    const second = await register(
      region,
      'T9B',
      makePatient({ ...one, id: 'n1', family: 'Newlywed', postcode: 'SW1A 1AA' }),
    );
    expect(second).toMatchObject({ fate: 'person-linked', personId: first.personId });
  });

  it('with demographics of somebody else is held in quarantine, and a person is asked', async () => {
    const one = { ...somebody(), nhsNumber: testNhsNumber(101) };
    const { personId } = await register(region, 'T9A', makePatient({ ...one, id: 'q1' }));
    const other = { ...somebody(), given: 'Chidi', birthDate: '2001-12-31', nhsNumber: testNhsNumber(101) };
    const held = await register(region, 'T9B', makePatient({ ...other, id: 'q1' }));
    expect(held).toEqual({
      fate: 'quarantined',
      reason: 'nhs-number-of-another-person',
      resourceType: 'Patient',
    });
    expect(await tasks()).toContainEqual(
      expect.objectContaining({ kind: 'quarantine', reason: 'nhs-number-of-another-person', personId }),
    );
    const { local } = sourceRef(store.keys, 'T9B', 'q1');
    const blocks = (await allItems(region)).filter(
      ({ SK, type }) => type === 'BlockingKey' && String(SK).endsWith(local),
    );
    expect(blocks).toEqual([]);
  });

  it('that differs keeps two people apart, however alike they are, and asks nobody', async () => {
    const before = (await tasks()).length;
    const one = somebody();
    const first = await register(
      region,
      'T9A',
      makePatient({ ...one, id: 'd1', nhsNumber: testNhsNumber(102) }),
    );
    const second = await register(
      region,
      'T9B',
      makePatient({ ...one, id: 'd2', nhsNumber: testNhsNumber(103) }),
    );
    expect(second).toMatchObject({ fate: 'person-created', possibleDuplicates: 0 });
    expect(second.personId).not.toBe(first.personId);
    expect(await tasks()).toHaveLength(before);
  });

  it('is taken over by a person who had none, and leads to them from then on', async () => {
    const one = somebody();
    const nhsNumber = testNhsNumber(104);
    const { personId } = await register(region, 'T9A', makePatient({ ...one, id: 'o1' }));
    const linked = await register(region, 'T9B', makePatient({ ...one, id: 'o1', nhsNumber }));
    expect(linked).toMatchObject({ fate: 'person-linked', personId });
    expect((await getPerson(store, personId ?? ''))?.nhsNumber).toBe(nhsNumber);
    const third = await register(region, 'Y90001', makePatient({ ...one, id: 'o1', given: 'M', nhsNumber }));
    expect(third.personId).toBe(personId);
  });
});

describe('a number that replaces another', () => {
  it('is followed when nothing speaks of two lives', async () => {
    const one = somebody();
    const [old, current] = [testNhsNumber(110), testNhsNumber(111)];
    const first = await register(region, 'T9A', makePatient({ ...one, id: 's1', nhsNumber: old }));
    const second = await register(
      region,
      'T9B',
      makePatient({ ...one, id: 's1', nhsNumber: current, superseded: [old] }),
    );
    expect(second).toMatchObject({ fate: 'person-linked', personId: first.personId });
    const person = await getPerson(store, first.personId ?? '');
    expect([person?.nhsNumber, person?.supersededNhsNumbers]).toEqual([current, [old]]);
  });

  it.each([
    ['adoption', { birthDate: '2019-05-05' }, { family: 'Adopted', given: 'Otto' }],
    ['a change of a child’s surname', { birthDate: '2019-05-05' }, { family: 'Stepson' }],
    ['a change of gender', { gender: 'male', given: 'Simon' }, { gender: 'female', given: 'Simone' }],
    ['protection', {}, { restricted: true }],
  ] as const)('is never followed after %s: old and new know nothing of each other', async (_, was, is) => {
    const one = { ...somebody(), ...was };
    const n = 120 + people * 2;
    const [old, current] = [testNhsNumber(n), testNhsNumber(n + 1)];
    const first = await register(region, 'T9A', makePatient({ ...one, id: `life-${n}`, nhsNumber: old }));
    const before = (await tasks()).length;
    const second = await register(
      region,
      'T9B',
      makePatient({ ...one, ...is, id: `life-${n}`, nhsNumber: current, superseded: [old] }),
    );
    expect(second).toMatchObject({ fate: 'person-created', possibleDuplicates: 0 });
    expect(second.personId).not.toBe(first.personId);
    const [was1, is1] = [
      await getPerson(store, first.personId ?? ''),
      await getPerson(store, second.personId ?? ''),
    ];
    expect([was1?.nhsNumber, was1?.supersededNhsNumbers]).toEqual([old, undefined]);
    expect([is1?.nhsNumber, is1?.supersededNhsNumbers]).toEqual([current, undefined]);
    expect(await tasks()).toHaveLength(before);
  });

  it('that a message withdraws without another leaves the person without number', async () => {
    const one = somebody();
    const number = testNhsNumber(118);
    const { personId = '' } = await register(
      region,
      'T9A',
      makePatient({ ...one, id: 'w1', nhsNumber: number }),
    );
    expect(
      await register(region, 'T9A', makePatient({ ...one, id: 'w1', superseded: [number] })),
    ).toMatchObject({
      fate: 'person-updated',
    });
    const person = await getPerson(store, personId);
    expect([person?.nhsNumber, person?.supersededNhsNumbers]).toEqual([undefined, [number]]);
  });
});

describe('people who share almost everything', () => {
  it.each([
    ['twins', { given: 'Oliver' }, { given: 'Theodore' }],
    ['twins whose names sound alike', { given: 'Tim' }, { given: 'Jim' }],
    ['twins not yet named', { given: 'Twin one' }, { given: 'Twin two' }],
    ['a twin with a name and one without', { given: 'Oliver' }, { given: 'Baby' }],
    [
      'father and son of one name',
      { given: 'Oliver', birthDate: '1950-02-03' },
      { given: 'Oliver', birthDate: '1981-07-19' },
    ],
    [
      'husband and wife',
      { given: 'Oliver', gender: 'male' },
      { given: 'Olivia', gender: 'female', birthDate: '1952-12-30' },
    ],
  ] as const)('are not linked by the machine: %s', async (_, first, second) => {
    const home = somebody();
    const one = await register(region, 'T9A', makePatient({ ...home, ...first, id: `h-${people}` }));
    const other = await register(region, 'T9B', makePatient({ ...home, ...second, id: `h-${people}` }));
    expect(other.fate).toBe('person-created');
    expect(other.personId).not.toBe(one.personId);
  });

  it('are each found again by their own records, also triplets', async () => {
    const home = somebody();
    const ids: (string | undefined)[] = [];
    for (const given of ['Oliver', 'Theodore', 'Matilda']) {
      const { personId } = await register(region, 'T9A', makePatient({ ...home, given, id: `t-${given}` }));
      ids.push(personId);
    }
    expect(new Set(ids).size).toBe(3);
    for (const [index, given] of ['Oliver', 'Theodore', 'Matilda'].entries())
      expect(await register(region, 'T9B', makePatient({ ...home, given, id: `t-${given}` }))).toMatchObject({
        fate: 'person-linked',
        personId: ids[index],
      });
  });
});

describe('an update of a linked record', () => {
  it('follows its link through marriage, a move and a corrected birth date', async () => {
    const one = somebody();
    const { personId } = await register(region, 'T9A', makePatient({ ...one, id: 'u1' }));
    for (const change of [{ family: 'Newlywed' }, { postcode: 'SW1A 1AA' }, { birthDate: '1949-01-02' }]) {
      Object.assign(one, change);
      expect(await register(region, 'T9A', makePatient({ ...one, id: 'u1' }))).toMatchObject({
        fate: 'person-updated',
        personId,
      });
    }
    const { demographics } = await recordOf(region, 'T9A', 'u1');
    expect(demographics.names.map(({ family, historic }) => [family, historic])).toEqual([
      ['Newlywed', undefined],
      [expect.stringContaining('wick'), true],
    ]);
    expect(demographics.historicPostcodes).toHaveLength(1);
  });

  it('that looks like another person is set aside with what came with it, and a person is asked', async () => {
    const [one, other] = [somebody(), { ...somebody(), given: 'Edwin', gender: 'male' as const }];
    const { personId } = await register(region, 'T9A', makePatient({ ...one, id: 'v1' }));
    const { personId: otherId } = await register(region, 'T9B', makePatient({ ...other, id: 'v2' }));
    const before = await recordOf(region, 'T9A', 'v1');
    const entries = await submit(
      region,
      'T9A',
      makePatient({ ...other, id: 'v1' }),
      makeAllergy('v1-allergy', 'v1'),
    );
    expect(entries).toEqual([
      { fate: 'set-aside', reason: 'overlay', resourceType: 'Patient' },
      { fate: 'not-stored', resourceType: 'AllergyIntolerance' },
    ]);
    expect(await recordOf(region, 'T9A', 'v1')).toEqual(before);
    expect(await getSetAside(store, before.source)).toMatchObject({ reason: 'overlay', looksLike: otherId });
    expect(await tasks()).toContainEqual(
      expect.objectContaining({ kind: 'overlay', personId, source: before.source }),
    );
    const items = await allItems(region);
    expect(await register(region, 'T9A', makePatient({ ...other, id: 'v1' }))).toMatchObject({
      reason: 'overlay',
    });
    expect((await allItems(region)).length).toBe(items.length + 1);
  });

  it('with a twin’s details is set aside, although almost everything agrees', async () => {
    const home = somebody();
    await register(region, 'T9A', makePatient({ ...home, given: 'Oliver', id: 'tw1' }));
    await register(region, 'T9A', makePatient({ ...home, given: 'Theodore', id: 'tw2' }));
    expect(
      await register(region, 'T9A', makePatient({ ...home, given: 'Theodore', id: 'tw1' })),
    ).toMatchObject({
      fate: 'set-aside',
      reason: 'overlay',
    });
  });

  it('that says who an unknown patient is, is written', async () => {
    const one = somebody();
    const { personId } = await register(
      region,
      'T9X',
      makePatient({ ...one, family: 'Unknown', given: 'Unknown', birthDate: '1900-01-01', id: 'x1' }),
    ).catch(() =>
      register(
        region,
        'T9B',
        makePatient({ ...one, family: 'Unknown', given: 'Unknown', birthDate: '1900-01-01', id: 'x1' }),
      ),
    );
    expect(await register(region, 'T9B', makePatient({ ...one, id: 'x1' }))).toMatchObject({
      fate: 'person-updated',
      personId,
    });
  });

  it('with another verified number is set aside', async () => {
    const one = somebody();
    await register(region, 'T9A', makePatient({ ...one, id: 'y1', nhsNumber: testNhsNumber(300) }));
    expect(
      await register(
        region,
        'T9A',
        makePatient({ ...one, given: 'Marion', id: 'y1', nhsNumber: testNhsNumber(301) }),
      ),
    ).toEqual({ fate: 'set-aside', reason: 'nhs-number-changed', resourceType: 'Patient' });
  });

  it('leaves nothing of the former details in the index but as history', async () => {
    const one = somebody();
    await register(region, 'T9A', makePatient({ ...one, id: 'z1' }));
    await register(region, 'T9A', makePatient({ ...one, birthDate: '1948-11-12', id: 'z1' }));
    const { local } = sourceRef(store.keys, 'T9A', 'z1');
    const blocks = (await allItems(region)).filter(
      ({ SK, type }) => type === 'BlockingKey' && String(SK).endsWith(local),
    );
    expect(blocks.length).toBeGreaterThan(3);
    expect(JSON.stringify(blocks)).not.toContain(one.birthDate);
  });
});

describe('one Bundle', () => {
  it('with two records of one person makes one person', async () => {
    const one = somebody();
    const entries = await submit(
      region,
      'T9A',
      makePatient({ ...one, id: 'b1' }),
      makePatient({ ...one, id: 'b2', nhsNumber: testNhsNumber(310) }),
      makePatient({ ...one, id: 'b3' }),
    );
    expect(entries.map(({ fate }) => fate)).toEqual(['person-created', 'person-linked', 'person-linked']);
    expect(new Set(entries.map(({ personId }) => personId)).size).toBe(1);
    const person = await getPerson(store, entries[0]?.personId ?? '');
    expect(person).toMatchObject({ nhsNumber: testNhsNumber(310), version: 1 });
  });
});

describe('doubt', () => {
  it('makes a new person and a task about the pair, once', async () => {
    const one = somebody();
    const { personId } = await register(region, 'T9A', makePatient({ ...one, given: 'Oliver', id: 'p1' }));
    const other = await register(region, 'T9B', makePatient({ ...one, given: 'Baby', id: 'p1' }));
    expect(other).toMatchObject({ fate: 'person-created', possibleDuplicates: 1 });
    const pair = (await tasks()).filter(({ otherPersonId }) => otherPersonId === personId);
    expect(pair).toMatchObject([{ kind: 'possible-duplicate', personId: other.personId }]);
  });

  it('about a restricted person tells the sender nothing, and a steward enough', async () => {
    const one = { ...somebody(), given: 'Oliver' };
    const nhsNumber = testNhsNumber(320);
    const { personId } = await register(
      region,
      'T9B',
      makePatient({ ...one, id: 'r2', restricted: true, nhsNumber }),
    );
    expect(await register(region, 'Y90001', makePatient({ ...one, id: 'r3', nhsNumber }))).toMatchObject({
      fate: 'person-linked',
      personId,
    });
    const sent = await register(region, 'T9M', makePatient({ ...one, id: 'r4' }));
    expect(sent).toMatchObject({ fate: 'person-created', possibleDuplicates: 0 });
    expect((await tasks()).filter(({ otherPersonId }) => otherPersonId === personId)).toHaveLength(1);
  });
});
