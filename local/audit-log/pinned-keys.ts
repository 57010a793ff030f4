import { createPublicKey, type KeyObject } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readCheckpoint } from '../../functions/domain/audit/checkpoint.ts';
import {
  ecdsaKeyId,
  type NoteKey,
  readSignedNote,
  splitNoteKey,
  writeNoteKey,
} from '../../functions/domain/audit/signed-note.ts';

/** The name of the file in which a region's log key is pinned: in its data folder, never in the log. */
const pinFileName = 'audit-log.vkey';

/** The key that the log itself offers. It shows that the log is of one piece, not whose it is. */
export const offeredKeyPath = 'log.vkey';

/** Keys that may sign a log, and whether somebody pinned them. */
export interface PinnedKeys {
  readonly keys: readonly NoteKey[];
  readonly isPinned: boolean;
}

/** Pins the log key of a region in its data folder. */
export function pinKey(folder: string, name: string, publicKey: KeyObject): Promise<void> {
  return writeFile(path.join(folder, pinFileName), `${writeNoteKey(name, publicKey)}\n`, { mode: 0o600 });
}

/** The keys of a file: lines of keys, or one public key (PEM or DER), which then signs under `origin`. Undefined: none. */
export async function readKeyFile(file: string, origin: string | undefined): Promise<NoteKey[] | undefined> {
  const bytes = await readFile(file);
  const lines = bytes
    .toString('utf8')
    .split('\n')
    .flatMap((line) => readKeyLine(line) ?? []);
  if (lines.length > 0) return lines;
  const isPem = bytes.toString('latin1').startsWith('-----BEGIN');
  const publicKey = toPublicKey(isPem ? bytes : { key: bytes, format: 'der', type: 'spki' });
  return publicKey && origin ? [{ name: origin, keyId: ecdsaKeyId(publicKey), publicKey }] : undefined;
}

function readKeyLine(line: string): NoteKey | undefined {
  const split = splitNoteKey(line);
  const publicKey = split && toPublicKey({ key: split.der, format: 'der', type: 'spki' });
  // The id is checked, so that a line that was copied wrongly is no key.
  return split && publicKey && ecdsaKeyId(publicKey).equals(split.keyId)
    ? { name: split.name, keyId: split.keyId, publicKey }
    : undefined;
}

function toPublicKey(input: Parameters<typeof createPublicKey>[0]): KeyObject | undefined {
  try {
    return createPublicKey(input);
  } catch {
    return undefined;
  }
}

/**
 * The keys pinned for a log where no file was named: those in the data folder around it, else those of the regions in
 * `dataDir`, else what the log itself offers, which is not pinned.
 */
export async function findKeys(
  logFolder: string,
  dataDir: string,
  read: (file: string) => Promise<Buffer | undefined>,
): Promise<PinnedKeys> {
  const above = [1, 2, 3].map((steps) => path.resolve(logFolder, ...Array<string>(steps).fill('..')));
  const regions = await readdir(dataDir, { withFileTypes: true }).catch(() => []);
  const beside = regions.filter((one) => one.isDirectory()).map(({ name }) => path.join(dataDir, name));
  for (const folders of [above, beside]) {
    const found = await Promise.all(
      folders.map((folder) => readKeyFile(path.join(folder, pinFileName), undefined).catch(() => undefined)),
    );
    const keys = found.flatMap((some) => some ?? []);
    if (keys.length > 0) return { keys, isPinned: true };
  }
  const offered = readKeyLine((await read(offeredKeyPath))?.toString('utf8') ?? '');
  return { keys: offered ? [offered] : [], isPinned: false };
}

/** The origin that a log claims; it is trusted no further than to give a bare public key its name. */
export async function claimedOrigin(
  read: (file: string) => Promise<Buffer | undefined>,
): Promise<string | undefined> {
  const note = readSignedNote((await read('checkpoint'))?.toString('utf8') ?? '');
  return note && readCheckpoint(note.text)?.origin;
}
