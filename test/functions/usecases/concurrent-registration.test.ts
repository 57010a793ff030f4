import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparisonFields } from '../../../functions/domain/matching/comparison-fields.ts';
import { rankCandidates } from '../../../functions/domain/matching/rank-candidates.ts';
import { describePatient } from '../../../functions/formats/fhir/patient.ts';
import { findNhsNumberOwner } from '../../../functions/store/nhs-number.ts';
import { getPerson } from '../../../functions/store/person.ts';
import type { Store } from '../../../functions/store/store.ts';
import { makePatient, testNhsNumber } from '../../support/people.ts';
import { allItems, recordOf, regionOf, register } from '../../support/registration.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

/** One organisation's word about the person of a run, as its system may have it. */
interface Word {
  readonly ods: string;
  readonly hasNumber: boolean;
  readonly slip: 'none' | 'family' | 'given' | 'postcode';
}

const words = fc.array(
  fc.record({
    ods: fc.constantFrom('T9A', 'T9B', 'Y90001', 'T9M'),
    hasNumber: fc.boolean(),
    slip: fc.constantFrom('none', 'none', 'family', 'given', 'postcode'),
  }),
  { minLength: 2, maxLength: 4 },
);

let runs = 0;

/** Somebody new: a name, a day and two postcodes far from those of every other run. */
function newcomer() {
  runs += 1;
  const letters = createHash('sha256').update(`run ${runs}`).digest();
  const letter = (position: number, of: string) => of[(letters[position] ?? 0) % of.length] ?? '';
  const syllable = (position: number) =>
    letter(position, 'bdfgklmnprstvz') + letter(position + 1, 'aeiou') + letter(position + 2, 'bdgklmnprst');
  const digit = (position: number) => letter(position, '0123456789');
  const postcode = (position: number) =>
    `${letter(position, 'BEGLMNSW')}${letter(position + 1, '123456789')} ${digit(position + 2)}${letter(position + 3, 'ABDEFGHJ')}${letter(position + 4, 'LNPQRSTU')}`;
  return {
    family: syllable(0) + syllable(3) + syllable(6),
    given: 'Marian',
    birthDate: `19${letter(9, '3456789')}${digit(10)}-0${letter(11, '123456789')}-1${digit(13)}`,
    postcode: postcode(14),
    formerly: postcode(20),
    nhsNumber: testNhsNumber(1000 + runs),
  };
}

function say(
  { hasNumber, slip }: Word,
  id: string,
  { formerly, nhsNumber, ...person }: ReturnType<typeof newcomer>,
) {
  return makePatient({
    ...person,
    id,
    ...(hasNumber && { nhsNumber }),
    ...(slip === 'family' && { family: `${person.family}e` }),
    ...(slip === 'given' && { given: 'Mariann' }),
    ...(slip === 'postcode' && { postcode: formerly }),
  });
}

type Client = Store['client'];

const idOf = (index: number) => `run-${runs}-${index}`;

async function peopleAfter(said: readonly Word[]): Promise<Set<string | undefined>> {
  const region = regionOf(store);
  const records = await Promise.all(said.map(({ ods }, index) => recordOf(region, ods, idOf(index))));
  return new Set(records.map(({ personId }) => personId));
}

/** True when each word alone would be linked to each other: then their order cannot matter. */
function areOne(said: readonly Word[], person: ReturnType<typeof newcomer>): boolean {
  const fields = said.map((word) => {
    const read = describePatient(say(word, 'one', person));
    if (!read.ok) throw new Error(read.issues.join());
    return comparisonFields(read.patient.demographics);
  });
  return fields.every((query) =>
    fields.every((other) => {
      const records = other.map((one) => ({ personId: 'other', fields: one }));
      return rankCandidates(query, records, {}, false).outcome === 'unique';
    }),
  );
}

/** The store as several workers see it whose calls happen one by one, in the order that the scheduler chooses. */
function scheduled(scheduler: fc.Scheduler): Store {
  const outcomes: PromiseSettledResult<unknown>[] = [];
  const commands: Parameters<Client['send']>[0][] = [];
  // The scheduler prints what it is given and what comes back: names and positions, not whole answers.
  const step = scheduler.scheduleFunction(async (_name: string, position: number): Promise<void> => {
    const command = commands[position];
    if (command) [outcomes[position]] = await Promise.allSettled([store.client.send(command)]);
  });
  const client: Client = Object.create(store.client);
  const send = async (command: Parameters<Client['send']>[0]) => {
    const position = commands.push(command) - 1;
    await step(command.constructor.name, position);
    const outcome = outcomes[position];
    if (outcome?.status !== 'fulfilled') throw outcome?.reason;
    return outcome.value;
  };
  Object.defineProperty(client, 'send', { value: send });
  return { ...store, client };
}

