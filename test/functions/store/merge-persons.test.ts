import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sightUnder, standingAt } from '../../../functions/domain/access/objection.ts';
import { sourceTrustOf } from '../../../functions/domain/access/region-policy.ts';
import { composePerson } from '../../../functions/store/compose-person.ts';
import { nhsNumberKey, sourcePartition } from '../../../functions/store/keys.ts';
import type { Objections } from '../../../functions/store/objection.ts';
import { type Link, type Person, readAccessView } from '../../../functions/store/person.ts';
import type { SourceRecord } from '../../../functions/store/source-record.ts';
import {
  histories,
  type IdentityWorld,
  openIdentityWorld,
  type StoredItem,
} from '../../support/identity-world.ts';
import { policy } from '../../support/policy.ts';

/** A history, then a question about it; a failing run prints its seed and path, which replay it. */
function holdsAfterHistories<Extra>(
  extra: fc.Arbitrary<Extra>,
  question: (world: IdentityWorld, extra: Extra) => Promise<void>,
): Promise<void> {
  return fc.assert(
    fc.asyncProperty(histories(14), extra, async (steps, choice) => {
      const world = await openIdentityWorld();
      try {
        await world.play(steps);
        await question(world, choice);
      } finally {
        await world.close();
      }
    }),
    { numRuns: 12 },
  );
}

/** The ledgers grow, and what only says that something was written differs; a person's decision that two are not one stays. */
const ledgers = new Set([
  'IdentityEvent',
  'PersonHistory',
  'NotDuplicate',
  'ReviewTask',
  'ReviewTaskListing',
]);

function standingScopes(item: Record<string, unknown>) {
  const { statements } = item as unknown as Objections;
  return standingAt(statements, farAhead).map(({ kind, scope }) => ({ kind, scope }));
}

const farAhead = '2100-01-01T00:00:00.000Z';

async function stateOf(world: IdentityWorld) {
  return (
    (await world.items())
      .filter(({ type }) => !ledgers.has(type))
      .map(({ version: _, updatedAt: __, ...item }) => item)
      // What was said stays in the list; what stands of it is the state.
      .map((item) => (item.type === 'Objections' ? { ...item, statements: standingScopes(item) } : item))
      .filter((item) => !(item.type === 'Objections' && (item.statements as unknown[]).length === 0))
      .toSorted((a, b) => (`${a.PK} ${a.SK}` < `${b.PK} ${b.SK}` ? -1 : 1))
  );
}

function pickTwo<Item>(list: readonly Item[], [first, second]: readonly [number, number]) {
  const one = list[first % list.length];
  const others = list.filter((item) => item !== one);
  return [one, others[second % others.length]] as const;
}

const twoChoices = fc.tuple(fc.nat({ max: 50 }), fc.nat({ max: 50 }));

