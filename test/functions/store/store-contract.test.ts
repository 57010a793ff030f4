import {
  BatchWriteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactGetCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../functions/domain/access/caller.ts';
import { appendAuditEntry, listAuditEntries } from '../../../functions/store/audit.ts';
import {
  type ClinicalEntry,
  getEntryPointers,
  outlineEntries,
  pointerName,
  queryEntries,
  writeEntry,
} from '../../../functions/store/clinical-entry.ts';
import { openEntriesThen } from '../../../functions/store/entries-then.ts';
import { recordIdentityEvent } from '../../../functions/store/identity-event.ts';
import { sourceRef } from '../../../functions/store/keys.ts';
import { putPerson } from '../../../functions/store/move-links.ts';
import { findNhsNumberOwner, readNumber } from '../../../functions/store/nhs-number.ts';
import { holdObjections, recordObjections } from '../../../functions/store/objection.ts';
import { loadAccessView, type Person } from '../../../functions/store/person.ts';
import { loadPersonThen } from '../../../functions/store/person-history.ts';
import { findAnsweredRequest, rememberRequest } from '../../../functions/store/request.ts';
import { putNew, putVersion, transact } from '../../../functions/store/transaction.ts';
import { makeObjection, makeReversal } from '../../support/objections.ts';
import { testNhsNumber } from '../../support/people.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

/**
 * The engines: the embedded one always, and each `name=endpoint` of TOWPATH_STORE_ENDPOINTS (MiniStack in CI; DynamoDB
 * Local or `aws=aws` by a developer's choice).
 */
const engines: [string, string | undefined][] = [
  ['embedded', undefined],
  ...(process.env.TOWPATH_STORE_ENDPOINTS ?? '')
    .split(',')
    .filter(Boolean)
    .map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
];

const caller: Caller = {
  subject: 'u1',
  name: 'Ada Quay',
  role: 'clinician',
  organisation: 'T9A',
  purpose: 'directcare',
  tokenId: 't1',
};

describe.each(engines)('the store on %s', (_, endpoint) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openTestStore(endpoint);
  });
  afterAll(() => store?.close());

  const item = (PK: string, extra: object = {}) => ({ PK, SK: 'ITEM', type: 'Test', version: 1, ...extra });
  const get = async (PK: string) =>
    (
      await store.client.send(
        new GetCommand({ TableName: store.recordTable, Key: { PK, SK: 'ITEM' }, ConsistentRead: true }),
      )
    ).Item;

  describe('transactions', () => {
    it('write all', async () => {
      const outcome = await transact(store, [
        putNew(store.recordTable, item('all-1'), 'taken'),
        putNew(store.recordTable, item('all-2'), 'taken'),
      ]);
      expect(outcome).toEqual({ ok: true });
      expect(await get('all-1')).toEqual(item('all-1'));
      expect(await get('all-2')).toEqual(item('all-2'));
    });

    it('write none when one condition fails, and name the meaning of exactly that one', async () => {
      await store.client.send(new PutCommand({ TableName: store.recordTable, Item: item('none-2') }));
      const outcome = await transact(store, [
        putNew(store.recordTable, item('none-1'), 'first taken'),
        putNew(store.recordTable, item('none-2'), 'second taken'),
        putVersion(store.recordTable, item('none-3'), 7, 'third stale'),
      ]);
      expect(outcome).toEqual({ ok: false, failed: ['second taken', 'third stale'], contended: false });
      expect(await get('none-1')).toBeUndefined();
      expect(await get('none-3')).toBeUndefined();
    });

    it('replace exactly the version that was read', async () => {
      await transact(store, [putVersion(store.recordTable, item('version'), 0, 'stale')]);
      const second = item('version', { version: 2 });
      expect(await transact(store, [putVersion(store.recordTable, second, 1, 'stale')])).toEqual({
        ok: true,
      });
      expect(await transact(store, [putVersion(store.recordTable, second, 1, 'stale')])).toMatchObject({
        failed: ['stale'],
      });
      expect(await transact(store, [putVersion(store.recordTable, second, 0, 'stale')])).toMatchObject({
        failed: ['stale'],
      });
    });

    it('let one of many racing writers win', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, () => transact(store, [putNew(store.recordTable, item('race'), 'taken')])),
      );
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    });

    it('take 100 items and refuse 101', async () => {
      const many = (length: number) =>
        Array.from({ length }, (_unused, index) =>
          putNew(store.recordTable, item(`many-${length}-${index}`), 'taken'),
        );
      expect(await transact(store, many(100))).toEqual({ ok: true });
      await expect(transact(store, many(101))).rejects.toThrow();
      expect(await get('many-101-0')).toBeUndefined();
    });

    it('read several items at one moment', async () => {
      await store.client.send(new PutCommand({ TableName: store.recordTable, Item: item('together') }));
      const { Responses } = await store.client.send(
        new TransactGetCommand({
          TransactItems: ['together', 'absent'].map((PK) => ({
            Get: { TableName: store.recordTable, Key: { PK, SK: 'ITEM' } },
          })),
        }),
      );
      expect(Responses?.map(({ Item }) => Item?.PK)).toEqual(['together', undefined]);
    });
  });

  describe('queries', () => {
    it('page through one partition in both directions, without its neighbours', async () => {
      const puts = ['A', 'B', 'C', 'D', 'E'].map((SK) => ({ PutRequest: { Item: { PK: 'pages', SK } } }));
      const others = ['pages0', 'page', 'pages#'].map((PK) => ({ PutRequest: { Item: { PK, SK: 'C' } } }));
      await store.client.send(
        new BatchWriteCommand({ RequestItems: { [store.recordTable]: [...puts, ...others] } }),
      );
      const walk = async (ScanIndexForward: boolean) => {
        const seen: string[] = [];
        let ExclusiveStartKey: Record<string, unknown> | undefined;
        do {
          const page = await store.client.send(
            new QueryCommand({
              TableName: store.recordTable,
              KeyConditionExpression: 'PK = :pk',
              ExpressionAttributeValues: { ':pk': 'pages' },
              Limit: 2,
              ScanIndexForward,
              ...(ExclusiveStartKey && { ExclusiveStartKey }),
            }),
          );
          seen.push(...(page.Items ?? []).map(({ SK }) => String(SK)));
          ExclusiveStartKey = page.LastEvaluatedKey;
        } while (ExclusiveStartKey);
        return seen.join('');
      };
      expect(await walk(true)).toBe('ABCDE');
      expect(await walk(false)).toBe('EDCBA');
    });
  });

  const rangeOf = (section: string) => ({ from: `SECTION#${section}#`, to: `SECTION#${section}#~` });

  describe('clinical entries', () => {
    const entryOf = (
      source: ReturnType<typeof sourceRef>,
      change: Partial<ClinicalEntry> = {},
    ): ClinicalEntry => ({
      source,
      entryId: 'e1',
      resourceType: 'AllergyIntolerance',
      section: 'allergies',
      date: '2024-05-01',
      securityLabels: [],
      enteredInError: false,
      resource: { resourceType: 'AllergyIntolerance', id: 'a1', patient: { reference: 'Patient/1' } },
      digest: 'd1',
      version: 1,
      sentAt: '2026-11-21T09:00:00.000Z',
      validFrom: '2026-11-21T09:00:00.000Z',
      ...change,
    });

    it('move with their date, keep the superseded version and refuse a stale writer', async () => {
      const source = sourceRef(store.keys, 'T9A', 'moving');
      const first = entryOf(source);
      expect(await transact(store, writeEntry(store, first))).toEqual({ ok: true });
      const pointer = (await getEntryPointers(store, [first])).get(pointerName(first));
      expect(pointer).toMatchObject({ version: 1, digest: 'd1' });
      const second = entryOf(source, {
        date: '2025-06-02',
        digest: 'd2',
        version: 2,
        validFrom: '2026-11-21T10:00:00.000Z',
      });
      const stale = writeEntry(store, second, pointer, first);
      expect(await transact(store, stale)).toEqual({ ok: true });
      expect(await transact(store, stale)).toMatchObject({ ok: false, failed: ['stale'] });
      const { entries } = await queryEntries(store, source, rangeOf('allergies'), 10);
      expect(entries.map(({ date, version }) => [date, version])).toEqual([['2025-06-02', 2]]);
      const history = await store.client.send(
        new QueryCommand({
          TableName: store.recordTable,
          KeyConditionExpression: 'PK = :pk',
          ExpressionAttributeValues: { ':pk': `SOURCE#T9A#${source.local}#HISTORY` },
        }),
      );
      expect(history.Items).toMatchObject([
        { version: 1, validFrom: first.validFrom, validTo: second.validFrom },
      ]);
    });

    it('are read section by section, newest first, page by page', async () => {
      const source = sourceRef(store.keys, 'T9A', 'paging');
      for (let n = 1; n <= 5; n += 1) {
        const entry = entryOf(source, { entryId: `page-${n}`, date: `2024-05-0${n}` });
        await transact(store, writeEntry(store, entry));
      }
      await transact(store, writeEntry(store, entryOf(source, { entryId: 'page-x', section: 'alerts' })));
      const first = await queryEntries(store, source, rangeOf('allergies'), 3);
      expect(first.entries.map(({ entryId }) => entryId)).toEqual(['page-5', 'page-4', 'page-3']);
      expect(first.more).toBe(true);
      const rest = await queryEntries(store, source, rangeOf('allergies'), 3, first.entries.at(-1)?.SK);
      expect(rest.entries.map(({ entryId }) => entryId)).toEqual(['page-2', 'page-1']);
      expect(rest.more).toBe(false);
      const outline = await outlineEntries(store, source);
      expect(outline.map(({ section }) => section).sort()).toEqual(['alerts', ...Array(5).fill('allergies')]);
    });

    it('are read as they were at an instant, page by page, each in the version that held', async () => {
      const source = sourceRef(store.keys, 'T9A', 'past');
      const instantOf = (round: number) => `2026-11-21T1${round}:00:00.000Z`;
      const dateOf = (n: number, round: number) => `2024-05-0${1 + ((n * 3 + round * 4) % 7)}`;
      for (const round of [0, 1, 2])
        for (let n = 0; n < 6; n += 1) {
          // Every other entry is left alone in the last round, and the last comes with the second.
          if ((round === 2 && n % 2 === 0) || (round === 0 && n === 5)) continue;
          const name = { entryId: `past-${n}`, resourceType: 'AllergyIntolerance' };
          const pointer = (await getEntryPointers(store, [name])).get(pointerName(name));
          const held =
            pointer &&
            (await openEntriesThen(store, instantOf(9)).get(source, name.resourceType, name.entryId));
          const version = (pointer?.version ?? 0) + 1;
          const change = { ...name, version, date: dateOf(n, round), validFrom: instantOf(round) };
          await transact(store, writeEntry(store, entryOf(source, change), pointer, held));
        }
      const roundOf = (n: number, at: number) => (at === 2 && n % 2 === 0 ? 1 : at);
      for (const at of [0, 1, 2]) {
        const expected = [0, 1, 2, 3, 4, 5]
          .filter((n) => at > 0 || n !== 5)
          .map((n) => `${dateOf(n, roundOf(n, at))} past-${n}`)
          .toSorted()
          .toReversed();
        const then = openEntriesThen(store, instantOf(at));
        const read: string[] = [];
        for (let after: string | undefined; ; ) {
          const page = await then.query(source, rangeOf('allergies'), 2, after);
          read.push(...page.entries.map(({ date, entryId }) => `${date} ${entryId}`));
          after = page.entries.at(-1)?.SK;
          if (!page.more || !after) break;
        }
        expect(read).toEqual(expected);
      }
      expect(await openEntriesThen(store, '2026-11-21T09:59:59.999Z').outline(source)).toEqual([]);
    });
  });

  describe('a person', () => {
    it('is shown as at any instant, under the id of then, with the records of then', async () => {
      const [one, other] = ['past-one', 'past-other'];
      const source = (local: string) => sourceRef(store.keys, 'T9A', local);
      const person = (version: number, minute: number, more: Partial<Person> = {}): Person => ({
        personId: one,
        status: 'active',
        version,
        demographics: { names: [], formerPostcodes: [] } as never,
        resource: { resourceType: 'Patient' },
        provenance: {},
        restrictedBy: [],
        updatedAt: `2026-11-21T08:0${minute}:00.000Z`,
        ...more,
      });
      const created = person(1, 1);
      const merged = person(2, 3, { status: 'merged', mergedInto: other });
      const survivor = person(1, 2, { personId: other });
      const grown = person(2, 3, { personId: other });
      await transact(store, putPerson(store, created, undefined));
      await transact(store, putPerson(store, survivor, undefined));
      await transact(store, [...putPerson(store, merged, created), ...putPerson(store, grown, survivor)]);
      const shown = async (id: string, minute: number) => {
        const then = await loadPersonThen(store, id, `2026-11-21T08:0${minute}:30.000Z`);
        return then && `${then.person.personId} ${then.person.version}`;
      };
      expect([await shown(one, 0), await shown(one, 1), await shown(one, 2), await shown(one, 3)]).toEqual([
        undefined,
        `${one} 1`,
        `${one} 1`,
        `${other} 2`,
      ]);
      expect([await shown(other, 1), await shown(other, 2), await shown(other, 4)]).toEqual([
        undefined,
        `${other} 1`,
        `${other} 2`,
      ]);
      await transact(store, [
        recordIdentityEvent(store, other, { event: 'created', source: source('b') }),
        recordIdentityEvent(store, other, { event: 'merged-from', sources: [source('a'), source('c')] }),
        recordIdentityEvent(store, other, { event: 'kept-apart', sources: [source('b')] }),
        recordIdentityEvent(store, other, { event: 'record-moved-to', sources: [source('a')] }),
      ]);
      const then = await loadPersonThen(store, other, store.now().toISOString());
      expect(then?.sources.map(({ local }) => local).toSorted()).toEqual(
        [source('b').local, source('c').local].toSorted(),
      );
    });
  });

  describe('a long record', () => {
    it('is read whole, although one answer of DynamoDB ends after a megabyte', async () => {
      const source = sourceRef(store.keys, 'T9A', 'long');
      const text = 'x'.repeat(150_000);
      for (let n = 0; n < 9; n += 1) {
        const entry: ClinicalEntry = {
          source,
          entryId: `long-${n}`,
          resourceType: 'DocumentReference',
          section: 'documents',
          date: `2024-05-0${n + 1}`,
          securityLabels: [],
          enteredInError: false,
          resource: { resourceType: 'DocumentReference', status: 'current', description: text, content: [] },
          digest: 'd',
          version: 1,
          sentAt: '2026-11-21T09:00:00.000Z',
          validFrom: '2026-11-21T09:00:00.000Z',
        };
        await transact(store, writeEntry(store, entry));
      }
      expect(await outlineEntries(store, source)).toHaveLength(9);
      const seen: string[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await queryEntries(store, source, rangeOf('documents'), 100, after);
        seen.push(...page.entries.map(({ entryId }) => entryId));
        after = page.entries.at(-1)?.SK;
        if (!page.more) break;
      }
      expect(seen).toEqual(['8', '7', '6', '5', '4', '3', '2', '1', '0'].map((n) => `long-${n}`));
    });
  });

  describe('objections', () => {
    it('are in the next consistent read, keep what was said before and refuse a stale writer', async () => {
      const [objection, another] = [makeObjection(store), makeObjection(store)];
      expect(await recordObjections(store, 'p-objection', undefined, [objection])).toBe('recorded');
      expect(await recordObjections(store, 'p-objection', undefined, [another])).toBe('changed');
      const { objections } = await loadAccessView(store, 'p-objection');
      expect(objections).toMatchObject({ version: 1, statements: [objection] });
      const reversal = makeReversal(store, objections?.statements ?? []);
      if (!reversal) throw new Error('nothing stands');
      expect(await recordObjections(store, 'p-objection', objections, [reversal])).toBe('recorded');
      expect((await loadAccessView(store, 'p-objection')).objections).toMatchObject({
        version: 2,
        statements: [objection, reversal],
      });
    });

    it('are held with a number that is nobody’s, and no owner is found for it', async () => {
      const number = testNhsNumber(901);
      const held = makeObjection(store);
      expect(await holdObjections(store, number, {}, [held])).toBe('recorded');
      expect(await holdObjections(store, number, {}, [makeObjection(store)])).toBe('changed');
      expect(await readNumber(store, number)).toEqual({ held: { version: 1, statements: [held] } });
      expect(await findNhsNumberOwner(store, number)).toBeUndefined();
    });
  });

  describe('answered requests', () => {
    it('are remembered once for each organisation', async () => {
      const remember = rememberRequest(store, 'T9A', 'request-1', {
        bodyDigest: 'd',
        answer: { entries: [] },
      });
      expect(await transact(store, [remember])).toEqual({ ok: true });
      expect(await transact(store, [remember])).toMatchObject({ failed: ['repeated'] });
      expect(await findAnsweredRequest(store, 'T9A', 'request-1')).toMatchObject({ bodyDigest: 'd' });
      expect(await findAnsweredRequest(store, 'T9B', 'request-1')).toBeUndefined();
    });

    it('are forgotten after a day, whether or not the item was removed', async () => {
      const answer = { bodyDigest: 'd', answer: { entries: [] } };
      await transact(store, [rememberRequest(store, 'T9A', 'request-2', answer)]);
      store.advance(24 * 3_600_000 - 1_000);
      expect(await findAnsweredRequest(store, 'T9A', 'request-2')).toBeDefined();
      store.advance(1_000);
      expect(await findAnsweredRequest(store, 'T9A', 'request-2')).toBeUndefined();
      expect(await transact(store, [rememberRequest(store, 'T9A', 'request-2', answer)])).toEqual({
        ok: true,
      });
    });
  });

  describe('the audit', () => {
    it('lists a person newest first over all partitions, page by page, and nobody else', async () => {
      const event = {
        operation: 'read-section',
        action: 'R',
        caller,
        requestId: 'r',
        outcome: 'success',
      } as const;
      const written: string[] = [];
      for (let n = 0; n < 7; n += 1) {
        store.advance(40_000);
        written.unshift((await appendAuditEntry(store, { ...event, personId: 'p-audit' })).id);
        await appendAuditEntry(store, { ...event, personId: 'p-other' });
        await appendAuditEntry(store, event);
      }
      const first = await listAuditEntries(store, ['p-audit'], 4);
      const second = await listAuditEntries(store, ['p-audit'], 4, first.entries.at(-1)?.id);
      expect([...first.entries, ...second.entries].map(({ id }) => id)).toEqual(written);
      expect([first.more, second.more]).toEqual([true, false]);
      const numbers = first.entries.map(({ writerSequence }) => writerSequence);
      expect(numbers).toEqual([19, 16, 13, 10]);
    });
  });
});
