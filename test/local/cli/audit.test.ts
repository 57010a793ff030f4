import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeNoteKey } from '../../../functions/domain/audit/note-key.ts';
import { sequenceEntries } from '../../../functions/usecases/sequence-audit.ts';
import { pinKeys } from '../../../local/audit-log/pinned-keys.ts';
import { auditCommand } from '../../../local/cli/audit.ts';
import { runCommandLine } from '../../../local/cli/main.ts';
import { makeEntries, makeLogKey, makeMemoryObjects, testOrigin } from '../../support/log-world.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

const { key, signer } = makeLogKey();
const second = makeLogKey(testOrigin, 'ML-DSA-44');
const pem = (publicKey: Buffer) =>
  `-----BEGIN PUBLIC KEY-----\n${publicKey.toString('base64')}\n-----END PUBLIC KEY-----\n`;
let store: TestStore;
let original: string;
let dataDir: string;
let log: string;

async function writeLog(folder: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const [file, bytes] of files) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), bytes);
  }
}

beforeAll(async () => {
  store = await openTestStore();
  original = await mkdtemp(path.join(tmpdir(), 'towpath-log-'));
  const objects = makeMemoryObjects();
  const entries = makeEntries(store, 300);
  const sequencer = { origin: testOrigin, store, objects, signer, postQuantumSigner: second.signer };
  await sequenceEntries(sequencer, entries.slice(0, 280));
  await writeFile(path.join(original, 'head-280'), objects.files.get('checkpoint') ?? '');
  await sequenceEntries(sequencer, entries.slice(280));
  await writeLog(path.join(original, 'log'), objects.files);
});
afterAll(async () => {
  await rm(original, { recursive: true });
  await store?.close();
});

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'towpath-audit-'));
  log = path.join(dataDir, 'london', 's3', 'audit');
  await cp(path.join(original, 'log'), log, { recursive: true });
  return () => rm(dataDir, { recursive: true });
});

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommandLine([auditCommand], ['audit', ...args, '--data', dataDir], {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    isInteractive: false,
    bold: (text) => text,
  });
  const text = out.join('\n');
  return { code, text, err: err.join('\n'), json: args.includes('--json') ? JSON.parse(text) : undefined };
}

const pin = (...keys: Buffer[]) =>
  pinKeys(path.join(dataDir, 'london'), testOrigin, keys.length > 0 ? keys : [key.publicKey]);

async function flip(file: string, at: number): Promise<void> {
  const bytes = await readFile(path.join(log, file));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path.join(log, file), bytes);
}

