import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../functions/domain/access/caller.ts';
import { getIntake, putIntake } from '../../../functions/store/intake.ts';
import { demographicsKey, sourcePartition, sourceRef } from '../../../functions/store/keys.ts';
import type { Store } from '../../../functions/store/store.ts';
import { transact } from '../../../functions/store/transaction.ts';
import { answerBundle, answerMessage } from '../../../functions/usecases/answer-bundle.ts';
import type { FeedAnswer, FeedRequest } from '../../../functions/usecases/answer-feed.ts';
import { answerResource } from '../../../functions/usecases/answer-resource.ts';
import { fileHl7v2 } from '../../../functions/usecases/file-hl7v2.ts';
import { fileQueuedFeed } from '../../../functions/usecases/file-queued-feed.ts';
import type { QueuedFeed } from '../../../functions/usecases/queue-feed.ts';
import type { Region, Result } from '../../../functions/usecases/region.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger } from '../../support/people.ts';
import { policy } from '../../support/policy.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';
import { message, msh, pid, segment } from '../formats/hl7v2/support.ts';

const caller: Caller = {
  subject: 'feed',
  name: 'Feed',
  role: 'feed',
  organisation: 'T9A',
  purpose: 'feed',
  tokenId: 't',
};

let store: TestStore;
/** Of several, the one call of the store that fails: before its effect, or after it with its reply lost. */
let fault: { readonly call: number; readonly isAfter: boolean } | undefined;
let calls = 0;
let region: Region;

class PlannedFault extends Error {
  override readonly name = 'InternalServerError';
}

beforeAll(async () => {
  store = await openTestStore();
  const send = store.client.send.bind(store.client) as (command: unknown) => Promise<unknown>;
  const client = new Proxy(store.client, {
    get: (target, name) =>
      name === 'send'
        ? async (command: unknown) => {
            calls += 1;
            const fails = calls === fault?.call;
            if (fails && !fault?.isAfter) throw new PlannedFault();
            const answer = await send(command);
            if (fails) throw new PlannedFault();
            return answer;
          }
        : Reflect.get(target, name),
  });
  region = { policy, store: { ...store, client } as Store };
});
afterAll(() => store?.close());

/** What a feed is, for a person whose local ids begin with `id`; `requestId` is that of all its deliveries. */
interface Feed {
  readonly prepare?: (id: string) => Promise<unknown>;
  readonly send: (id: string, requestId: string) => Promise<Result<FeedAnswer>>;
  /** The local ids of the patients whom it is about, apart from one another. */
  readonly patients: (id: string) => readonly string[];
}

let people = 0;
const strangers = new Map<string, ReturnType<typeof makeStranger>>();
/** Somebody quite new at first, and the same person whenever the id comes again. */
function patientOf(id: string, family?: string) {
  const made = strangers.get(id) ?? patientLike(id);
  return makePatient({ id, ...made, ...(family && { family }) });
}

function request(resource: object, requestId: string, more: Partial<FeedRequest> = {}): FeedRequest {
  return { resource, body: JSON.stringify(resource), requestId, baseUrl: 'https://record.test', ...more };
}
const bundle = (type: string, ...resources: object[]) => ({
  resourceType: 'Bundle',
  type,
  entry: resources.map((resource) => ({ resource })),
});
const header = { resourceType: 'MessageHeader', id: 'm', eventUri: 'urn:e', source: { endpoint: 'urn:s' } };
const composition = (id: string) => ({
  resourceType: 'Composition',
  id: `${id}-doc`,
  status: 'final',
  type: { text: 'Letter' },
  subject: { reference: `Patient/${id}` },
  date: '2026-02-01',
  author: [{ display: 'Ward' }],
  title: 'Letter',
});
const allergies = (id: string, text = 'Latex') => [1, 2].map((n) => makeAllergy(`${id}-${n}`, id, { text }));

/** An admission of somebody, by a ward's system. */
function admission(id: string, controlId: string): Buffer {
  const { birthDate, family, given } = strangers.get(id) ?? patientLike(id);
  return Buffer.from(
    message(
      msh({ event: 'ADT^A01', controlId }),
      segment('EVN', { 1: 'A01', 2: '20261120093000' }),
      pid({ localId: id, fields: { 5: `${family}^${given}`, 7: birthDate.replaceAll('-', ''), 11: '' } }),
      segment('PV1', { 1: '1', 2: 'I', 19: `${id}-v`, 44: '20261120093000' }),
    ),
  );
}

function patientLike(id: string): ReturnType<typeof makeStranger> {
  const made = makeStranger(people++);
  strangers.set(id, made);
  return made;
}

/** A transaction as it comes out of the queue. */
function queued(id: string, requestId: string): QueuedFeed {
  const body = JSON.stringify(makeBundle(patientOf(id), ...allergies(id)));
  return {
    intakeId: `intake-${id}`,
    operation: 'submit-bundle',
    caller,
    requestId,
    baseUrl: 'https://record.test',
    acceptedAt: '2026-11-21T08:00:00.000Z',
    target: {},
    body: gzipSync(body).toString('base64'),
  };
}

