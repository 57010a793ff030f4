import type { Bundle, Patient } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openReviewTask, reviewTaskId } from '../../../functions/store/review-task.ts';
import { transact } from '../../../functions/store/transaction.ts';
import { openTestRegion, type TestRegion, type TestRequest } from '../../support/operations.ts';
import { makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';
import { withoutRandomIds } from '../../support/random-ids.ts';

const feed = { role: 'feed', organisation: 'T9A', purpose: 'feed' } as const;
const steward = { role: 'steward', purpose: 'administration', subject: 'steward-1' } as const;

/** A task as the interface shows it. */
interface Task {
  readonly id: string;
  readonly kind: string;
  readonly reason: string;
  readonly status: string;
  readonly version: number;
  readonly assignee?: string;
  readonly score?: number;
  readonly sides: readonly { readonly kind: string; readonly person?: string; readonly patient: Patient }[];
  readonly comparison?: {
    readonly score: number;
    readonly policy: string;
    readonly fields: readonly { readonly field: string; readonly outcome: string; readonly weight: number }[];
  };
  readonly decision?: { readonly decision: string; readonly by: { readonly name: string } };
}

let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion();
});
afterAll(() => region?.close());

let serial = 0;
/** Somebody who resembles nobody before. */
function somebody() {
  serial += 1;
  const stranger = makeStranger(serial);
  return { ...stranger, id: `task-${serial}`, family: `Canary${stranger.family.toLowerCase()}` };
}

async function send(patient: ReturnType<typeof makePatient>): Promise<string> {
  const { body, status, text } = await region.call<Bundle>('submit-bundle', {
    caller: feed,
    body: makeBundle(patient),
  });
  expect([status, text]).toEqual([200, expect.any(String)]);
  return body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '';
}

/** Two persons and a task about them. */
async function openPair(
  first: Partial<Parameters<typeof makePatient>[0]> = {},
  second: Partial<Parameters<typeof makePatient>[0]> = {},
): Promise<{ id: string; personId: string; otherPersonId: string }> {
  const personId = await send(makePatient({ ...somebody(), ...first }));
  const otherPersonId = await send(makePatient({ ...somebody(), ...second }));
  const pair = { personId, otherPersonId };
  const task = { kind: 'possible-duplicate', reason: 'registration', score: 0.8, ...pair } as const;
  region.store.advance(1_000);
  expect(await transact(region.store, openReviewTask(region.store, task))).toEqual({ ok: true });
  return { id: reviewTaskId(region.store, pair), ...pair };
}

const list = (query: Record<string, string> = {}, caller: TestRequest['caller'] = steward) =>
  region.call<{ tasks: Task[]; next?: string }>('list-review-tasks', { caller, query });

async function everyTask(query: Record<string, string> = {}): Promise<Task[]> {
  const tasks: Task[] = [];
  for (let next: Record<string, string> | undefined = query; next; ) {
    const { body }: Awaited<ReturnType<typeof list>> = await list({ _count: '100', ...next });
    tasks.push(...body.tasks);
    next = body.next ? Object.fromEntries(new URL(body.next).searchParams) : undefined;
  }
  return tasks;
}

const taskOf = async (id: string, query: Record<string, string> = {}) =>
  (await everyTask(query)).find((task) => task.id === id);

const decide = (id: string, body: object, caller: TestRequest['caller'] = steward) =>
  region.call<Task>('decide-review-task', { caller, path: { id }, body });

const read = (id: string) => region.call<Patient>('read-patient', { path: { id } });

