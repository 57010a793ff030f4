import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Bundle } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { partOf } from '../../../functions/domain/access/search-quotas.ts';
import { countSearch } from '../../../functions/store/search-quota.ts';
import { matchPatient } from '../../../functions/usecases/match-patient.ts';
import { openTestRegion, type TestCaller, type TestRegion } from '../../support/operations.ts';
import { makeBundle, makePatient, testNhsNumber } from '../../support/people.ts';
import { policy } from '../../support/policy.ts';

const ours = testNhsNumber(1);
const theirs = testNhsNumber(2);
const unheld = testNhsNumber(3);
let region: TestRegion;

beforeAll(async () => {
  region = await openTestRegion();
  const register = (organisation: string, id: string, nhsNumber: string) =>
    region.call<Bundle>('submit-bundle', {
      caller: { role: 'feed', organisation, purpose: 'feed' },
      body: makeBundle(makePatient({ id, family: `Canary${id}`, birthDate: '1971-03-09', nhsNumber })),
    });
  await register('T9A', 'ours', ours);
  await register('T9B', 'theirs', theirs);
});
afterAll(() => region?.close());

function match(value: string, more: object = {}, caller: TestCaller = {}) {
  const identifier = [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value }];
  const resource = { resourceType: 'Patient', identifier, ...more };
  const body = { resourceType: 'Parameters', parameter: [{ name: 'resource', resource }] };
  return region.call('match-patient', { caller, body });
}
const search = (query: Record<string, string>, caller: TestCaller = {}) =>
  region.call('search-patients', { caller, query });
/** A client that nothing may be asked of. */
const unread = {
  send: () => Promise.reject(new Error('a store was asked')),
} as unknown as DynamoDBDocumentClient;
const system = { role: 'application' } as const;
const steward = { role: 'steward', purpose: 'administration' } as const;

