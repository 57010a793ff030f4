import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ObjectFolder } from '../../../local/aws/object-folder.ts';
import { createFileFolder, createMemoryFolder, isStorableKey } from '../../../local/aws/object-folder.ts';
import { decodeChunks, startS3 } from '../../../local/aws/s3.ts';

const kinds = ['memory', 'file'] as const;

async function openBucket(kind: (typeof kinds)[number]) {
  const root = mkdtempSync(path.join(tmpdir(), 'towpath-s3-'));
  const folder: ObjectFolder =
    kind === 'memory'
      ? createMemoryFolder(() => 1_700_000_000_000)
      : createFileFolder(path.join(root, 's3', 'audit'), path.join(root, 'metadata', 'audit'));
  const defects: unknown[] = [];
  const service = await startS3({
    buckets: new Map([['audit', folder]]),
    onDefect: (error) => defects.push(error),
  });
  // As a function makes it: no forcePathStyle, the SDK takes path style for an IP address by itself.
  const client = new S3Client({
    endpoint: service.endpoint,
    region: 'eu-west-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    await service.close();
    rmSync(root, { recursive: true, force: true });
    expect(defects).toEqual([]);
  });
  return { client, service, root };
}

const key = 'entries/2026/11/21/one.ndjson';
const named = (Key: string) => ({ Bucket: 'audit', Key });

