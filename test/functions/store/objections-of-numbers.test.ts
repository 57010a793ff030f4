import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sightUnder } from '../../../functions/domain/access/objection.ts';
import { numbersOf } from '../../../functions/domain/identity/held-numbers.ts';
import type { NhsNumber } from '../../../functions/domain/identity/nhs-number.ts';
import { nhsNumberKey } from '../../../functions/store/keys.ts';
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
              const { objections } = await readAccessView(world.store, person.personId);
              const sight = sightUnder(objections?.statements ?? [], 'T9A', instant(world.store));
              const held = numbersOf(person);
              if (numbers.some((number) => held.has(number))) expect(sight.refused).toBe(true);
            }
          } finally {
            await world.close();
          }
        },
      ),
      { numRuns: 8 },
    );
  }, 120_000);
});