describe('GET /review-tasks', () => {
  it('shows both sides and how they compare field by field; the weights add up to the score', async () => {
    const { id, personId, otherPersonId } = await openPair();
    const task = await taskOf(id);
    expect(task).toMatchObject({ kind: 'possible-duplicate', status: 'open', version: 1, score: 0.8 });
    expect(task?.sides.map(({ person }) => person)).toEqual([personId, otherPersonId]);
    for (const { patient } of task?.sides ?? [])
      expect(patient).toMatchObject({
        resourceType: 'Patient',
        name: [expect.anything()],
        birthDate: expect.any(String),
      });
    const fields = task?.comparison?.fields ?? [];
    expect(fields.map(({ field }) => field)).toEqual(
      expect.arrayContaining(['family', 'given', 'birthDate', 'postcode', 'gender']),
    );
    const total = fields.reduce((sum, { weight }) => sum + weight, 0);
    expect(1 / (1 + 2 ** -total)).toBeCloseTo(task?.comparison?.score ?? -1, 3);
  });

  it('audits each person who is shown', async () => {
    const { personId, otherPersonId } = await openPair();
    const { headers, text } = await list({ _count: '100' });
    expect(headers['content-type']).toBe('application/json');
    expect(text).toContain(personId);
    const entries = (await region.auditEntries()).filter(
      ({ requestId }) => requestId === headers['x-request-id'],
    );
    for (const shown of [personId, otherPersonId])
      expect(entries.filter((entry) => entry.personId === shown)).toMatchObject([
        { operation: 'list-review-tasks', action: 'R', outcome: 'success', section: 'demographics' },
      ]);
  });

  it('goes page by page, oldest first, each task once', async () => {
    for (let more = 0; more < 3; more += 1) await openPair();
    const whole = (await everyTask()).map(({ id }) => id);
    const paged = (await everyTask({ _count: '2' })).map(({ id }) => id);
    expect(paged).toEqual(whole);
    expect(new Set(whole).size).toBe(whole.length);
    const { body } = await list({ _count: '1' });
    const cursor = new URL(body.next ?? '').searchParams.get('_cursor') ?? '';
    const other = { ...steward, subject: 'steward-2' };
    expect((await list({ _count: '1', _cursor: cursor }, other)).code).toBe('INVALID_REQUEST');
  });

  it('shows no location of either side when one is restricted, nor whether they agree on it', async () => {
    const person = { postcode: 'N1 9ZZ', practice: 'Y90001' };
    const { id } = await openPair({ ...person, restricted: true }, person);
    const task = await taskOf(id);
    expect(task?.score).toBeUndefined();
    for (const { patient } of task?.sides ?? [])
      for (const element of ['address', 'telecom', 'generalPractitioner'])
        expect(patient).not.toHaveProperty(element);
    expect(JSON.stringify(task)).not.toMatch(/N1 9ZZ|Y90001/);
    const located = task?.comparison?.fields.filter(({ field }) =>
      /postcode|address|phone|email|practice/i.test(field),
    );
    expect(located?.map(({ field }) => field)).toContain('postcode');
    for (const { outcome, weight } of located ?? []) expect([outcome, weight]).toEqual(['missing', 0]);
  });

  it('passes over a task that answered itself', async () => {
    const { id, personId, otherPersonId } = await openPair();
    const third = await openPair();
    await region.call('merge-patients', {
      caller: steward,
      body: {
        resourceType: 'Parameters',
        parameter: [
          { name: 'source-patient', valueReference: { reference: personId } },
          { name: 'target-patient', valueReference: { reference: otherPersonId } },
        ],
      },
    });
    const open = (await everyTask()).map((task) => task.id);
    expect(open).not.toContain(id);
    expect(open).toContain(third.id);
    expect(await taskOf(id, { status: 'decided' })).toMatchObject({ decision: { decision: 'merge' } });
  });

  it.each<[string, Record<string, string>, TestRequest['caller'], string]>([
    ['an unknown status', { status: 'lost' }, steward, 'INVALID_REQUEST'],
    ['an unknown parameter', { canary: 'x' }, steward, 'INVALID_REQUEST'],
    ['a made-up cursor', { _cursor: 'abc' }, steward, 'INVALID_REQUEST'],
    ['a clinician', {}, { role: 'clinician' }, 'FORBIDDEN_ROLE'],
    ['a feed', {}, { role: 'feed', purpose: 'feed' }, 'FORBIDDEN_ROLE'],
    ['an organisation without agreement', {}, { ...steward, organisation: 'T9Z' }, 'NO_AGREEMENT'],
  ])('refuses %s', async (_, query, caller, code) => {
    expect((await list(query, caller)).code).toBe(code);
  });
});