describe('merging and parting again', () => {
  it('restores the exact state of both after any history, but for ledgers and versions', async () => {
    await holdsAfterHistories(twoChoices, async (world, choices) => {
      const [from, into] = pickTwo(await world.people('active'), choices);
      if (!from || !into) return;
      const before = await stateOf(world);
      expect(await world.merge(from.personId, into.personId)).toMatchObject({ ok: true });
      expect(await world.unmerge(from.personId)).toMatchObject({ ok: true });
      expect(await stateOf(world)).toEqual(before);
    });
  }, 120_000);

  it('undoes a chain of merges in the reverse order, and merges into one survivor in any order', async () => {
    await holdsAfterHistories(fc.boolean(), async (world, isChain) => {
      const [a, b, c] = await world.people('active');
      if (!a || !b || !c) return;
      const before = await stateOf(world);
      await world.merge(a.personId, b.personId);
      await world.merge(isChain ? b.personId : c.personId, isChain ? c.personId : b.personId);
      if (isChain) expect(await world.unmerge(a.personId)).toMatchObject({ reason: 'merged-further' });
      expect(await world.unmerge(isChain ? b.personId : a.personId)).toMatchObject({ ok: true });
      expect(await world.unmerge(isChain ? a.personId : c.personId)).toMatchObject({ ok: true });
      expect(await stateOf(world)).toEqual(before);
    });
  }, 120_000);

  it('merges and parts a person whose number, out of use since a merge, has gone with the record that names it', async () => {
    const world = await openIdentityWorld();
    try {
      await world.play([
        { do: 'register', human: 0, organisation: 1 },
        { do: 'register', human: 3, organisation: 0 },
        { do: 'register', human: 2, organisation: 0 },
        { do: 'register', human: 0, organisation: 1 },
        { do: 'merge', from: 2, into: 0 },
        { do: 'move', record: 46, to: 2 },
      ]);
      const [a, b, c] = await world.people('active');
      if (!a || !b || !c) throw new Error('the history made no three persons');
      for (const one of [a, c])
        expect(await world.merge(one.personId, b.personId)).toMatchObject({ ok: true });
      for (const one of [a, c]) expect(await world.unmerge(one.personId)).toMatchObject({ ok: true });
    } finally {
      await world.close();
    }
  });

  it('keeps an objection of either in force on the merged record', async () => {
    await holdsAfterHistories(twoChoices, async (world, choices) => {
      const [from, into] = pickTwo(await world.people('active'), choices);
      if (!from || !into) return;
      const isObjected = async (personId: string) => {
        const { objections } = await readAccessView(world.store, personId);
        return sightUnder(objections?.statements ?? [], 'T9A', farAhead).refused;
      };
      const either = (await isObjected(from.personId)) || (await isObjected(into.personId));
      await world.merge(from.personId, into.personId);
      expect(await isObjected(into.personId)).toBe(either);
    });
  }, 120_000);

  it('leaves every person as their own records make them, whatever happened', async () => {
    await holdsAfterHistories(fc.constant(0), async (world) => checkInvariants(world, await world.items()));
  }, 120_000);
});

/** What must hold at every moment. */
function checkInvariants({ store }: IdentityWorld, items: readonly StoredItem[]): void {
  const ofType = <Item>(type: string) =>
    items.filter((item) => item.type === type) as unknown as (Item & StoredItem)[];
  const people = new Map(ofType<Person>('Person').map((person) => [person.personId, person]));
  const records = new Map(
    ofType<SourceRecord>('SourceRecord').map((record) => [sourcePartition(record.source), record]),
  );
  const linksOf = new Map<string, SourceRecord[]>();
  const linked = new Set<string>();
  for (const { PK, source } of ofType<Link>('Link')) {
    const personId = PK.replace('PERSON#', '');
    const name = sourcePartition(source);
    expect(linked.has(name), 'a record is linked once').toBe(false);
    linked.add(name);
    const record = records.get(name);
    expect(record?.personId).toBe(personId);
    if (record) linksOf.set(personId, [...(linksOf.get(personId) ?? []), record]);
  }
  const owners = new Map(
    ofType<{ personId: string; superseded: boolean }>('NhsNumber').map((owner) => [owner.PK, owner]),
  );
  for (const person of people.values()) {
    const sources = linksOf.get(person.personId) ?? [];
    if (person.status === 'merged') {
      expect(sources, 'a merged person has no links').toEqual([]);
      let survivor: Person | undefined = person;
      for (let hops = 0; survivor?.mergedInto; hops += 1) {
        expect(hops, 'merges make no circle').toBeLessThan(people.size);
        survivor = people.get(survivor.mergedInto);
      }
      expect(survivor?.status).toBe('active');
      continue;
    }
    expect(sources.length, 'an active person has a record').toBeGreaterThan(0);
    const { demographics, provenance, resource, restrictedBy } = composePerson({
      personId: person.personId,
      version: 1,
      updatedAt: '',
      sources,
      trustOf: (ods) => sourceTrustOf(policy, ods),
    });
    expect(person).toMatchObject({ demographics, provenance, resource, restrictedBy });
    const { nhsNumber, supersededNhsNumbers = [] } = person;
    for (const number of [...(nhsNumber ? [nhsNumber] : []), ...supersededNhsNumbers])
      expect(owners.get(nhsNumberKey(store.keys, number).PK)).toMatchObject({
        personId: person.personId,
        superseded: number !== nhsNumber,
      });
  }
}
