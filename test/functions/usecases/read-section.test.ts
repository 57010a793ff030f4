import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import type { Bundle } from 'fhir/r4.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Caller } from '../../../functions/domain/access/caller.ts';
import { writeSectionPage } from '../../../functions/formats/fhir/section-page.ts';
import type { ClinicalEntry } from '../../../functions/store/clinical-entry.ts';
import { entryId } from '../../../functions/store/keys.ts';
import type { Link } from '../../../functions/store/person.ts';
import type { Store } from '../../../functions/store/store.ts';
import { readSection, type SectionPage } from '../../../functions/usecases/read-section.ts';
import { openTestRegion, type TestRegion } from '../../support/operations.ts';
import { makeAllergy, makeBundle, makePatient, makeStranger, testNhsNumber } from '../../support/people.ts';
import { policy } from '../../support/policy.ts';

let region: TestRegion;
beforeAll(async () => {
  region = await openTestRegion();
});
afterAll(() => region?.close());

const caller: Caller = {
  subject: 'user-1',
  name: 'Ada Quay',
  role: 'clinician',
  organisation: 'T9A',
  purpose: 'directcare',
  tokenId: 'token-1',
};

/** The store, in which Queries of the given organisations' records fail. */
function without(silent: ReadonlySet<string>): Store {
  const client = Object.create(region.store.client) as Store['client'];
  client.send = ((command: unknown, ...rest: never[]) => {
    const values = command instanceof QueryCommand && command.input.ExpressionAttributeValues;
    const source = values ? String(values[':source'] ?? '') : '';
    if (silent.has(source.split('#')[1] ?? '')) return Promise.reject(new Error('no answer in time'));
    return region.store.client.send(command as never, ...rest);
  }) as Store['client']['send'];
  // The feeds go by the clock on the wall.
  return { ...region.store, client, now: () => new Date() };
}

let people = 0;
const organisations = ['T9A', 'T9B', 'Y90001'] as const;

/** What a sender's allergy is sent as; the same text and date from several is the same thing. */
interface Sent {
  readonly organisation: (typeof organisations)[number];
  readonly id: string;
  readonly date: string;
  readonly text: string;
  readonly retracted?: boolean;
  readonly label?: string;
}

async function feed(human: number, organisation: string, sent: readonly Sent[]): Promise<string> {
  const id = `h${human}`;
  const patient = makePatient({ ...makeStranger(human), id, nhsNumber: testNhsNumber(human) });
  const { body, text } = await region.call<Bundle>('submit-bundle', {
    caller: { role: 'feed', organisation, purpose: 'feed' },
    body: makeBundle(
      patient,
      ...sent.map((one) =>
        makeAllergy(`${id}-${one.id}`, id, {
          date: one.date,
          text: one.text,
          ...(one.retracted && { status: 'entered-in-error' }),
          ...(one.label && { label: one.label }),
        }),
      ),
    ),
  });
  const location = body.entry?.[0]?.response?.location;
  if (!location) throw new Error(text);
  return location.replace('Patient/', '');
}

async function page(
  personId: string,
  count: number,
  cursor?: string,
  silent: ReadonlySet<string> = new Set(),
): Promise<SectionPage> {
  const read = await readSection({ policy, store: without(silent) }, caller, {
    personId,
    section: 'allergies',
    count,
    query: '',
    cursor,
  });
  if (!read.ok) throw new Error(read.code);
  return read.value;
}

/** The ids of all entries of a page, those folded into others too. */
const idsOf = ({ entries }: SectionPage) =>
  entries.flatMap(({ duplicates, entry }) => [entry, ...duplicates].map((one) => one.entryId));

const idOf = (human: number, { id, organisation }: Sent) =>
  entryId(region.store.keys, organisation, 'AllergyIntolerance', `h${human}-${id}`);

const sentEntry = fc.record({
  organisation: fc.constantFrom(...organisations),
  // Few dates and texts: many stand together, and some are the same.
  date: fc.constantFrom('2021', '2022-02-02', '2023-03-03', '2024-04-04'),
  text: fc.constantFrom('Penicillin', 'Latex', 'Egg'),
});

