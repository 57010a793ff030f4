import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Caller } from '../../../functions/domain/access/caller.ts';
import { recordObjections } from '../../../functions/store/objection.ts';
import { readAccessView } from '../../../functions/store/person.ts';
import { instant } from '../../../functions/store/store.ts';
import { listSections } from '../../../functions/usecases/list-sections.ts';
import { readPatient } from '../../../functions/usecases/read-patient.ts';
import { readSection } from '../../../functions/usecases/read-section.ts';
import { summariseRecord } from '../../../functions/usecases/summarise-record.ts';
import { histories, type IdentityWorld, openIdentityWorld } from '../../support/identity-world.ts';
import { makeReversal } from '../../support/objections.ts';
import { policy } from '../../support/policy.ts';

/** The practice of everybody in a clinical world. */
const gp: Caller = {
  subject: 'gp-1',
  name: 'Ada Quay',
  role: 'gp',
  organisation: 'Y90001',
  purpose: 'directcare',
  tokenId: 'token-1',
};

/** Everything that the practice is shown under an id, now or as it was; or why it is shown nothing. */
async function view(world: IdentityWorld, personId: string, asOf?: string) {
  const region = { policy, store: world.store };
  const section = { section: 'allergies', count: 100, query: '' } as const;
  const [person, list, page, summary] = await Promise.all([
    readPatient(region, gp, { personId, asOf }),
    listSections(region, gp, { personId, asOf }),
    readSection(region, gp, { personId, asOf, ...section }),
    summariseRecord(region, gp, { personId, asOf }),
  ]);
  if (!person.ok || !list.ok || !page.ok || !summary.ok)
    return [person, list, page, summary].map((one) => (one.ok ? 'shown' : one.code));
  const { madeAt: _, ...summarised } = summary.value;
  return {
    person: shownOf(person.value),
    sections: list.value.sections,
    page: shownOf(page.value),
    summary: shownOf(summarised),
  };
}

/** What of an answer reaches a reader: keys and marks of the store do not. */
function shownOf(value: object): unknown {
  const inner = new Set(['PK', 'SK', 'type', 'validTo', 'schemaVersion', 'now']);
  return JSON.parse(JSON.stringify(value, (name, item) => (inner.has(name) ? undefined : item)));
}

async function everybody(world: IdentityWorld): Promise<string[]> {
  return [...(await world.people('active')), ...(await world.people('merged'))].map(
    ({ personId }) => personId,
  );
}

/** What is in force today keeps the past from being shown too: each objection is reversed before the past is looked at. */
async function reverseObjections(world: IdentityWorld): Promise<void> {
  const { store } = world;
  store.advance(60_000);
  for (const { personId } of await world.people('active'))
    for (;;) {
      const { objections } = await readAccessView(store, personId);
      const statements = objections?.statements ?? [];
      const reversal = makeReversal(store, statements);
      if (!reversal) break;
      await recordObjections(store, personId, objections, [reversal]);
    }
}

describe('a record as it was', () => {
  it('is the one that was shown then, after any history of feeds, updates, merges, unmerges, moves and objections', async () => {
    await fc.assert(
      fc.asyncProperty(
        histories(14),
        fc.array(fc.nat({ max: 19 }), { minLength: 3, maxLength: 3 }),
        async (steps, choices) => {
          const world = await openIdentityWorld({ isClinical: true });
          try {
            const looks = new Set(choices.map((choice) => choice % steps.length));
            const seen: { at: string; personId: string; shown: unknown }[] = [];
            for (const [index, step] of steps.entries()) {
              await world.play([step]);
              if (!looks.has(index)) continue;
              const at = instant(world.store);
              for (const personId of await everybody(world))
                seen.push({ at, personId, shown: await view(world, personId) });
              // What happens next happens later.
              world.store.advance(1);
            }
            await reverseObjections(world);
            for (const { at, personId, shown } of seen)
              expect({ at, personId, shown: await view(world, personId, at) }).toEqual({
                at,
                personId,
                shown,
              });
          } finally {
            await world.close();
          }
        },
      ),
      { numRuns: 6 },
    );
  }, 120_000);
});
