import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markNotDuplicate, markNotPerson } from '../../../functions/store/identity-mark.ts';
import { sourceRef } from '../../../functions/store/keys.ts';
import { getPerson } from '../../../functions/store/person.ts';
import { listReviewTasks } from '../../../functions/store/review-task.ts';
import { transact } from '../../../functions/store/transaction.ts';
import type { Region } from '../../../functions/usecases/region.ts';
import { rematchSource } from '../../../functions/usecases/rematch-source.ts';
import { makePatient, testNhsNumber } from '../../support/people.ts';
import { recordOf, regionOf, register } from '../../support/registration.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

let store: TestStore;
let region: Region;
beforeAll(async () => {
  store = await openTestStore();
  region = regionOf(store);
});
afterAll(() => store.close());

const steward = { subject: 'steward', name: 'Stella Lock', organisation: 'T9A' };
const rematch = (ods: string, id: string) => rematchSource(region, sourceRef(store.keys, ods, id));

interface Details {
  readonly family: string;
  readonly given: string;
  readonly birthDate: string;
  readonly postcode: string;
}

/** Two records of one person that were registered as two: the second under a wrong name and day, corrected since. */
async function correctedLater(
  one: Details,
  n: number,
  meanwhile: (wrong: Details) => Promise<void> = async () => undefined,
) {
  const id = `late-${n}`;
  const first = await register(region, 'T9A', makePatient({ ...one, id }));
  const wrong = {
    ...one,
    family: 'Mistaken',
    given: 'Wrongly',
    birthDate: '1931-12-30',
    postcode: 'TR1 1AA',
    id,
  };
  const second = await register(region, 'T9B', makePatient(wrong));
  expect(second.personId).not.toBe(first.personId);
  await meanwhile(wrong);
  for (const correction of [
    { given: one.given },
    { birthDate: one.birthDate },
    { postcode: one.postcode },
    { family: one.family },
  ]) {
    Object.assign(wrong, correction);
    expect((await register(region, 'T9B', makePatient(wrong))).fate).toBe('person-updated');
  }
  return { id, first: first.personId ?? '', second: second.personId ?? '' };
}

describe('the late pass', () => {
  it('merges a person into the one that a corrected record certainly is', async () => {
    const one = { family: 'Hollowpond', given: 'Marian', birthDate: '1971-03-09', postcode: 'E2 8AB' };
    const { id, first, second } = await correctedLater(one, 1);
    expect(await rematch('T9B', id)).toEqual({ kind: 'merged', otherPersonId: first });
    expect((await getPerson(store, second))?.personId).toBe(first);
    expect((await recordOf(region, 'T9B', id)).personId).toBe(first);
    expect(await rematch('T9B', id)).toEqual({ kind: 'nothing' });
  });

  it('never brings up two whom a person has kept apart', async () => {
    const one = { family: 'Winding', given: 'Marian', birthDate: '1966-08-19', postcode: 'E4 8AB' };
    const { id, first, second } = await correctedLater(one, 3);
    await transact(store, markNotDuplicate(store, first, second, steward));
    expect(await rematch('T9B', id)).toEqual({ kind: 'nothing' });
  });

  it('never brings up a person from whom a person has taken the record away', async () => {
    const one = { family: 'Mooring', given: 'Marian', birthDate: '1969-01-14', postcode: 'E10 8AB' };
    const { id, first } = await correctedLater(one, 8);
    const source = sourceRef(store.keys, 'T9B', id);
    await transact(store, [markNotPerson(store, source, first, steward)]);
    expect(await rematch('T9B', id)).toEqual({ kind: 'nothing' });
    await register(region, 'T9A', makePatient({ ...one, id, nhsNumber: testNhsNumber(430) }));
    await register(region, 'T9B', makePatient({ ...one, id, nhsNumber: testNhsNumber(430) }));
    expect(await rematch('T9B', id)).toEqual({ kind: 'nothing' });
  });

  it('never merges over two verified numbers, nor asks about them', async () => {
    const one = { family: 'Bargepole', given: 'Marian', birthDate: '1958-02-11', postcode: 'E5 8AB' };
    const { id, first } = await correctedLater(one, 4);
    await register(region, 'T9A', makePatient({ ...one, id, nhsNumber: testNhsNumber(400) }));
    await register(region, 'T9B', makePatient({ ...one, id, nhsNumber: testNhsNumber(401) }));
    expect((await getPerson(store, first))?.nhsNumber).toBe(testNhsNumber(400));
    expect(await rematch('T9B', id)).toEqual({ kind: 'nothing' });
  });

  it('merges when a record comes to say the number that another person holds', async () => {
    const one = { family: 'Towrope', given: 'Marian', birthDate: '1949-09-21', postcode: 'E6 8AB' };
    const { id, first, second } = await correctedLater(one, 5);
    await register(region, 'T9A', makePatient({ ...one, id, nhsNumber: testNhsNumber(410) }));
    await register(region, 'T9B', makePatient({ ...one, id, nhsNumber: testNhsNumber(410) }));
    expect((await getPerson(store, second))?.nhsNumber).toBeUndefined();
    expect(await rematch('T9B', id)).toEqual({ kind: 'merged', otherPersonId: first });
    expect((await getPerson(store, second))?.nhsNumber).toBe(testNhsNumber(410));
  });

  it('asks a person, once, when another record of the person speaks against it', async () => {
    const one = { family: 'Gongoozler', given: 'Marian', birthDate: '1981-06-12', postcode: 'E7 8AB' };
    const { id, first, second } = await correctedLater(one, 6, async (wrong) => {
      await register(region, 'T9M', makePatient({ ...wrong, id: 'contrary' }));
    });
    expect((await recordOf(region, 'T9M', 'contrary')).personId).toBe(second);
    expect(await rematch('T9B', id)).toEqual({ kind: 'queued', otherPersonId: first });
    expect((await listReviewTasks(store, 'open', 100)).tasks).toContainEqual(
      expect.objectContaining({ reason: 'late-pass', personId: second, otherPersonId: first }),
    );
    expect(await rematch('T9B', id)).toEqual({ kind: 'nothing' });
  });

  it('leaves a restricted person alone', async () => {
    const one = { family: 'Culvert', given: 'Marian', birthDate: '1990-10-10', postcode: 'E8 8AB' };
    const { id } = await correctedLater(one, 7);
    await register(region, 'T9A', makePatient({ ...one, id, restricted: true }));
    expect(await rematch('T9B', id)).toEqual({ kind: 'nothing' });
  });

  it('does nothing for a record in quarantine, or for none', async () => {
    const held = makePatient({ id: 'held', nhsNumber: testNhsNumber(420), status: '02' });
    expect((await register(region, 'T9A', held)).fate).toBe('quarantined');
    expect(await rematch('T9A', 'held')).toEqual({ kind: 'nothing' });
    expect(await rematch('T9A', 'nobody')).toEqual({ kind: 'nothing' });
  });
});
