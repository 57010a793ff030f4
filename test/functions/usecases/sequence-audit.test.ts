import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../functions/domain/audit/audit-entry.ts';
import { decodeEntries, entriesPath } from '../../../functions/domain/audit/tiles.ts';
import { verifyLog } from '../../../functions/domain/audit/verify-log.ts';
import { readLogHead } from '../../../functions/store/log-head.ts';
import type { LogObjects } from '../../../functions/store/log-objects.ts';
import type { LogSigner } from '../../../functions/store/log-signer.ts';
import type { Store } from '../../../functions/store/store.ts';
import { type AuditLog, BrokenLog, sequenceEntries } from '../../../functions/usecases/sequence-audit.ts';
import {
  type MemoryObjects,
  makeEntries,
  makeLogKey,
  makeMemoryObjects,
  testOrigin,
} from '../../support/log-world.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

let engine: TestStore;
beforeAll(async () => {
  engine = await openTestStore();
});
afterAll(() => engine?.close());

const { signer, key } = makeLogKey();
const { signer: postQuantumSigner, key: secondKey } = makeLogKey(testOrigin, 'ML-DSA-44');
const keys = [key, secondKey];
let objects: MemoryObjects;
let store: Store;
beforeEach(() => {
  ({ store, objects } = freshWorld());
});

/** A log of its own: the head and the positions in memory, by the few commands that the store sends. */
function freshWorld(): { store: Store; objects: MemoryObjects } {
  return { store: { ...engine, client: makeMemoryTable() }, objects: makeMemoryObjects() };
}

/** Conditional puts, gets and queries of one partition, in memory: the engine itself is tested elsewhere, and takes longer. */
function makeMemoryTable(): Store['client'] {
  const items = new Map<string, Record<string, unknown>>();
  const nameOf = ({ PK, SK }: Record<string, unknown>) => `${PK} ${SK}`;
  const send = async (command: { input: unknown }) => {
    const {
      Key,
      Item,
      ConditionExpression,
      ExpressionAttributeValues: values,
    } = command.input as {
      Key: Record<string, string>;
      Item: Record<string, unknown>;
      ConditionExpression?: string;
      ExpressionAttributeValues?: Record<string, unknown>;
    };
    if (command instanceof GetCommand) return { Item: items.get(nameOf(Key)) };
    if (command instanceof QueryCommand)
      return { Items: [...items.values()].filter(({ PK }) => PK === values?.[':partition']) };
    if (!(command instanceof PutCommand)) throw new Error('no such command in this table');
    const there = items.get(nameOf(Item));
    const fits =
      ConditionExpression === undefined ||
      (ConditionExpression.startsWith('attribute_not_exists')
        ? !there
        : there?.version === values?.[':before']);
    if (!fits) throw new ConditionalCheckFailedException({ message: 'stale', $metadata: {} });
    items.set(nameOf(Item), Item);
    return {};
  };
  // The SDK's paginators ask for an instance of their client.
  return Object.assign(Object.create(DynamoDBDocumentClient.prototype), { send }) as Store['client'];
}

const open = (world = { store, objects }): AuditLog => ({
  origin: testOrigin,
  signer,
  postQuantumSigner,
  ...world,
});
const verify = (files = objects.files) =>
  verifyLog({ read: (path) => Promise.resolve(files.get(path)), keys });

/** The ids in the order of the log. */
function idsIn(files: ReadonlyMap<string, Buffer>, size: number): string[] {
  const ids: string[] = [];
  for (let bundle = 0; bundle * 256 < size; bundle += 1) {
    const bytes = files.get(entriesPath(bundle, Math.min(256, size - bundle * 256)));
    for (const leaf of (bytes && decodeEntries(bytes)) ?? []) ids.push(JSON.parse(leaf.toString()).id);
  }
  return ids;
}

async function expectWhole(entries: readonly LogEntry[], world = { store, objects }): Promise<void> {
  const report = await verify(world.objects.files);
  expect(report.findings).toEqual([]);
  expect(report.checkpoint?.size).toBe(entries.length);
  const ids = idsIn(world.objects.files, entries.length);
  expect(ids.toSorted()).toEqual(entries.map(({ id }) => id).toSorted());
  // Every head that was ever published is the log as it was: one history.
  for (const { size, root } of world.objects.published) {
    const seen = { origin: testOrigin, size, root: Buffer.from(root, 'base64') };
    const read = (path: string) => Promise.resolve(world.objects.files.get(path));
    expect((await verifyLog({ read, keys, seen })).findings).toEqual([]);
  }
  const sizes = world.objects.published.map(({ size }) => size);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
}

