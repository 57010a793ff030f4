import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorCode, errorCatalogue } from '../../functions/domain/error-catalogue.ts';
import london from '../../lib/config/regions/london.ts';
import { type Runner, startRunner } from '../../local/runner/index.ts';
import { makeBundle, makePatient, testNhsNumber } from '../support/people.ts';
import { withoutRandomIds } from '../support/random-ids.ts';

/*
 * Bad input against London's own synthesised template: what the gateway refuses by its models, limits and authoriser, and
 * what the functions refuse behind it, must look the same to the caller, store nothing, and be audited where a caller is known.
 */

const root = join(import.meta.dirname, '..', '..');
let assemblyDir: string;
let runner: Runner;
let store: DynamoDBDocumentClient;
let recordTable: string;
let auditTable: string;
let sign: (claims?: object) => Promise<string>;
const logged: string[] = [];

beforeAll(async () => {
  assemblyDir = mkdtempSync(join(tmpdir(), 'towpath-e2e-'));
  await promisify(execFile)(process.execPath, ['bin/app.ts', 'london'], {
    cwd: root,
    env: { ...process.env, CDK_OUTDIR: assemblyDir },
  });
  const { publicKey, privateKey } = await generateKeyPair('ES384');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'e2e', alg: 'ES384' }];
  runner = await startRunner({
    assemblyDir,
    stage: 'london',
    parameters: { TokenJwks: JSON.stringify({ keys }) },
    workersPerFunction: 1,
    onLog: (line) => logged.push(line),
  });
  sign = (claims = {}) =>
    new SignJWT({
      sub: 'e2e',
      name: 'Ada Quay',
      role: 'feed',
      organisation: 'T9A',
      purpose: 'feed',
      jti: randomUUID(),
      iss: london.policy.tokenIssuer,
      aud: london.policy.tokenAudience,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES384', typ: 'at+jwt', kid: 'e2e' })
      .setIssuedAt()
      .setExpirationTime('10m')
      .sign(privateKey);
  store = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint: runner.engineEndpoint ?? '',
      region: 'eu-west-2',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    }),
  );
  const { TableNames = [] } = await store.send(new ListTablesCommand({}));
  recordTable = TableNames.find((name) => /record/i.test(name)) ?? '';
  auditTable = TableNames.find((name) => /audit/i.test(name)) ?? '';
});
afterAll(async () => {
  store?.destroy();
  await runner?.close();
  rmSync(assemblyDir, { recursive: true, force: true });
});

const itemsOf = async (table: string) =>
  (await store.send(new ScanCommand({ TableName: table }))).Items ?? [];

/** Sends a body as it is; a server that answers before it has read all of it is no failure. */
function send(body: string | Buffer, token: string | undefined, requestId: string) {
  return new Promise<{ status: number; text: string; headers: Record<string, unknown> }>(
    (resolve, reject) => {
      const headers = {
        'Content-Type': 'application/fhir+json',
        'X-Request-ID': requestId,
        ...(token && { Authorization: `Bearer ${token}` }),
      };
      const sent = httpRequest(`${runner.url}/FHIR/R4`, { method: 'POST', headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
            headers: answer.headers,
          }),
        );
      });
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
      });
      sent.end(body);
    },
  );
}

const good = makeBundle(makePatient({ id: 'e2e-1', family: 'Canary', nhsNumber: testNhsNumber(1) }));
const bundleText = (change: object) => JSON.stringify({ ...good, ...change });

const rows: [string, () => string | Buffer, ErrorCode, 'audited' | 'caller unknown'][] = [
  ['malformed JSON', () => '{"resourceType":"Bundle"', 'INVALID_REQUEST', 'audited'],
  ['an unknown field', () => bundleText({ organisation: 'T9B' }), 'INVALID_REQUEST', 'audited'],
  ['a wrong type', () => bundleText({ entry: 'Canary' }), 'INVALID_REQUEST', 'audited'],
  [
    '__proto__',
    () => bundleText({}).replace('"type"', '"__proto__":{"role":"clinician"},"type"'),
    'INVALID_REQUEST',
    'audited',
  ],
  [
    'a wrong type deep inside',
    () => bundleText({}).replace('"1971-03-09"', '19710309'),
    'INVALID_REQUEST',
    'audited',
  ],
  ['100,000-deep nesting', () => '['.repeat(100_000) + ']'.repeat(100_000), 'INVALID_REQUEST', 'audited'],
  ['a 7 MB body', () => bundleText({ id: 'x'.repeat(7_000_000) }), 'TOO_LARGE', 'audited'],
  // The gateway measures before it asks who is calling.
  ['a 10 MB body', () => Buffer.alloc(10 * 1024 * 1024 + 1, 'a'), 'TOO_LARGE', 'caller unknown'],
];

