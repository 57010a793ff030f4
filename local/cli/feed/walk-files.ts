import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** The files below some paths, or the path that is not there. */
export type WalkResult =
  | { readonly ok: true; readonly files: readonly string[] }
  | { readonly ok: false; readonly missing: string };

/** Every file below the paths, folders in the order of their names; hidden files and READMEs of folders are passed over. */
export async function walkFiles(paths: readonly string[]): Promise<WalkResult> {
  const files: string[] = [];
  for (const start of paths) {
    const found = await stat(start).catch(() => undefined);
    if (!found) return { ok: false, missing: start };
    if (found.isDirectory()) await walkFolder(start, files);
    else files.push(start);
  }
  return { ok: true, files: [...new Set(files)] };
}

async function walkFolder(folder: string, files: string[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name.startsWith('README')) continue;
    const below = path.join(folder, entry.name);
    if (entry.isDirectory()) await walkFolder(below, files);
    else if (entry.isFile()) files.push(below);
  }
}
