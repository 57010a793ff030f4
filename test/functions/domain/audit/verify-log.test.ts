import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../../functions/domain/audit/audit-entry.ts';
import { readCheckpoint } from '../../../../functions/domain/audit/checkpoint.ts';
import { leafHash } from '../../../../functions/domain/audit/merkle.ts';
import { readSignedNote } from '../../../../functions/domain/audit/signed-note.ts';
import { decodeEntries, encodeEntries } from '../../../../functions/domain/audit/tiles.ts';
import { verifyLog } from '../../../../functions/domain/audit/verify-log.ts';
import { abandonEntry, nextEntry } from '../../../../functions/store/audit-writer.ts';
import { sequenceEntries } from '../../../../functions/usecases/sequence-audit.ts';
import { makeEntries, makeLogKey, makeMemoryObjects, testOrigin } from '../../../support/log-world.ts';
import { openTestStore, type TestStore } from '../../../support/store.ts';
import { filesOfTree, tamper, tamperingActs } from '../../../support/tamper.ts';

const size = 600;
const last = size - 1;
const { signer, key } = makeLogKey();
const stores: TestStore[] = [];
afterAll(async () => {
  for (const store of stores) await store.close();
});

/** A log of these entries, each of which the given function made for its store. */
async function makeLog(make: (store: TestStore) => readonly LogEntry[], by = signer, origin = testOrigin) {
  const store = await openTestStore();
  stores.push(store);
  const objects = makeMemoryObjects();
  await sequenceEntries({ origin, store, objects, signer: by }, make(store));
  return objects.files;
}

let files: ReadonlyMap<string, Buffer>;
beforeAll(async () => {
  files = await makeLog((store) => makeEntries(store, size));
});

const verify = (given: ReadonlyMap<string, Buffer>, rest: object = {}) =>
  verifyLog({ read: (path) => Promise.resolve(given.get(path)), keys: [key], ...rest });

async function firstFinding(given: ReadonlyMap<string, Buffer>, rest: object = {}) {
  const { findings } = await verify(given, rest);
  return findings[0] && [findings[0].kind, findings[0].index];
}

const bundlePath = 'tile/entries/000';
const lastBundle = 'tile/entries/002.p/88';

/** The log with the entries of one bundle changed. */
function withEntries(path: string, change: (entries: Buffer[]) => Buffer[]): Map<string, Buffer> {
  const entries = decodeEntries(files.get(path) ?? Buffer.alloc(0)) ?? [];
  return new Map(files).set(path, encodeEntries(change([...entries])));
}

const edit = (entry: Buffer | undefined) =>
  Buffer.from((entry ?? Buffer.alloc(0)).toString().replace('clinician', 'physician'));

describe('a log as it was signed', () => {
  it('is whole, and every entry was read', async () => {
    const report = await verify(files);
    expect(report).toMatchObject({ findings: [], entries: size, unsettled: 0, silences: [] });
    expect(report.checkpoint).toMatchObject({ origin: testOrigin, size });
  });

  it('is whole also where a partial tile has given way to the full one', async () => {
    const store = await openTestStore();
    stores.push(store);
    const objects = makeMemoryObjects();
    const log = { origin: testOrigin, store, objects, signer };
    const entries = makeEntries(store, 300);
    await sequenceEntries(log, entries.slice(0, 200));
    const early = objects.files.get('checkpoint') ?? Buffer.alloc(0);
    await sequenceEntries(log, entries.slice(200));
    const later = new Map(objects.files).set('checkpoint', early);
    for (const path of later.keys()) if (/000\.p/.test(path)) later.delete(path);
    expect((await verify(later)).findings).toEqual([]);
  });
});

