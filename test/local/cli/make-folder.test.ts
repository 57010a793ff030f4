import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from '../../../local/cli/make-folder.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'towpath-folder-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('makes what is missing, for its owner alone, and is content with what is there', async () => {
  const folder = path.join(root, 'a', 'b', 'c');
  await makeFolder(folder);
  await makeFolder(folder);
  const details = await stat(folder);
  expect(details.isDirectory()).toBe(true);
  expect(details.mode & 0o777).toBe(0o700);
});

test('fails below a file', async () => {
  const file = path.join(root, 'file');
  await writeFile(file, '');
  await expect(makeFolder(path.join(file, 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test.runIf(process.platform === 'linux')('fails, and ends, where nothing can be made', async () => {
  await expect(makeFolder('/proc/towpath/x')).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });
});
