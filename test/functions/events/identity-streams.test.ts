import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceRecord } from '../../../functions/store/source-record.ts';
import { readPeople } from '../../../functions/store/statistics.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { makePatient, testNhsNumber } from '../../support/people.ts';
import { recordOf, regionOf, register } from '../../support/registration.ts';

let region: TestRegion;
let countPeople: typeof import('../../../functions/events/count-people.ts').handler;
let rematch: typeof import('../../../functions/events/rematch-source.ts').handler;
beforeAll(async () => {
  region = await openTestRegion();
  ({ handler: countPeople } = await import('../../../functions/events/count-people.ts'));
  ({ handler: rematch } = await import('../../../functions/events/rematch-source.ts'));
});
afterAll(() => region?.close());

let sequence = 0;
function change(before: object | undefined, after: object | undefined): DynamoDBRecord {
  sequence += 1;
  const image = (item: object) => marshall(item, { removeUndefinedValues: true }) as never;
  return {
    dynamodb: {
      SequenceNumber: String(sequence),
      ...(before && { OldImage: image(before) }),
      ...(after && { NewImage: image(after) }),
    },
  };
}
const person = (status: string, version = 1) => ({ type: 'Person', personId: 'p', status, version });

describe('the count of people', () => {
  it('follows new and merged persons, batch by batch, and nothing else', async () => {
    const peopleNow = async () => {
      region.store.advance(60_000);
      return readPeople(region.store);
    };
    expect(await peopleNow()).toBeUndefined();
    const fresh = () => change(undefined, person('active'));
    await countPeople({ Records: [fresh(), fresh(), fresh()] });
    expect(await peopleNow()).toBe(3);
    await countPeople({ Records: [change(person('active'), person('active', 2))] });
    await countPeople({ Records: [change(undefined, { type: 'Link' })] });
    expect(await peopleNow()).toBe(3);
    await countPeople({ Records: [change(person('active'), person('merged')), fresh()] });
    await countPeople({ Records: [change(person('active'), person('merged'))] });
    expect(await peopleNow()).toBe(2);
    await countPeople({ Records: [change(person('merged'), person('active'))] });
    expect(await peopleNow()).toBe(3);
  });

  it('is read again after a minute, not before', async () => {
    region.store.advance(60_000);
    const before = (await readPeople(region.store)) ?? 0;
    await countPeople({ Records: [change(undefined, person('active'))] });
    region.store.advance(59_999);
    expect(await readPeople(region.store)).toBe(before);
    region.store.advance(1);
    expect(await readPeople(region.store)).toBe(before + 1);
  });
});

describe('the late pass on the stream', () => {
  const one = { family: 'Aqueduct', given: 'Marian', birthDate: '1964-07-13', postcode: 'E9 5AB' };

  /** A record whose number alone has linked it to a person, and another person of the same name, day and place. */
  async function lookAlikes(n: number): Promise<SourceRecord> {
    const who = { ...one, family: `${one.family}${'abcdef'[n]}` };
    const nhsNumber = testNhsNumber(500 + n);
    const at = regionOf(region.store);
    await register(at, 'T9A', makePatient({ ...who, id: `s-${n}` }));
    await register(
      at,
      'T9B',
      makePatient({
        ...who,
        family: 'Mistaken',
        given: 'Wrongly',
        postcode: 'TR1 1AA',
        nhsNumber,
        id: `s-${n}`,
      }),
    );
    await register(at, 'T9M', makePatient({ ...who, nhsNumber, id: `s-${n}` }));
    return recordOf(at, 'T9M', `s-${n}`);
  }
  const merges = () =>
    region
      .recordItems()
      .then(
        (items) =>
          items.filter(({ event, type }) => type === 'IdentityEvent' && event === 'merged-into').length,
      );
  const tasks = () =>
    region.recordItems().then((items) => items.filter(({ type }) => type === 'ReviewTask').length);

  it('looks at a record that its number alone has linked', async () => {
    const record = await lookAlikes(0);
    expect(record.unsearched).toBe(true);
    const before = (await merges()) + (await tasks());
    expect(await rematch({ Records: [change(undefined, { ...record, type: 'SourceRecord' })] })).toEqual({
      batchItemFailures: [],
    });
    expect((await merges()) + (await tasks())).toBe(before + 1);
  });

  it('leaves records whose details have not changed, and items of other kinds', async () => {
    const record = { ...(await lookAlikes(1)), type: 'SourceRecord' };
    const before = (await merges()) + (await tasks());
    const { unsearched: _, ...searched } = record;
    await rematch({
      Records: [
        change(record, { ...record, version: record.version + 1 }),
        change(undefined, searched),
        change(undefined, { type: 'SourceRecord', version: 1 }),
        change(record, undefined),
        change(undefined, person('active')),
      ],
    });
    expect((await merges()) + (await tasks())).toBe(before);
  });

  it('tells of nobody in its log', () => {
    expect(region.logs()).not.toMatch(/Aqueduct|999[0-9]{7}/i);
  });
});
