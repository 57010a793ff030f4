import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { viewingOperations } from '../../../functions/api/routes.ts';
import type { AuditEntry } from '../../../functions/domain/audit/audit-entry.ts';
import { readUsage, readUsageGeneration } from '../../../functions/store/usage.ts';
import { countUsage } from '../../../functions/usecases/count-usage.ts';
import { rebuildUsage } from '../../../functions/usecases/rebuild-usage.ts';
import type { Region } from '../../../functions/usecases/region.ts';
import { removeGeneration } from '../../../local/usage/remove-generation.ts';
import { anyTraffic, countFromLog, entryOf } from '../../support/audit-traffic.ts';
import { allItems, regionOf } from '../../support/registration.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

let store: TestStore;
let region: Region;
beforeAll(async () => {
  store = await openTestStore();
  region = regionOf(store);
});
afterAll(() => store.close());

const log: AuditEntry[] = [];
const sample = (count: number, seed: number) =>
  fc.sample(anyTraffic, { numRuns: count, seed }).map((traffic) => entryOf(store, traffic));

/** The log as it is read: whatever is written while it is read may come along or not. */
async function* readLog(meanwhile: (read: number) => Promise<void> = async () => {}) {
  const held = [...log];
  for (const [index, entry] of held.entries()) {
    await meanwhile(index);
    yield entry;
  }
}

const write = async (entries: readonly AuditEntry[]) => {
  log.push(...entries);
  await countUsage(region, entries, viewingOperations);
};

async function expectAsInLog(): Promise<void> {
  const { current } = await readUsageGeneration(store);
  for (const month of ['2026-09', '2026-10', '2026-11'])
    for (const [scope, columns] of countFromLog(log, month))
      expect({ month, scope, ...(await readUsage(store, current, month)).get(scope) }).toMatchObject({
        month,
        scope,
        ...columns,
      });
}

describe('a rebuild of usage', () => {
  it('comes to the same numbers from the log alone, and the old set can go', async () => {
    await write(sample(80, 11));
    const rebuilt = await rebuildUsage(region, readLog(), viewingOperations);
    expect(rebuilt).toEqual({ ok: true, entries: 80, before: 1, current: 2 });
    await removeGeneration(store, 1);
    expect((await allItems(region)).filter(({ PK }) => /^(USAGE|AGENT)#1(#|$)/.test(String(PK)))).toEqual([]);
    await expectAsInLog();
  });

  it('misses nothing that is written while it runs, and counts nothing twice', async () => {
    const meanwhile = async (read: number) => {
      if (read % 20 === 10) await write(sample(5, 100 + read));
    };
    expect(await rebuildUsage(region, readLog(meanwhile), viewingOperations)).toMatchObject({
      ok: true,
      current: 3,
    });
    await expectAsInLog();
    await write(sample(10, 12));
    await expectAsInLog();
  });

  it('goes on when it was interrupted', async () => {
    const broken = readLog(async (read) => {
      if (read === 50) throw new Error('interrupted');
    });
    await expect(rebuildUsage(region, broken, viewingOperations)).rejects.toThrow('interrupted');
    expect(await readUsageGeneration(store)).toMatchObject({ current: 3, building: 4 });
    await write(sample(5, 13));
    expect(await rebuildUsage(region, readLog(), viewingOperations)).toMatchObject({ ok: true, current: 4 });
    await expectAsInLog();
  });

  it('that runs twice at once ends with one of them refused and the numbers right', async () => {
    const other = { outcome: undefined as unknown };
    const first = await rebuildUsage(
      region,
      readLog(async (read) => {
        if (read === 3) other.outcome = await rebuildUsage(region, readLog(), viewingOperations);
      }),
      viewingOperations,
    );
    expect([first.ok, other.outcome]).toMatchObject([false, { ok: true }]);
    await expectAsInLog();
  });
});
