import { randomUUID } from 'node:crypto';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { alertTypes, claimReasons } from '../../../functions/domain/access/break-glass.ts';
import type { Caller } from '../../../functions/domain/access/caller.ts';
import { type Role, roles } from '../../../functions/domain/access/roles.ts';
import { openRecord } from '../../../functions/usecases/open-record.ts';
import { raisePrivacyAlerts } from '../../../functions/usecases/raise-privacy-alerts.ts';
import type { OpenedRecord } from '../../../functions/usecases/region.ts';
import { makeFaultyEndpoint } from '../../support/faulty-endpoint.ts';
import { openTestRegion, type TestCaller, type TestRegion } from '../../support/operations.ts';
import { makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';
import { policy } from '../../support/policy.ts';

// Counts the calls, and lets every one of them through.
const endpoint = makeFaultyEndpoint();
let region: TestRegion;
let serial = 0;

beforeAll(async () => {
  // The functions read the machine's clock.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-21T09:00:00Z') });
  region = await openTestRegion({ endpointInFrontOf: endpoint.start });
});
afterAll(async () => {
  await region?.close();
  await endpoint.close();
  vi.useRealTimers();
});

const outsider: TestCaller = { organisation: 'T9B', subject: 'outsider-1', name: 'Oda Reed' };
const officer: TestCaller = { role: 'privacy-officer', purpose: 'audit', subject: 'officer-1' };

async function register(patient: Parameters<typeof makePatient>[0] = {}): Promise<string> {
  serial += 1;
  const { body } = await region.call('submit-bundle', {
    caller: { role: 'feed', purpose: 'feed' },
    body: makeBundle(
      makePatient({
        id: `glass-${serial}`,
        ...makeStranger(300 + serial),
        nhsNumber: testNhsNumber(300 + serial),
        ...patient,
      }),
    ),
    headers: { 'X-Request-ID': randomUUID() },
  });
  return body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
}

const claim = (type: string, reason: string) => ({
  resourceType: 'Parameters',
  parameter: [
    { name: 'alert-type', valueCode: type },
    { name: 'reason', valueCode: reason },
  ],
});
const breakGlass = (personId: string, caller = outsider, body: object = claim('1', '4')) =>
  region.call('break-glass', { caller, path: { id: personId }, body });
const look = (personId: string, caller = outsider) =>
  region.call('read-patient', { caller, path: { id: personId } });
const object = (personId: string) =>
  region.call('record-objection', {
    caller: officer,
    body: {
      resourceType: 'Consent',
      status: 'active',
      patient: { reference: `Patient/${personId}` },
      provision: { type: 'deny' },
    },
  });

describe('a claim', () => {
  it('opens the record to the user who made it, for an hour', async () => {
    const personId = await register();
    expect((await look(personId)).code).toBe('NO_RELATIONSHIP');
    const { body, status } = await breakGlass(personId);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      parameter: [
        { name: 'outcome' },
        { name: 'until', valueInstant: new Date(Date.now() + 3_600_000).toISOString() },
      ],
    });
    expect((await look(personId)).status).toBe(200);
    // Nobody else at the organisation, and nowhere else the same user.
    expect((await look(personId, { ...outsider, subject: 'outsider-2' })).code).toBe('NO_RELATIONSHIP');
    expect((await look(personId, { ...outsider, organisation: 'Y90001' })).code).toBe('NO_RELATIONSHIP');
    vi.setSystemTime(Date.now() + 3_600_000);
    expect((await look(personId)).code).toBe('NO_RELATIONSHIP');
  });

  it('is taken with the published pairs of alert type and reason, and with no other', async () => {
    const personId = await register();
    const taken: string[] = [];
    for (const type of [...Object.keys(alertTypes), '0', '3'])
      for (const reason of [...Object.keys(claimReasons), '7']) {
        const { code, status } = await breakGlass(personId, outsider, claim(type, reason));
        if (status === 200) taken.push(`${type}-${reason}`);
        else expect(code).toBe('INVALID_REQUEST');
      }
    expect(taken).toEqual(['1-1', '1-2', '1-3', '1-4', '1-6', '2-1', '2-2', '2-3', '2-5']);
  });

  it('that is refused leaves nothing but its audit entry', async () => {
    const personId = await register();
    const before = await region.recordItems();
    for (const body of [
      claim('2', '4'),
      { resourceType: 'Parameters', parameter: [{ name: 'alert-type', valueCode: '1' }] },
      {
        resourceType: 'Parameters',
        parameter: [...claim('1', '4').parameter, { name: 'reason', valueCode: '6' }],
      },
      {
        resourceType: 'Parameters',
        parameter: [...claim('1', '4').parameter, { name: 'minutes', valueString: '999' }],
      },
    ])
      expect((await breakGlass(personId, outsider, body)).code).toBe('INVALID_REQUEST');
    expect(await region.recordItems()).toEqual(before);
    expect((await look(personId)).code).toBe('NO_RELATIONSHIP');
    const refused = (await region.auditEntries()).filter(
      ({ errorCode, operation }) => operation === 'break-glass' && errorCode === 'INVALID_REQUEST',
    );
    expect(refused.length).toBeGreaterThanOrEqual(4);
  });

  it('is for the roles of people who treat patients, for direct care, with an agreement', async () => {
    const personId = await register();
    const may: string[] = [];
    for (const role of Object.keys(roles) as Role[])
      if ((await breakGlass(personId, { ...outsider, role })).status === 200) may.push(role);
    expect(may).toEqual(['clinician', 'gp', 'paramedic']);
    expect((await breakGlass(personId, { ...outsider, purpose: 'administration' })).code).toBe(
      'FORBIDDEN_ROLE',
    );
    expect((await breakGlass(personId, { ...outsider, organisation: 'T9Z' })).code).toBe('NO_AGREEMENT');
    expect((await breakGlass(personId, { ...outsider, organisation: 'T9S' })).code).toBe('NO_AGREEMENT');
  });

  it('gives the same bytes after as many calls for anybody, and for nobody', async () => {
    const plain = await register();
    const objected = await register();
    await object(objected);
    const people = {
      plain,
      objected,
      unknown: randomUUID(),
      restricted: await register({ restricted: true }),
      deceased: await register({ deceased: '2020-01-01' }),
      again: plain,
    };
    const answers = [];
    for (const personId of Object.values(people)) {
      endpoint.setPlan(undefined);
      const { headers, status, text } = await region.call('break-glass', {
        caller: outsider,
        path: { id: personId },
        body: claim('1', '4'),
        headers: { 'X-Request-ID': '0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a001' },
      });
      answers.push({ status, text, headers, calls: endpoint.calls() });
    }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('opens no sealed record: what nobody may see is what nobody is', async () => {
    const ids = [
      randomUUID(),
      await register({ restricted: true }),
      await register({ deceased: '2020-01-01' }),
    ];
    const answers = [];
    for (const personId of ids) {
      await breakGlass(personId);
      const { headers, status, text } = await region.call('read-patient', {
        caller: outsider,
        path: { id: personId },
        headers: { 'X-Request-ID': '0a8a2f0e-58b3-4a3e-9a55-9d6c54e0a001' },
      });
      answers.push({ status, text, headers });
    }
    expect(answers[0]?.status).toBe(404);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('never opens what its patient objects to, whatever the alert type', async () => {
    const personId = await register();
    await object(personId);
    for (const [type, reason] of [
      ['1', '4'],
      ['2', '5'],
    ] as const) {
      await breakGlass(personId, outsider, claim(type, reason));
      expect((await look(personId)).code).toBe('NO_PATIENT_CONSENT');
    }
  });

  it('opens it by an access alert alone where the region’s board has said so, and the log tells', async () => {
    const personId = await register();
    await object(personId);
    const { breakGlass: rules } = policy;
    const opened: OpenedRecord[] = [];
    const bold = {
      policy: { ...policy, breakGlass: { ...rules, overridesObjection: true } },
      store: { ...region.store, now: () => new Date() },
      opened,
    };
    const caller = { role: 'clinician', purpose: 'directcare', tokenId: 't', ...outsider } as Caller;
    const open = () => openRecord(bold, caller, personId, { permission: 'patient.read' });
    await breakGlass(personId, outsider, claim('1', '4'));
    expect(await open()).toMatchObject({ ok: false, code: 'NO_PATIENT_CONSENT' });
    await breakGlass(personId, outsider, claim('2', '5'));
    expect((await open()).ok).toBe(true);
    expect(opened.map(({ grounds }) => grounds)).toEqual(['relationship: access-alert']);
  });

  it('made under the id of somebody who was merged leads on to the survivor', async () => {
    const [from, into] = [await register({ nhsNumber: '' }), await register()];
    const merged = await region.call('merge-patients', {
      caller: { role: 'steward', purpose: 'administration' },
      body: {
        resourceType: 'Parameters',
        parameter: [
          { name: 'source-patient', valueReference: { reference: `Patient/${from}` } },
          { name: 'target-patient', valueReference: { reference: `Patient/${into}` } },
        ],
      },
    });
    expect(merged.status).toBe(200);
    expect((await look(from)).code).toBe('NO_RELATIONSHIP');
    await breakGlass(from);
    expect((await look(from)).body).toMatchObject({ id: into });
  });
});

describe('a look at a child under 13', () => {
  it('is marked in the log, and goes on the list where the region wants it', async () => {
    const personId = await register({ birthDate: '2020-05-05' });
    await look(personId, {});
    const entries = (await region.auditEntries()).filter((entry) => entry.personId === personId).slice(-1);
    expect(entries.map(({ reason }) => reason)).toEqual(['relationship: feed; patient under 13']);
    const operations = { viewing: new Set(['read-patient']), searching: new Set<string>() };
    const wanted = { ...policy, privacy: { ...policy.privacy, youngChildren: true } };
    expect(await raisePrivacyAlerts({ policy, store: region.store }, entries, operations)).toEqual([]);
    expect(await raisePrivacyAlerts({ policy: wanted, store: region.store }, entries, operations)).toEqual([
      'young-child',
    ]);
  });
});

describe('after a claim', () => {
  it('the log says by which alert and reason, and each look says that it rests on it', async () => {
    const personId = await register();
    await breakGlass(personId, outsider, claim('2', '5'));
    await look(personId);
    const entries = (await region.auditEntries()).filter((entry) => entry.personId === personId);
    expect(entries.map(({ operation, reason }) => [operation, reason]).slice(-2)).toEqual([
      ['break-glass', 'Access alert: emergency'],
      ['read-patient', 'relationship: access-alert'],
    ]);
    const { body } = await region.call('search-audit-events', {
      caller: officer,
      query: { patient: personId },
    });
    expect(JSON.stringify(body)).toContain('relationship: access-alert');
  });

  it('the privacy officer has one alert of each, which names no patient, and the log no person', async () => {
    const { handler } = (await import('../../../functions/events/follow-audit.ts')) as {
      handler: (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>;
    };
    const personId = await register();
    await breakGlass(personId, { ...outsider, subject: 'claimant' });
    await breakGlass(randomUUID(), { ...outsider, subject: 'claimant' });
    const Records = (await region.auditEntries())
      .filter(({ caller }) => caller.subject === 'claimant')
      .map((entry, index) => ({
        eventName: 'INSERT' as const,
        dynamodb: {
          SequenceNumber: String(index),
          NewImage: marshall({ type: 'AuditEntry', ...entry }, { removeUndefinedValues: true }),
        },
      }));
    await handler({ Records } as DynamoDBStreamEvent);
    await handler({ Records } as DynamoDBStreamEvent);
    const { body } = await region.call<{ alerts: { rule: string; agent: string }[] }>('list-privacy-alerts', {
      caller: officer,
    });
    const raised = body.alerts.filter(({ agent, rule }) => agent === 'claimant' && rule === 'break-glass');
    expect(raised).toHaveLength(2);
    expect(JSON.stringify(raised)).not.toContain(personId);
    expect(region.logs()).not.toContain('claimant');
    expect(region.logs()).not.toContain('Oda Reed');
  });
});
