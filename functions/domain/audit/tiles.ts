import { foldPairs, type Hash, type SubtreeHash } from './merkle.ts';

/** Hashes, or entries, of a full tile (C2SP tlog-tiles). */
export const tileWidth = 256;

/** Bytes of the longest entry: its length stands in 16 bits. */
export const longestEntryBytes = 65_535;

/** A tile of hashes: the `width` first hashes of tile `index` at `level`, each over 256^`level` entries. */
export interface TileName {
  readonly level: number;
  readonly index: number;
  /** 256, or fewer at the right edge of the tree. */
  readonly width: number;
}

function indexPath(index: number): string {
  const steps = [String(index % 1000).padStart(3, '0')];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    steps.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  return steps.join('/');
}

const partial = (width: number) => (width < tileWidth ? `.p/${width}` : '');

/** Where a tile of hashes lies below the log's prefix. */
export function tilePath({ level, index, width }: TileName): string {
  return `tile/${level}/${indexPath(index)}${partial(width)}`;
}

/** Where a bundle of entries lies below the log's prefix. */
export function entriesPath(index: number, width: number): string {
  return `tile/entries/${indexPath(index)}${partial(width)}`;
}

/** Every tile at the right edge of a tree of `size` entries, from level 0 up: what the next entries are added to. */
export function edgeTiles(size: number): TileName[] {
  const tiles: TileName[] = [];
  for (let level = 0, count = size; count > 0; level += 1, count = Math.floor(count / tileWidth))
    if (count % tileWidth > 0)
      tiles.push({ level, index: Math.floor(count / tileWidth), width: count % tileWidth });
  return tiles;
}

/** The tile in which a tree of `size` entries keeps the hash of a complete subtree, or the hashes that it is made of. */
export function tileOf(level: number, index: number, size: number): TileName {
  const tileLevel = Math.floor(level / 8);
  const count = Math.floor(size / tileWidth ** tileLevel);
  const tileIndex = Math.floor((index * 2 ** (level % 8)) / tileWidth);
  return {
    level: tileLevel,
    index: tileIndex,
    width: Math.min(tileWidth, count - tileIndex * tileWidth),
  };
}

/** The hashes of a tile; undefined when its length is not that of `width` hashes. */
export function splitTile(bytes: Buffer, width: number): Hash[] | undefined {
  if (bytes.length !== width * 32) return undefined;
  return Array.from({ length: width }, (_, at) => bytes.subarray(at * 32, at * 32 + 32));
}

/** Subtree hashes of a tree of `size` entries, read from its tiles. */
export function subtreesFromTiles(size: number, tile: (name: TileName) => readonly Hash[]): SubtreeHash {
  return (level, index) => {
    const name = tileOf(level, index, size);
    const span = 2 ** (level % 8);
    const from = index * span - name.index * tileWidth;
    return foldPairs(tile(name).slice(from, from + span));
  };
}

/** The bytes of a bundle: each entry after its length in 16 bits, big-endian. */
export function encodeEntries(entries: readonly Uint8Array[]): Buffer {
  const parts = entries.flatMap((entry) => {
    if (entry.length > longestEntryBytes) throw new RangeError('an entry is longer than a bundle takes');
    return [Buffer.from([entry.length >> 8, entry.length & 255]), entry];
  });
  return Buffer.concat(parts);
}

/** The entries of a bundle; undefined when the bytes end within an entry. */
export function decodeEntries(bytes: Buffer): Buffer[] | undefined {
  const entries: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 2 > bytes.length) return undefined;
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) return undefined;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