describe.each(kinds)('S3 in %s, through the real SDK', (kind) => {
  it('gives back what was put, with its type and metadata', async () => {
    const { client } = await openBucket(kind);
    const put = await client.send(
      new PutObjectCommand({
        ...named(key),
        Body: 'first line\nsecond line – é\n',
        ContentType: 'application/x-ndjson',
        Metadata: { root: 'abc' },
      }),
    );
    const got = await client.send(new GetObjectCommand(named(key)));
    expect(await got.Body?.transformToString()).toBe('first line\nsecond line – é\n');
    expect(got).toMatchObject({
      ContentType: 'application/x-ndjson',
      Metadata: { root: 'abc' },
      ETag: put.ETag,
    });
    const head = await client.send(new HeadObjectCommand(named(key)));
    expect(head).toMatchObject({
      ContentLength: Buffer.byteLength('first line\nsecond line – é\n'),
      ETag: put.ETag,
    });
  });

  it('takes a stream, which the SDK frames in chunks', async () => {
    const { client } = await openBucket(kind);
    const body = Buffer.alloc(200_000, 'abc');
    await client.send(
      new PutObjectCommand({ ...named(key), Body: Readable.from([body]), ContentLength: body.length }),
    );
    const got = await client.send(new GetObjectCommand(named(key)));
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
  });

  it('refuses a body that is not the one its checksum was made of', async () => {
    const { client } = await openBucket(kind);
    const other = createHash('sha256').update('other').digest('base64');
    await expect(
      client.send(new PutObjectCommand({ ...named(key), Body: 'this', ChecksumSHA256: other })),
    ).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(client.send(new HeadObjectCommand(named(key)))).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('leaves an object as it is where the put wants a new one: 412', async () => {
    const { client } = await openBucket(kind);
    const putNew = (Body: string) =>
      client.send(new PutObjectCommand({ ...named(key), Body, IfNoneMatch: '*' }));
    await putNew('first');
    await expect(putNew('second')).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
    const got = await client.send(new GetObjectCommand(named(key)));
    expect(await got.Body?.transformToString()).toBe('first');
  });

  it('lets one of many that put the same new object at once win', async () => {
    const { client } = await openBucket(kind);
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        client.send(new PutObjectCommand({ ...named(key), Body: `writer ${index}`, IfNoneMatch: '*' })),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('replaces exactly the object that was read: 412 for any other, 404 where there is none', async () => {
    const { client } = await openBucket(kind);
    const replace = (Body: string, IfMatch: string | undefined) =>
      client.send(new PutObjectCommand({ ...named(key), Body, IfMatch }));
    await expect(replace('first', '"any"')).rejects.toMatchObject({ name: 'NoSuchKey' });
    const { ETag } = await client.send(new PutObjectCommand({ ...named(key), Body: 'first' }));
    await replace('second', ETag);
    await expect(replace('third', ETag)).rejects.toMatchObject({ name: 'PreconditionFailed' });
    const got = await client.send(new GetObjectCommand(named(key)));
    expect(await got.Body?.transformToString()).toBe('second');
  });

  it('lets one of many that replace the same object at once win', async () => {
    const { client } = await openBucket(kind);
    const { ETag } = await client.send(new PutObjectCommand({ ...named(key), Body: 'first' }));
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        client.send(new PutObjectCommand({ ...named(key), Body: `writer ${index}`, IfMatch: ETag })),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('lists in the order of bytes, by prefix, by delimiter and page by page', async () => {
    const { client } = await openBucket(kind);
    const keys = ['a/1', 'a/2', 'a/b/1', 'a/b/2', 'b', 'c&<>"é', 'Z'];
    for (const one of keys) await client.send(new PutObjectCommand({ ...named(one), Body: one }));
    const list = async (more: object) => {
      const { Contents, CommonPrefixes, NextContinuationToken } = await client.send(
        new ListObjectsV2Command({ Bucket: 'audit', ...more }),
      );
      return {
        keys: (Contents ?? []).map(({ Key }) => Key),
        prefixes: (CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
        next: NextContinuationToken,
      };
    };
    expect((await list({})).keys).toEqual(['Z', 'a/1', 'a/2', 'a/b/1', 'a/b/2', 'b', 'c&<>"é']);
    expect((await list({ Prefix: 'a/' })).keys).toEqual(['a/1', 'a/2', 'a/b/1', 'a/b/2']);
    expect(await list({ Prefix: 'a/', Delimiter: '/' })).toMatchObject({
      keys: ['a/1', 'a/2'],
      prefixes: ['a/b/'],
    });
    expect((await list({ StartAfter: 'a/b/1' })).keys).toEqual(['a/b/2', 'b', 'c&<>"é']);
    const paged: unknown[] = [];
    let token: string | undefined;
    do {
      const page = await list({
        MaxKeys: 2,
        Delimiter: '/',
        ...(token === undefined ? {} : { ContinuationToken: token }),
      });
      expect(page.keys.length + page.prefixes.length).toBeLessThanOrEqual(2);
      paged.push(...page.keys, ...page.prefixes);
      token = page.next;
    } while (token !== undefined);
    expect(paged.sort()).toEqual(['Z', 'a/', 'b', 'c&<>"é']);
  });

  it('answers what is not there, and what it does not serve, in words', async () => {
    const { client } = await openBucket(kind);
    await expect(client.send(new GetObjectCommand(named('none')))).rejects.toMatchObject({
      name: 'NoSuchKey',
    });
    await expect(client.send(new HeadObjectCommand(named('none')))).rejects.toMatchObject({
      name: 'NotFound',
    });
    await expect(client.send(new GetObjectCommand({ Bucket: 'other', Key: 'x' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
    await expect(client.send(new DeleteObjectCommand(named(key)))).rejects.toMatchObject({
      name: 'NotImplemented',
    });
  });

  it('never leaves its folder', async () => {
    const { client, service, root } = await openBucket(kind);
    for (const hostile of [
      '../outside',
      'a/../../outside',
      '/etc/outside',
      'a//b',
      'a/./b',
      '..',
      'a\\..\\b',
      'a\u0000b',
    ]) {
      await expect(client.send(new PutObjectCommand({ ...named(hostile), Body: 'x' }))).rejects.toMatchObject(
        {
          $metadata: { httpStatusCode: 400 },
        },
      );
    }
    for (const raw of ['/audit/%2e%2e/outside', '/audit/..%2foutside', '/..%2faudit/x', '/audit/%c0%ae']) {
      const answer = await fetch(service.endpoint + raw, { method: 'PUT', body: 'x' });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    expect(existsSync(path.join(root, 'outside'))).toBe(false);
    expect(existsSync(path.join(root, 's3', 'outside'))).toBe(false);
  });
});

describe('objects as files', () => {
  it('lie at their key, readable by their owner alone, with nothing half-written beside them', async () => {
    const { client, root } = await openBucket('file');
    await client.send(new PutObjectCommand({ ...named(key), Body: 'line' }));
    const file = path.join(root, 's3', 'audit', key);
    expect(readFileSync(file, 'utf8')).toBe('line');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(file))).toEqual(['one.ndjson']);
  });
});

describe('keys and frames', () => {
  it('a storable key always resolves below its folder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        fc.pre(isStorableKey(text));
        expect(path.resolve('/root/bucket', text).startsWith('/root/bucket/')).toBe(true);
      }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('..', '.', 'a', '', '/', '\\', '%2e'), { maxLength: 8 }),
        (parts) => {
          const text = parts.join('/');
          if (isStorableKey(text)) expect(path.posix.normalize(text)).toBe(text);
        },
      ),
    );
  });

  it('chunks decode to what was framed, and no malformed frame is taken for an object', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 5 }), (chunks) => {
        const framed = Buffer.concat([
          ...chunks.flatMap((chunk) => [
            Buffer.from(`${chunk.length.toString(16)}\r\n`),
            chunk,
            Buffer.from('\r\n'),
          ]),
          Buffer.from('0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n'),
        ]);
        expect(decodeChunks(framed)?.equals(Buffer.concat(chunks))).toBe(true);
        const end = framed.indexOf('0\r\nx-amz');
        if (end > 0) expect(decodeChunks(framed.subarray(0, end - 3))).toBeUndefined();
      }),
    );
    expect(decodeChunks(Buffer.from('zz\r\n'))).toBeUndefined();
  });
});
