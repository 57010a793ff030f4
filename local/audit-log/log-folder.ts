import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Reads files of a log that lies in a folder; undefined for one that is not there. */
export function openLogFolder(folder: string): (file: string) => Promise<Buffer | undefined> {
  return async (file) => {
    try {
      return await readFile(path.join(folder, file));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
      throw error;
    }
  };
}
