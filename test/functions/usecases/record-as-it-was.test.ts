import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Caller } from '../../../functions/domain/access/caller.ts';
import { recordObjections } from '../../../functions/store/objection.ts';
import { readAccessView } from '../../../functions/store/person.ts';
import { instant } from '../../../functions/store/store.ts';
import { openRecord } from '../../../functions/usecases/open-record.ts';
import { readEntries } from '../../../functions/usecases/read-entries.ts';
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
  const opened = await openRecord(region, gp, personId, { permission: 'record.read', asOf });
  if (!opened.ok) return opened.code;
  const record = opened.value;
  const { absorbed, demographics, nhsNumber, provenance, resource, version } = record.person;
  const page = await readEntries(region, record, { sections: ['allergies'], count: 100 });
  return {
    person: { id: record.person.personId, absorbed, demographics, nhsNumber, provenance, resource, version },
    sources: record
      .sourcesOf('allergies')
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    entries: page.entries.map(({ entryId, resource, version }) => ({ entryId, resource, version })),
    withheld: page.withheld,
  };
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
      { numRuns: 12 },
    );
  }, 120_000);
});