describe('an NHS number alone', () => {
  const asked = [
    ['by $match', (value: string, caller?: TestCaller) => match(value, {}, caller)],
    ['by search', (value: string, caller?: TestCaller) => search({ identifier: value }, caller)],
    [
      'by search with a range of birth dates',
      (value: string, caller?: TestCaller) =>
        search({ identifier: value, birthdate: 'ge1900-01-01' }, caller),
    ],
  ] as const;

  it.each(asked)('finds who is in the caller’s care, %s', async (_how, ask) => {
    expect((await ask(ours)).body.total).toBe(1);
  });

  it.each(asked)(
    'is answered with the same bytes whether others hold it or nobody does, %s',
    async (_how, ask) => {
      const [held, not] = [await ask(theirs), await ask(unheld)];
      expect([held.status, held.body.total]).toEqual([200, 0]);
      expect(held.text).toBe(not.text);
      expect(held.body.meta?.tag?.[0]?.code).toBe('number-alone');
      expect(held.text.length).toBe(not.text.length);
    },
  );

  it.each(asked)('is refused to a system before which nobody sits, held or not, %s', async (_how, ask) => {
    const answers = [await ask(ours, system), await ask(theirs, system), await ask(unheld, system)];
    expect(answers.map(({ code, status }) => [status, code])).toEqual(
      answers.map(() => [400, 'TOO_FEW_SEARCH_FIELDS']),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  it('finds anybody for those who decide who is who', async () => {
    expect((await match(theirs, {}, steward)).body.total).toBe(1);
  });

  it('with a birth date or a family name finds anybody, for a system too', async () => {
    for (const caller of [{}, system])
      for (const more of [{ birthDate: '1971-03-09' }, { name: [{ family: 'Canarytheirs' }] }])
        expect((await match(theirs, more, caller)).body.total).toBe(1);
    expect((await search({ identifier: theirs, birthdate: '1971-03-09' })).body.total).toBe(1);
  });

  it('is refused to all where the region says so, held or not, before anything is read', async () => {
    const matching = { ...policy.matching, numberAlone: 'refused' as const };
    const strict = { policy: { ...policy, matching }, store: { ...region.store, client: unread } };
    const caller = { subject: 'u', name: 'U', organisation: 'T9A', role: 'clinician', tokenId: 't' } as const;
    for (const nhsNumberText of [ours, theirs, unheld]) {
      const demographics = { names: [], deceased: false, restricted: false };
      const query = {
        nhsNumberText,
        demographics,
        onlyCertainMatches: false,
        onlySingleMatch: false,
        count: 1,
      };
      expect(await matchPatient(strict, { ...caller, purpose: 'directcare' }, query)).toEqual({
        ok: false,
        code: 'TOO_FEW_SEARCH_FIELDS',
      });
    }
  });

  it('with a year, a gender or a postcode is still alone', async () => {
    for (const more of [{ birthDate: '1971' }, { gender: 'female' }, { address: [{ postalCode: 'E2 8AA' }] }])
      expect((await match(theirs, more)).body.total).toBe(0);
  });
});

describe('the quota of searches', () => {
  const { organisation, person } = policy.searchQuotas;
  const holders = async () =>
    (await region.recordItems())
      .filter(({ type }) => type === 'SearchQuota')
      .map(({ PK }) => String(PK).replace('QUOTA#', ''));

  it('attack 9: numbers asked in sequence end in 429, the same for held and unheld, and nothing is told', async () => {
    const harvester = { subject: 'harvester' };
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const known = new Set(await holders());
    const answers = [await match(testNhsNumber(31), {}, harvester)];
    const holder = (await holders()).find((one) => one.startsWith('AGENT#') && !known.has(one)) ?? '';
    // All but the last few of those before, counted as they would have been.
    const store = { ...region.store, now: () => new Date() };
    for (let n = 20; n < person.aMinute; n += 1) await countSearch(store, holder, person);
    for (let n = 1; n < 30; n += 1) answers.push(await match(testNhsNumber(n), {}, harvester));
    vi.useRealTimers();
    const spent = answers.filter(({ status }) => status === 429);
    expect(answers.map(({ status }) => status)).toEqual([...Array(20).fill(200), ...Array(10).fill(429)]);
    expect(spent[0]?.code).toBe('THROTTLED');
    expect(spent[0]?.headers['retry-after']).toBe('60');
    expect(new Set(spent.map(({ text }) => text)).size).toBe(1);
    const told = answers.filter(({ body, status }) => status === 200 && body.total !== 0);
    expect(told).toHaveLength(1);
  });

  it('is not spent by asking the same again, which tells nothing new', async () => {
    const spentBy = async (subject: string) => {
      const before = new Set(await holders());
      await match(ours, {}, { subject });
      const holder = (await holders()).find((one) => one.startsWith('AGENT#') && !before.has(one));
      const hours = async () => (await region.recordItems()).find(({ PK }) => PK === `QUOTA#${holder}`)?.hour;
      const first = await hours();
      await match(ours, {}, { subject });
      await match(ours, {}, { subject });
      const again = await hours();
      await match(theirs, {}, { subject });
      return [first, again, await hours()];
    };
    expect(await spentBy('somebody who looks twice')).toEqual([1, 1, 2]);
  });

  it('is of one user: others go on', async () => {
    expect((await match(ours, {}, { subject: 'colleague' })).status).toBe(200);
  });

  it('holds for the hour as for the minute, however many ask at once', async () => {
    const quota = { aMinute: 1_000, anHour: 20 };
    const counted = await Promise.all(
      Array.from({ length: 50 }, () => countSearch(region.store, 'AGENT#at-once', quota)),
    );
    expect(counted.filter(Boolean)).toHaveLength(20);
  });

  it('is of the organisation too, spread over items none of which is hot', async () => {
    const small = partOf(organisation, 16);
    expect(small.aMinute * 16).toBeLessThanOrEqual(organisation.aMinute);
    const items = (await region.recordItems()).filter(({ type }) => type === 'SearchQuota');
    const shards = items.filter(({ PK }) => String(PK).startsWith('QUOTA#ORGANISATION#T9A#'));
    expect(shards.length).toBeGreaterThan(8);
    expect(items.every(({ expiresAt }) => typeof expiresAt === 'number')).toBe(true);
    expect(JSON.stringify(items)).not.toContain('harvester');
  });

  it('is not spent by who may not search at all', async () => {
    const stranger = { organisation: 'T9Z', subject: 'stranger' };
    expect((await match(ours, {}, stranger)).code).toBe('NO_AGREEMENT');
    const spent = (await region.recordItems()).map(({ PK }) => String(PK));
    expect(spent.filter((key) => key.includes('T9Z'))).toEqual([]);
  });

  it('is audited when it is spent, by the name of the operation and of who asked', async () => {
    const entries = (await region.auditEntries()).filter(({ errorCode }) => errorCode === 'THROTTLED');
    expect(entries[0]).toMatchObject({ operation: 'match-patient', caller: { subject: 'harvester' } });
    expect(entries[0]).not.toHaveProperty('personId');
  });
});
