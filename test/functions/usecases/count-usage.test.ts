import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { viewingOperations } from '../../../functions/api/routes.ts';
import type { AuditEntry } from '../../../functions/domain/audit/audit-entry.ts';
import type { Scope } from '../../../functions/domain/audit/usage.ts';
import { listAgentEntries } from '../../../functions/store/agent-entry.ts';
import { listUsageMonths, readUsage } from '../../../functions/store/usage.ts';
import { countUsage } from '../../../functions/usecases/count-usage.ts';
import type { Region } from '../../../functions/usecases/region.ts';
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

let generation = 1000;
const months = ['2026-09', '2026-10', '2026-11'];
const count = (entries: readonly AuditEntry[]) => countUsage(region, entries, viewingOperations, generation);

/** The counters without what is no number, and without those that came back to 0. */
async function countersOf(month: string) {
  const counters = await readUsage(store, generation, month);
  const plain = new Map<Scope, Record<string, number>>();
  for (const [scope, { PK: _, SK: __, type: ___, schemaVersion: ____, ...columns }] of counters as Map<
    Scope,
    Record<string, unknown>
  >) {
    const some = Object.entries(columns as Record<string, number>).filter(([, number]) => number !== 0);
    if (some.length > 0) plain.set(scope, Object.fromEntries(some));
  }
  return plain;
}

async function expectAsInLog(log: readonly AuditEntry[]): Promise<void> {
  for (const month of months) {
    const [counted, expected] = [await countersOf(month), countFromLog(log, month)];
    expect(new Map([...counted].toSorted())).toEqual(new Map([...expected].toSorted()));
  }
}

describe('usage', () => {
  it('equals the audit log, whatever the order of delivery, and however often a batch comes', async () => {
    const delivery = fc.record({
      traffic: fc.array(anyTraffic, { minLength: 1, maxLength: 60 }),
      batch: fc.integer({ min: 1, max: 50 }),
      again: fc.nat(3),
      backwards: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(delivery, async ({ again, backwards, batch, traffic }) => {
        generation += 1;
        const log = traffic.map((one) => entryOf(store, one));
        const order = backwards ? log.toReversed() : log;
        for (let at = 0; at < order.length; at += batch) await count(order.slice(at, at + batch));
        // At least once: any part may come again, under other boundaries.
        for (let turn = 0; turn < again; turn += 1) await count(order.slice(turn * 7, turn * 7 + 30));
        await expectAsInLog(log);
      }),
      { numRuns: 12 },
    );
  }, 120_000);

  it('equals the log when shards of the stream are counted at the same time, with the same users in each', async () => {
    generation += 1;
    const log = fc.sample(anyTraffic, { numRuns: 120, seed: 7 }).map((one) => entryOf(store, one));
    const shards = [0, 1, 2].map((shard) => log.filter((_, index) => index % 3 === shard));
    await Promise.all([...shards, log.slice(0, 40)].map(count));
    await expectAsInLog(log);
  }, 60_000);

  it('keeps what each user did, newest first, in pages', async () => {
    generation += 1;
    const log = fc.sample(anyTraffic, { numRuns: 60, seed: 3 }).map((one) => entryOf(store, one));
    await count(log);
    const own = log.filter(({ caller }) => caller.subject === 'user-2').map(({ id }) => id);
    expect(own.length).toBeGreaterThan(3);
    const { PutCommand } = await import('@aws-sdk/lib-dynamodb');
    const { auditKey } = await import('../../../functions/store/keys.ts');
    for (const entry of log)
      await store.client.send(
        new PutCommand({ TableName: store.auditTable, Item: { ...auditKey(entry.id), ...entry } }),
      );
    const found: string[] = [];
    let before: string | undefined;
    do {
      const page = await listAgentEntries(store, generation, 'user-2', 2, before);
      found.push(...page.entries.map(({ id }) => id));
      before = page.last;
    } while (before);
    expect(found).toEqual(own.toReversed());
  });

  it('leaves feeds out: they look at nobody', async () => {
    generation += 1;
    const [one] = fc.sample(anyTraffic, { numRuns: 1, seed: 1 });
    if (!one) throw new Error('no traffic');
    const entry = entryOf(store, { ...one, operation: 'read-patient', outcome: 'success', patient: 1 });
    await count([{ ...entry, caller: { ...entry.caller, role: 'feed' } }]);
    expect(await listUsageMonths(store, generation, '2026-12')).toEqual([]);
  });

  it('holds no identifier of a user or a patient in a key or a counter', async () => {
    const counted = (await allItems(region)).filter(({ type }) =>
      ['UsageCount', 'UsageStaff', 'AgentEntry'].includes(String(type)),
    );
    expect(counted.length).toBeGreaterThan(100);
    expect(JSON.stringify(counted)).not.toMatch(/user-\d|person-\d|User \d/);
  });
});