it('a source that does not answer is named, and is never said to have recorded nothing', async () => {
  people += 1;
  const human = people;
  await feed(human, 'T9A', []);
  const sent = { organisation: 'T9B', id: 'a', date: '2024', text: 'Penicillin' } as const;
  const personId = await feed(human, 'T9B', [sent]);
  const read = await page(personId, 20, undefined, new Set(['T9B']));
  expect(read.entries).toEqual([]);
  const bundle = writeSectionPage('allergies', read, { self: 'https://x/s?', baseUrl: 'https://x' });
  const outcomes = (bundle.entry ?? []).map(({ resource }) => resource);
  expect(outcomes[0]).toMatchObject({
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: 'warning',
        code: 'incomplete',
        details: { coding: [{ code: 'unavailable' }], text: expect.stringContaining('Organisation T9B') },
      },
    ],
  });
  expect(read.sources).toEqual([
    { ods: 'T9A', name: 'Organisation T9A', state: 'none-recorded' },
    { ods: 'T9B', name: 'Organisation T9B', state: 'unavailable' },
  ]);
  expect(JSON.stringify(outcomes)).not.toMatch(/Organisation T9B has recorded nothing/);
});

it('of a silent source that bears labels nobody says that nothing is withheld', async () => {
  people += 1;
  const human = people;
  for (const organisation of ['T9A', 'Y90001'] as const) await feed(human, organisation, []);
  const labelled = { organisation: 'T9B', id: 'b', date: '2024', text: 'Secret', label: 'R' } as const;
  const personId = await feed(human, 'T9B', [labelled]);
  const read = await page(personId, 20, undefined, new Set(['T9B']));
  expect(read.withheld).toBe(true);
  expect(Object.fromEntries(read.sources.map(({ ods, state }) => [ods, state]))).toEqual({
    T9A: 'withheld',
    T9B: 'unavailable',
    Y90001: 'withheld',
  });
});

it('every entry that stands unchanged through a walk is shown exactly once, whatever is written between its pages and whoever falls silent', async () => {
  const write = fc.oneof(
    fc.record({ do: fc.constant('add' as const), entry: sentEntry }),
    fc.record({
      do: fc.constant('change' as const),
      which: fc.nat(),
      text: fc.constantFrom('Latex', 'Wasp'),
    }),
    fc.record({ do: fc.constant('move' as const), which: fc.nat(), date: fc.constantFrom('2020', '2025') }),
    fc.record({ do: fc.constant('retract' as const), which: fc.nat() }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(sentEntry, { minLength: 3, maxLength: 14 }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(
        fc.record({
          writes: fc.array(write, { maxLength: 2 }),
          silent: fc.subarray(['T9B', 'Y90001'] as const),
        }),
        { maxLength: 4 },
      ),
      async (entries, count, between) => {
        people += 1;
        const human = people;
        const held: Sent[] = entries.map((entry, n) => ({ ...entry, id: `e${n}` }));
        let personId = '';
        for (const organisation of organisations)
          personId = await feed(
            human,
            organisation,
            held.filter((one) => one.organisation === organisation),
          );
        const unchanged = new Set(held);
        const shown: string[] = [];
        let cursor: string | undefined;
        for (let n = 0; ; n += 1) {
          const { silent = [], writes = [] } = between[n] ?? {};
          const read = await page(personId, count, cursor, new Set(silent));
          shown.push(...idsOf(read));
          // At the end of a walk nothing is left but to ask again for who was silent then.
          if (!read.next) {
            if (read.sources.some(({ state }) => state === 'unavailable'))
              for (const one of unchanged)
                if (silent.includes(one.organisation as 'T9B')) unchanged.delete(one);
            break;
          }
          cursor = read.next;
          for (const [index, step] of writes.entries()) {
            const target = 'which' in step ? held[step.which % held.length] : undefined;
            if (target) unchanged.delete(target);
            const next: Sent | undefined =
              step.do === 'add'
                ? { ...step.entry, id: `n${n}-${index}` }
                : target && {
                    ...target,
                    ...(step.do === 'change' && { text: step.text }),
                    ...(step.do === 'move' && { date: step.date }),
                    ...(step.do === 'retract' && { retracted: true }),
                  };
            if (next) await feed(human, next.organisation, [next]);
          }
        }
        const times = (one: Sent) => shown.filter((id) => id === idOf(human, one)).length;
        expect([...unchanged].map((one) => [one.id, times(one)])).toEqual(
          [...unchanged].map((one) => [one.id, 1]),
        );
      },
    ),
    { numRuns: 15 },
  );
}, 60_000);

it('a walk without writers is newest first, and folds exactly what is the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sentEntry, { minLength: 1, maxLength: 12 }), async (entries) => {
      people += 1;
      const human = people;
      const held: Sent[] = entries.map((entry, n) => ({ ...entry, id: `e${n}` }));
      let personId = '';
      for (const organisation of organisations)
        personId = await feed(
          human,
          organisation,
          held.filter((one) => one.organisation === organisation),
        );
      const { entries: shown } = await page(personId, 50);
      const dates = shown.map(({ entry }) => entry.date);
      expect(dates).toEqual(dates.toSorted().reverse());
      const same = (one: Sent) => `${one.date} ${one.text}`;
      const groups = Map.groupBy(held, same);
      expect(shown).toHaveLength(groups.size);
      for (const { duplicates, entry } of shown) {
        const ids = [entry, ...duplicates].map((one) => one.entryId).toSorted();
        const first = held.find((one) => idOf(human, one) === entry.entryId);
        const group = groups.get(first ? same(first) : '') ?? [];
        expect(ids).toEqual(group.map((one) => idOf(human, one)).toSorted());
      }
    }),
    { numRuns: 6 },
  );
}, 60_000);

