import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a folder, readable by its owner alone, and what is missing above it. Node's own recursive `mkdir` never ends in
 * file systems that say "not there" to a new folder below one that is there, such as /proc.
 */
export async function makeFolder(folder: string): Promise<void> {
  const absolute = path.resolve(folder);
  try {
    await mkdir(absolute, { mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST' && (await stat(absolute)).isDirectory()) return;
    const parent = path.dirname(absolute);
    if (code !== 'ENOENT' || parent === absolute) throw error;
    await makeFolder(parent);
    await mkdir(absolute, { mode: 0o700 });
  }
}
