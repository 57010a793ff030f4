import { hash as digest } from 'node:crypto';
import type { LogEntry } from '../domain/audit/audit-entry.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../domain/audit/checkpoint.ts';
import { leafOf } from '../domain/audit/log-leaf.ts';
import { emptyRoot } from '../domain/audit/merkle.ts';
import { noteKeyId, signText, writeNoteKey } from '../domain/audit/note-key.ts';
import { readSignedNote, writeSignedNote } from '../domain/audit/signed-note.ts';
import {
  decodeEntries,
  edgeTiles,
  entriesPath,
  splitTile,
  tilePath,
  tileWidth,
} from '../domain/audit/tiles.ts';
import { edgeRoot, extendEdge, type LogFile, type TreeEdge } from '../domain/audit/tree-edge.ts';
import { type LogHead, readLogHead, replaceLogHead } from '../store/log-head.ts';
import type { LogObject, LogObjects } from '../store/log-objects.ts';
import { findPositions, keepPositions, listEntriesOf } from '../store/log-positions.ts';
import type { LogSigner } from '../store/log-signer.ts';
import type { AuditStore } from '../store/store.ts';

/** A log that entries can be added to. */
export interface AuditLog {
  /** Which log it is: the first line of its checkpoints, and the name of its key. */
  readonly origin: string;
  readonly store: AuditStore;
  readonly objects: LogObjects;
  readonly signer: LogSigner;
  /** Signs beside the other (ML-DSA-44); absent where the region has no such key. */
  readonly postQuantumSigner?: LogSigner;
  /** Told when a head goes out without that line: whoever pinned the key will ask. */
  readonly onLineMissing?: (error: unknown) => void;
  /** The edge that was read or made last, to save reading it again. */
  edge?: TreeEdge;
}

/** What the log's own records say cannot be: somebody changed them. It must stop and be looked at; waiting mends nothing. */
export class BrokenLog extends Error {
  override name = 'BrokenLog';
}

const checkpointPath = 'checkpoint';

/** The log's own word about its key, for who has not pinned one. */
const offeredKeyPath = 'log.vkey';

const firstHead: LogHead = {
  version: 0,
  size: 0,
  root: emptyRoot.toString('base64'),
  staging: '',
  sweptTo: '',
};

/** Rounds that another sequencer may win before this one gives up and is called again. */
const longestContention = 8;

/**
 * Adds the entries that are not in the log yet, in the order of their ids, and publishes the signed head; returns how many.
 * `sweptTo` moves the mark of {@link LogHead}. Each round is: stage what will be published – decide by one conditional write of
 * the head – publish. Whoever comes next, after a crash anywhere, publishes what was decided, from the stage, before it
 * decides anything; so a head that lost is never signed, and there is one history.
 */
export async function sequenceEntries(
  log: AuditLog,
  entries: readonly LogEntry[],
  sweptTo?: string,
): Promise<number> {
  const leaves = new Map(entries.map((entry) => [entry.id, entry]));
  for (let round = 0; round < longestContention; round += 1) {
    const head = await publishDecided(log);
    const known = await findPositions(log.store, [...leaves.keys()]);
    const added = [...leaves.values()]
      .filter(({ id }) => !known.has(id))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const swept = sweptTo !== undefined && sweptTo > head.sweptTo ? sweptTo : head.sweptTo;
    if (added.length === 0 && swept === head.sweptTo) return 0;
    const next = { ...(await stage(log, head, added)), version: head.version + 1, sweptTo: swept };
    if (!(await replaceLogHead(log.store, next))) continue;
    await publishDecided(log);
    return added.length;
  }
  throw new Error('other sequencers were first every time');
}

/** Minutes after which no entry of a minute can still be on its way into the table. */
const settledAfterMinutes = 3;
const longestSweepMinutes = 30;
const minute = 60_000;

/**
 * Reads the minutes that are settled from the table again and adds what is not in the log: an entry that the stream lost, or
 * gave up on, comes in all the same. Call it each minute.
 */
export async function sequenceSettled(log: AuditLog): Promise<number> {
  const head = await readLogHead(log.store);
  const settled = Math.floor(log.store.now().getTime() / minute) - settledAfterMinutes;
  const swept = head?.sweptTo ? Date.parse(`${head.sweptTo}Z`) / minute : settled - longestSweepMinutes;
  const to = Math.min(settled, swept + longestSweepMinutes);
  if (to <= swept) return 0;
  const minutes = Array.from({ length: to - swept }, (_, at) => nameMinute(swept + 1 + at));
  const entries = await Promise.all(minutes.map((one) => listEntriesOf(log.store, one)));
  return sequenceEntries(log, entries.flat(), nameMinute(to));
}

function nameMinute(sinceEpoch: number): string {
  return new Date(sinceEpoch * minute).toISOString().slice(0, 16);
}

interface Stage {
  readonly files: readonly LogFile[];
  readonly positions: readonly (readonly [string, number])[];
}

/** Puts all that the new head will need into one object, and returns that head. */
async function stage(
  log: AuditLog,
  head: LogHead,
  added: readonly LogEntry[],
): Promise<Pick<LogHead, 'size' | 'root' | 'staging'>> {
  if (added.length === 0) return head;
  const { edge, files } = extendEdge(await readEdge(log, head), added.map(leafOf));
  const positions = added.map(({ id }, at) => [id, head.size + at] as const);
  const bytes = encodeStage({ files, positions });
  const path = `staging/${String(edge.size).padStart(16, '0')}-${digest('sha256', bytes)}`;
  await log.objects.create(path, bytes, 'passing');
  return { size: edge.size, root: edgeRoot(edge).toString('base64'), staging: path };
}

