import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { AllergyIntolerance, Bundle, OperationOutcome } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handler } from '../../../functions/events/file-queued-message.ts';
import { openIntakeQueue } from '../../../functions/store/intake-queue.ts';
import { isToBeQueued } from '../../../functions/usecases/queue-feed.ts';
import { openTestRegion, type TestRegion, type TestResponse } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';
import { policy } from '../../support/policy.ts';
import { withoutRandomIds } from '../../support/random-ids.ts';
import { message, msh, pid } from '../formats/hl7v2/support.ts';

let region: TestRegion;
let people = 0;
beforeAll(async () => {
  region = await openTestRegion();
});
afterAll(() => region?.close());

const feed = { role: 'feed', purpose: 'feed' } as const;
const respondAsync = { Prefer: 'respond-async, wait=10' };

function newPatient(id: string) {
  people += 1;
  return makePatient({ id, ...makeStranger(people), nhsNumber: testNhsNumber(people) });
}

async function queue(body: object, headers: Record<string, string> = {}, operation = 'submit-bundle') {
  return region.call<OperationOutcome>(operation, {
    caller: feed,
    body,
    headers: { ...respondAsync, ...headers },
  });
}

/** Delivers what waits, one batch after another, until nothing comes any more; gives the answers. */
async function deliver(limit = 10): Promise<SQSBatchResponse[]> {
  const answers: SQSBatchResponse[] = [];
  for (;;) {
    const messages = region.intake.queue.receive(limit);
    if (messages.length === 0) return answers;
    const answer = await handler({
      Records: messages.map(({ body, group, id }) => ({
        messageId: id,
        body,
        attributes: { MessageGroupId: group },
      })),
    } as unknown as SQSEvent);
    const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const { id } of messages)
      if (failed.has(id)) region.intake.queue.release(id);
      else region.intake.queue.delete(id);
    answers.push(answer);
  }
}

const idOf = ({ headers }: TestResponse<unknown>) => headers['content-location']?.split('/intake/')[1] ?? '';
const ask = (id: string, caller: object = feed) =>
  region.call<Bundle | OperationOutcome>('read-intake', { caller, path: { id } });

async function allergiesOf(personId: string): Promise<(string | undefined)[]> {
  const { body } = await region.call<Bundle>('read-section', { path: { id: personId, code: 'allergies' } });
  return (body.entry ?? [])
    .flatMap(({ resource }) =>
      resource?.resourceType === 'AllergyIntolerance' ? [resource as AllergyIntolerance] : [],
    )
    .map(({ code }) => code?.text)
    .toSorted();
}

const personOf = (answer: TestResponse<Bundle | OperationOutcome>) =>
  answer.body.resourceType === 'Bundle'
    ? (answer.body.entry?.[0]?.response?.location?.replace('Patient/', '') ?? '')
    : '';

