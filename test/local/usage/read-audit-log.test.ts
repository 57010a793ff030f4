import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeEntries, entriesPath } from '../../../functions/domain/audit/tiles.ts';
import { LogUnreadable, readLogFolder } from '../../../local/usage/read-audit-log.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'towpath-log-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A log of `size` leaves, of which each third is a sign of life; its signature is not looked at. */
async function writeLog(size: number): Promise<void> {
  const leaf = (index: number) =>
    Buffer.from(JSON.stringify({ id: String(index), type: index % 3 === 2 ? 'Heartbeat' : 'AuditEntry' }));
  for (let at = 0; at < size; at += 256) {
    const width = Math.min(256, size - at);
    const file = path.join(folder, entriesPath(at / 256, width));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, encodeEntries(Array.from({ length: width }, (_, index) => leaf(at + index))));
  }
  const signature = Buffer.alloc(40).toString('base64');
  const root = Buffer.alloc(32).toString('base64');
  await writeFile(path.join(folder, 'checkpoint'), `log.test\n${size}\n${root}\n\n— log.test ${signature}\n`);
}

const idsOf = async () => {
  const ids: string[] = [];
  for await (const { id } of readLogFolder(folder)) ids.push(id);
  return ids;
};

describe('the log in a folder', () => {
  it('gives its audit entries in their order, over full bundles and the last one, without signs of life', async () => {
    await writeLog(600);
    const ids = await idsOf();
    expect(ids).toEqual(
      Array.from({ length: 600 }, (_, index) => String(index)).filter((id) => Number(id) % 3 !== 2),
    );
  });

  it('that is empty has none', async () => {
    await writeLog(0);
    expect(await idsOf()).toEqual([]);
  });

  it.each([
    ['without a checkpoint', async () => {}],
    [
      'that lacks a bundle',
      async () => {
        await writeLog(300);
        await rm(path.join(folder, entriesPath(0, 256)));
      },
    ],
  ])('%s cannot be read', async (_name, spoil) => {
    await spoil();
    await expect(idsOf()).rejects.toThrow(LogUnreadable);
  });
});
