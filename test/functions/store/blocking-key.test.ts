import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Demographics } from '../../../functions/domain/identity/demographics.ts';
import { batchPut } from '../../../functions/store/batch-write.ts';
import { blocksOf, findCandidates, putBlocks, removeBlocks } from '../../../functions/store/blocking-key.ts';
import {
  blockKey,
  blockOrder,
  type SourceRef,
  sourceOfBlock,
  sourceRef,
} from '../../../functions/store/keys.ts';
import { queryAll } from '../../../functions/store/query-all.ts';
import {
  getSourceRecord,
  holdSources,
  interruptRegistration,
  putSourceRecord,
} from '../../../functions/store/source-record.ts';
import { transact } from '../../../functions/store/transaction.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const source = (localId: string): SourceRef => sourceRef(store.keys, 'T9A', localId);
const demographics = (change: Partial<Demographics> = {}): Demographics => ({
  names: [{ family: 'Lockwood', given: ['Marian'] }],
  birthDate: '1971-03-09',
  postcode: 'E2 8AA',
  deceased: false,
  restricted: false,
  ...change,
});

describe('a block', () => {
  const key = { kind: 'name-place', value: 'LKT m' } as const;
  const put = (localId: string, order: string) =>
    batchPut(store, [
      {
        ...blockKey(store.keys, { ...key, order }, source(localId)),
        type: 'BlockingKey',
        variants: JSON.stringify([{ given: [localId] }]),
      },
    ]);
  const found = async (search: object, limit: number) => {
    const { candidates, truncated } = await findCandidates(store, [{ ...key, ...search }], limit);
    return { names: candidates.map(({ variants }) => variants[0]?.given[0]).toSorted(), truncated };
  };
  beforeAll(async () => {
    for (const name of ['a', 'b', 'c']) await put(name, 'E2 1971');
    await put('d', 'E2 1980');
    await put('e', 'N1 1971');
    await put('f', '');
  });

  it('is read whole while it is small', async () => {
    expect(await found({}, 7)).toEqual({ names: ['a', 'b', 'c', 'd', 'e', 'f'], truncated: false });
  });

  it('is read where it agrees most when it is large, and says when even that is too large', async () => {
    expect(await found({ narrow: 'E2' }, 5)).toEqual({ names: ['a', 'b', 'c', 'd'], truncated: false });
    expect(await found({ narrow: 'E2 1971' }, 4)).toEqual({ names: ['a', 'b', 'c'], truncated: false });
    expect(await found({ narrow: 'E2 1971' }, 2)).toMatchObject({ truncated: true });
    expect(await found({}, 5)).toMatchObject({ truncated: true });
  });

  it('is read only in part where the query says so', async () => {
    expect(await found({ prefix: 'N1' }, 6)).toEqual({ names: ['e'], truncated: false });
    expect(await found({ prefix: 'W1' }, 6)).toEqual({ names: [], truncated: false });
  });

  it('names its source record and shows nothing of what it is ordered by', () => {
    const { PK, SK } = blockKey(store.keys, { ...key, order: 'E2 1971' }, source('a'));
    expect(sourceOfBlock({ PK, SK })).toEqual(source('a'));
    expect(`${PK} ${SK}`).not.toMatch(/E2 |1971|LKT/);
    expect(blockOrder(store.keys, 'E2 1971').startsWith(blockOrder(store.keys, 'E2'))).toBe(true);
  });
});

describe('the blocking items of a record', () => {
  it('are put in as many batches as they need', async () => {
    const items = Array.from({ length: 60 }, (_, n) => ({ PK: 'BATCH', SK: String(n), type: 'Test' }));
    await batchPut(store, items);
    const stored = await queryAll(store, {
      KeyConditionExpression: 'PK = :batch',
      ExpressionAttributeValues: { ':batch': 'BATCH' },
    });
    expect(stored).toHaveLength(60);
  });

  it('say no place for somebody restricted', () => {
    const open = JSON.stringify(blocksOf(store, source('r'), demographics(), 1));
    const restricted = blocksOf(store, source('r'), demographics({ restricted: true }), 1);
    expect(open).toContain('E2 8AA');
    expect(JSON.stringify(restricted)).not.toContain('E2 8AA');
    expect(restricted.every((item) => item.restricted)).toBe(true);
  });

  it('are not taken away by an older version than has put them', async () => {
    const old = blocksOf(store, source('v'), demographics(), 1);
    await putBlocks(store, old);
    await putBlocks(store, blocksOf(store, source('v'), demographics(), 3));
    const [block] = old;
    if (!block) throw new Error('no blocking item');
    await removeBlocks(store, old);
    const search = async () => {
      const { candidates } = await findCandidates(
        store,
        [
          { kind: 'name-date', value: 'nothing' },
          { kind: 'postcode', value: 'E2 8AA' },
        ],
        10,
        { consistent: true },
      );
      return candidates.some(({ source: { local } }) => local === source('v').local);
    };
    expect(await search()).toBe(true);
    await removeBlocks(store, blocksOf(store, source('v'), demographics(), 3));
    expect(await search()).toBe(false);
    await removeBlocks(store, old);
  });
});

describe('a registration under way', () => {
  const record = (localId: string, version: number) => ({
    source: source(localId),
    version,
    patient: { resourceType: 'Patient' as const },
    demographics: demographics(),
    digest: 'd',
    sentAt: '2026-11-21T09:00:00.000Z',
    receivedAt: '2026-11-21T09:00:00.000Z',
  });
  const held = async (localId: string) => {
    const found = (await holdSources(store, [source(localId)])).values().next().value;
    if (!found) throw new Error('holdSources names every source');
    return found;
  };

  it('fails when it was interrupted before it had stored anything, and leaves nobody', async () => {
    const before = await held('new');
    expect(before).toEqual({ version: 0 });
    expect(await transact(store, [interruptRegistration(store, source('new'), before)])).toEqual({
      ok: true,
    });
    expect(await transact(store, [putSourceRecord(store, record('new', 1), before.version)])).toMatchObject({
      failed: ['source-changed'],
    });
    expect(await getSourceRecord(store, source('new'))).toBeUndefined();
    const after = await held('new');
    expect(after).toEqual({ version: 1 });
    expect(await transact(store, [putSourceRecord(store, record('new', 2), after.version)])).toEqual({
      ok: true,
    });
    expect(await getSourceRecord(store, source('new'))).toMatchObject({ version: 2 });
  });

  it('cannot be interrupted any more when it is done', async () => {
    const before = await held('done');
    await transact(store, [putSourceRecord(store, record('done', 1), 0)]);
    expect(await transact(store, [interruptRegistration(store, source('done'), before)])).toMatchObject({
      failed: ['source-changed'],
    });
  });

  it('of a record that is held keeps what is held when it is interrupted', async () => {
    await transact(store, [putSourceRecord(store, record('held', 1), 0)]);
    const before = await held('held');
    expect(await transact(store, [interruptRegistration(store, source('held'), before)])).toEqual({
      ok: true,
    });
    const { expiresAt, ...after } = {
      expiresAt: undefined,
      ...(await getSourceRecord(store, source('held'))),
    };
    expect([after.version, after.demographics, expiresAt]).toEqual([2, demographics(), undefined]);
    expect(await transact(store, [putSourceRecord(store, record('held', 2), before.version)])).toMatchObject({
      failed: ['source-changed'],
    });
  });
});
