import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sightUnder } from '../../../functions/domain/access/objection.ts';
import { numbersOf } from '../../../functions/domain/identity/held-numbers.ts';
import type { NhsNumber } from '../../../functions/domain/identity/nhs-number.ts';
import { nhsNumberKey } from '../../../functions/store/keys.ts';
import { moveRecord } from '../../../functions/store/move-record.ts';
import { readNumber } from '../../../functions/store/nhs-number.ts';
import { holdObjections, recordObjections } from '../../../functions/store/objection.ts';
import { loadAccessView, readAccessView } from '../../../functions/store/person.ts';
import { instant } from '../../../functions/store/store.ts';
import { histories, type IdentityWorld, openIdentityWorld } from '../../support/identity-world.ts';
import { makeObjection } from '../../support/objections.ts';
import { testNhsNumber } from '../../support/people.ts';

/** Says that whoever has the number objects, as usecases/record-objection.ts does. */
async function objectByNumber({ store }: IdentityWorld, nhsNumber: NhsNumber): Promise<void> {
  const number = await readNumber(store, nhsNumber);
  const objection = makeObjection(store, { ofNumber: nhsNumberKey(store.keys, nhsNumber).PK });
  const { objections, person } = await loadAccessView(store, number.owner?.personId ?? 'nobody');
  const outcome = person
    ? await recordObjections(store, person.personId, objections, [objection], nhsNumber)
    : await holdObjections(store, nhsNumber, number, [objection]);
  expect(outcome).toBe('recorded');
}

async function isRefused({ store }: IdentityWorld, personId: string): Promise<boolean> {
  const { objections } = await readAccessView(store, personId);
  return sightUnder(objections?.statements ?? [], 'T9A', instant(store)).refused;
}

describe('an objection by NHS number', () => {
  it('holds for whoever has the number, whatever is registered, merged, parted and moved before and after', async () => {
    await fc.assert(
      fc.asyncProperty(
        histories(8),
        histories(10),
        fc.subarray([0, 2, 4], { minLength: 1 }),
        async (before, after, humans) => {
          const world = await openIdentityWorld();
          try {
            // Nothing is reversed: what was said of a number must then be in force with its holder at the end.
            await world.play(before.filter((step) => step.do !== 'object'));
            const numbers = humans.map((human) => testNhsNumber(human));
            for (const number of numbers) await objectByNumber(world, number);
            await world.play(after.filter((step) => step.do !== 'object'));
            for (const person of await world.people('active')) {
              const held = numbersOf(person);
              if (numbers.some((number) => held.has(number)))
                expect(await isRefused(world, person.personId)).toBe(true);
            }
          } finally {
            await world.close();
          }
        },
      ),
      { numRuns: 8 },
    );
  }, 120_000);

  it('goes along with the record that brings the number to somebody else, known or new', async () => {
    for (const isNew of [false, true]) {
      const world = await openIdentityWorld();
      try {
        const { store } = world;
        // The record of one who has a number, joined to one without, and a third person.
        await world.play([
          { do: 'register', human: 0, organisation: 0 },
          { do: 'register', human: 1, organisation: 1 },
          { do: 'register', human: 3, organisation: 2 },
        ]);
        const [numbered, joined, third] = await world.people('active');
        if (!numbered || !joined || !third) throw new Error('the history made no three persons');
        const [link] = (await readAccessView(store, numbered.personId)).links;
        if (!link) throw new Error('a person without a record');
        await world.merge(joined.personId, numbered.personId);
        await objectByNumber(world, testNhsNumber(0));
        const to = isNew ? 'person-new' : third.personId;
        const moved = await moveRecord(store, {
          source: link.source,
          from: numbered.personId,
          to,
          decidedBy: { subject: 's', name: 'Tom Aldous', organisation: 'T9A' },
          trustOf: () => 1,
        });
        expect(moved).toMatchObject({ ok: true, to: { nhsNumber: testNhsNumber(0) } });
        for (const personId of [to, numbered.personId]) expect(await isRefused(world, personId)).toBe(true);
      } finally {
        await world.close();
      }
    }
  });
});

it('an objection stands for both when one of a person’s records makes a person of its own: nobody knows who spoke', async () => {
  const world = await openIdentityWorld();
  try {
    const { store } = world;
    await world.play([
      { do: 'register', human: 1, organisation: 0 },
      { do: 'register', human: 3, organisation: 1 },
    ]);
    const [one, other] = await world.people('active');
    if (!one || !other) throw new Error('the history made no two persons');
    const [link] = (await readAccessView(store, one.personId)).links;
    if (!link) throw new Error('a person without a record');
    await world.merge(one.personId, other.personId);
    const { objections } = await readAccessView(store, other.personId);
    await recordObjections(store, other.personId, objections, [makeObjection(store)]);
    await moveRecord(store, {
      source: link.source,
      from: other.personId,
      to: 'person-new',
      decidedBy: { subject: 's', name: 'Tom Aldous', organisation: 'T9A' },
      trustOf: () => 1,
    });
    for (const id of ['person-new', other.personId]) expect(await isRefused(world, id)).toBe(true);
  } finally {
    await world.close();
  }
});

it('an objection is never left behind with somebody who was merged since they were read', async () => {
  const world = await openIdentityWorld();
  try {
    const { store } = world;
    await world.play([
      { do: 'register', human: 1, organisation: 0 },
      { do: 'register', human: 3, organisation: 1 },
    ]);
    const [one, other] = await world.people('active');
    if (!one || !other) throw new Error('the history made no two persons');
    await world.merge(one.personId, other.personId);
    expect(await recordObjections(store, one.personId, undefined, [makeObjection(store)])).toBe('changed');
  } finally {
    await world.close();
  }
});
