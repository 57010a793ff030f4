import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readCheckpoint } from '../../functions/domain/audit/checkpoint.ts';
import { type NoteKey, pinnedKey, readNoteKey, writeNoteKey } from '../../functions/domain/audit/note-key.ts';
import { readSignedNote } from '../../functions/domain/audit/signed-note.ts';

/** The name of the file in which a region's log key is pinned: in its data folder, never in the log. */
const pinFileName = 'audit-log.vkey';

/** The keys that the log itself offers. They show that the log is of one piece, not whose it is. */
export const offeredKeyPath = 'log.vkey';

/** Keys that may sign a log, and whether somebody pinned them. */
export interface PinnedKeys {
  readonly keys: readonly NoteKey[];
  readonly isPinned: boolean;
}

/** Pins the log keys of a region (DER, SPKI) in its data folder. */
export function pinKeys(folder: string, name: string, publicKeys: readonly Buffer[]): Promise<void> {
  const lines = publicKeys.map((publicKey) => `${writeNoteKey(name, publicKey)}\n`);
  return writeFile(path.join(folder, pinFileName), lines.join(''), { mode: 0o600 });
}

/**
 * The keys of a file: lines of keys; or public keys, one in DER or any number in PEM, which then sign under `origin`. Undefined:
 * none, or one among them that is no key, because a key that is passed over would ask for nothing.
 */
export async function readKeyFile(file: string, origin: string | undefined): Promise<NoteKey[] | undefined> {
  const bytes = await readFile(file);
  const text = bytes.toString('latin1');
  const blocks = [...text.matchAll(pemBlock)].map(([, body]) => Buffer.from(body ?? '', 'base64'));
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const keys =
    blocks.length > 0
      ? blocks.map((block) => origin && pinnedKey(origin, block))
      : isDer(bytes)
        ? [origin && pinnedKey(origin, bytes)]
        : lines.map(readNoteKey);
  const good = keys.filter((key) => typeof key === 'object');
  // A block that was cut off has a beginning all the same.
  const count = blocks.length > 0 ? text.split('-----BEGIN').length - 1 : keys.length;
  return good.length > 0 && good.length === count ? good : undefined;
}

const pemBlock = /-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----/g;

/** A key in DER is a SEQUENCE. */
function isDer(bytes: Buffer): boolean {
  return bytes[0] === 0x30 && pinnedKey('any', bytes) !== undefined;
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
  const offered = (await read(offeredKeyPath))?.toString('utf8') ?? '';
  return { keys: offered.split('\n').flatMap((line) => readNoteKey(line) ?? []), isPinned: false };
}

/** The origin that a log claims; it is trusted no further than to give a bare public key its name. */
export async function claimedOrigin(
  read: (file: string) => Promise<Buffer | undefined>,
): Promise<string | undefined> {
  const note = readSignedNote((await read('checkpoint'))?.toString('utf8') ?? '');
  return note && readCheckpoint(note.text)?.origin;
}
