import { hash as digest } from 'node:crypto';

/** A SHA-256 hash, 32 bytes. */
export type Hash = Buffer;

/** Gives the hash of the complete subtree of 2^`level` leaves that begins at leaf `index` · 2^`level`. */
export type SubtreeHash = (level: number, index: number) => Hash;

/** The root of a tree without leaves. */
export const emptyRoot: Hash = sha256(Buffer.alloc(0));

function sha256(bytes: Uint8Array): Hash {
  return digest('sha256', bytes, 'buffer');
}

/** The hash of a leaf: the prefix keeps leaves and nodes apart (RFC 6962, 2.1). */
export function leafHash(leaf: Uint8Array): Hash {
  const bytes = Buffer.allocUnsafe(leaf.length + 1);
  bytes[0] = 0;
  bytes.set(leaf, 1);
  return sha256(bytes);
}

/** The hash of a node over its two children (RFC 6962, 2.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Hash {
  const bytes = Buffer.allocUnsafe(65);
  bytes[0] = 1;
  bytes.set(left, 1);
  bytes.set(right, 33);
  return sha256(bytes);
}

/** The root over complete subtrees of one size each, given from the left; their number must be a power of two. */
export function foldPairs(hashes: readonly Hash[]): Hash {
  let row = hashes;
  while (row.length > 1) {
    const above: Hash[] = [];
    for (let at = 0; at < row.length; at += 2) above.push(nodeHash(row[at] as Hash, row[at + 1] as Hash));
    row = above;
  }
  return row[0] ?? emptyRoot;
}

/** The largest power of two below `count`, where a tree of `count` leaves is parted. */
function partAt(count: number): number {
  let part = 1;
  while (part * 2 < count) part *= 2;
  return part;
}

/** The hash over the leaves from `start` up to `end`, as the recursion of RFC 6962 meets such ranges. */
function rangeHash(subtree: SubtreeHash, start: number, end: number): Hash {
  const count = end - start;
  const part = partAt(count);
  if (count === 1 || part * 2 === count) {
    const level = Math.round(Math.log2(count));
    return subtree(level, start / count);
  }
  return nodeHash(rangeHash(subtree, start, start + part), rangeHash(subtree, start + part, end));
}

/** The root of the tree of the first `size` leaves. */
export function rootHash(subtree: SubtreeHash, size: number): Hash {
  return size === 0 ? emptyRoot : rangeHash(subtree, 0, size);
}

/** The proof that leaf `index` is in the tree of `size` leaves: siblings from the leaf up (RFC 6962, 2.1.1). */
export function inclusionProof(subtree: SubtreeHash, index: number, size: number): Hash[] {
  if (index < 0 || index >= size) throw new RangeError('the leaf is not in the tree');
  const path: Hash[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + partAt(end - start);
    if (index < middle) {
      path.unshift(rangeHash(subtree, middle, end));
      end = middle;
    } else {
      path.unshift(rangeHash(subtree, start, middle));
      start = middle;
    }
  }
  return path;
}

/** The proof that the tree of `size` leaves begins with that of `oldSize` (RFC 6962, 2.1.2). */
export function consistencyProof(subtree: SubtreeHash, oldSize: number, size: number): Hash[] {
  if (oldSize < 0 || oldSize > size) throw new RangeError('the older tree is larger');
  if (oldSize === 0 || oldSize === size) return [];
  const path: Hash[] = [];
  let start = 0;
  let end = size;
  let isWhole = true;
  while (oldSize !== end) {
    const middle = start + partAt(end - start);
    if (oldSize <= middle) {
      path.unshift(rangeHash(subtree, middle, end));
      end = middle;
    } else {
      path.unshift(rangeHash(subtree, start, middle));
      start = middle;
      isWhole = false;
    }
  }
  return isWhole ? path : [rangeHash(subtree, start, end), ...path];
}

const half = (value: number): number => Math.floor(value / 2);
const isOdd = (value: number): boolean => value % 2 === 1;

/** Whether the proof leads from the leaf's hash to the root; a proof with anything missing or over is none (RFC 9162, 2.1.3.2). */
export function provesInclusion(
  { index, size, leaf, proof }: { index: number; size: number; leaf: Hash; proof: readonly Hash[] },
  root: Hash,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let position = index;
  let last = size - 1;
  let running = leaf;
  for (const sibling of proof) {
    if (last === 0 || sibling.length !== 32) return false;
    if (isOdd(position) || position === last) {
      running = nodeHash(sibling, running);
      while (!isOdd(position) && position !== 0) {
        position = half(position);
        last = half(last);
      }
    } else {
      running = nodeHash(running, sibling);
    }
    position = half(position);
    last = half(last);
  }
  return last === 0 && running.equals(root);
}

/** Whether the proof shows that the newer tree begins with the older one (RFC 9162, 2.1.4.2). */
export function provesConsistency(
  older: { size: number; root: Hash },
  newer: { size: number; root: Hash },
  proof: readonly Hash[],
): boolean {
  if (older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && older.root.equals(newer.root);
  if (older.size === 0) return proof.length === 0 && older.root.equals(emptyRoot);
  let position = older.size - 1;
  let last = newer.size - 1;
  while (isOdd(position)) {
    position = half(position);
    last = half(last);
  }
  const path = position === 0 ? [older.root, ...proof] : [...proof];
  const first = path.shift();
  if (first?.length !== 32) return false;
  let oldRoot = first;
  let newRoot = first;
  for (const sibling of path) {
    if (last === 0 || sibling.length !== 32) return false;
    if (isOdd(position) || position === last) {
      oldRoot = nodeHash(sibling, oldRoot);
      newRoot = nodeHash(sibling, newRoot);
      while (!isOdd(position) && position !== 0) {
        position = half(position);
        last = half(last);
      }
    } else {
      newRoot = nodeHash(newRoot, sibling);
    }
    position = half(position);
    last = half(last);
  }
  return last === 0 && oldRoot.equals(older.root) && newRoot.equals(newer.root);
}
