import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Hash,
  inclusionProof,
  leafHash,
  nodeHash,
  rootHash,
} from '../../../../functions/domain/audit/merkle.ts';
import {
  decodeEntries,
  edgeTiles,
  encodeEntries,
  entriesPath,
  splitTile,
  subtreesFromTiles,
  tilePath,
} from '../../../../functions/domain/audit/tiles.ts';
import { edgeRoot, emptyEdge, extendEdge } from '../../../../functions/domain/audit/tree-edge.ts';

const leaves = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => Buffer.from(`entry ${from + at}`));

/** The root by pairs over all leaves, for sizes that are too large for the recursion of the definition. */
function slowRoot(hashes: readonly Hash[]): Hash {
  if (hashes.length === 1) return hashes[0] as Hash;
  let part = 1;
  while (part * 2 < hashes.length) part *= 2;
  return nodeHash(slowRoot(hashes.slice(0, part)), slowRoot(hashes.slice(part)));
}

describe('the paths of C2SP tlog-tiles', () => {
  it('are those of the specification', () => {
    expect(tilePath({ level: 0, index: 0, width: 256 })).toBe('tile/0/000');
    expect(tilePath({ level: 1, index: 1_234_067, width: 256 })).toBe('tile/1/x001/x234/067');
    expect(tilePath({ level: 2, index: 999, width: 17 })).toBe('tile/2/999.p/17');
    expect(tilePath({ level: 0, index: 1000, width: 256 })).toBe('tile/0/x001/000');
    expect(entriesPath(1_234_067, 8)).toBe('tile/entries/x001/x234/067.p/8');
  });

  it('name the partial tiles of 70,000 entries, and of 256', () => {
    expect(edgeTiles(70_000)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    expect(edgeTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }]);
    expect(edgeTiles(0)).toEqual([]);
  });
});

describe('entry bundles', () => {
  it('give back what went in', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (entries) => {
        const buffers = entries.map((entry) => Buffer.from(entry));
        expect(decodeEntries(encodeEntries(buffers))).toEqual(buffers);
      }),
    );
  });

  it('that end within an entry are none, and too long an entry is refused', () => {
    const bytes = encodeEntries(leaves(0, 3));
    expect(decodeEntries(bytes.subarray(0, -1))).toBeUndefined();
    expect(decodeEntries(Buffer.concat([bytes, Buffer.from([0])]))).toBeUndefined();
    expect(() => encodeEntries([Buffer.alloc(65_536)])).toThrow(RangeError);
    expect(decodeEntries(encodeEntries([Buffer.alloc(65_535)]))?.[0]).toHaveLength(65_535);
    expect(splitTile(Buffer.alloc(33), 1)).toBeUndefined();
  });
});

describe('a tree that grows at its right edge', () => {
  it('has the same root, tiles and bundles in whatever steps it grew', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }), (steps) => {
        let edge = emptyEdge;
        const files = new Map<string, Buffer>();
        for (const count of steps) {
          const grown = extendEdge(edge, leaves(edge.size, count));
          edge = grown.edge;
          for (const { path, bytes } of grown.files) {
            // A path is written once, or again with the same bytes.
            expect(files.get(path)?.equals(bytes) ?? true).toBe(true);
            files.set(path, bytes);
          }
        }
        const hashes = leaves(0, edge.size).map(leafHash);
        expect(edgeRoot(edge)).toEqual(slowRoot(hashes));
        const subtree = subtreesFromTiles(edge.size, (name) => {
          const found = files.get(tilePath(name));
          return (found && splitTile(found, name.width)) ?? [];
        });
        expect(rootHash(subtree, edge.size)).toEqual(slowRoot(hashes));
        for (let bundle = 0; bundle * 256 < edge.size; bundle += 1) {
          const width = Math.min(256, edge.size - bundle * 256);
          expect(decodeEntries(files.get(entriesPath(bundle, width)) ?? Buffer.alloc(0))).toEqual(
            leaves(bundle * 256, width),
          );
        }
      }),
      { numRuns: 30 },
    );
  });

  it('makes the tiles of every level: 70,000 entries', () => {
    const { edge, files } = extendEdge(emptyEdge, leaves(0, 70_000));
    const paths = files.map(({ path }) => path);
    expect(paths.filter((path) => /^tile\/0\/[x0-9/]+$/.test(path))).toHaveLength(273);
    expect(paths).toContain('tile/1/000');
    expect(paths).toContain('tile/1/001.p/17');
    expect(paths).toContain('tile/2/000.p/1');
    expect(edgeRoot(edge)).toEqual(slowRoot(leaves(0, 70_000).map(leafHash)));
  });

  it('proves an entry among a milliard by thirty hashes: less than a kilobyte', () => {
    const proof = inclusionProof(() => leafHash(Buffer.alloc(0)), 123_456_789, 1_000_000_000);
    expect(Buffer.concat(proof).length).toBe(960);
  });
});