describe('POST /review-tasks/{id}', () => {
  it('gives a task to somebody and takes it back; the list can be narrowed to theirs', async () => {
    const { id } = await openPair();
    const assigned = await decide(id, { version: 1, assign: 'tom' });
    expect(assigned.body).toMatchObject({ assignee: 'tom', version: 2, status: 'open' });
    expect(assigned.headers.etag).toBe('W/"2"');
    expect((await everyTask({ assignee: 'tom' })).map((task) => task.id)).toEqual([id]);
    expect((await decide(id, { version: 2, assign: null })).body).not.toHaveProperty('assignee');
    expect(await everyTask({ assignee: 'tom' })).toEqual([]);
  });

  it('merges: the one with a verified number stays unless told otherwise', async () => {
    const { id, personId, otherPersonId } = await openPair({ nhsNumber: testNhsNumber(200) });
    const merged = await decide(id, { version: 1, decision: 'merge', comment: 'Same passport' });
    expect(merged.body).toMatchObject({
      status: 'decided',
      decision: { decision: 'merge', by: { name: 'Ada Quay' } },
    });
    expect((await read(otherPersonId)).body.id).toBe(personId);
    expect((await everyTask()).map((task) => task.id)).not.toContain(id);
  });

  it('merges into the person whom the steward names, and links mean the same of two persons', async () => {
    const { id, personId, otherPersonId } = await openPair();
    expect((await decide(id, { version: 1, decision: 'link', person: 'nobody' })).code).toBe(
      'INVALID_REQUEST',
    );
    expect((await decide(id, { version: 1, decision: 'link', person: personId })).status).toBe(200);
    expect((await read(otherPersonId)).body.id).toBe(personId);
  });

  it('keeps apart for good: the pair is marked, and a merge needs an override', async () => {
    const { id, personId, otherPersonId } = await openPair();
    expect((await decide(id, { version: 1, decision: 'keep-apart' })).body.status).toBe('decided');
    const merge = await region.call('merge-patients', {
      caller: steward,
      body: {
        resourceType: 'Parameters',
        parameter: [
          { name: 'source-patient', valueReference: { reference: personId } },
          { name: 'target-patient', valueReference: { reference: otherPersonId } },
        ],
      },
    });
    expect([merge.code, merge.text.includes('override')]).toEqual(['IDENTITY_CONFLICT', true]);
    for (const side of [personId, otherPersonId]) {
      const { text } = await region.call('list-link-history', { caller: steward, path: { id: side } });
      expect(text).toContain('kept-apart');
    }
  });

  it('does not merge and keep apart the same two at once: the first decision stands', async () => {
    for (let round = 0; round < 6; round += 1) {
      const { id, personId, otherPersonId } = await openPair();
      const answers = await Promise.all([
        decide(id, { version: 1, decision: 'keep-apart' }),
        region.call('merge-patients', {
          caller: steward,
          body: {
            resourceType: 'Parameters',
            parameter: [
              { name: 'source-patient', valueReference: { reference: personId } },
              { name: 'target-patient', valueReference: { reference: otherPersonId } },
            ],
          },
        }),
      ]);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    }
  });

  it('does not choose between two verified numbers', async () => {
    const numbers = [testNhsNumber(201), testNhsNumber(202)];
    const { id } = await openPair({ nhsNumber: numbers[0] ?? '' }, { nhsNumber: numbers[1] ?? '' });
    expect((await decide(id, { version: 1, decision: 'merge' })).code).toBe('IDENTITY_CONFLICT');
    const chosen = { version: 1, decision: 'merge', survivingNhsNumber: numbers[1] };
    expect((await decide(id, chosen)).body.status).toBe('decided');
  });

  it('links a quarantined record to the person whose number it claims, or leaves it with nobody', async () => {
    for (const decision of ['link', 'keep-apart'] as const) {
      const nhsNumber = testNhsNumber(decision === 'link' ? 210 : 211);
      const personId = await send(makePatient({ ...somebody(), nhsNumber }));
      const claimant = { ...somebody(), nhsNumber };
      expect(await send(makePatient(claimant))).toBe('');
      const task = (await everyTask()).find(
        ({ kind, sides }) => kind === 'quarantine' && sides.some(({ person }) => person === personId),
      );
      expect(task?.sides.map(({ kind }) => kind)).toEqual(['record', 'person']);
      const refused = await decide(task?.id ?? '', { version: 1, decision: 'merge' });
      expect(refused.code).toBe('INVALID_REQUEST');
      expect((await decide(task?.id ?? '', { version: 1, decision })).body.status).toBe('decided');
      const { text } = await region.call('list-link-history', { caller: steward, path: { id: personId } });
      expect(text.includes('"steward"')).toBe(decision === 'link');
      // The decision stands when the same message comes again.
      expect(await send(makePatient(claimant))).toBe(decision === 'link' ? personId : '');
      expect((await everyTask()).some(({ id }) => id === task?.id)).toBe(false);
    }
  });

  it('writes an update that was set aside, or leaves it unwritten for good', async () => {
    for (const decision of ['link', 'keep-apart'] as const) {
      const one = somebody();
      const personId = await send(makePatient(one));
      const update = makePatient({ ...somebody(), id: one.id, gender: 'male' });
      await send(update);
      const task = (await everyTask()).find(
        ({ kind, sides }) => kind === 'overlay' && sides[0]?.person === personId,
      );
      expect(task?.sides[1]?.kind).toBe('set-aside-message');
      const before = (await read(personId)).body.gender;
      expect((await decide(task?.id ?? '', { version: 1, decision })).body.status).toBe('decided');
      const after = await read(personId);
      expect(after.body.id).toBe(personId);
      expect(after.body.gender).toBe(decision === 'link' ? 'male' : before);
      const { text } = await region.call('list-link-history', { caller: steward, path: { id: personId } });
      expect(text).toContain(decision === 'link' ? 'message-accepted' : 'kept-apart');
      await send(update);
      expect((await everyTask()).some(({ id }) => id === task?.id)).toBe(false);
    }
  });

  it('asks again when another stranger’s details come under the same local id', async () => {
    const one = somebody();
    const personId = await send(makePatient(one));
    const overlay = async () => {
      await send(makePatient({ ...somebody(), id: one.id, gender: 'male' }));
      return (await everyTask()).find(({ sides }) => sides[0]?.person === personId);
    };
    const first = await overlay();
    await decide(first?.id ?? '', { version: 1, decision: 'keep-apart' });
    const second = await overlay();
    expect(second).toMatchObject({ id: first?.id, status: 'open', version: 3 });
    expect(second).not.toHaveProperty('decision');
    expect(second?.sides[1]?.patient.name).not.toEqual(first?.sides[1]?.patient.name);
    expect((await everyTask({ status: 'decided' })).map(({ id }) => id)).not.toContain(first?.id);
  });

  it.each<[string, object, TestRequest['caller'], string]>([
    ['an old version', { version: 9, decision: 'merge' }, steward, 'STALE_VERSION'],
    ['nothing to do', { version: 1 }, steward, 'INVALID_REQUEST'],
    ['no version', { decision: 'merge' }, steward, 'INVALID_REQUEST'],
    ['an unknown decision', { version: 1, decision: 'canary' }, steward, 'INVALID_REQUEST'],
    ['an unknown field', { version: 1, decision: 'merge', canary: 1 }, steward, 'INVALID_REQUEST'],
    [
      'a number that fails the check',
      { version: 1, decision: 'merge', survivingNhsNumber: '9990000000' },
      steward,
      'INVALID_NHS_NUMBER',
    ],
    ['a privacy officer', { version: 1, decision: 'merge' }, { role: 'privacy-officer' }, 'FORBIDDEN_ROLE'],
  ])('refuses %s and changes nothing', async (_, body, caller, code) => {
    const { id } = await openPair();
    const before = await region.recordItems();
    const answer = await decide(id, body, caller);
    expect(answer.code).toBe(code);
    expect(answer.text).not.toContain('canary');
    expect(await region.recordItems()).toEqual(before);
    expect((await region.auditEntries()).at(-1)).toMatchObject({ errorCode: code, outcome: 'refused' });
  });

  it('does not know a task that is none, and does not decide twice', async () => {
    expect((await decide('0000', { version: 1, decision: 'merge' })).code).toBe('TASK_NOT_FOUND');
    const { id } = await openPair();
    await decide(id, { version: 1, decision: 'keep-apart' });
    expect((await decide(id, { version: 1, decision: 'merge' })).code).toBe('STALE_VERSION');
    expect((await decide(id, { version: 2, decision: 'merge' })).code).toBe('IDENTITY_CONFLICT');
  });

  it('leaves no name, number or comment in logs or keys', async () => {
    const logs = region.logs();
    for (const canary of ['Canary', 'Same passport']) expect(logs).not.toContain(canary);
    expect(withoutRandomIds(logs)).not.toMatch(/999\d{7}/);
    for (const { PK, SK } of (await region.recordItems()) as { PK: string; SK: string }[])
      expect(withoutRandomIds(`${PK} ${SK}`)).not.toMatch(/999\d{7}|Canary/);
  });
});