it('a link never leaves out a section in which its record has an entry, through feeds, quarantine, merges and unmerges', async () => {
  const steward = { role: 'steward', purpose: 'directcare', subject: 'steward-1' } as const;
  const kinds = ['AllergyIntolerance', 'Condition', 'Flag', 'Procedure'] as const;
  const choice = fc.nat({ max: 1 });
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('feed' as const),
        human: choice,
        organisation: fc.constantFrom(...organisations),
        kind: fc.constantFrom(...kinds),
        label: fc.boolean(),
        isVerified: fc.constantFrom(true, true, false),
        withPatient: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('merge' as const), from: choice, into: choice }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('unmerge' as const), from: choice }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 14 }), async (steps) => {
      const first = people + 1;
      people += 2;
      const persons = new Map<number, string>();
      const sent = new Set<string>();
      for (const [n, one] of steps.entries()) {
        if (one.do === 'feed') {
          const human = first + one.human;
          const id = `k${human}`;
          const patient = makePatient({
            ...makeStranger(human),
            id,
            nhsNumber: testNhsNumber(human),
            status: one.isVerified ? '01' : '02',
          });
          const entry = {
            resourceType: one.kind,
            id: `k${human}-${one.organisation}-${n}`,
            ...(one.label && { meta: { security: [{ code: 'R' }] } }),
            ...(one.kind === 'Flag' || one.kind === 'Procedure' ? { status: 'completed' } : {}),
            ...(one.kind === 'AllergyIntolerance'
              ? { patient: { reference: `Patient/${id}` } }
              : { subject: { reference: `Patient/${id}` } }),
            code: { text: one.kind },
          };
          // The first message of a record brings its Patient.
          const withPatient = one.withPatient || !sent.has(`${id} ${one.organisation}`);
          sent.add(`${id} ${one.organisation}`);
          const { body } = await region.call<Bundle>('submit-bundle', {
            caller: { role: 'feed', organisation: one.organisation, purpose: 'feed' },
            body: withPatient ? makeBundle(patient, entry) : makeBundle(entry),
          });
          const location = body.entry?.[0]?.response?.location;
          if (withPatient && location) persons.set(one.human, location.replace('Patient/', ''));
        } else {
          const from = persons.get(one.from);
          const into = 'into' in one ? persons.get(one.into) : undefined;
          if (one.do === 'unmerge' && from)
            await region.call('unmerge-patient', {
              caller: steward,
              path: { id: from },
              body: { resourceType: 'Parameters' },
            });
          if (from && into && from !== into)
            await region.call('merge-patients', {
              caller: steward,
              body: {
                resourceType: 'Parameters',
                parameter: [
                  { name: 'source-patient', valueReference: { reference: `Patient/${from}` } },
                  { name: 'target-patient', valueReference: { reference: `Patient/${into}` } },
                  {
                    name: 'surviving-nhs-number',
                    valueString: testNhsNumber(first + ('into' in one ? one.into : 0)),
                  },
                ],
              },
            });
        }
      }
      const items = (await region.recordItems()) as Record<string, unknown>[];
      const links = items.filter(({ type }) => type === 'Link') as unknown as (Link & { SK: string })[];
      const entries = items.filter(({ type }) => type === 'ClinicalEntry') as unknown as (ClinicalEntry & {
        PK: string;
      })[];
      for (const { labels, SK, sections } of links)
        for (const entry of entries.filter(({ PK }) => PK === SK)) {
          if (!sections) continue;
          expect(sections).toContain(entry.section);
          expect(labels).toEqual(expect.arrayContaining([...entry.securityLabels]));
        }
      tried.push(...links.flatMap(({ sections }) => (sections ? [sections.length] : [])));
    }),
    { numRuns: 8 },
  );
  // The knowledge is there, and of several sections.
  expect(Math.max(...tried)).toBeGreaterThan(1);
}, 60_000);

const tried: number[] = [];