describe('registrations of one person at the same moment', () => {
  it('make one person, in every interleaving of their store calls, where no order of them would make two', async () => {
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), words, async (scheduler, said) => {
        const person = newcomer();
        const isOne = areOne(said, person);
        const region = regionOf(scheduled(scheduler));
        await scheduler.waitFor(
          Promise.all(said.map((word, index) => register(region, word.ods, say(word, idOf(index), person)))),
        );
        const people = await peopleAfter(said);
        if (isOne) expect(people.size).toBe(1);
        checked += isOne ? 1 : 0;

        const found = await Promise.all([...people].map((personId) => getPerson(store, personId ?? '')));
        const holders = found.filter((one) => one?.nhsNumber === person.nhsNumber);
        const isNumbered = said.some(({ hasNumber }) => hasNumber);
        expect(holders).toHaveLength(isNumbered ? 1 : 0);
        const owner = await findNhsNumberOwner(store, person.nhsNumber);
        expect(owner?.personId).toBe(holders[0]?.personId);
      }),
      { numRuns: 40 },
    );
    expect(checked).toBeGreaterThan(20);
  }, 180_000);

  it('never bring two verified numbers under one person, nor one number under two', async () => {
    const numbered = fc.array(fc.constantFrom(undefined, 'one', 'other'), { minLength: 3, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), numbered, async (scheduler, which) => {
        const { formerly: _, nhsNumber: one, ...person } = newcomer();
        const other = testNhsNumber(5000 + runs);
        const region = regionOf(scheduled(scheduler));
        const answers = await scheduler.waitFor(
          Promise.all(
            which.map((number, index) => {
              const nhsNumber = number && (number === 'one' ? one : other);
              const patient = makePatient({ ...person, id: idOf(index), ...(nhsNumber && { nhsNumber }) });
              return register(region, 'T9A', patient);
            }),
          ),
        );
        const people = await Promise.all(
          [...new Set(answers.map(({ personId }) => personId))].map((id) => getPerson(store, id ?? '')),
        );
        const held = people.flatMap((found) =>
          found ? [[found.nhsNumber ?? [], found.supersededNhsNumbers ?? []].flat()] : [],
        );
        for (const numbers of held) expect(numbers.length).toBeLessThanOrEqual(1);
        const said = new Set(which.flatMap((number) => number ?? []));
        expect(new Set(held.flat()).size).toBe(said.size);
        expect(held.flat()).toHaveLength(said.size);
      }),
      { numRuns: 40 },
    );
  }, 180_000);

  it('store messages of one source record one after another: the last word stands, under one person', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 4 }), async (scheduler, count) => {
        const { formerly: _, nhsNumber: __, ...person } = newcomer();
        const region = regionOf(scheduled(scheduler));
        const sent = Array.from({ length: count }, (_unused, index) =>
          makePatient({
            ...person,
            id: idOf(0),
            postcode: person.postcode.replace(/ [0-9]/, ` ${index + 1}`),
            sentAt: `2026-02-0${index + 1}T10:00:00Z`,
          }),
        );
        const answers = await scheduler.waitFor(
          Promise.all(sent.map((patient) => register(region, 'T9A', patient))),
        );
        expect(new Set(answers.map(({ personId }) => personId)).size).toBe(1);
        const held = await recordOf(regionOf(store), 'T9A', idOf(0));
        const last = person.postcode.replace(/ [0-9]/, ` ${count}`);
        expect(held.demographics.postcode).toBe(last);
        const stored = await getPerson(store, held.personId ?? '');
        expect(stored?.demographics.postcode).toBe(last);
      }),
      { numRuns: 20 },
    );
  }, 120_000);
});

describe('the same message again', () => {
  it('changes nothing, whatever came before', async () => {
    const apart = await openTestStore();
    const region = regionOf(apart);
    await fc.assert(
      fc.asyncProperty(words, fc.nat(), async (said, again) => {
        const person = newcomer();
        for (const [index, word] of said.entries())
          await register(region, word.ods, say(word, idOf(index), person));
        const withoutRequests = async () =>
          (await allItems(region))
            .filter(({ type }) => type !== 'Idempotency')
            .map((item) => JSON.stringify(item));
        const before = new Set(await withoutRequests());
        const index = again % said.length;
        const word = said[index];
        if (!word) return;
        expect(await register(region, word.ods, say(word, idOf(index), person))).toMatchObject({
          fate: 'unchanged',
        });
        expect((await withoutRequests()).filter((item) => !before.has(item))).toEqual([]);
      }),
      { numRuns: 15 },
    );
    await apart.close();
  }, 120_000);
});
