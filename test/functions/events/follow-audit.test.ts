import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import type { AuditEvent, Bundle } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestRegion, type TestCaller, type TestRegion } from '../../support/operations.ts';
import { makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';
import { withoutRandomIds } from '../../support/random-ids.ts';

const officer = {
  role: 'privacy-officer',
  purpose: 'audit',
  subject: 'officer-1',
  name: 'Olive Lock',
} as const;
const feed = { role: 'feed', organisation: 'T9A', purpose: 'feed' } as const;

interface Alert {
  readonly id: string;
  readonly rule: string;
  readonly agent: string;
  readonly version: number;
  readonly status: string;
  readonly auditEvent: string;
  readonly succeeded: boolean;
}

interface Usage {
  readonly form: string;
  readonly views: number | null;
  readonly staff: number | null;
  readonly organisations: readonly { organisation: string; views: number | null; staff: number | null }[];
  readonly cumulative?: { views: number; staff: number };
}

let region: TestRegion;
let handler: (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>;
beforeAll(async () => {
  region = await openTestRegion();
  ({ handler } = await import('../../../functions/events/follow-audit.ts'));
});
afterAll(() => region?.close());

/** Gives the function all entries of the audit table, as its stream does: those of before once more. */
async function follow(): Promise<void> {
  const entries = await region.auditEntries();
  const records = entries.map((entry, index) => ({
    eventName: 'INSERT' as const,
    dynamodb: {
      SequenceNumber: String(index),
      NewImage: marshall({ type: 'AuditEntry', ...entry }, { removeUndefinedValues: true }),
    },
  }));
  for (let at = 0; at < records.length; at += 100)
    expect(await handler({ Records: records.slice(at, at + 100) } as DynamoDBStreamEvent)).toEqual({
      batchItemFailures: [],
    });
}

let serial = 0;
async function register(patient: Parameters<typeof makePatient>[0]): Promise<string> {
  serial += 1;
  const { body } = await region.call<Bundle>('submit-bundle', {
    caller: feed,
    body: makeBundle(
      makePatient({
        ...makeStranger(serial),
        id: `follow-${serial}`,
        nhsNumber: testNhsNumber(serial),
        ...patient,
      }),
    ),
  });
  return body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
}

const look = (personId: string, caller: TestCaller = {}) =>
  region.call('read-patient', { path: { id: personId }, caller });

async function alerts(status = 'open'): Promise<Alert[]> {
  const { body } = await region.call<{ alerts: Alert[] }>('list-privacy-alerts', {
    caller: officer,
    query: { status, _count: '100' },
  });
  return body.alerts;
}

const usage = (query: Record<string, string> = {}, caller: TestCaller = officer) =>
  region.call<Usage>('read-usage', { caller, query });

describe('privacy alerts', () => {
  it.each<[string, Parameters<typeof makePatient>[0], string, string[]]>([
    ['a record of the own name', { given: 'Ada', family: 'Lockhart' }, 'Dr Ada Lockhart', ['own-record']],
    [
      'a record of the own name, middle names apart',
      { given: 'Bertha', family: "O'Neil" },
      'Bertha J ONeil',
      ['own-record'],
    ],
    ['a namesake of the surname alone', { given: 'Cora', family: 'Weirman' }, 'Dora Weirman', []],
    ['a stranger', {}, 'Ada Quay', []],
    ['a user with one word for a name', { given: 'Una', family: 'Sole' }, 'system', []],
    ['somebody who died last year', { deceased: '2025-06-01' }, 'Ada Quay', ['after-death']],
    ['somebody who died last week', { deceased: '2026-11-20' }, 'Ada Quay', []],
  ])('for %s', async (name, patient, user, rules) => {
    const subject = `user ${name}`;
    const personId = await register(patient);
    await look(personId, { subject, name: user });
    await follow();
    const found = (await alerts()).filter(({ agent }) => agent === subject);
    expect(found.map(({ rule }) => rule)).toEqual(rules);
  });

  it('for a relative at the same address, found in the index by name and home', async () => {
    const home = { family: 'Lockkeeper', postcode: 'SW9 8JX' };
    const line = (patient: ReturnType<typeof makePatient>) => ({
      ...patient,
      address: [{ line: ['12 Winding Hole'], postalCode: home.postcode }],
    });
    const send = async (patient: object, id: string) => {
      const { body } = await region.call<Bundle>('submit-bundle', {
        caller: feed,
        body: makeBundle({ ...patient, id } as never),
      });
      return body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
    };
    const child = await send(
      line(makePatient({ ...home, given: 'Wendy', birthDate: '2012-02-02', id: 'child' })),
      'child',
    );
    await send(
      line(makePatient({ ...home, given: 'Edith', birthDate: '1980-05-05', id: 'parent' })),
      'parent',
    );
    await look(child, { subject: 'the parent', name: 'Dr Edith Lockkeeper' });
    await look(child, { subject: 'no relative', name: 'Dr Agnes Lockkeeper' });
    await follow();
    const found = await alerts();
    expect(found.filter(({ agent }) => agent === 'the parent').map(({ rule }) => rule)).toEqual([
      'household',
    ]);
    expect(found.filter(({ agent }) => agent === 'no relative')).toEqual([]);
  });

  it('for an attempt that was refused, which is said', async () => {
    const personId = await register({ given: 'Fay', family: 'Tillerman' });
    const { status } = await look(personId, {
      subject: 'curious',
      name: 'Fay Tillerman',
      organisation: 'T9M',
    });
    expect(status).toBe(403);
    await follow();
    expect((await alerts()).filter(({ agent }) => agent === 'curious')).toMatchObject([
      { rule: 'own-record', succeeded: false },
    ]);
  });

  it('for more patients in an hour than anybody should need, once', async () => {
    const ids = await Promise.all(Array.from({ length: 61 }, () => register({})));
    for (const id of ids.slice(0, 60)) await look(id, { subject: 'busy', name: 'Busy Bee' });
    await follow();
    expect((await alerts()).filter(({ agent }) => agent === 'busy')).toEqual([]);
    await look(ids[60] ?? '', { subject: 'busy', name: 'Busy Bee' });
    await follow();
    await follow();
    expect((await alerts()).filter(({ agent }) => agent === 'busy')).toMatchObject([
      { rule: 'unusual-volume' },
    ]);
  });

  it('for finding more people in an hour than anybody should have to look for, once', async () => {
    const find = (n: number) =>
      region.call('search-patients', {
        caller: { subject: 'finder', name: 'Finn Der' },
        query: { identifier: testNhsNumber(n) },
      });
    // Everybody was registered with the number of their turn.
    for (let n = serial; n > serial - 40; n -= 1) expect((await find(n)).body.total).toBe(1);
    await follow();
    expect((await alerts()).filter(({ agent }) => agent === 'finder')).toEqual([]);
    await find(serial - 40);
    await follow();
    await follow();
    expect((await alerts()).filter(({ agent }) => agent === 'finder')).toMatchObject([{ rule: 'harvest' }]);
  });

  it('for a quota of searches that is spent, by a system too', async () => {
    const last = (await region.auditEntries()).findLast(({ operation }) => operation === 'search-patients');
    if (!last) throw new Error('no search');
    const { personId: _, ...nobody } = last;
    const stopped = {
      ...nobody,
      type: 'AuditEntry',
      caller: { ...last.caller, subject: 'counting-system', role: 'application' as const },
      outcome: 'refused' as const,
      errorCode: 'THROTTLED' as const,
    };
    const NewImage = marshall(stopped, { removeUndefinedValues: true });
    const Records = [{ eventName: 'INSERT', dynamodb: { SequenceNumber: '1', NewImage } }];
    await handler({ Records } as DynamoDBStreamEvent);
    expect((await alerts()).filter(({ agent }) => agent === 'counting-system')).toMatchObject([
      { rule: 'harvest', succeeded: false },
    ]);
    expect(region.logs()).toContain('"operation":"harvest"');
  });

  it('name no patient, and stand in no log line or metric', async () => {
    const stored = (await region.recordItems()).filter(({ type }) => type === 'PrivacyAlert');
    expect(stored.length).toBeGreaterThan(4);
    const people = (await region.recordItems()).filter(({ type }) => type === 'Person');
    const shown = JSON.stringify([stored, await alerts()]);
    for (const { personId } of people) expect(shown).not.toContain(String(personId));
    expect(shown).not.toMatch(/Lockhart|ONeil|Lockkeeper|999\d{7}/);
    expect(withoutRandomIds(region.logs())).not.toMatch(
      /Lockhart|O'Neil|Lockkeeper|the parent|curious|999\d{7}/,
    );
    expect(region.logs()).toContain('PrivacyAlert');
  });

  it('are reviewed once, with what became of them, and not by the one they are about', async () => {
    const [alert] = await alerts();
    if (!alert) throw new Error('no alert');
    const review = (caller: TestCaller, version = alert.version) =>
      region.call<Alert>('review-privacy-alert', {
        caller,
        path: { id: alert.id },
        body: { version, outcome: 'passed-on', comment: 'Asked the ward' },
      });
    expect((await review({ ...officer, subject: alert.agent })).code).toBe('FORBIDDEN_ROLE');
    expect((await review(officer, 7)).code).toBe('STALE_VERSION');
    const { body, status } = await review(officer);
    expect([status, body]).toMatchObject([
      200,
      {
        status: 'reviewed',
        review: { outcome: 'passed-on', by: { name: 'Olive Lock' }, comment: 'Asked the ward' },
      },
    ]);
    expect((await review(officer)).code).toBe('STALE_VERSION');
    await follow();
    expect((await alerts()).map(({ id }) => id)).not.toContain(alert.id);
    expect((await alerts('reviewed')).map(({ id }) => id)).toEqual([alert.id]);
  });

  it('that do not exist cannot be reviewed, nor with an outcome of the caller’s own', async () => {
    const review = (id: string, outcome: string) =>
      region.call('review-privacy-alert', { caller: officer, path: { id }, body: { version: 1, outcome } });
    expect((await review('nothing', 'justified')).code).toBe('TASK_NOT_FOUND');
    expect((await review('nothing', 'deleted')).code).toBe('INVALID_REQUEST');
  });

  it('come in pages, under cursors of their own list', async () => {
    const page = (query: Record<string, string>) =>
      region.call<{ alerts: Alert[]; next?: string }>('list-privacy-alerts', { caller: officer, query });
    const first = await page({ _count: '1' });
    const cursor = new URL(first.body.next ?? '').searchParams.get('_cursor') ?? '';
    const second = await page({ _count: '1', _cursor: cursor });
    expect(second.body.alerts[0]?.id).not.toBe(first.body.alerts[0]?.id);
    expect((await page({ status: 'reviewed', _cursor: cursor })).code).toBe('INVALID_REQUEST');
  });
});

describe('GET /AuditEvent?agent=', () => {
  const search = (query: Record<string, string>, caller: TestCaller = officer) =>
    region.call<Bundle<AuditEvent>>('search-audit-events', { caller, query });

  it('shows what one user did, newest first, in pages, and audits each patient that it names', async () => {
    const ids = [await register({}), await register({}), await register({})];
    for (const id of ids) await look(id, { subject: 'watched', name: 'Wanda Watched' });
    await look('nobody', { subject: 'watched', name: 'Wanda Watched' });
    await follow();
    const first = await search({ agent: 'watched', _count: '3' });
    const next = new URL(first.body.link?.find(({ relation }) => relation === 'next')?.url ?? '');
    const second = await search({
      agent: 'watched',
      _count: '3',
      _cursor: next.searchParams.get('_cursor') ?? '',
    });
    const events = [...(first.body.entry ?? []), ...(second.body.entry ?? [])].map(
      ({ resource }) => resource,
    );
    const patients = events.map(
      (event) => event?.entity?.find(({ type }) => type?.code === '1')?.what?.reference,
    );
    expect(patients).toEqual([undefined, ...ids.toReversed().map((id) => `Patient/${id}`)]);
    expect(events[1]?.text?.div).toContain(
      'Wanda Watched, a clinician at Organisation T9A, looked at your details',
    );
    const disclosed = (await region.auditEntries()).filter(
      ({ caller, operation }) => operation === 'search-audit-events' && caller.subject === officer.subject,
    );
    expect(disclosed.map(({ personId }) => personId)).toEqual(expect.arrayContaining(ids));
  });

  it('shows nothing of a user who is not known', async () => {
    expect((await search({ agent: 'nobody at all' })).body.entry).toBeUndefined();
  });

  it.each([
    ['neither a patient nor an agent', {}],
    ['both', { patient: 'p', agent: 'a' }],
    ['a cursor of another query', { agent: 'watched', _cursor: 'AAAA' }],
  ])('refuses %s', async (_name, query) => {
    expect((await search(query as Record<string, string>)).code).toBe('INVALID_REQUEST');
  });

  it('is for the privacy officer alone', async () => {
    expect((await search({ agent: 'watched' }, { role: 'clinician' })).code).toBe('FORBIDDEN_ROLE');
  });
});

describe('GET /usage', () => {
  it('tells the privacy officer all numbers of a month, equal to the audit log', async () => {
    await follow();
    const entries = await region.auditEntries();
    const views = entries.filter(
      ({ operation, outcome }) => operation === 'read-patient' && outcome === 'success',
    );
    const month = entries[0]?.recordedAt.slice(0, 7) ?? '';
    const { body } = await usage({ month });
    expect(body).toMatchObject({ form: 'full', views: views.length, cumulative: { views: views.length } });
    expect(body.staff).toBe(new Set(views.map(({ caller }) => caller.subject)).size);
  });

  it('shows what may be published to a steward, and to a privacy officer who asks for it', async () => {
    const personId = await register({});
    const { status } = await region.call('submit-bundle', {
      caller: { ...feed, organisation: 'T9B' },
      body: makeBundle(makePatient({ ...makeStranger(serial), id: 'b', nhsNumber: testNhsNumber(serial) })),
    });
    expect(status).toBe(200);
    await look(personId, { organisation: 'T9B', subject: 'lonely', name: 'Lonely One' });
    await follow();
    const [mine, published] = [
      await usage({ public: 'true' }),
      await usage({}, { role: 'steward', purpose: 'administration' }),
    ];
    expect(published.body).toEqual(mine.body);
    expect(mine.body.form).toBe('public');
    expect(mine.body.cumulative).toBeUndefined();
    const small = mine.body.organisations.find(({ organisation }) => organisation === 'T9B');
    expect(small).toMatchObject({ views: null, staff: null });
    expect(mine.body.views).toBe(mine.body.organisations.reduce((sum, { views }) => sum + (views ?? 0), 0));
  });

  it.each([
    ['by Accept', {}, { Accept: 'text/csv' }],
    ['by _format', { _format: 'csv' }, {}],
  ])('gives CSV, %s', async (_name, query, headers) => {
    const {
      headers: answered,
      status,
      text,
    } = await region.call('read-usage', { caller: officer, query, headers });
    expect([status, answered['content-type']]).toEqual([200, 'text/csv; charset=utf-8']);
    const [header, first] = text.split('\r\n');
    expect(header).toBe('month,period,region,organisation,name,section,views,staff');
    expect(first).toMatch(/^\d{4}-\d\d,month,all,all,,all,\d+,\d+$/);
    expect(text).toMatch(/month,test,T9A,Organisation T9A,demographics,\d+,\d+/);
    expect(text).toMatch(/cumulative,test,T9A/);
  });

  it('prefers the format that the query names', async () => {
    const { headers } = await region.call('read-usage', {
      caller: officer,
      query: { _format: 'json' },
      headers: { Accept: 'text/csv' },
    });
    expect(headers['content-type']).toContain('application/json');
  });

  it.each([
    ['a month to come', { month: '2999-01' }],
    ['no month', { month: '2026-13' }],
    ['a month with more behind it', { month: '2026-11-01' }],
    ['an unknown format', { _format: 'xlsx' }],
    ['an unknown parameter', { organisation: 'T9A' }],
  ])('refuses %s', async (_name, query) => {
    expect((await usage(query as Record<string, string>)).code).toBe('INVALID_REQUEST');
  });

  it('of a month without views is all zero', async () => {
    expect((await usage({ month: '2020-01' })).body).toMatchObject({ views: 0, staff: 0, organisations: [] });
  });
});

describe('follow-audit', () => {
  it('passes over what is no new audit entry', async () => {
    const item = marshall({ type: 'Something', id: 'x' });
    const records = [
      { eventName: 'REMOVE', dynamodb: { SequenceNumber: '1', OldImage: item } },
      { eventName: 'INSERT', dynamodb: { SequenceNumber: '2', NewImage: item } },
    ];
    expect(await handler({ Records: records } as DynamoDBStreamEvent)).toEqual({ batchItemFailures: [] });
  });

  it('asks for a batch again that it could not take', async () => {
    const record = {
      eventName: 'INSERT',
      dynamodb: { SequenceNumber: '9', NewImage: marshall({ type: 'AuditEntry' }) },
    };
    expect(await handler({ Records: [record] } as DynamoDBStreamEvent)).toEqual({
      batchItemFailures: [{ itemIdentifier: '9' }],
    });
  });
});