describe('towpath audit verify', () => {
  it('finds the key that is pinned in the data folder around the log', async () => {
    await pin();
    const { code, json } = await run('verify', '--log', log, '--json');
    expect(code).toBe(0);
    expect(json).toMatchObject({ ok: true, pinned: true, size: 300, entries: 300, findings: [] });
    const copy = path.join(dataDir, 'a copy');
    await cp(log, copy, { recursive: true });
    expect((await run('verify', '--log', copy, '--json')).json).toMatchObject({ ok: true, pinned: true });
  });

  it.each<[string, () => string | Buffer]>([
    ['a key line', () => writeNoteKey(testOrigin, key.publicKey)],
    ['PEM', () => pem(key.publicKey)],
    ['DER', () => key.publicKey],
    [
      'two key lines',
      () => [key, second.key].map((one) => writeNoteKey(testOrigin, one.publicKey)).join('\n'),
    ],
    ['two keys in PEM', () => pem(key.publicKey) + pem(second.key.publicKey)],
    ['the ML-DSA key in DER', () => second.key.publicKey],
  ])('takes the key from a file: %s', async (_, content) => {
    const file = path.join(dataDir, 'key');
    await writeFile(file, content());
    expect(await run('verify', '--log', log, '--key', file)).toMatchObject({ code: 0 });
    await writeFile(file, 'no key');
    expect(await run('verify', '--log', log, '--key', file)).toMatchObject({ code: 1 });
  });

  it.each([
    [
      'a key line',
      () =>
        [key, second.key]
          .map((one) => writeNoteKey(testOrigin, one.publicKey))
          .join('\n')
          .slice(0, -8),
    ],
    ['a key in PEM', () => (pem(key.publicKey) + pem(second.key.publicKey)).slice(0, -40)],
    ['an empty answer of KMS', () => pem(key.publicKey) + pem(Buffer.alloc(0))],
  ])(
    'takes no file in which one key among others is cut, which would ask for nothing: %s',
    async (_, content) => {
      const file = path.join(dataDir, 'key');
      await writeFile(file, content());
      expect(await run('verify', '--log', log, '--key', file)).toMatchObject({ code: 1 });
    },
  );

  it('asks for both lines where both keys are pinned, and names the key whose line is missing', async () => {
    await pin(key.publicKey, second.key.publicKey);
    expect((await run('verify', '--log', log)).text).toContain('(ML-DSA-44), pinned');
    const note = await readFile(path.join(log, 'checkpoint'), 'utf8');
    await writeFile(path.join(log, 'checkpoint'), note.split('\n').toSpliced(-2, 1).join('\n'));
    expect(await run('verify', '--log', log)).toMatchObject({
      code: 1,
      err: expect.stringContaining(
        `missing-signature at the log as a whole: no line of the ML-DSA-44 key ${second.key.keyId.toString('hex')}`,
      ),
    });
    await pin();
    expect((await run('verify', '--log', log)).code).toBe(0);
  });

  it('names the first bad entry and ends with 1', async () => {
    await pin();
    await flip('tile/entries/000', 1_000);
    const { code, json, err } = await run('verify', '--log', log, '--json');
    expect(code).toBe(1);
    expect(json).toMatchObject({ ok: false, firstBadIndex: expect.any(Number) });
    expect(json.findings[0]).toMatchObject({ kind: 'edited', index: json.firstBadIndex });
    expect(err).toContain(`entry ${json.firstBadIndex}`);
  });

  it('refuses the log of another region in the place of this one', async () => {
    await pin();
    const other = makeLogKey();
    const objects = makeMemoryObjects();
    await sequenceEntries(
      {
        origin: testOrigin,
        store: { ...store, auditTable: store.recordTable },
        objects,
        signer: other.signer,
      },
      makeEntries(store, 5),
    );
    await rm(log, { recursive: true });
    await writeLog(log, objects.files);
    await writeFile(path.join(log, 'log.vkey'), writeNoteKey(testOrigin, other.key.publicKey));
    expect(await run('verify', '--log', log)).toMatchObject({
      code: 1,
      err: expect.stringContaining('foreign-log'),
    });
  });

  it('says so when nobody pinned the key that the log brought along', async () => {
    await rm(path.join(log, 'log.vkey'), { force: true });
    expect(await run('verify', '--log', log)).toMatchObject({ code: 1 });
    await writeFile(path.join(log, 'log.vkey'), writeNoteKey(testOrigin, key.publicKey));
    const { code, text } = await run('verify', '--log', log);
    expect(code).toBe(0);
    expect(text).toContain('NOT PINNED');
    expect((await run('verify', '--log', log, '--json')).json).toMatchObject({ ok: true, pinned: false });
  });

  it('has no word of a folder that is none', async () => {
    expect(await run('verify', '--log', path.join(dataDir, 'nowhere'))).toMatchObject({ code: 1 });
  });

  it('needs nothing of AWS: no SDK is in what it imports', async () => {
    const { metafile } = await build({
      entryPoints: ['local/cli/audit.ts'],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      metafile: true,
    });
    expect(Object.keys(metafile.inputs).filter((file) => /aws|smithy|node_modules/.test(file))).toEqual([]);
  });
});

describe('towpath audit witness', () => {
  const watch = () => run('witness', '--log', log, '--state', path.join(dataDir, 'seen'), '--json');

  it('keeps the head that it saw, and goes on with a log that begins with it', async () => {
    await pin();
    await cp(path.join(original, 'head-280'), path.join(dataDir, 'seen'));
    expect(await watch()).toMatchObject({ code: 0, json: { seen: { size: 280 }, size: 300 } });
    expect(await readFile(path.join(dataDir, 'seen'))).toEqual(await readFile(path.join(log, 'checkpoint')));
    expect(await watch()).toMatchObject({ code: 0, json: { seen: { size: 300 }, size: 300 } });
  });

  it('refuses a fork, although its own key signed it, and keeps what it saw', async () => {
    await pin();
    expect((await watch()).code).toBe(0);
    const seen = await readFile(path.join(dataDir, 'seen'));
    const objects = makeMemoryObjects();
    const table = await openTestStore();
    await sequenceEntries({ origin: testOrigin, store: table, objects, signer }, makeEntries(table, 310));
    await rm(log, { recursive: true });
    await writeLog(log, objects.files);
    expect(await run('verify', '--log', log)).toMatchObject({ code: 0 });
    expect(await watch()).toMatchObject({ code: 1, json: { findings: [{ kind: 'fork' }] } });
    expect(await readFile(path.join(dataDir, 'seen'))).toEqual(seen);
    await table.close();
  });

  it('refuses a log that was turned back', async () => {
    await pin();
    expect((await watch()).code).toBe(0);
    await cp(path.join(original, 'head-280'), path.join(log, 'checkpoint'));
    expect(await watch()).toMatchObject({ code: 1, json: { findings: [{ kind: 'rolled-back' }] } });
  });

  it('has forgotten nothing when its file holds something else', async () => {
    await pin();
    await writeFile(path.join(dataDir, 'seen'), 'what was it');
    expect(await watch()).toMatchObject({ code: 1 });
  });
});