describe('a feed that prefers respond-async', () => {
  it('is accepted, audited, filed by the worker, and its very answer can be had', async () => {
    const known = (await region.auditEntries()).length;
    const accepted = await queue(makeBundle(newPatient('q-1'), makeAllergy('q-a', 'q-1', { text: 'Latex' })));
    expect(accepted.status).toBe(202);
    expect(accepted.headers['content-location']).toMatch(
      /^https:\/\/record\.test\/FHIR\/R4\/intake\/[0-9a-f]{32}$/,
    );
    expect(accepted.headers['preference-applied']).toBe('respond-async');
    expect((await region.auditEntries()).slice(known)).toMatchObject([
      { operation: 'submit-bundle', outcome: 'success', action: 'C' },
    ]);
    const waiting = await ask(idOf(accepted));
    expect([waiting.status, waiting.headers['retry-after']]).toEqual([202, '1']);
    await deliver();
    const done = await ask(idOf(accepted));
    expect([done.status, done.body]).toMatchObject([
      200,
      { resourceType: 'Bundle', type: 'transaction-response' },
    ]);
    const personId = personOf(done);
    expect(await allergiesOf(personId)).toEqual(['Latex']);
    const entries = (await region.auditEntries()).slice(known);
    expect(entries.map(({ operation, personId: who }) => [operation, who])).toEqual([
      ['submit-bundle', undefined],
      ['read-intake', undefined],
      ['submit-bundle', personId],
      ['read-intake', personId],
      ['read-section', personId],
    ]);
  });

  it('in HL7 v2 is filed in its character set, and its acknowledgement can be had, also of a refusal', async () => {
    const headers = { 'Content-Type': 'application/hl7-v2' };
    const { family } = makeStranger(700);
    const send = (fields: Record<number, string>, controlId: string) => {
      const who = pid({ localId: 'q-hl7', fields: { 5: `${family}é^Bo`, ...fields } });
      const text = message(msh({ controlId, characterSet: '8859/1' }), who);
      return queue(Buffer.from(text, 'latin1'), headers, 'submit-hl7v2');
    };
    const filed = await send({}, 'Q-1');
    const refused = await send({ 7: '19711309' }, 'Q-2');
    expect([filed.status, refused.status]).toEqual([202, 202]);
    await deliver();
    const accepted = await ask(idOf(filed));
    expect(accepted.headers['content-type']).toMatch(/^application\/hl7-v2/);
    expect(accepted.text).toContain('\rMSA|AA|Q-1|Patient person-created');
    expect((await ask(idOf(refused))).text).toContain('\rMSA|AE|Q-2|PID-7: must be a date of the calendar\r');
    const records = (await region.recordItems()).filter(({ type }) => type === 'SourceRecord');
    expect(JSON.stringify(records)).toContain(`${family}é`);
    const { body } = await region.call<{ rejects: object[] }>('list-rejects', { caller: feed });
    expect(body.rejects).toContainEqual(expect.objectContaining({ format: 'hl7v2', messageId: 'Q-2' }));
  });

  it('is refused where its fate is asked for, and kept, when the worker cannot take it', async () => {
    const headers = { 'X-Request-ID': crypto.randomUUID() };
    const accepted = await queue(makeBundle(makeAllergy('q-b', 'canary-nobody')), headers);
    await deliver();
    const refused = await ask(idOf(accepted));
    expect([refused.status, refused.code]).toEqual([400, 'INVALID_REQUEST']);
    const { body } = await region.call<{ rejects: { messageId: string }[] }>('list-rejects', {
      caller: feed,
    });
    expect(body.rejects.map(({ messageId }) => messageId)).toContain(headers['X-Request-ID']);
  });

  it('is one feed however often it is sent and delivered, in whatever order', async () => {
    const bodies = [1, 2, 3, 4, 5].map((n) =>
      n === 1
        ? makeBundle(newPatient('q-2'))
        : makeBundle({
            ...makeAllergy('q-c', 'q-2', { text: `Version ${n}` }),
            ...{ meta: { lastUpdated: `2026-02-0${n}T10:00:00Z` } },
          }),
    );
    const ids = bodies.map(() => crypto.randomUUID());
    const send = (at: number) => queue(bodies[at] ?? {}, { 'X-Request-ID': ids[at] ?? '' });
    const first = await send(0);
    await deliver();
    const personId = personOf(await ask(idOf(first)));
    for (const at of [3, 1, 4, 2, 4, 3, 0, 1]) {
      const again = await send(at);
      expect(again.status).toBe(202);
      if (at % 2 === 0) await deliver(1);
    }
    await deliver();
    expect(await allergiesOf(personId)).toEqual(['Version 5']);
    // A retry after more than the queue remembers: what is settled is not queued again.
    const waiting = region.intake.queue.messages.length;
    expect(idOf(await send(0))).toBe(idOf(first));
    expect(region.intake.queue.messages).toHaveLength(waiting);
    // The same id for another body is a mistake of the sender's.
    const other = await queue(makeBundle(newPatient('q-3')), { 'X-Request-ID': ids[0] ?? '' });
    expect(other.code).toBe('IDEMPOTENCY_MISMATCH');
  });

  it('counts from when it was accepted, where it says no time', async () => {
    const made = await region.call<Bundle>('submit-bundle', {
      caller: feed,
      body: makeBundle(newPatient('q-4')),
    });
    const personId = personOf(made);
    await queue(makeBundle(makeAllergy('q-d', 'q-4', { text: 'Accepted first' })));
    const later = makeBundle(makeAllergy('q-d', 'q-4', { text: 'Filed at once, later' }));
    await region.call('submit-bundle', { caller: feed, body: later, headers: { Prefer: 'respond-sync' } });
    await deliver();
    expect(await allergiesOf(personId)).toEqual(['Filed at once, later']);
  });

  it.each([
    ['process-message', {}],
    ['create-resource', { type: 'AllergyIntolerance' }],
    ['update-resource', { type: 'AllergyIntolerance', id: 'q-e' }],
  ])('goes the same way: %s', async (operation, path) => {
    const id = `q-${operation}`;
    await region.call('submit-bundle', { caller: feed, body: makeBundle(newPatient(id)) });
    const allergy = makeAllergy('q-e', id, { text: operation });
    const header = {
      resourceType: 'MessageHeader',
      id: 'm',
      eventUri: 'urn:e',
      source: { endpoint: 'urn:s' },
    };
    const message = {
      resourceType: 'Bundle',
      type: 'message',
      entry: [{ resource: header }, { resource: allergy }],
    };
    const body = operation === 'process-message' ? message : allergy;
    const accepted = await region.call(operation, { caller: feed, body, path, headers: respondAsync });
    expect(accepted.status).toBe(202);
    await deliver();
    const done = await ask(idOf(accepted));
    expect(done.status).toBeLessThan(300);
    if (operation !== 'process-message') expect(done.headers.etag).toMatch(/^W\/"\d"$/);
  });

  it('is answered at once when it is larger than the queue takes', async () => {
    const noise = Array.from({ length: 40_000 }, () => crypto.randomUUID()).join();
    const body = makeBundle(newPatient('q-5'), {
      ...makeAllergy('q-f', 'q-5'),
      ...{ note: [{ text: noise }] },
    });
    const answer = await queue(body);
    // The entry itself is larger than an item holds, and that is said at once.
    expect(answer.status).not.toBe(202);
  });

  it('is refused at once to who may not feed, and to whom nothing is known', async () => {
    const body = makeBundle(newPatient('q-6'));
    expect((await region.call('submit-bundle', { body, headers: respondAsync })).code).toBe('FORBIDDEN_ROLE');
    const accepted = await queue(body);
    const other = { ...feed, organisation: 'T9B' };
    expect((await ask(idOf(accepted), other)).code).toBe('INTAKE_NOT_FOUND');
    expect((await ask('0'.repeat(32))).code).toBe('INTAKE_NOT_FOUND');
    await deliver();
  });
});