const one = (id: string) => [id];
const feeds: Readonly<Record<string, Feed>> = {
  'a transaction': {
    send: (id, requestId) =>
      answerBundle(region, caller, request(makeBundle(patientOf(id), ...allergies(id)), requestId)),
    patients: one,
  },
  'a transaction that changes what is held': {
    prepare: (id) =>
      answerBundle(region, caller, request(makeBundle(patientOf(id), ...allergies(id)), randomUUID())),
    send: (id, requestId) =>
      answerBundle(
        region,
        caller,
        request(makeBundle(patientOf(id, 'Changed'), ...allergies(id, 'Rubber')), requestId),
      ),
    patients: one,
  },
  'a batch': {
    send: (id, requestId) => {
      const both = [`${id}-x`, `${id}-y`].flatMap((one) => [patientOf(one), ...allergies(one)]);
      return answerBundle(region, caller, request({ ...makeBundle(...both), type: 'batch' }, requestId));
    },
    patients: (id) => [`${id}-x`, `${id}-y`],
  },
  'a FHIR message': {
    send: (id, requestId) =>
      answerMessage(
        region,
        caller,
        request(bundle('message', header, patientOf(id), ...allergies(id)), requestId),
      ),
    patients: one,
  },
  'a document': {
    send: (id, requestId) =>
      answerBundle(
        region,
        caller,
        request(bundle('document', composition(id), patientOf(id), ...allergies(id)), requestId),
      ),
    patients: one,
  },
  'a resource alone': {
    prepare: (id) => answerBundle(region, caller, request(makeBundle(patientOf(id)), randomUUID())),
    send: (id, requestId) => {
      const resource = makeAllergy(`${id}-1`, id);
      return answerResource(region, caller, request(resource, requestId, { type: resource.resourceType }));
    },
    patients: one,
  },
  'an HL7 v2 admission': {
    send: (id, requestId) =>
      fileHl7v2(region, caller, { bytes: admission(id, requestId.slice(0, 20)), newPersonId: randomUUID }),
    patients: one,
  },
  'a feed that was queued': {
    prepare: (id) =>
      transact(store, [putIntake(store, { id: `intake-${id}`, organisation: 'T9A', bodyDigest: 'd' })]),
    send: async (id, requestId) => {
      await fileQueuedFeed(region, queued(id, requestId), (body) =>
        answerBundle(region, caller, request(JSON.parse(body.toString()), requestId)),
      );
      const intake = await getIntake(store, `intake-${id}`);
      expect(intake?.answer?.status).toBe(200);
      return { ok: true, value: { status: 200, body: {}, disclosures: [] } };
    },
    patients: one,
  },
};

/** What is held of a patient: the kinds and versions of the items under their record and of their person. */
async function shapeOf(localId: string): Promise<string> {
  const source = sourceRef(store.keys, caller.organisation, localId);
  const held = await itemsOf(sourcePartition(source));
  const record = held.find(({ SK }) => SK === demographicsKey(source).SK);
  const items = [
    // What an interrupted registration leaves is no record.
    ...held.filter((item) => item !== record || item.patient !== undefined),
    ...(await itemsOf(`${sourcePartition(source)}#HISTORY`)),
    ...(record?.personId ? await itemsOf(`PERSON#${String(record.personId)}`) : []),
  ];
  return items
    .map(({ type, version }) => `${String(type)} ${String(version ?? '')}`)
    .toSorted()
    .join(', ');
}

async function itemsOf(PK: string): Promise<Record<string, unknown>[]> {
  const { Items = [] } = await store.client.send(
    new QueryCommand({
      TableName: store.recordTable,
      ConsistentRead: true,
      KeyConditionExpression: 'PK = :pk',
      ExpressionAttributeValues: { ':pk': PK },
    }),
  );
  return Items;
}

async function attempt(work: () => Promise<Result<FeedAnswer>>): Promise<Result<FeedAnswer> | undefined> {
  try {
    return await work();
  } catch (error) {
    expect(error).toBeInstanceOf(PlannedFault);
    return undefined;
  } finally {
    fault = undefined;
  }
}

describe.each(Object.keys(feeds))('%s, with every call of the store failing in turn', (name) => {
  const feed = feeds[name] as Feed;
  it.each([
    ['before its effect', false],
    ['with its reply lost', true],
  ])('is filed whole or not at all, and once when it is sent again: %s', async (_, isAfter) => {
    const kind = `${Object.keys(feeds).indexOf(name)}${isAfter ? 'a' : 'b'}`;
    const clean = `c${kind}`;
    await feed.prepare?.(clean);
    const before = await Promise.all(feed.patients(clean).map(shapeOf));
    expect((await feed.send(clean, randomUUID())).ok).toBe(true);
    const after = await Promise.all(feed.patients(clean).map(shapeOf));
    expect(after).not.toEqual(before);

    let finished = false;
    for (let call = 1; !finished; call += 1) {
      expect(call).toBeLessThan(80);
      const id = `f${kind}-${call}`;
      await feed.prepare?.(id);
      const requestId = randomUUID();
      calls = 0;
      fault = { call, isAfter };
      await attempt(() => feed.send(id, requestId));
      finished = calls < call;
      for (const [at, patient] of feed.patients(id).entries())
        expect([before[at], after[at]], `call ${call}`).toContain(await shapeOf(patient));
      const again = await feed.send(id, requestId);
      expect([call, again.ok]).toEqual([call, true]);
      expect(await Promise.all(feed.patients(id).map(shapeOf))).toEqual(after);
    }
  });
});
