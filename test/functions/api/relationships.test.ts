import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { makeBundle, makePatient, makeStranger } from '../../support/people.ts';

let region: TestRegion;
let count = 0;

beforeAll(async () => {
  // The functions read the machine's clock.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-21T09:00:00Z') });
  region = await openTestRegion();
});
afterAll(async () => {
  await region.close();
  vi.useRealTimers();
});

const afterDays = (days: number) => vi.setSystemTime(Date.now() + days * 86_400_000);
const now = () => new Date().toISOString();
const ods = (value: string) => ({
  type: 'Organization',
  identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value },
});
type Resource = { resourceType: string; id: string } & Record<string, unknown>;
type Made = Omit<Resource, 'subject'>;

/** Sends entries of a new person of T9A, who has nothing to do with T9B otherwise. */
async function send(id: string, resources: readonly Made[], patient?: object): Promise<string> {
  const subject = { reference: `Patient/${id}` };
  const sent = resources.map((one) =>
    one.resourceType === 'EpisodeOfCare' ? { ...one, patient: subject } : { ...one, subject },
  ) as unknown as Resource[];
  const about = { ...makePatient({ id, ...makeStranger(700 + count) }), ...patient };
  const { body, status } = await region.call('submit-bundle', {
    caller: { role: 'feed', purpose: 'feed' },
    body: makeBundle(...(patient ? [about] : []), ...sent),
    headers: { 'X-Request-ID': randomUUID() },
  });
  expect(status).toBe(200);
  return body.entry?.[0]?.response?.location?.match(/Patient\/([^/]+)/)?.[1] ?? '';
}

const newPerson = async (patient: object = {}) => {
  count += 1;
  const id = `person-${count}`;
  return { id, personId: await send(id, [], patient) };
};

const mayRead = async (personId: string, organisation: string) =>
  (await region.call('read-patient', { caller: { organisation }, path: { id: personId } })).code ?? 'shown';

const encounter = (status: string, more: object = {}): Made => ({
  resourceType: 'Encounter',
  id: `encounter-${count}`,
  status,
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
  serviceProvider: ods('T9B'),
  ...more,
});