/** The right edge of the tree, from its tiles; what does not give the head's root is not this tree. */
async function readEdge(log: AuditLog, { size, root }: LogHead): Promise<TreeEdge> {
  if (log.edge?.size === size && edgeRoot(log.edge).toString('base64') === root) return log.edge;
  const tiles = edgeTiles(size);
  const width = size % tileWidth;
  const [bundle, ...read] = await Promise.all([
    width === 0 ? undefined : readFile(log, entriesPath(Math.floor(size / tileWidth), width)),
    ...tiles.map((tile) => readFile(log, tilePath(tile))),
  ]);
  const entries = bundle ? decodeEntries(bundle) : [];
  const levels: TreeEdge['levels'][number][] = [];
  for (const [at, { level, width: hashes }] of tiles.entries())
    levels[level] = splitTile(read[at] ?? Buffer.alloc(0), hashes) ?? [];
  const edge = { size, levels: Array.from(levels, (hashes) => hashes ?? []), entries: entries ?? [] };
  if (edge.entries.length !== width || edgeRoot(edge).toString('base64') !== root)
    throw new BrokenLog('the tiles are not those of the head');
  return edge;
}

async function readFile({ objects }: AuditLog, path: string): Promise<Buffer> {
  const found = await objects.read(path);
  if (!found) throw new BrokenLog('a tile of the head is gone');
  return found.bytes;
}

/** Publishes what the head has decided, if that is not done yet, and returns the head. */
async function publishDecided(log: AuditLog): Promise<LogHead> {
  for (let round = 0; round < longestContention; round += 1) {
    // The checkpoint first: a head that is read after it is never behind it, unless somebody turned it back.
    const published = await log.objects.read(checkpointPath);
    const head = (await readLogHead(log.store)) ?? firstHead;
    const checkpoint = published ? readPublished(published) : { size: 0, root: emptyRoot };
    if (checkpoint.size > head.size) throw new BrokenLog('the published log is ahead of its head');
    if (checkpoint.size === head.size) {
      if (checkpoint.root.toString('base64') !== head.root)
        throw new BrokenLog('the published log is another than that of the head');
      return head;
    }
    if (await publish(log, head, published?.etag)) return head;
  }
  throw new Error('other sequencers published every time');
}

function readPublished({ bytes }: LogObject): Checkpoint {
  const note = readSignedNote(bytes.toString('utf8'));
  const checkpoint = note && readCheckpoint(note.text);
  if (!checkpoint) throw new BrokenLog('the published checkpoint is none');
  return checkpoint;
}

/** Publishes the stage of a head: files, positions, and at last the signed checkpoint; false when another did meanwhile. */
async function publish(log: AuditLog, head: LogHead, etag: string | undefined): Promise<boolean> {
  const { origin, objects, store } = log;
  const { files, positions } = decodeStage(await readFile(log, head.staging), head);
  const text = writeCheckpoint({ origin, size: head.size, root: Buffer.from(head.root, 'base64') });
  const [lines] = await Promise.all([
    signHead(log, text),
    keepPositions(store, new Map(positions)),
    ...files.map((file) => createFile(objects, file)),
  ]);
  if (etag === undefined) {
    const keys = lines.map(({ publicKey }) => `${writeNoteKey(origin, publicKey)}\n`);
    await objects.create(offeredKeyPath, Buffer.from(keys.join('')), 'archive');
  }
  const note = writeSignedNote({ text, signatures: lines });
  return (await objects.replace(checkpointPath, Buffer.from(note), etag)) === 'replaced';
}

/**
 * The signature lines of a head that was decided. Without the ECDSA line there is none; the ML-DSA line is left out when its key
 * does not sign, because a log that stops protects less than one whose next head may have the line again.
 */
async function signHead({ onLineMissing, origin, postQuantumSigner, signer }: AuditLog, text: string) {
  const signBy = async (by: LogSigner) => {
    const publicKey = await by.publicKey();
    const signature = await signText(origin, publicKey, text, (message) => by.sign(message));
    return { name: origin, keyId: noteKeyId(origin, publicKey), signature, publicKey };
  };
  const [line, second] = await Promise.all([
    signBy(signer),
    postQuantumSigner &&
      signBy(postQuantumSigner).catch((error: unknown) => {
        onLineMissing?.(error);
        return undefined;
      }),
  ]);
  return second ? [line, second] : [line];
}

async function createFile(objects: LogObjects, { path, bytes }: LogFile): Promise<void> {
  // A partial tile is part of the next one, and of the full one at last.
  const outcome = await objects.create(path, bytes, path.includes('.p/') ? 'passing' : 'archive');
  if (outcome === 'created') return;
  if (!(await objects.read(path))?.bytes.equals(bytes))
    throw new BrokenLog('a tile is there already, with other hashes');
}

function encodeStage({ files, positions }: Stage): Buffer {
  const named = files.map(({ path, bytes }) => [path, bytes.toString('base64')]);
  return Buffer.from(JSON.stringify({ files: named, positions }));
}

function decodeStage(bytes: Buffer, { staging }: LogHead): Stage {
  if (!staging.endsWith(`-${digest('sha256', bytes)}`)) throw new BrokenLog('the stage was changed');
  const { files, positions } = JSON.parse(bytes.toString('utf8')) as {
    files: [string, string][];
    positions: Stage['positions'];
  };
  return {
    files: files.map(([path, encoded]) => ({ path, bytes: Buffer.from(encoded, 'base64') })),
    positions,
  };
}
