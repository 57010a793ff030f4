import { emptyRoot, foldPairs, type Hash, leafHash, nodeHash } from './merkle.ts';
import { edgeTiles, encodeEntries, entriesPath, tilePath, tileWidth } from './tiles.ts';

/** A file of the log. */
export interface LogFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** The right edge of a tree: all that is needed to add entries to it. */
export interface TreeEdge {
  readonly size: number;
  /** The hashes of the partial tile at each level, from level 0 up; a level without one is empty. */
  readonly levels: readonly (readonly Hash[])[];
  /** The entries of the partial bundle. */
  readonly entries: readonly Buffer[];
}

/** The edge of a tree without entries. */
export const emptyEdge: TreeEdge = { size: 0, levels: [], entries: [] };

/** The root of the tree, from its edge alone. */
export function edgeRoot({ size, levels }: TreeEdge): Hash {
  const parts: Hash[] = [];
  for (const hashes of levels.toReversed()) {
    let at = 0;
    for (let span = tileWidth / 2; span >= 1; span /= 2)
      if ((hashes.length & span) !== 0) {
        parts.push(foldPairs(hashes.slice(at, at + span)));
        at += span;
      }
  }
  const last = parts.pop();
  if (size === 0 || !last) return emptyRoot;
  return parts.reduceRight((right, left) => nodeHash(left, right), last);
}

/** The edge after `added`, and every tile and bundle that came to be: full ones, and the partial ones of the new size. */
export function extendEdge(edge: TreeEdge, added: readonly Buffer[]): { edge: TreeEdge; files: LogFile[] } {
  const files: LogFile[] = [];
  const levels = edge.levels.map((hashes) => [...hashes]);
  let entries = [...edge.entries];
  let size = edge.size;
  for (const entry of added) {
    entries.push(entry);
    levels[0] ??= [];
    levels[0].push(leafHash(entry));
    size += 1;
    if (entries.length < tileWidth) continue;
    files.push({ path: entriesPath(size / tileWidth - 1, tileWidth), bytes: encodeEntries(entries) });
    entries = [];
    raise(levels, size, files);
  }
  if (entries.length > 0)
    files.push({
      path: entriesPath(Math.floor(size / tileWidth), entries.length),
      bytes: encodeEntries(entries),
    });
  for (const tile of edgeTiles(size))
    files.push({ path: tilePath(tile), bytes: Buffer.concat(levels[tile.level] ?? []) });
  return { edge: { size, levels, entries }, files };
}

/** Full tiles leave the edge; the root of each goes into the level above. */
function raise(levels: Hash[][], size: number, files: LogFile[]): void {
  for (let level = 0; levels[level]?.length === tileWidth; level += 1) {
    const hashes = levels[level] ?? [];
    const index = size / tileWidth ** (level + 1) - 1;
    files.push({ path: tilePath({ level, index, width: tileWidth }), bytes: Buffer.concat(hashes) });
    levels[level] = [];
    levels[level + 1] ??= [];
    levels[level + 1]?.push(foldPairs(hashes));
  }
}
