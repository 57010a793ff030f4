import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';

const metadataSchema = z.object({ contentType: z.string(), custom: z.record(z.string(), z.string()) });

/** What is kept of an object besides its bytes. */
export type ObjectMetadata = z.infer<typeof metadataSchema>;

/** A stored object. */
export interface StoredObject {
  readonly body: Buffer;
  readonly metadata: ObjectMetadata;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
}

/** Where the objects of one bucket are. */
export interface ObjectFolder {
  read(key: string): Promise<StoredObject | undefined>;
  /** Writes the whole object or nothing; `onlyNew` leaves one that exists as it is. */
  write(key: string, body: Buffer, metadata: ObjectMetadata, onlyNew: boolean): Promise<'written' | 'exists'>;
  /** All keys, in the order of their UTF-8 bytes as S3 lists them. */
  keys(): Promise<string[]>;
}

/** The ETag that S3 gives a plain object. */
export function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

/**
 * Whether a key can be a path below a folder on every system: no empty, `.` or `..` step, no control character, no
 * backslash or colon, no step over 200 bytes. S3 takes more; such keys are refused locally.
 */
export function isStorableKey(key: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here.
  if (key === '' || Buffer.byteLength(key) > 1024 || /[\u0000-\u001f\u007f\\:]/.test(key)) return false;
  return key
    .split('/')
    .every((step) => step !== '' && step !== '.' && step !== '..' && Buffer.byteLength(step) <= 200);
}

function byteOrder(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** Keeps objects in memory. */
export function createMemoryFolder(clock: () => number): ObjectFolder {
  const objects = new Map<string, StoredObject>();
  return {
    read: (key) => Promise.resolve(objects.get(key)),
    write(key, body, metadata, onlyNew) {
      if (onlyNew && objects.has(key)) return Promise.resolve('exists');
      objects.set(key, { body, metadata, modifiedAt: clock() });
      return Promise.resolve('written');
    },
    keys: () => Promise.resolve([...objects.keys()].sort(byteOrder)),
  };
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function isPresent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

async function writeSynced(file: string, body: Buffer | string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(body);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Keeps objects as files: the key is the path below `folder`, so the audit log can be read without this service. The
 * metadata lies below `metadataFolder`. Call only with keys that {@link isStorableKey} takes.
 */
export function createFileFolder(folder: string, metadataFolder: string): ObjectFolder {
  const locate = (root: string, key: string): string => {
    const file = path.resolve(root, key);
    // The second guard behind isStorableKey: nothing is ever read or written outside the folder.
    if (!file.startsWith(path.resolve(root) + path.sep)) throw new Error('an object key leaves its folder');
    return file;
  };

  async function list(below: string, prefix: string, found: string[]): Promise<void> {
    let entries: Awaited<ReturnType<typeof readdirTyped>>;
    try {
      entries = await readdirTyped(below);
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
    for (const entry of entries) {
      if (entry.isDirectory()) await list(path.join(below, entry.name), `${prefix}${entry.name}/`, found);
      else if (!entry.name.endsWith('.partial')) found.push(`${prefix}${entry.name}`);
    }
  }

  async function readMetadata(key: string): Promise<ObjectMetadata> {
    try {
      const text = await readFile(`${locate(metadataFolder, key)}.json`, 'utf8');
      return metadataSchema.parse(JSON.parse(text));
    } catch (error) {
      if (isMissing(error)) return { contentType: 'application/octet-stream', custom: {} };
      throw error;
    }
  }

  return {
    async read(key) {
      const file = locate(folder, key);
      try {
        const details = await stat(file);
        if (!details.isFile()) return undefined;
        const body = await readFile(file);
        return { body, metadata: await readMetadata(key), modifiedAt: details.mtimeMs };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async write(key, body, metadata, onlyNew) {
      const file = locate(folder, key);
      await mkdir(path.dirname(file), { recursive: true });
      const partial = `${file}.${randomUUID()}.partial`;
      await writeSynced(partial, body);
      try {
        // A link fails where the name is taken: of two writers at once one wins, and readers see whole objects only.
        if (onlyNew) await link(partial, file);
        else await rename(partial, file);
      } catch (error) {
        if (onlyNew && isPresent(error)) return 'exists';
        throw error;
      } finally {
        await rm(partial, { force: true });
      }
      const metadataFile = `${locate(metadataFolder, key)}.json`;
      await mkdir(path.dirname(metadataFile), { recursive: true });
      const partialMetadata = `${metadataFile}.${randomUUID()}.partial`;
      await writeSynced(partialMetadata, JSON.stringify(metadata));
      await rename(partialMetadata, metadataFile);
      return 'written';
    },
    async keys() {
      const found: string[] = [];
      await list(folder, '', found);
      return found.sort(byteOrder);
    },
  };
}

function readdirTyped(folder: string) {
  return readdir(folder, { withFileTypes: true });
}
