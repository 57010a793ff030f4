import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyProof,
  emptyRoot,
  type Hash,
  inclusionProof,
  leafHash,
  provesConsistency,
  provesInclusion,
  rootHash,
  type SubtreeHash,
} from '../../../../functions/domain/audit/merkle.ts';

/** The definitions of RFC 6962, 2.1, word for word and slow. */
const sha = (...parts: Uint8Array[]): Hash =>
  createHash('sha256').update(Buffer.concat(parts)).digest() as Hash;
function naiveRoot(leaves: readonly Buffer[]): Hash {
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return sha(Buffer.from([0]), leaves[0] as Buffer);
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return sha(Buffer.from([1]), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}
function naivePath(m: number, leaves: readonly Buffer[]): Hash[] {
  if (leaves.length === 1) return [];
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return m < k
    ? [...naivePath(m, leaves.slice(0, k)), naiveRoot(leaves.slice(k))]
    : [...naivePath(m - k, leaves.slice(k)), naiveRoot(leaves.slice(0, k))];
}

const leavesOf = (count: number) => Array.from({ length: count }, (_, at) => Buffer.from(`leaf ${at}`));
const subtreesOf =
  (leaves: readonly Buffer[]): SubtreeHash =>
  (level, index) =>
    naiveRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));

/** Leaves, roots and proofs that implementations of RFC 6962 test themselves with. */
const knownLeaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => Buffer.from(hex, 'hex'));
const knownRoots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

describe('the tree of RFC 6962', () => {
  it('has the root of nothing, and of the known leaves', () => {
    expect(emptyRoot.toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(leafHash(Buffer.from('L123456')).toString('hex')).toBe(
      '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
    );
    const roots = knownRoots.map((_, at) =>
      rootHash(subtreesOf(knownLeaves.slice(0, at + 1)), at + 1).toString('hex'),
    );
    expect(roots).toEqual(knownRoots);
  });

  it('agrees with the definition at every size and leaf up to 40', () => {
    for (let size = 1; size <= 40; size += 1) {
      const leaves = leavesOf(size);
      const subtree = subtreesOf(leaves);
      const root = naiveRoot(leaves);
      expect(rootHash(subtree, size)).toEqual(root);
      for (let index = 0; index < size; index += 1) {
        const proof = inclusionProof(subtree, index, size);
        expect(proof).toEqual(naivePath(index, leaves));
        const claim = { index, size, leaf: leafHash(leaves[index] as Buffer), proof };
        expect(provesInclusion(claim, root)).toBe(true);
      }
    }
  });

  it('proves that every tree begins with each smaller one, up to 24', () => {
    const leaves = leavesOf(24);
    for (let size = 0; size <= 24; size += 1)
      for (let oldSize = 0; oldSize <= size; oldSize += 1) {
        const proof = consistencyProof(subtreesOf(leaves), oldSize, size);
        const older = { size: oldSize, root: naiveRoot(leaves.slice(0, oldSize)) };
        const newer = { size, root: naiveRoot(leaves.slice(0, size)) };
        expect([size, oldSize, provesConsistency(older, newer, proof)]).toEqual([size, oldSize, true]);
      }
  });
});

const treeAndLeaf = fc
  .integer({ min: 1, max: 300 })
  .chain((size) => fc.record({ size: fc.constant(size), index: fc.integer({ min: 0, max: size - 1 }) }));

/** Every way to spoil a list of hashes by one. */
const damage = fc.constantFrom<(proof: Hash[], at: number) => Hash[]>(
  (proof, at) => proof.toSpliced(at, 1),
  (proof, at) => proof.toSpliced(at, 0, leafHash(Buffer.from('more'))),
  (proof, at) => proof.toSpliced(at, 1, leafHash(Buffer.from('other'))),
  (proof, at) => proof.toSpliced(at, 1, (proof[at] ?? emptyRoot).subarray(1)),
  (proof) => [...proof, ...proof],
  (proof) => proof.toReversed(),
);
const isSame = (one: readonly Hash[], other: readonly Hash[]) =>
  one.length === other.length && one.every((hash, at) => hash.equals(other[at] as Hash));

describe('a proof that is not quite one', () => {
  it('of inclusion is refused: hashes missing, over, exchanged, cut', () => {
    fc.assert(
      fc.property(treeAndLeaf, damage, fc.nat(12), ({ size, index }, spoil, at) => {
        const leaves = leavesOf(size);
        const proof = inclusionProof(subtreesOf(leaves), index, size);
        const spoilt = spoil([...proof], Math.min(at, Math.max(0, proof.length - 1)));
        fc.pre(!isSame(spoilt, proof));
        const leaf = leafHash(leaves[index] as Buffer);
        expect(provesInclusion({ index, size, leaf, proof: spoilt }, naiveRoot(leaves))).toBe(false);
      }),
    );
  });

  it('of inclusion is refused for another leaf, place or size, and for places outside the tree', () => {
    const leaves = leavesOf(9);
    const root = naiveRoot(leaves);
    const proof = inclusionProof(subtreesOf(leaves), 4, 9);
    const claim = { index: 4, size: 9, leaf: leafHash(leaves[4] as Buffer), proof };
    expect(provesInclusion(claim, root)).toBe(true);
    for (const change of [
      { leaf: leafHash(leaves[5] as Buffer) },
      { index: 5 },
      { index: 9 },
      { index: -1 },
      { index: 0.5 },
      { size: 4 },
      { size: 0 },
      { size: 17 },
    ])
      expect([change, provesInclusion({ ...claim, ...change }, root)]).toEqual([change, false]);
  });

  it('of consistency is refused: hashes missing, over, exchanged, another history', () => {
    fc.assert(
      fc.property(treeAndLeaf, damage, fc.nat(12), ({ size, index }, spoil, at) => {
        const oldSize = index;
        const leaves = leavesOf(size);
        const subtree = subtreesOf(leaves);
        const proof = consistencyProof(subtree, oldSize, size);
        const older = { size: oldSize, root: naiveRoot(leaves.slice(0, oldSize)) };
        const newer = { size, root: naiveRoot(leaves) };
        const spoilt = spoil([...proof], Math.min(at, Math.max(0, proof.length - 1)));
        if (!isSame(spoilt, proof)) expect(provesConsistency(older, newer, spoilt)).toBe(false);
        if (oldSize === 0) return;
        const forked = { size: oldSize, root: naiveRoot([...leaves.slice(1, oldSize), Buffer.from('x')]) };
        expect(provesConsistency(forked, newer, proof)).toBe(false);
      }),
    );
  });

  it('of a larger tree against a smaller one is none', () => {
    const leaves = leavesOf(5);
    const tree = (size: number) => ({ size, root: naiveRoot(leaves.slice(0, size)) });
    expect(provesConsistency(tree(5), tree(4), [])).toBe(false);
    expect(provesConsistency(tree(4), { size: 4, root: emptyRoot }, [])).toBe(false);
    expect(() => consistencyProof(subtreesOf(leaves), 6, 5)).toThrow(RangeError);
    expect(() => inclusionProof(subtreesOf(leaves), 5, 5)).toThrow(RangeError);
  });
});
