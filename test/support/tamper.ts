import { entriesPath, tilePath, tileWidth } from '../../functions/domain/audit/tiles.ts';

/** The files that a log of `size` entries is made of now; older partial tiles and the stages are none of it. */
export function filesOfTree(size: number): string[] {
  const paths = ['checkpoint'];
  for (let level = 0, count = size; count > 0; level += 1, count = Math.floor(count / tileWidth))
    for (let index = 0; index * tileWidth < count; index += 1) {
      const width = Math.min(tileWidth, count - index * tileWidth);
      paths.push(tilePath({ level, index, width }));
      if (level === 0) paths.push(entriesPath(index, width));
    }
  return paths;
}

/** One act of tampering with a file; `at` and `other` choose the place. */
export interface Tampering {
  readonly act: 'flip' | 'cut' | 'extend' | 'remove' | 'exchange' | 'drop-bytes' | 'move-bytes';
  readonly path: string;
  readonly at: number;
  readonly other: number;
}

export const tamperingActs = [
  'flip',
  'cut',
  'extend',
  'remove',
  'exchange',
  'drop-bytes',
  'move-bytes',
] as const satisfies readonly Tampering['act'][];

/** The files after the act; undefined when it left every byte as it was. */
export function tamper(
  files: ReadonlyMap<string, Buffer>,
  paths: readonly string[],
  { act, path, at, other }: Tampering,
): Map<string, Buffer> | undefined {
  const bytes = files.get(path) ?? Buffer.alloc(0);
  const place = at % Math.max(1, bytes.length);
  const changed = new Map(files);
  const flipped = () => {
    const copy = Buffer.from(bytes);
    copy[place] = (copy[place] ?? 0) ^ (1 + (other % 255));
    return copy;
  };
  const otherPath = paths[other % paths.length] ?? path;
  if (act === 'flip') changed.set(path, flipped());
  if (act === 'cut') changed.set(path, bytes.subarray(0, place));
  if (act === 'extend') changed.set(path, Buffer.concat([bytes, Buffer.alloc(1 + (other % 700), at % 256)]));
  if (act === 'remove') changed.delete(path);
  if (act === 'drop-bytes')
    changed.set(path, Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1 + (other % 64))]));
  if (act === 'move-bytes') {
    const [head, tail] = [bytes.subarray(0, place), bytes.subarray(place)];
    changed.set(path, Buffer.concat([tail, head]));
  }
  if (act === 'exchange') {
    changed.set(path, files.get(otherPath) ?? Buffer.alloc(0));
    changed.set(otherPath, bytes);
  }
  const isSame = paths.every((one) => {
    const before = files.get(one);
    const after = changed.get(one);
    return before !== undefined && after !== undefined && before.equals(after);
  });
  return isSame ? undefined : changed;
}