describe('the verifier names what was done, and the first entry that it concerns', () => {
  it.each<[string, () => Map<string, Buffer>, [string, number | undefined]]>([
    ['an edit', () => withEntries(bundlePath, (all) => all.with(7, edit(all[7]))), ['edited', 7]],
    [
      'an edit of the very last entry',
      () => withEntries(lastBundle, (all) => all.with(87, edit(all[87]))),
      ['edited', last],
    ],
    ['a deletion', () => withEntries(bundlePath, (all) => all.toSpliced(9, 1)), ['deleted', 9]],
    [
      'a deletion of the very last entry',
      () => withEntries(lastBundle, (all) => all.slice(0, -1)),
      ['deleted', last],
    ],
    [
      'an insertion',
      () => withEntries(bundlePath, (all) => all.toSpliced(30, 0, edit(all[30]))),
      ['inserted', 30],
    ],
    [
      'an insertion behind the last',
      () => withEntries(lastBundle, (all) => [...all, edit(all[0])]),
      ['inserted', size],
    ],
    [
      'two that were swapped',
      () => withEntries(bundlePath, (all) => all.with(4, all[200] as Buffer).with(200, all[4] as Buffer)),
      ['swapped', 4],
    ],
    [
      'neighbours that were swapped',
      () => withEntries(bundlePath, (all) => all.with(4, all[5] as Buffer).with(5, all[4] as Buffer)),
      ['swapped', 4],
    ],
    [
      'a bundle that is gone',
      () => {
        const rest = new Map(files);
        rest.delete('tile/entries/001');
        return rest;
      },
      ['truncated', 256],
    ],
    [
      'a tile that is gone',
      () => {
        const rest = new Map(files);
        rest.delete('tile/0/002.p/88');
        return rest;
      },
      ['truncated', 512],
    ],
    [
      'a tile of level 1 that is changed',
      () => new Map(files).set('tile/1/000.p/2', Buffer.alloc(64)),
      ['altered-tile', 0],
    ],
  ])('%s', async (_, change, expected) => {
    expect(await firstFinding(change())).toEqual(expected);
  });

  it('an entry and its hash changed together: the tile above disagrees, in a full tile as in the last', async () => {
    for (const [bundle, tile, at, start] of [
      ['tile/entries/001', 'tile/0/001', 3, 256],
      [lastBundle, 'tile/0/002.p/88', 3, 512],
    ] as const) {
      const changed = withEntries(bundle, (all) => all.with(at, edit(all[at])));
      const hashes = Buffer.from(files.get(tile) ?? Buffer.alloc(0));
      leafHash(decodeEntries(changed.get(bundle) ?? Buffer.alloc(0))?.[at] ?? Buffer.alloc(0)).copy(
        hashes,
        at * 32,
      );
      const found = await verify(changed.set(tile, hashes));
      expect(found.findings[0]).toMatchObject({ index: start });
      // The writer's own chain names the entry behind it.
      expect(found.findings).toContainEqual(
        expect.objectContaining({ kind: 'broken-chain', index: start + at + 3 }),
      );
    }
  });

  it('a whole log made anew with another key, or another origin', async () => {
    const other = makeLogKey();
    const forged = await makeLog((store) => makeEntries(store, size), other.signer);
    expect(await firstFinding(forged)).toEqual(['foreign-log', undefined]);
    const elsewhere = await makeLog((store) => makeEntries(store, 3), signer, 'other.example/audit-log');
    expect(await firstFinding(elsewhere)).toEqual(['foreign-log', undefined]);
    expect(await firstFinding(files, { keys: [] })).toEqual(['foreign-log', undefined]);
    expect(await firstFinding(files, { keys: [{ ...other.key, keyId: key.keyId }] })).toEqual([
      'forged-checkpoint',
      undefined,
    ]);
  });

  it('another head over the same tiles', async () => {
    const note = (files.get('checkpoint') ?? '').toString();
    const changed = (text: string) => new Map(files).set('checkpoint', Buffer.from(text));
    expect(await firstFinding(changed(note.replace(`\n${size}\n`, '\n599\n')))).toEqual([
      'forged-checkpoint',
      undefined,
    ]);
    expect(await firstFinding(changed('nothing of the kind'))).toEqual(['malformed-checkpoint', undefined]);
    const rest = new Map(files);
    rest.delete('checkpoint');
    expect(await firstFinding(rest)).toEqual(['no-checkpoint', undefined]);
  });

  it('a fork, and a log that was turned back, by a head that was seen before', async () => {
    const seen = readCheckpoint(readSignedNote((files.get('checkpoint') ?? '').toString())?.text ?? '');
    expect((await verify(files, { seen })).findings).toEqual([]);
    const fork = await makeLog((store) => makeEntries(store, size + 20));
    expect(await firstFinding(fork, { seen })).toEqual(['fork', undefined]);
    const shorter = await makeLog((store) => makeEntries(store, 100));
    expect(await firstFinding(shorter, { seen })).toEqual(['rolled-back', undefined]);
  });
});