describe('the sequencer', () => {
  it('adds entries in the order of their ids, once, however often they come', async () => {
    const entries = makeEntries(store, 600);
    const log = open();
    expect(await sequenceEntries(log, entries.slice(0, 10))).toBe(10);
    expect(await sequenceEntries(log, entries.slice(5, 300).toReversed())).toBe(290);
    expect(await sequenceEntries(open(), entries)).toBe(300);
    expect(await sequenceEntries(open(), entries)).toBe(0);
    await expectWhole(entries);
    expect(idsIn(objects.files, 600)).toEqual(entries.map(({ id }) => id).toSorted());
  });

  it('grows across the edges of tiles by any batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 }),
        async (sizes) => {
          const world = freshWorld();
          const entries = makeEntries(
            world.store,
            sizes.reduce((sum, size) => sum + size, 0),
          );
          let from = 0;
          for (const size of sizes) {
            await sequenceEntries(open(world), entries.slice(from, from + size));
            from += size;
          }
          await expectWhole(entries, world);
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('the two signature lines', () => {
  /** A signer that keeps what it signed; `refuse` says whether it does. */
  const noting = (by: LogSigner, signed: string[], refuse = () => false): LogSigner => ({
    ...by,
    sign(message) {
      if (refuse()) return Promise.reject(new Error('DisabledException'));
      signed.push(message.subarray(-32).toString('base64'));
      return by.sign(message);
    },
  });

  it('are of decided heads alone: what loses the conditional write is signed by neither key', async () => {
    const signed: string[] = [];
    const entries = makeEntries(store, 12);
    const winner = open();
    const client = Object.assign(Object.create(store.client), {
      async send(command: unknown) {
        // Another sequencer is first, between what this one staged and its write.
        if (
          command instanceof PutCommand &&
          command.input.Item?.type === 'LogHead' &&
          winner.edge === undefined
        )
          await sequenceEntries(winner, entries.slice(6));
        return store.client.send(command as PutCommand);
      },
    }) as Store['client'];
    const loser = {
      ...open({ store: { ...store, client }, objects }),
      postQuantumSigner: noting(postQuantumSigner, signed),
    };
    await sequenceEntries(loser, entries.slice(0, 6));
    await expectWhole(entries);
    const published = objects.published.map(({ root }) => root);
    expect(published).toHaveLength(1 + signed.length);
    expect(published).toEqual(expect.arrayContaining(signed));
  });

  it('do not stop the log when the ML-DSA key is refused: the head has the ECDSA line, and somebody is told', async () => {
    let isRefused = true;
    const told: unknown[] = [];
    const log = {
      ...open(),
      postQuantumSigner: noting(postQuantumSigner, [], () => isRefused),
      onLineMissing: (error: unknown) => told.push(error),
    };
    const entries = makeEntries(store, 4);
    expect(await sequenceEntries(log, entries.slice(0, 2))).toBe(2);
    expect(told).toEqual([new Error('DisabledException')]);
    expect((await verify()).findings).toMatchObject([{ kind: 'missing-signature' }]);
    const read = (path: string) => Promise.resolve(objects.files.get(path));
    expect((await verifyLog({ read, keys: [key] })).findings).toEqual([]);
    isRefused = false;
    await sequenceEntries(log, entries.slice(2));
    await expectWhole(entries);
    expect(told).toHaveLength(1);
  });

  it('do stop it when the ECDSA key is refused, although the other signs: who knows no ML-DSA would see none', async () => {
    const log = { ...open(), signer: noting(signer, [], () => true) };
    await expect(sequenceEntries(log, makeEntries(store, 2))).rejects.toThrow('DisabledException');
    expect(objects.files.has('checkpoint')).toBe(false);
  });
});

/** What happens to one call: refused before it had an effect, done with its answer lost; then the process lives on or dies. */
type Fault = 'refused' | 'answer-lost' | 'killed-before' | 'killed-after';
const faults: readonly Fault[] = ['refused', 'answer-lost', 'killed-before', 'killed-after'];

/** The log with every call to objects, table and signer counted; the call `at` fails, and after a kill every later one. */
function withFault(world: { store: Store; objects: MemoryObjects }, at: number, fault: Fault) {
  let calls = 0;
  let isDead = false;
  const call = async <Value>(run: () => Promise<Value>): Promise<Value> => {
    calls += 1;
    if (isDead) throw new Error('the process is gone');
    if (calls !== at) return run();
    isDead = fault.startsWith('killed');
    if (fault === 'answer-lost' || fault === 'killed-after') await run();
    throw new Error(`planned fault: ${fault}`);
  };
  const wrap = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get: (owner, name) => {
        const value = Reflect.get(owner, name);
        return typeof value === 'function'
          ? (...args: unknown[]) => call(() => Reflect.apply(value, owner, args) as Promise<unknown>)
          : value;
      },
    });
  const log: AuditLog = {
    origin: testOrigin,
    signer: wrap<LogSigner>(signer),
    postQuantumSigner: wrap<LogSigner>(postQuantumSigner),
    objects: wrap<LogObjects>(world.objects),
    store: { ...world.store, client: wrap(world.store.client) },
  };
  return { log, calls: () => calls, isDead: () => isDead };
}

describe.each(faults)('with every call in turn %s', (fault) => {
  it.each([
    ['from nothing', 0, 3],
    ['over the edge of a tile', 254, 4],
    ['within a tile', 9, 5],
    ['from a full tile', 256, 2],
  ])('%s: one history, every entry once', async (_, before, added) => {
    for (let at = 1, wasReached = true; wasReached; at += 1) {
      expect(at).toBeLessThan(80);
      const world = freshWorld();
      const entries = makeEntries(world.store, before + added + 2);
      if (before > 0) await sequenceEntries(open(world), entries.slice(0, before));
      const batch = entries.slice(before, before + added);
      const faulty = withFault(world, at, fault);
      await sequenceEntries(faulty.log, batch).catch(() => undefined);
      wasReached = faulty.calls() >= at;
      // The stream delivers the batch again: to the same process if it lives, else to a new one.
      if (wasReached && !faulty.isDead()) await sequenceEntries(faulty.log, batch);
      const next = open(world);
      await sequenceEntries(next, batch);
      await sequenceEntries(next, entries.slice(-2));
      await expectWhole(entries, world);
    }
  });
});

describe('two sequencers at once', () => {
  it('make one history in every interleaving, and each entry is in it once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 0, max: 260 }),
        fc.array(fc.tuple(fc.nat(7), fc.integer({ min: 1, max: 8 })), { minLength: 2, maxLength: 4 }),
        async (scheduler, before, batches) => {
          const world = freshWorld();
          const entries = makeEntries(world.store, before + 16);
          if (before > 0) await sequenceEntries(open(world), entries.slice(0, before));
          const later = entries.slice(before);
          const paced = <Target extends object>(target: Target): Target =>
            new Proxy(target, {
              get: (owner, name) => {
                const value = Reflect.get(owner, name);
                return typeof value === 'function'
                  ? async (...args: unknown[]) => {
                      await scheduler.schedule(Promise.resolve());
                      const result: unknown = await Reflect.apply(value, owner, args);
                      await scheduler.schedule(Promise.resolve());
                      return result;
                    }
                  : value;
              },
            });
          const runs = batches.map(([from, count]) =>
            sequenceEntries(
              {
                origin: testOrigin,
                signer: paced<LogSigner>(signer),
                postQuantumSigner: paced<LogSigner>(postQuantumSigner),
                objects: paced<LogObjects>(world.objects),
                store: { ...world.store, client: paced(world.store.client) },
              },
              later.slice(from, from + count),
            ),
          );
          await scheduler.waitIdle();
          await Promise.allSettled(runs);
          await sequenceEntries(open(world), later);
          await expectWhole(entries, world);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('what was turned back or changed stops the log', () => {
  let entries: LogEntry[];
  beforeEach(async () => {
    entries = makeEntries(store, 20);
    await sequenceEntries(open(), entries.slice(0, 10));
  });

  it('a head restored from before: the published log is ahead of it', async () => {
    const old = await readLogHead(store);
    await sequenceEntries(open(), entries.slice(10, 15));
    const restored = makeMemoryTable();
    await restored.send(new PutCommand({ TableName: 'any', Item: { ...old } }));
    const log = open({ store: { ...store, client: restored }, objects });
    await expect(sequenceEntries(log, entries.slice(15))).rejects.toThrow(BrokenLog);
  });

  it('a head that is gone altogether', async () => {
    const log = open({ store: { ...store, client: makeMemoryTable() }, objects });
    await expect(sequenceEntries(log, entries.slice(10))).rejects.toThrow(BrokenLog);
  });

  it('a tile that was changed, or taken away', async () => {
    const path = 'tile/0/000.p/10';
    const tile = objects.files.get(path) ?? Buffer.alloc(0);
    objects.files.set(path, Buffer.from(tile).fill(7, 0, 1));
    await expect(sequenceEntries(open(), entries.slice(10))).rejects.toThrow(BrokenLog);
    objects.files.delete(path);
    await expect(sequenceEntries(open(), entries.slice(10))).rejects.toThrow(BrokenLog);
  });

  it('a stage that was changed before it was published', async () => {
    const faulty = withFault({ store, objects }, 7, 'killed-after');
    await sequenceEntries(faulty.log, entries.slice(10)).catch(() => undefined);
    for (const [path, bytes] of objects.files)
      if (path.startsWith('staging/')) objects.files.set(path, Buffer.concat([bytes, Buffer.from(' ')]));
    objects.files.delete('checkpoint');
    await expect(sequenceEntries(open(), entries.slice(10))).rejects.toThrow(BrokenLog);
  });

  it('another tile where its own is to be: nothing is overwritten', async () => {
    objects.files.set('tile/0/000.p/20', Buffer.alloc(640));
    await expect(sequenceEntries(open(), entries.slice(10))).rejects.toThrow(BrokenLog);
    expect(objects.files.get('tile/0/000.p/20')).toEqual(Buffer.alloc(640));
    expect((await verify()).checkpoint?.size).toBe(10);
  });

  it('a checkpoint of another tree of the same size', async () => {
    const other = freshWorld();
    await sequenceEntries(open(other), makeEntries(other.store, 10));
    objects.files.set('checkpoint', other.objects.files.get('checkpoint') ?? Buffer.alloc(0));
    await expect(sequenceEntries(open(), entries.slice(10))).rejects.toThrow(BrokenLog);
  });
});
