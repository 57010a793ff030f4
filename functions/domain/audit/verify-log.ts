import type { LogEntry } from './audit-entry.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import { foldPairs, type Hash, leafHash, rootHash } from './merkle.ts';
import { kindOfKey, type NoteKey } from './note-key.ts';
import { judgeSignatures, readSignedNote } from './signed-note.ts';
import {
  decodeEntries,
  entriesPath,
  splitTile,
  subtreesFromTiles,
  type TileName,
  tilePath,
  tileWidth,
} from './tiles.ts';
import { WriterChains } from './writer-chains.ts';

/** Something that is not as it was when it was signed. */
export interface LogFinding {
  readonly kind:
    | 'no-checkpoint'
    | 'malformed-checkpoint'
    | 'forged-checkpoint'
    | 'missing-signature'
    | 'foreign-log'
    | 'truncated'
    | 'edited'
    | 'deleted'
    | 'inserted'
    | 'swapped'
    | 'altered-tile'
    | 'other-tree'
    | 'gap'
    | 'broken-chain'
    | 'repeated'
    | 'fork'
    | 'rolled-back';
  /** The first entry that it concerns; absent when it concerns the log as a whole. */
  readonly index?: number;
  readonly what: string;
}

/** A time without a sign of life. */
export interface Silence {
  readonly from: string;
  readonly to: string;
}

/** What a verification found. */
export interface LogReport {
  /** Absent when there is no head to speak of. */
  readonly checkpoint?: Checkpoint;
  /** Entries whose text was read and hashed. */
  readonly entries: number;
  /** Worst first: what concerns the log as a whole, then by index. */
  readonly findings: readonly LogFinding[];
  /** Entries of the last minute that wait for one of their writer's before them. */
  readonly unsettled: number;
  readonly silences: readonly Silence[];
}

