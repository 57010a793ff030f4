import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { getEntryPointers, pointerName, queryEntries } from '../../../functions/store/clinical-entry.ts';
import { entryId, sectionPrefix, sourceRef } from '../../../functions/store/keys.ts';
import { getSourceRecord } from '../../../functions/store/source-record.ts';
import type { FiledMessage } from '../../../functions/usecases/file-message.ts';
import { submitBundle } from '../../../functions/usecases/submit-bundle.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger } from '../../support/people.ts';
import { regionOf } from '../../support/registration.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store?.close());

const caller = {
  subject: 'feed',
  name: 'Feed',
  role: 'feed',
  organisation: 'T9A',
  purpose: 'feed',
  tokenId: 't',
} as const;

let rounds = 0;

/** What a sender says of one person over the days: a message a day, each with everything as it is then. */
function messagesOf(id: string, days: number): object[] {
  const stranger = makeStranger(rounds);
  return Array.from({ length: days }, (_, day) => {
    const sentAt = `2026-02-0${day + 1}T10:00:00Z`;
    const patient = makePatient({ id, ...stranger, postcode: `E${day + 1} 8AA`, sentAt });
    const allergy = { ...makeAllergy(`${id}-a`, id, { text: `Day ${day}` }), meta: { lastUpdated: sentAt } };
    return makeBundle(patient, allergy);
  });
}

async function deliver(bundle: object, requestId: string): Promise<FiledMessage> {
  const body = JSON.stringify(bundle);
  const newPersonId = () => crypto.randomUUID();
  const filed = await submitBundle(regionOf(store), caller, { bundle, body, requestId, newPersonId });
  if (!filed.ok) throw new Error(`${filed.code} ${filed.issues?.join() ?? ''}`);
  return filed.value;
}

it('a message that is delivered one to five times, in any order and after any time, is effective once', async () => {
  const deliveries = fc
    .tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.record({ message: fc.nat(3), minutes: fc.constantFrom(0, 1, 11, 60) }), {
        minLength: 1,
        maxLength: 14,
      }),
    )
    .map(([days, drawn]) => ({
      days,
      // Everything is delivered in the end.
      order: [...drawn, ...Array.from({ length: days }, (_, message) => ({ message, minutes: 0 }))].map(
        ({ message, minutes }) => ({ message: message % days, minutes }),
      ),
    }));
  await fc.assert(
    fc.asyncProperty(deliveries, async ({ days, order }) => {
      rounds += 1;
      const id = `p-${rounds}`;
      const messages = messagesOf(id, days);
      const requestIds = messages.map(() => crypto.randomUUID());
      const answers = new Map<number, FiledMessage>();
      for (const { message, minutes } of order) {
        store.advance(minutes * 60_000);
        const answer = await deliver(messages[message] ?? {}, requestIds[message] ?? '');
        const first = answers.get(message);
        if (first) expect(answer).toEqual(first);
        answers.set(message, answer);
      }
      const source = sourceRef(store.keys, 'T9A', id);
      const record = await getSourceRecord(store, source);
      expect(record?.patient.address?.[0]?.postalCode).toBe(`E${days} 8AA`);
      const prefix = sectionPrefix('allergies');
      const { entries } = await queryEntries(store, source, { from: prefix, to: `${prefix}~` }, 10);
      expect(entries.map(({ resource }) => (resource as { code?: { text?: string } }).code?.text)).toEqual([
        `Day ${days - 1}`,
      ]);
      // As many versions as messages that were news when they came.
      const news = [...answers.values()].filter(({ entries: [, entry] }) => entry?.fate === 'stored').length;
      const named = {
        resourceType: 'AllergyIntolerance',
        entryId: entryId(store.keys, 'T9A', 'AllergyIntolerance', `${id}-a`),
      };
      const pointer = (await getEntryPointers(store, [named])).get(pointerName(named));
      expect(pointer?.version).toBe(news);
    }),
    { numRuns: 20 },
  );
});

it('a request id is forgotten after a day: then the resources themselves say that nothing is new', async () => {
  rounds += 1;
  const id = `p-${rounds}`;
  const [bundle = {}] = messagesOf(id, 1);
  const requestId = crypto.randomUUID();
  expect((await deliver(bundle, requestId)).entries.map(({ fate }) => fate)).toEqual([
    'person-created',
    'stored',
  ]);
  store.advance(25 * 3_600_000);
  expect((await deliver(bundle, requestId)).entries.map(({ fate }) => fate)).toEqual([
    'unchanged',
    'unchanged',
  ]);
});