describe('a message that cannot be filed', () => {
  it('holds up its own group alone, and goes to the failures after five tries', async () => {
    await region.call('submit-bundle', {
      caller: feed,
      body: makeBundle(newPatient('q-7'), newPatient('q-8')),
    });
    const { queue: intake, failures } = region.intake;
    intake.send('poison: no JSON', { group: 'poisoned', deduplicationId: 'p-1' });
    const behind = await queue(makeBundle(makeAllergy('q-g', 'q-7')));
    const other = await queue(makeBundle(makeAllergy('q-h', 'q-8')));
    await deliver();
    expect((await ask(idOf(behind))).status).toBe(200);
    expect((await ask(idOf(other))).status).toBe(200);
    expect(failures.messages.map(({ body }) => body)).toEqual(['poison: no JSON']);
    expect(intake.messages).toEqual([]);
  });

  it('keeps what came behind it in its group waiting, in its order', async () => {
    const records = ['a', 'b', 'c'].map((id) => ({
      messageId: id,
      body: 'poison',
      attributes: { MessageGroupId: id === 'c' ? 'other' : 'same' },
    }));
    const { batchItemFailures } = await handler({ Records: records } as unknown as SQSEvent);
    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(['a', 'b', 'c']);
  });
});

describe('the preference of a sender', () => {
  const store = { ...({} as TestRegion['store']), intake: openIntakeQueue('http://127.0.0.1:1/0/q') };
  const queued = { ...policy, intake: { ...policy.intake, answers: 'queued' as const } };
  it.each([
    [policy, '', false],
    [policy, 'respond-async', true],
    [policy, 'return=minimal; respond-async', true],
    [queued, '', true],
    [queued, 'respond-sync', false],
    [queued, 'return=representation', true],
  ])('goes before the region’s (%#)', (rules, prefer, expected) => {
    expect(isToBeQueued({ policy: rules, store }, prefer)).toBe(expected);
  });
});

it('no log line and no key of all this names a patient', async () => {
  expect(withoutRandomIds(region.logs())).not.toMatch(/canary|999\d{7}/i);
  const keys = (await region.recordItems()).map(({ PK, SK }) => `${String(PK)} ${String(SK)}`);
  expect(withoutRandomIds(keys.join('\n'))).not.toMatch(/canary|999\d{7}/i);
});
