import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openLogObjects } from '../../../functions/store/log-objects.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

let seen: Seen[] = [];
/** What the bucket answers, one after another; the last one again and again. */
let statuses: number[] = [200];
const server = createServer((request, response) => {
  seen.push({ method: request.method, url: request.url, headers: request.headers });
  request.resume();
  response.writeHead((statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 200, { ETag: '"e"' });
  response.end('<Key>tile/a</Key><Key>tile/b</Key>');
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-west-2',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_SESSION_TOKEN: 'session',
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  seen = [];
  statuses = [200];
});

const now = () => new Date('2026-11-21T09:00:00.000Z');
const locked = openLogObjects('audit', now, true);

describe('the objects of the log', () => {
  it('are created, never overwritten, with a checksum and signed', async () => {
    expect(await locked.create('tile/0/000', Buffer.from('x'), 'archive')).toBe('created');
    expect(seen[0]).toMatchObject({ method: 'PUT', url: '/audit/tile/0/000' });
    expect(seen[0]?.headers).toMatchObject({
      'if-none-match': '*',
      'x-amz-checksum-sha256': 'LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=',
      'x-amz-security-token': 'session',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=test\/\d{8}\/eu-west-2\/s3\/aws4_request/,
      ),
    });
    // The bucket's own retention holds.
    expect(seen[0]?.headers).not.toHaveProperty('x-amz-object-lock-mode');
    statuses = [412];
    expect(await locked.create('tile/0/000', Buffer.from('x'), 'archive')).toBe('exists');
  });

  it('that are soon part of others are locked for 35 days only, where there is a lock at all', async () => {
    await locked.create('staging/1', Buffer.from('x'), 'passing');
    await openLogObjects('audit', now).create('staging/1', Buffer.from('x'), 'passing');
    expect(seen[0]?.headers).toMatchObject({
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': '2026-12-26T09:00:00.000Z',
      'x-amz-tagging': 'keeping=passing',
    });
    expect(seen[1]?.headers).not.toHaveProperty('x-amz-object-lock-mode');
  });

  it('are replaced only as they were read', async () => {
    expect(await locked.replace('checkpoint', Buffer.from('x'), '"e"')).toBe('replaced');
    expect(await locked.replace('checkpoint', Buffer.from('x'), undefined)).toBe('replaced');
    expect(seen.map(({ headers }) => [headers['if-match'], headers['if-none-match']])).toEqual([
      ['"e"', undefined],
      [undefined, '*'],
    ]);
    statuses = [412];
    expect(await locked.replace('checkpoint', Buffer.from('x'), '"e"')).toBe('changed');
  });

  it('are read with their mark, and listed in order', async () => {
    expect(await locked.read('checkpoint')).toMatchObject({ etag: '"e"' });
    expect(await locked.list('tile/', 'tile/0')).toEqual(['tile/a', 'tile/b']);
    expect(seen[1]?.url).toBe('/audit/?list-type=2&prefix=tile%2F&start-after=tile%2F0');
    statuses = [404];
    expect(await locked.read('checkpoint')).toBeUndefined();
  });

  it('are asked for again when S3 is busy or two puts meet, three times at most', async () => {
    statuses = [503, 409, 200];
    expect(await locked.create('tile/1/000', Buffer.from('x'), 'archive')).toBe('created');
    expect(seen).toHaveLength(3);
    statuses = [500];
    await expect(locked.read('checkpoint')).rejects.toThrow('S3 answered 500');
    expect(seen).toHaveLength(6);
    statuses = [403];
    await expect(locked.read('checkpoint')).rejects.toThrow('S3 answered 403');
    expect(seen).toHaveLength(7);
  });
});
