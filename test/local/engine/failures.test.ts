import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetCommand, PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../../local/engine/database.ts';
import type { Database } from '../../../local/engine/dynalite.ts';
import { runEngine } from '../../../local/engine/engine.ts';
import type { EngineError } from '../../../local/engine/index.ts';
import { startEngine } from '../../../local/engine/index.ts';
import { catchError, connect, makeFolder, record, startForTest } from './engine-fixture.ts';

const TableName = 'record';

describe('a folder', () => {
  test('in use by another engine is refused as LOCKED, by name, with what to do', async () => {
    const dir = await makeFolder();
    await startForTest({ dir });
    const error = await catchError(startEngine({ dir }));
    expect(error).toMatchObject({ name: 'EngineError', code: 'LOCKED' });
    expect(error.message).toContain(dir);
    expect(error.message).toMatch(/Stop the other/);
  });

  test('that cannot be made is refused as UNWRITABLE, by name', async () => {
    const file = join(await makeFolder(), 'file');
    await writeFile(file, '');
    for (const dir of [file, join(file, 'below')]) {
      const error = await catchError(startEngine({ dir }));
      expect(error).toMatchObject({ name: 'EngineError', code: 'UNWRITABLE' });
      expect(error.message).toContain(dir);
    }
  });

  test('is free again when the engine has closed, however often close is called', async () => {
    const dir = await makeFolder();
    const { engine, wire } = await startForTest({ dir });
    wire.destroy();
    await Promise.all([engine.close(), engine.close()]);
    const again = await startEngine({ dir });
    await again.close();
  });

  test('is closed at once while callers write and keep their connections; what was acknowledged is there', async () => {
    const dir = await makeFolder();
    const { engine, documents } = await startForTest({ dir });
    const writes = Array.from({ length: 60 }, (_, index) =>
      documents.send(new PutCommand({ TableName, Item: { PK: String(index), SK: '1' } })),
    );
    await writes[0];
    const closed = engine.close();
    const outcomes = await Promise.allSettled(writes);
    await closed;
    const again = await startForTest({ dir });
    const records = await again.engine.readStream(TableName, { limit: 100 });
    const stored = new Set(records.map(({ dynamodb }) => JSON.stringify(dynamodb.Keys)));
    expect(stored.size).toBeGreaterThanOrEqual(
      outcomes.filter(({ status }) => status === 'fulfilled').length,
    );
  }, 10_000);

  test('is released when the port is taken', async () => {
    const dir = await makeFolder();
    const { engine } = await startForTest();
    const port = Number(new URL(engine.endpoint).port);
    expect(await catchError(startEngine({ dir, port }))).toMatchObject({ code: 'EADDRINUSE' });
    await (await startEngine({ dir })).close();
  });
});

describe('a disk that fails', () => {
  async function startOnFailingDisk(failure: Error) {
    const database = await openDatabase(undefined);
    let isFull = false;
    const failing: Database = new Proxy(database, {
      get(target, name) {
        if (name === 'batch' && isFull) return () => Promise.reject(failure);
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const fatal: EngineError[] = [];
    const engine = await runEngine(failing, { onFatal: (error) => fatal.push(error) });
    const clients = connect(engine.endpoint);
    onTestFinished(async () => {
      clients.wire.destroy();
      await engine.close();
    });
    await engine.createTable(record);
    const fill = (full: boolean) => {
      isFull = full;
    };
    return { ...clients, engine, fatal, fill };
  }

  const full = Object.assign(new Error('IO error: No space left on device'), { code: 'LEVEL_IO_ERROR' });
  const put = (PK: string) => new PutCommand({ TableName, Item: { PK, SK: '1' } });
  const get = (PK: string) => new GetCommand({ TableName, Key: { PK, SK: '1' } });

  test('answers 500, stores nothing, and reports once in words', async () => {
    const { documents, engine, fatal, fill } = await startOnFailingDisk(full);
    await documents.send(put('before'));
    fill(true);
    const outcomes = await Promise.allSettled([
      documents.send(put('a')),
      documents.send(put('b')),
      documents.send(new TransactWriteCommand({ TransactItems: [{ Put: put('c').input }] })),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { name: 'InternalServerError', $metadata: { httpStatusCode: 500 } },
      });
    }
    expect(fatal).toHaveLength(1);
    expect(fatal[0]).toMatchObject({ code: 'WRITE_FAILED', cause: full });
    expect(fatal[0]?.message).toMatch(/disk .* is full/);
    expect((await documents.send(get('a'))).Item).toBeUndefined();
    expect((await documents.send(get('before'))).Item).toBeDefined();
    expect(await engine.readStream(TableName, { limit: 10 })).toHaveLength(1);
  });

  test('takes no write afterwards, even when the disk recovers', async () => {
    const { documents, fatal, fill } = await startOnFailingDisk(new Error('IO error: input/output error'));
    fill(true);
    await catchError(documents.send(put('a')));
    fill(false);
    expect((await catchError(documents.send(put('b')))).name).toBe('InternalServerError');
    expect(fatal).toHaveLength(1);
    expect(fatal[0]?.message).toMatch(/can no longer be written/);
  });
});

describe('the HTTP front', () => {
  const headers = { authorization: 'AWS4-HMAC-SHA256 local', 'x-amz-target': 'DynamoDB_20120810.ListTables' };
  const send = (endpoint: string, init: RequestInit) =>
    fetch(endpoint, { method: 'POST', headers, body: '{}', ...init });

  test('listens on the loopback address', async () => {
    const { engine } = await startForTest();
    expect(engine.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await send(engine.endpoint, {})).status).toBe(200);
  });

  test.each([
    [
      'an operation it does not have',
      { headers: { ...headers, 'x-amz-target': 'DynamoDB_20120810.RestoreTable' } },
      400,
    ],
    ['another service', { headers: { ...headers, 'x-amz-target': 'Logs_20140328.ListTables' } }, 400],
    ['a request without credentials', { headers: { 'x-amz-target': headers['x-amz-target'] } }, 400],
    ['a body that is not JSON', { body: '{' }, 400],
    ['a body that is a list', { body: '[]' }, 400],
    ['another method', { method: 'PUT' }, 404],
    ['a body over 16 MiB', { body: 'x'.repeat(16 * 1024 * 1024 + 1) }, 413],
  ])('refuses %s', async (_what, init, status) => {
    const { engine } = await startForTest();
    const answer = await send(engine.endpoint, init);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toHaveProperty('__type');
  });

  test('gives a web page no access: it answers no preflight', async () => {
    const { engine } = await startForTest();
    const answer = await send(engine.endpoint, {
      method: 'OPTIONS',
      headers: { origin: 'http://elsewhere.test' },
    }).catch(() => undefined);
    expect(answer?.headers.get('access-control-allow-origin') ?? null).toBeNull();
  });

  test('refuses a parameter that dynalite would drop', async () => {
    const { engine } = await startForTest();
    const answer = await send(engine.endpoint, {
      headers: { ...headers, 'x-amz-target': 'DynamoDB_20120810.GetItem' },
      body: JSON.stringify({ TableName, Key: { PK: { S: 'a' }, SK: { S: '1' } }, Consistent: true }),
    });
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining('Consistent') });
  });
});