/** What callers did; the log's own items and its signs of life stand in the same table. */
const entriesOf = async () =>
  (await itemsOf(auditTable)).filter(
    ({ caller, type }) => type === 'AuditEntry' && caller?.subject === 'e2e',
  );

/** All but the list of what was refused. */
const heldItems = async () =>
  (await itemsOf(recordTable)).filter(({ type }) => !String(type).startsWith('Reject'));

describe('bad input to the running region', () => {
  it.each(rows)(
    '%s: the catalogue’s error, nothing stored, nothing leaked',
    async (_, body, code, audited) => {
      const requestId = randomUUID();
      const [stored, before] = [await heldItems(), await entriesOf()];
      const started = performance.now();
      const answer = await send(body(), await sign(), requestId);
      expect(performance.now() - started).toBeLessThan(10_000);
      expect([answer.status, JSON.parse(answer.text).issue[0].details.coding[0].code]).toEqual([
        errorCatalogue[code].status,
        code,
      ]);
      expect(answer.headers).toMatchObject({
        'content-type': expect.stringContaining('application/fhir+json'),
        'cache-control': 'no-store',
        'x-request-id': requestId,
      });
      expect(answer.text).not.toMatch(/Canary|19710309|999\d{7}|node_modules/);
      await runner.idle();
      expect(await heldItems()).toEqual(stored);
      const seen = new Set(before.map(({ SK }) => SK));
      const entries = (await entriesOf()).filter(({ SK }) => !seen.has(SK));
      if (audited === 'caller unknown') expect(entries).toEqual([]);
      else
        expect(entries).toMatchObject([
          { outcome: 'refused', errorCode: code, caller: { subject: 'e2e', organisation: 'T9A' } },
        ]);
    },
  );

  it('missing token, and another audience: 401 from the authoriser, and no audit entry as nobody is known', async () => {
    const before = (await entriesOf()).length;
    for (const token of [undefined, await sign({ aud: 'https://elsewhere.towpath.example' })]) {
      const answer = await send(JSON.stringify(good), token, randomUUID());
      expect([answer.status, JSON.parse(answer.text).issue[0].details.coding[0].code]).toEqual([
        401,
        'UNAUTHENTICATED',
      ]);
    }
    await runner.idle();
    expect(await entriesOf()).toHaveLength(before);
  });

  it('wrong role: 403, audited', async () => {
    const requestId = randomUUID();
    const answer = await send(
      JSON.stringify(good),
      await sign({ role: 'clinician', purpose: 'directcare' }),
      requestId,
    );
    expect(JSON.parse(answer.text).issue[0].details.coding[0].code).toBe('FORBIDDEN_ROLE');
    expect((await itemsOf(auditTable)).find((entry) => entry.requestId === requestId)).toMatchObject({
      errorCode: 'FORBIDDEN_ROLE',
      operation: 'submit-bundle',
    });
    expect(await heldItems()).toEqual([]);
  });

  it('and the same Bundle, well formed, is taken and found; no log line named the patient', async () => {
    const answer = await send(JSON.stringify(good), await sign(), randomUUID());
    expect([answer.status, JSON.parse(answer.text).type]).toEqual([200, 'transaction-response']);
    const token = await sign({ role: 'clerk', purpose: 'directcare' });
    for (const [query, status, total] of [
      ['family=Can*&given=Marian&birthdate=ge1971-03-05&birthdate=le1971-03-09', 200, 1],
      [`identifier=${testNhsNumber(1)}`, 200, 1],
      ['family=Canary&birthdate=1971-03-99', 400, undefined],
      ['family=Canary&family=Marian', 400, undefined],
    ] as const) {
      const headers = { Authorization: `Bearer ${token}` };
      const found = await fetch(`${runner.url}/FHIR/R4/Patient?${query}`, { headers });
      expect([query, found.status, ((await found.json()) as { total?: number }).total]).toEqual([
        query,
        status,
        total,
      ]);
    }
    await runner.idle();
    expect(logged.join('\n')).toContain('request-answered');
    expect(withoutRandomIds(logged.join('\n'))).not.toMatch(/Canary|999\d{7}|Marian/);
    expect(withoutRandomIds(runner.accessLog().join('\n'))).not.toMatch(/Canary|999\d{7}|Marian|1971-03/);
  });
});