describe('a relationship from', () => {
  it('an open encounter opens the record to its provider, without a Patient in the message', async () => {
    const { id, personId } = await newPerson();
    expect(await mayRead(personId, 'T9B')).toBe('NO_RELATIONSHIP');
    await send(id, [encounter('in-progress')]);
    expect(await mayRead(personId, 'T9B')).toBe('shown');
    expect(await mayRead(personId, 'Y90001')).toBe('NO_RELATIONSHIP');
  });

  it('an encounter that has closed lasts 90 days longer', async () => {
    const { id, personId } = await newPerson();
    await send(id, [encounter('in-progress')]);
    await send(id, [encounter('finished', { period: { end: now() } })]);
    afterDays(89);
    expect(await mayRead(personId, 'T9B')).toBe('shown');
    afterDays(1);
    expect(await mayRead(personId, 'T9B')).toBe('NO_RELATIONSHIP');
  });

  it('an encounter that was cancelled is none, and neither is one long past', async () => {
    const { id, personId } = await newPerson();
    await send(id, [encounter('planned')]);
    await send(id, [encounter('cancelled')]);
    expect(await mayRead(personId, 'T9B')).toBe('NO_RELATIONSHIP');
    await send(id, [encounter('finished', { period: { start: '2019-01-01', end: '2019-02-01' } })]);
    expect(await mayRead(personId, 'T9B')).toBe('NO_RELATIONSHIP');
  });

  it('a referral is addressed to its performer, until it is revoked', async () => {
    const { id, personId } = await newPerson();
    const referral = (status: string): Made => ({
      resourceType: 'ServiceRequest',
      id: `referral-${count}`,
      status,
      intent: 'order',
      authoredOn: now(),
      performer: [ods('T9B')],
    });
    await send(id, [referral('active')]);
    expect(await mayRead(personId, 'T9B')).toBe('shown');
    await send(id, [referral('revoked')]);
    expect(await mayRead(personId, 'T9B')).toBe('NO_RELATIONSHIP');
  });

  it('a care team opens the record to each organisation in it, and a contained one counts', async () => {
    const { id, personId } = await newPerson();
    await send(id, [
      {
        resourceType: 'CareTeam',
        id: `team-${count}`,
        status: 'active',
        contained: [{ resourceType: 'Organization', id: 'o', identifier: [ods('Y90001').identifier] }],
        managingOrganization: [{ reference: '#o' }],
        participant: [{ member: ods('T9B') }],
      },
    ]);
    expect(await mayRead(personId, 'T9B')).toBe('shown');
    expect(await mayRead(personId, 'Y90001')).toBe('shown');
  });

  it('an episode at a care home is residence there', async () => {
    const { id, personId } = await newPerson();
    const episode = (status: string): Made => ({
      resourceType: 'EpisodeOfCare',
      id: `episode-${count}`,
      status,
      managingOrganization: ods('VT9C1'),
    });
    const asCareHome = async () =>
      (
        await region.call('read-patient', {
          caller: { organisation: 'VT9C1', role: 'care-home' },
          path: { id: personId },
        })
      ).status;
    await send(id, [episode('active')]);
    expect(await asCareHome()).toBe(200);
    await send(id, [episode('finished')]);
    afterDays(7);
    expect(await asCareHome()).toBe(403);
  });

  it('a registration that moves ends at the former practice after 28 days', async () => {
    const { id, personId } = await newPerson({ generalPractitioner: [ods('Y90001')] });
    expect(await mayRead(personId, 'Y90001')).toBe('shown');
    await send(id, [], { generalPractitioner: [ods('T9B')] });
    afterDays(27);
    expect(await mayRead(personId, 'Y90001')).toBe('shown');
    afterDays(1);
    expect(await mayRead(personId, 'Y90001')).toBe('NO_RELATIONSHIP');
    expect(await mayRead(personId, 'T9B')).toBe('shown');
  });

  it('a record goes with the record: through a merge to the survivor, and back when it is parted', async () => {
    const from = await newPerson();
    await send(from.id, [encounter('in-progress')]);
    const into = await newPerson();
    const steward = { role: 'steward', purpose: 'administration' } as const;
    const parameter = [
      { name: 'source-patient', valueReference: { reference: `Patient/${from.personId}` } },
      { name: 'target-patient', valueReference: { reference: `Patient/${into.personId}` } },
    ];
    const body = { resourceType: 'Parameters', parameter };
    expect(await mayRead(into.personId, 'T9B')).toBe('NO_RELATIONSHIP');
    expect((await region.call('merge-patients', { caller: steward, body })).status).toBe(200);
    expect(await mayRead(into.personId, 'T9B')).toBe('shown');
    expect(await mayRead(from.personId, 'T9B')).toBe('shown');
    const parted = await region.call('unmerge-patient', {
      caller: steward,
      path: { id: from.personId },
      body: { resourceType: 'Parameters' },
    });
    expect(parted.status).toBe(200);
    expect(await mayRead(into.personId, 'T9B')).toBe('NO_RELATIONSHIP');
    expect(await mayRead(from.personId, 'T9B')).toBe('shown');
  });

  it('an encounter that turns out to be another patient’s goes with it', async () => {
    const wrong = await newPerson();
    const encounterId = `encounter-${count}`;
    const right = await newPerson();
    await send(wrong.id, [encounter('in-progress', { id: encounterId })]);
    expect(await mayRead(wrong.personId, 'T9B')).toBe('shown');
    await send(right.id, [encounter('in-progress', { id: encounterId })]);
    expect(await mayRead(right.personId, 'T9B')).toBe('shown');
    expect(await mayRead(wrong.personId, 'T9B')).toBe('NO_RELATIONSHIP');
  });

  it('an Organization of the Bundle counts by its ODS code, for an encounter and for the practice', async () => {
    count += 1;
    const id = `person-${count}`;
    const organisation = (name: string, code: string) => ({
      fullUrl: `urn:uuid:0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a0${name}`,
      resource: { resourceType: 'Organization', identifier: [ods(code).identifier] },
      request: { method: 'POST', url: 'Organization' },
    });
    const reference = (name: string) => ({ reference: organisation(name, '').fullUrl });
    const { body } = await region.call('submit-bundle', {
      caller: { role: 'feed', purpose: 'feed' },
      body: {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          {
            resource: {
              ...makePatient({ id, ...makeStranger(700 + count) }),
              generalPractitioner: [reference('01')],
            },
            request: { method: 'PUT', url: `Patient/${id}` },
          },
          {
            resource: {
              ...encounter('in-progress', { serviceProvider: reference('02') }),
              subject: { reference: `Patient/${id}` },
            },
            request: { method: 'PUT', url: `Encounter/encounter-${count}` },
          },
          organisation('01', 'Y90001'),
          organisation('02', 'T9B'),
        ],
      },
      headers: { 'X-Request-ID': randomUUID() },
    });
    const personId = body.entry?.[0]?.response?.location?.match(/Patient\/([^/]+)/)?.[1] ?? '';
    expect(await mayRead(personId, 'T9B')).toBe('shown');
    expect(await mayRead(personId, 'Y90001')).toBe('shown');
  });

  it('an organisation outside the region’s policy is none', async () => {
    const { id, personId } = await newPerson();
    await send(id, [encounter('in-progress', { serviceProvider: ods('T9Z') })]);
    expect(await mayRead(personId, 'T9Z')).toBe('NO_AGREEMENT');
    const items = await region.recordItems();
    expect(JSON.stringify(items.filter(({ type }) => type === 'Link'))).not.toContain('T9Z');
  });

  it('many encounters does not make the link grow', async () => {
    const { id, personId } = await newPerson();
    for (let batch = 0; batch < 3; batch += 1)
      await send(
        id,
        Array.from({ length: 10 }, (_, n) => encounter('in-progress', { id: `many-${batch}-${n}` })),
      );
    const links = (await region.recordItems()).filter(
      ({ PK, type }) => type === 'Link' && PK === `PERSON#${personId}`,
    );
    expect(links.map(({ relationships }) => (relationships as unknown[]).length)).toEqual([6]);
  });
});