describe('the chains of writers', () => {
  /** One writer's entries of these numbers, one a second, and two minutes later one of another writer. */
  async function chainOf(numbers: readonly number[], abandon: readonly number[]) {
    return makeLog((store) => {
      const writer = { id: 'w', sequence: 0 };
      const made = Array.from({ length: Math.max(...numbers) }, (_, at) => {
        store.advance(1_000);
        const entry = nextEntry({ ...store, writer }, { type: 'AuditEntry' });
        if (abandon.includes(at + 1)) abandonEntry(writer, entry);
        return entry;
      });
      store.advance(120_000);
      return [
        ...made.filter(({ writerSequence }) => numbers.includes(writerSequence)),
        ...makeEntries(store, 1, 1),
      ];
    });
  }

  it.each<[string, number[], number[], unknown]>([
    ['each number once, in order', [1, 2, 3, 4], [], undefined],
    ['a number that never came', [1, 2, 4, 5], [], ['gap', 2]],
    ['the first number that never came', [2, 3], [], ['gap', 0]],
    ['numbers that were given up and declared', [1, 4, 5], [2, 3], undefined],
    ['a gap of which a part only was declared', [1, 4, 5], [3], ['gap', 1]],
  ])('%s', async (_, numbers, abandon, expected) => {
    expect(await firstFinding(await chainOf(numbers, abandon))).toEqual(expected);
  });

  it('a number that is missing since less than a minute may still come', async () => {
    const log = await makeLog((store) => makeEntries(store, 4, 1).filter((_, at) => at !== 1));
    expect(await verify(log)).toMatchObject({ findings: [], unsettled: 1 });
  });

  it('an entry that does not name the one before it', async () => {
    const log = await makeLog((store) =>
      makeEntries(store, 4, 1).map((entry, at) =>
        at === 2 ? { ...entry, previousHash: leafHash(Buffer.from('x')).toString('base64') } : entry,
      ),
    );
    expect(await firstFinding(log)).toEqual(['broken-chain', 2]);
  });

  it('a number that is there twice', async () => {
    const log = await makeLog((store) => {
      const entries = makeEntries(store, 4, 1);
      return [...entries, { ...(entries[1] as LogEntry), id: store.newId() }];
    });
    expect(await firstFinding(log)).toEqual(['repeated', 4]);
  });

  it('entries of a writer that came in another order are no finding', async () => {
    const store = await openTestStore();
    stores.push(store);
    const objects = makeMemoryObjects();
    const entries = makeEntries(store, 6, 1);
    const log = { origin: testOrigin, store, objects, signer };
    for (const at of [2, 0, 1, 5, 4, 3]) await sequenceEntries(log, [entries[at] as LogEntry]);
    expect((await verify(objects.files)).findings).toEqual([]);
  });
});

describe('time', () => {
  it('without a sign of life is said to be silent', async () => {
    const log = await makeLog((store) => {
      const before = makeEntries(store, 1, 1);
      store.advance(3_600_000);
      return [...before, ...makeEntries(store, 1, 1)];
    });
    expect((await verify(log)).silences).toEqual([
      { from: '2026-11-21T09:00:00.000Z', to: '2026-11-21T10:00:00.000Z' },
    ]);
  });

  it('since when only is read: the entries from then on, and all hashes', async () => {
    const log = await makeLog((store) => {
      const before = makeEntries(store, 512, 1);
      store.advance(3_600_000);
      return [...before, ...makeEntries(store, 100, 1)];
    });
    const since = '2026-11-21T10:00:00.000Z';
    expect(await verify(log, { since })).toMatchObject({ entries: 100, findings: [] });
    const edited = new Map(log).set('tile/0/000', Buffer.alloc(8192));
    expect((await verify(edited, { since })).findings[0]).toMatchObject({ kind: 'altered-tile', index: 0 });
  });
});

describe('tampering of any kind with any file', () => {
  it('is found', async () => {
    const paths = filesOfTree(size);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          act: fc.constantFrom(...tamperingActs),
          path: fc.constantFrom(...paths),
          at: fc.nat(),
          other: fc.nat(),
        }),
        async (tampering) => {
          const changed = tamper(files, paths, tampering);
          fc.pre(changed !== undefined);
          expect((await verify(changed)).findings).not.toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });
});
