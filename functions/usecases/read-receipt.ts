import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import type { AuditEntry } from '../domain/audit/audit-entry.ts';
import { readCheckpoint } from '../domain/audit/checkpoint.ts';
import { type Hash, inclusionProof, leafHash } from '../domain/audit/merkle.ts';
import { readSignedNote } from '../domain/audit/signed-note.ts';
import {
  decodeEntries,
  entriesPath,
  splitTile,
  subtreesFromTiles,
  type TileName,
  tileOf,
  tilePath,
  tileWidth,
} from '../domain/audit/tiles.ts';
import type { LogObjects } from '../store/log-objects.ts';
import { findPositions } from '../store/log-positions.ts';
import { type Region, type Result, refuse } from './region.ts';

/** Proof that an entry is in the signed log. */
export interface Receipt {
  readonly index: number;
  /** The entry's exact text, as it was hashed. */
  readonly text: string;
  readonly personId?: string;
  /** A C2SP tlog-proof: the index, the path of hashes, and the signed head. */
  readonly proof: string;
}

/** The receipt of one audit entry, by its id; ENTRY_NOT_LOGGED when it is not in a signed head (yet). */
export async function readReceipt(
  { policy, store }: Region,
  objects: LogObjects,
  caller: Caller,
  id: string,
): Promise<Result<Receipt>> {
  const decision = decideOperation(policy, caller, 'audit.read');
  if (!decision.allowed) return refuse(decision.code);
  const index = (await findPositions(store, [id])).get(id);
  const note = (await objects.read('checkpoint'))?.bytes.toString('utf8') ?? '';
  const size = readCheckpoint(readSignedNote(note)?.text ?? '')?.size ?? 0;
  if (index === undefined || index >= size) return refuse('ENTRY_NOT_LOGGED');
  const [path, leaf] = await Promise.all([readPath(objects, index, size), readLeaf(objects, index, size)]);
  const text = leaf.toString('utf8');
  const { personId } = JSON.parse(text) as Partial<AuditEntry>;
  const lines = path.map((hash) => hash.toString('base64'));
  const proof = ['c2sp.org/tlog-proof@v1', `index ${index}`, ...lines, '', note].join('\n');
  return { ok: true, value: { index, text, proof, ...(personId && { personId }) } };
}

/** The path from the leaf to the root: which tiles it needs is found by a first walk that reads nothing. */
async function readPath(objects: LogObjects, index: number, size: number): Promise<Hash[]> {
  const needed = new Map<string, TileName>();
  const unread = leafHash(Buffer.alloc(0));
  inclusionProof(
    (level, at) => {
      const name = tileOf(level, at, size);
      needed.set(tilePath(name), name);
      return unread;
    },
    index,
    size,
  );
  const tiles = new Map<string, Hash[]>();
  await Promise.all(
    [...needed].map(async ([path, name]) => {
      const bytes = await readEither(objects, path, tilePath({ ...name, width: tileWidth }));
      tiles.set(path, splitTile(bytes.subarray(0, name.width * 32), name.width) ?? []);
    }),
  );
  return inclusionProof(
    subtreesFromTiles(size, (name) => tiles.get(tilePath(name)) ?? []),
    index,
    size,
  );
}

async function readLeaf(objects: LogObjects, index: number, size: number): Promise<Buffer> {
  const bundle = Math.floor(index / tileWidth);
  const width = Math.min(tileWidth, size - bundle * tileWidth);
  const bytes = await readEither(objects, entriesPath(bundle, width), entriesPath(bundle, tileWidth));
  const leaf = decodeEntries(bytes)?.[index % tileWidth];
  if (!leaf) throw new Error('the log has no text for an entry of its head');
  return leaf;
}

/** A partial tile may have given way to the full one. */
async function readEither(objects: LogObjects, path: string, full: string): Promise<Buffer> {
  const found = (await objects.read(path)) ?? (await objects.read(full));
  if (!found) throw new Error('the log lacks a tile of its head');
  return found.bytes;
}
