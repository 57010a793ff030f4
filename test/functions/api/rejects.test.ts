import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepReject } from '../../../functions/usecases/keep-reject.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, testNhsNumber } from '../../support/people.ts';
import { policy } from '../../support/policy.ts';
import { withoutRandomIds } from '../../support/random-ids.ts';

interface Reject {
  readonly id: string;
  readonly organisation: string;
  readonly code: string;
  readonly issues: readonly string[];
  readonly messageId: string;
  readonly size: number;
  readonly isKept: boolean;
  readonly message?: string;
}

let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion();
});
afterAll(() => region?.close());

const feed = { role: 'feed', purpose: 'feed' } as const;
const otherFeed = { ...feed, organisation: 'T9B' } as const;
const steward = { role: 'steward', purpose: 'administration' } as const;
const requestId = (digit: number) => `0000000${digit}-0000-4000-8000-000000000000`;

/** A Bundle about a patient whom nobody has sent. */
const refused = (id: string) => makeBundle(makeAllergy(id, 'canary-nobody', { text: 'Canary allergen' }));

async function list(caller: object, query: Record<string, string> = {}) {
  const { body } = await region.call<{ rejects: Reject[]; next?: string }>('list-rejects', { caller, query });
  return body;
}

describe('a message that is refused for what it holds', () => {
  it('is kept with what was wrong, for its own organisation and the steward', async () => {
    const headers = { 'X-Request-ID': requestId(1) };
    const body = refused('a-1');
    const answer = await region.call('submit-bundle', { caller: feed, body, headers });
    expect(answer.code).toBe('INVALID_REQUEST');
    // A sender that tries again and again makes one reject.
    await region.call('submit-bundle', { caller: feed, body, headers });
    const { rejects } = await list(feed);
    expect(rejects).toMatchObject([
      {
        organisation: 'T9A',
        sender: 'user-1',
        format: 'fhir',
        messageId: requestId(1),
        code: 'INVALID_REQUEST',
        issues: ['Bundle.entry[0].resource.subject: no Patient of this organisation is held for it'],
        size: Buffer.byteLength(JSON.stringify(body)),
        isKept: true,
      },
    ]);
    expect((await list(steward)).rejects).toEqual(rejects);
    expect((await list(otherFeed)).rejects).toEqual([]);
    const path = { id: rejects[0]?.id ?? '' };
    const read = await region.call<Reject>('read-reject', { caller: feed, path });
    expect(JSON.parse(read.body.message ?? '')).toEqual(body);
    expect((await region.call('read-reject', { caller: steward, path })).status).toBe(200);
    expect((await region.call('read-reject', { caller: otherFeed, path })).code).toBe('REJECT_NOT_FOUND');
    expect(
      (await region.call('list-rejects', { caller: otherFeed, query: { organisation: 'T9A' } })).code,
    ).toBe('FORBIDDEN_ROLE');
  });

  it('is kept as it came when it is no JSON and no FHIR at all', async () => {
    const xml = '<!DOCTYPE Bundle SYSTEM "file:///etc/passwd"><Bundle xmlns="http://hl7.org/fhir"/>';
    const headers = { 'Content-Type': 'application/fhir+xml' };
    const answer = await region.call('submit-bundle', { caller: otherFeed, body: xml, headers });
    expect([answer.status, answer.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    await region.call('submit-bundle', { caller: otherFeed, body: '{"resourceType"' });
    const { rejects } = await list(otherFeed);
    expect(rejects.map(({ code }) => code).toSorted()).toEqual(['INVALID_REQUEST', 'UNSUPPORTED_MEDIA_TYPE']);
    const ofXml = rejects.find(({ code }) => code === 'UNSUPPORTED_MEDIA_TYPE')?.id ?? '';
    const read = await region.call<Reject>('read-reject', { caller: otherFeed, path: { id: ofXml } });
    expect(read.body.message).toBe(xml);
  });

  it('is not kept when its sender may not feed, or was not refused for what it holds', async () => {
    const before = (await list(steward)).rejects.length;
    await region.call('submit-bundle', { body: refused('a-2') });
    await region.call('submit-bundle', { caller: { ...feed, organisation: 'T9Z' }, body: '{' });
    await region.call('submit-bundle', { authorization: null, body: '{' });
    const patient = makePatient({ id: 'r-1', nhsNumber: testNhsNumber(7) });
    expect((await region.call('submit-bundle', { caller: feed, body: makeBundle(patient) })).status).toBe(
      200,
    );
    expect((await list(steward)).rejects).toHaveLength(before);
  });

  it('is listed without itself when it is larger than an item', async () => {
    const message = Array.from({ length: 60_000 }, () => crypto.randomUUID()).join();
    const sent = { format: 'fhir', messageId: requestId(2), code: 'TOO_LARGE', issues: [], message } as const;
    const caller = { subject: 'engine', name: 'Engine', tokenId: 't', organisation: 'T9S', ...feed };
    const id = (await keepReject({ policy, store: region.store }, caller, sent)) ?? '';
    const read = await region.call<Reject>('read-reject', { caller: steward, path: { id } });
    expect(read.body).toMatchObject({ organisation: 'T9S', isKept: false, size: message.length });
    expect(read.body).not.toHaveProperty('message');
    // A mere sender, which may view nothing, sees what it was refused.
    expect((await list({ ...feed, organisation: 'T9S' })).rejects.map((reject) => reject.id)).toEqual([id]);
  });
});

it('pages every reject once, newest first, by a cursor that is one caller’s own', async () => {
  const sent: string[] = [];
  for (let n = 3; n <= 7; n += 1) {
    const headers = { 'X-Request-ID': requestId(n) };
    await region.call('submit-bundle', {
      caller: { ...feed, organisation: 'T9M' },
      body: refused(`p-${n}`),
      headers,
    });
    sent.unshift(requestId(n));
  }
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const query = { organisation: 'T9M', _count: '2', ...(cursor && { _cursor: cursor }) };
    const page = await list(steward, query);
    expect(page.rejects.length).toBeLessThanOrEqual(2);
    seen.push(...page.rejects.map(({ messageId }) => messageId));
    cursor = page.next && (new URL(page.next).searchParams.get('_cursor') ?? undefined);
  } while (cursor);
  expect(seen).toEqual(sent);
  const first = await list(steward, { organisation: 'T9M', _count: '2' });
  const stolen = new URL(first.next ?? '').searchParams.get('_cursor') ?? '';
  const answer = await region.call('list-rejects', { caller: feed, query: { _count: '2', _cursor: stolen } });
  expect(answer.code).toBe('INVALID_REQUEST');
});

it('is over after the days of the region', async () => {
  const items = (await region.recordItems()).filter(({ type }) => String(type).startsWith('Reject'));
  expect(items.length).toBeGreaterThan(0);
  for (const { at, expiresAt } of items)
    expect(Number(expiresAt)).toBe(Math.floor(Date.parse(String(at)) / 1000) + 30 * 86_400);
});

it('no log line and no key of all this names a patient', async () => {
  expect(withoutRandomIds(region.logs())).not.toMatch(/canary|999\d{7}/i);
  const keys = (await region.recordItems()).map(({ PK, SK }) => `${String(PK)} ${String(SK)}`);
  expect(withoutRandomIds(keys.join('\n'))).not.toMatch(/canary|999\d{7}/i);
});