/** What is verified, and against what. */
export interface LogToVerify {
  /** The file at a path of the log; undefined when there is none. */
  readonly read: (path: string) => Promise<Buffer | undefined>;
  /** The keys that may sign; their name is the origin. */
  readonly keys: readonly NoteKey[];
  /** Reads the entries from this instant on only; of those before, the hashes. */
  readonly since?: string;
  /** Reads no entries at all: the tree and its head alone. */
  readonly hashesOnly?: boolean;
  /** A head that was seen before: the log must begin with it. */
  readonly seen?: Checkpoint;
  /** Told how many entries are done, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The head of a log, if a pinned key signed it; else why it is not to be trusted. */
export async function readTrustedHead({
  read,
  keys,
}: Pick<LogToVerify, 'read' | 'keys'>): Promise<
  { ok: true; checkpoint: Checkpoint } | { ok: false; finding: LogFinding }
> {
  const refuse = (kind: LogFinding['kind'], what: string) => ({
    ok: false as const,
    finding: { kind, what },
  });
  const bytes = await read('checkpoint');
  if (!bytes) return refuse('no-checkpoint', 'there is no file `checkpoint`');
  const note = readSignedNote(bytes.toString('utf8'));
  const checkpoint = note && readCheckpoint(note.text);
  if (!checkpoint) return refuse('malformed-checkpoint', 'the file `checkpoint` is none');
  if (!keys.some(({ name }) => name === checkpoint.origin))
    return refuse('foreign-log', `it is the log ${checkpoint.origin}, for which no key is pinned`);
  const verdict = judgeSignatures(
    note,
    keys.filter(({ name }) => name === checkpoint.origin),
  );
  switch (verdict.is) {
    case 'unknown-keys':
      return refuse('foreign-log', 'no pinned key has signed the checkpoint');
    case 'forged':
      return refuse(
        'forged-checkpoint',
        `the signature of ${nameKeys([verdict.key])} is not of this checkpoint`,
      );
    case 'unsigned':
      return refuse('missing-signature', `no line of ${nameKeys(verdict.keys)}, which is pinned`);
    case 'signed':
      return { ok: true, checkpoint };
  }
}

function nameKeys(keys: readonly NoteKey[]): string {
  return keys
    .map(({ keyId, publicKey }) => `the ${kindOfKey(publicKey)} key ${keyId.toString('hex')}`)
    .join(' or ');
}

/** Walks the head, all hashes, all entries and every writer's chain; nothing but the files and the keys is needed. */
export async function verifyLog(log: LogToVerify): Promise<LogReport> {
  const head = await readTrustedHead(log);
  if (!head.ok) return { entries: 0, findings: [head.finding], unsettled: 0, silences: [] };
  const { checkpoint } = head;
  const tiles = await verifyTiles(log, checkpoint);
  const from = log.hashesOnly
    ? checkpoint.size
    : log.since
      ? await firstSince(log, checkpoint.size, log.since)
      : 0;
  const bodies = await verifyEntries(log, checkpoint.size, from, tiles.hashes[0] ?? []);
  const findings = [...tiles.findings, ...bodies.findings, ...seenBefore(log, checkpoint, tiles.hashes)];
  return {
    checkpoint,
    entries: bodies.entries,
    findings: findings.toSorted((a, b) => (a.index ?? -1) - (b.index ?? -1)),
    unsettled: bodies.unsettled,
    silences: bodies.silences,
  };
}

/** A partial tile may have given way to the full one. */
async function readTile(read: LogToVerify['read'], name: TileName): Promise<Hash[] | undefined> {
  const bytes = await read(tilePath(name));
  if (bytes) return splitTile(bytes, name.width);
  const full = name.width < tileWidth ? await read(tilePath({ ...name, width: tileWidth })) : undefined;
  return full && splitTile(full, tileWidth)?.slice(0, name.width);
}

async function readBundle(read: LogToVerify['read'], index: number, width: number) {
  const bytes = await read(entriesPath(index, width));
  if (bytes) return decodeEntries(bytes);
  const full = width < tileWidth ? await read(entriesPath(index, tileWidth)) : undefined;
  return full && decodeEntries(full)?.slice(0, width);
}

/** All hashes of a tree, by the level of their tiles. */
type TreeHashes = readonly (readonly Hash[])[];

/** Each tile held against what the level below gives; then the root that the leaves give, against the signed one. */
async function verifyTiles(
  { read }: LogToVerify,
  { size, root }: Checkpoint,
): Promise<{ findings: LogFinding[]; hashes: TreeHashes }> {
  const findings: LogFinding[] = [];
  const hashes: Hash[][] = [];
  let made: Hash[] = [];
  for (let level = 0, count = size; count > 0; level += 1, count = Math.floor(count / tileWidth)) {
    const tops: Hash[] = [];
    for (let index = 0; index * tileWidth < count; index += 1) {
      const from = index * tileWidth;
      const width = Math.min(tileWidth, count - from);
      const tile = await readTile(read, { level, index, width });
      if (level === 0) for (let at = 0; at < width; at += 1) made.push(tile?.[at] ?? noHash);
      const expected = made.slice(from, from + width);
      const at = tile ? tile.findIndex((hash, one) => !hash.equals(expected[one] ?? noHash)) : 0;
      const first = (from + Math.max(0, at)) * tileWidth ** level;
      if (!tile) findings.push({ kind: 'truncated', index: first, what: `no whole tile of level ${level}` });
      else if (at >= 0)
        findings.push({
          kind: 'altered-tile',
          index: first,
          what: `hashes of level ${level - 1} or ${level}`,
        });
      if (width === tileWidth) tops.push(foldPairs(expected));
    }
    hashes.push(made);
    made = tops;
  }
  if (findings.length === 0 && !rootOf(hashes, size).equals(root)) {
    // All that is full agrees with the level above it: what the partial tile holds is what no other tile holds.
    const index = size % tileWidth === 0 ? 0 : size - (size % tileWidth);
    findings.push({ kind: 'other-tree', index, what: 'the hashes do not give the signed root' });
  }
  return { findings, hashes };
}

/** Stands where a tile is missing; nothing hashes to it. */
const noHash: Hash = Buffer.alloc(32);

function rootOf(hashes: TreeHashes, size: number): Hash {
  const tile = ({ level, index, width }: TileName) =>
    (hashes[level] ?? []).slice(index * tileWidth, index * tileWidth + width);
  return rootHash(subtreesFromTiles(size, tile), size);
}

/** The log as it was at a head that somebody saw must have had that root. */
function seenBefore({ seen }: LogToVerify, { size }: Checkpoint, hashes: TreeHashes): LogFinding[] {
  if (!seen) return [];
  if (seen.size > size)
    return [{ kind: 'rolled-back', what: `a head with ${seen.size} entries was seen before` }];
  return rootOf(hashes, seen.size).equals(seen.root)
    ? []
    : [
        {
          kind: 'fork',
          what: `its first ${seen.size} entries are not those of the head that was seen before`,
        },
      ];
}

/** Minutes without a sign of life that are one too many: there is one each minute. */
const silentMilliseconds = 150_000;

async function verifyEntries(
  { read, onProgress }: LogToVerify,
  size: number,
  from: number,
  leafHashes: readonly Hash[],
) {
  const findings: LogFinding[] = [];
  const silences: Silence[] = [];
  const chains = new WriterChains(from > 0);
  let until = 0;
  let entries = 0;
  for (let bundle = Math.ceil(from / tileWidth); bundle * tileWidth < size; bundle += 1) {
    const start = bundle * tileWidth;
    const width = Math.min(tileWidth, size - start);
    const leaves = await readBundle(read, bundle, width);
    const expected = leafHashes.slice(start, start + width);
    if (!leaves) {
      findings.push({ kind: 'truncated', index: start, what: 'no whole bundle of entries' });
      continue;
    }
    const hashes = leaves.map(leafHash);
    const at = expected.findIndex((hash, one) => !hashes[one]?.equals(hash));
    if (at >= 0)
      findings.push({ kind: kindOfChange(expected, hashes, at), index: start + at, what: 'its text' });
    else if (leaves.length > width)
      findings.push({ kind: 'inserted', index: start + width, what: 'more text than hashes' });
    for (const [place, leaf] of leaves.slice(0, width).entries()) {
      const entry = readEntry(leaf);
      if (!entry) {
        if (at < 0 || start + place < start + at)
          findings.push({ kind: 'edited', index: start + place, what: 'it is no audit entry' });
        continue;
      }
      chains.add(start + place, (hashes[place] as Hash).toString('base64'), entry);
      const recorded = Date.parse(entry.recordedAt);
      if (until > 0 && recorded - until > silentMilliseconds)
        silences.push({ from: new Date(until).toISOString(), to: entry.recordedAt });
      until = Math.max(until, recorded);
    }
    entries += leaves.length;
    onProgress?.(start + width, size);
  }
  const followed = chains.finish(until);
  return { findings: [...findings, ...followed.findings], unsettled: followed.unsettled, silences, entries };
}

/** What was done to the texts of a bundle, by how they lie to the hashes from the first difference on. */
function kindOfChange(expected: readonly Hash[], found: readonly Hash[], at: number): LogFinding['kind'] {
  const isAt = (hash: Hash | undefined, one: Hash | undefined) => hash !== undefined && one?.equals(hash);
  const other = expected.findIndex((hash, one) => one > at && isAt(found[at], hash));
  if (other > at && isAt(found[other], expected[at])) return 'swapped';
  if (other === at + 1 || (found.length < expected.length && at >= found.length)) return 'deleted';
  return found.length > expected.length && isAt(found[at + 1], expected[at]) ? 'inserted' : 'edited';
}

function readEntry(leaf: Buffer): LogEntry | undefined {
  try {
    const entry = JSON.parse(leaf.toString('utf8')) as LogEntry;
    const isOne = typeof entry.writerId === 'string' && Number.isSafeInteger(entry.writerSequence);
    return isOne && !Number.isNaN(Date.parse(entry.recordedAt)) ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** The first entry of the first bundle that can hold one from `since` on: bundles lie in the order of time, give or take a minute. */
async function firstSince({ read }: LogToVerify, size: number, since: string): Promise<number> {
  const wanted = Date.parse(since) - 60_000;
  let low = 0;
  let high = Math.ceil(size / tileWidth);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const width = Math.min(tileWidth, size - middle * tileWidth);
    const last = (await readBundle(read, middle, width))?.at(-1);
    const entry = last && readEntry(last);
    // What cannot be read is to be looked at.
    if (entry && Date.parse(entry.recordedAt) < wanted) low = middle + 1;
    else high = middle;
  }
  return low * tileWidth;
}
