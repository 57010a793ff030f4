import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../functions/domain/audit/audit-entry.ts';
import { leafOf } from '../../../functions/domain/audit/log-leaf.ts';
import { verifyLog } from '../../../functions/domain/audit/verify-log.ts';
import { appendAuditEntry, listAuditEntries, putEntry } from '../../../functions/store/audit.ts';
import { secondSinkPath } from '../../../functions/store/keys.ts';
import { readLogHead } from '../../../functions/store/log-head.ts';
import { listEntriesOf } from '../../../functions/store/log-positions.ts';
import {
  type AuditLog,
  sequenceEntries,
  sequenceSettled,
} from '../../../functions/usecases/sequence-audit.ts';
import { recordHeartbeat, sweepSecondSink } from '../../../functions/usecases/sweep-audit.ts';
import {
  type MemoryObjects,
  makeEntries,
  makeLogKey,
  makeMemoryObjects,
  testOrigin,
} from '../../support/log-world.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

const { key, signer } = makeLogKey();
let store: TestStore;
let objects: MemoryObjects;
let log: AuditLog;
beforeEach(async () => {
  store = await openTestStore();
  objects = makeMemoryObjects();
  log = { origin: testOrigin, store, objects, signer };
});
afterEach(() => store.close());

const verify = () => verifyLog({ read: (path) => Promise.resolve(objects.files.get(path)), keys: [key] });
const minute = 60_000;

async function keepInSecondSink(entries: readonly LogEntry[]): Promise<void> {
  for (const entry of entries) await objects.create(secondSinkPath(entry.id), leafOf(entry), 'archive');
}

describe('the second sink', () => {
  it('is swept into the table, where the patient’s list has the entries, and so into the log', async () => {
    const entries = makeEntries(store, 7);
    await keepInSecondSink(entries);
    expect(await sweepSecondSink(store, objects)).toBe(7);
    const listed = await listAuditEntries(store, ['p-3'], 10);
    expect(listed.entries.map(({ id }) => id)).toEqual([entries[3]?.id]);
    const stored = await listEntriesOf(store, '2026-11-21T09:00');
    expect(stored.map(({ id }) => id).toSorted()).toEqual(entries.map(({ id }) => id).toSorted());
    await sequenceEntries(log, stored);
    // The bytes are those that the writer hashed, so its chain holds.
    expect(await verify()).toMatchObject({ findings: [], entries: 7 });
    expect(await sweepSecondSink(store, objects)).toBe(0);
  });

  it('and the table can both have an entry, whose put was answered too late', async () => {
    const [entry] = makeEntries(store, 1);
    if (!entry) throw new Error('no entry');
    await putEntry(store, entry);
    await keepInSecondSink([entry]);
    await sweepSecondSink(store, objects);
    expect(await listEntriesOf(store, '2026-11-21T09:00')).toHaveLength(1);
  });
});

describe('what the stream lost', () => {
  it('comes into the log when its minute is settled, once', async () => {
    const event = { operation: 'read-section', action: 'R', requestId: 'r', outcome: 'success' } as const;
    const caller = {
      subject: 'u1',
      name: 'Ada Quay',
      role: 'clinician',
      organisation: 'T9A',
      purpose: 'directcare',
      tokenId: 't1',
    } as const;
    const first = await appendAuditEntry(store, { ...event, caller });
    await sequenceEntries(log, [first]);
    await appendAuditEntry(store, { ...event, caller });
    await appendAuditEntry(store, { ...event, caller });
    store.advance(2 * minute);
    expect(await sequenceSettled(log)).toBe(0);
    store.advance(2 * minute);
    expect(await sequenceSettled(log)).toBe(2);
    expect(await sequenceSettled(log)).toBe(0);
    expect((await readLogHead(store))?.sweptTo).toBe('2026-11-21T09:01');
    expect(await verify()).toMatchObject({ findings: [], entries: 3 });
  });

  it('during hours without a sequencer is made up half an hour at a time', async () => {
    await sequenceEntries(log, makeEntries(store, 1));
    await sequenceSettled(log);
    store.advance(45 * minute);
    await recordHeartbeat(store);
    store.advance(45 * minute);
    const counts: number[] = [];
    for (let beat = 0; beat < 4; beat += 1) counts.push(await sequenceSettled(log));
    expect(counts).toEqual([0, 1, 0, 0]);
    expect((await readLogHead(store))?.sweptTo).toBe('2026-11-21T10:27');
  });
});

describe('the sign of life', () => {
  it('is an entry of the log, in the chain of its writer', async () => {
    for (let beat = 0; beat < 5; beat += 1) {
      await recordHeartbeat(store);
      store.advance(minute);
    }
    store.advance(3 * minute);
    await sequenceSettled(log);
    expect(await verify()).toMatchObject({ findings: [], entries: 5, silences: [] });
  });
});
