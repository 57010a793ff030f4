import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  BatchWriteCommand,
  type DynamoDBDocumentClient,
  type GetCommand,
  ScanCommand,
} from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makePopulation } from '../../../bench/people/population.ts';
import { makeRecord } from '../../../bench/people/records.ts';
import { countPeople } from '../../../functions/store/statistics.ts';
import type { Region } from '../../../functions/usecases/region.ts';
import { submitBundle } from '../../../functions/usecases/submit-bundle.ts';
import { patientOfRow } from '../../../local/cli/feed/patient-of-row.ts';
import { seededRandom } from '../../../local/demo/random.ts';
import { openInitialLoad } from '../../../local/initial-load/open-initial-load.ts';
import { policy } from '../../support/policy.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

const feed = {
  subject: 'feed',
  name: 'Feed',
  role: 'feed',
  organisation: 'T9A',
  purpose: 'directcare',
  tokenId: 'token',
} as const;

let dataDir: string;
let stores: TestStore[] = [];
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'towpath-initial-'));
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  stores = [];
  await rm(dataDir, { recursive: true, force: true });
});

/** A region whose ids are counted, so that two of them can be compared. */
async function openRegion(): Promise<{ region: Region; store: TestStore }> {
  const opened = await openTestStore();
  stores.push(opened);
  const nextId = counter();
  const store = { ...opened, newId: () => String(nextId()).padStart(26, '0') };
  return { region: { policy, store }, store };
}

function counter(): () => number {
  let count = 0;
  return () => {
    count += 1;
    return count;
  };
}

function countedPersons(): () => string {
  const next = counter();
  return () => `person-${next()}`;
}

/** Bundles of ten Patients: a careless clerk's, with many people twice, later messages, and wrong numbers. */
function makeBundles(seed: number, people: number): object[] {
  const random = seededRandom(seed);
  const careless = { slip: 0.1, missing: 0.1, changed: 0.1, nickname: 0.1, numbered: 0.5 };
  const patients: { resourceType: string; id: string }[] = [];
  const population = [...makePopulation({ seed, people })];
  for (const person of population) {
    for (let record = 0; record < 1 + Math.floor(random() * 3); record += 1) {
      const made = makeRecord(person, `${person.id}-${Math.floor(random() * 3)}`, random, careless);
      const other = population[Math.floor(random() * population.length)];
      const nhsNumber = random() < 0.05 ? other?.nhsNumber : made.nhsNumber;
      const { nhsNumber: _, ...rest } = made;
      const row = { row: 0, ...rest, ...(nhsNumber && { nhsNumber }) };
      const patient = patientOfRow(row, random() < 0.9);
      if (patient.ok) patients.push(patient.patient as (typeof patients)[number]);
    }
  }
  const bundles: (typeof patients)[] = [];
  for (const patient of patients) {
    const last = bundles.at(-1);
    if (last && last.length < 8 && !last.some(({ id }) => id === patient.id)) last.push(patient);
    else bundles.push([patient]);
  }
  return bundles.map((resources) => ({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: resources.map((resource) => ({
      resource,
      request: { method: 'PUT', url: `Patient/${resource.id}` },
    })),
  }));
}

async function contentsOf({ client, recordTable }: TestStore): Promise<unknown[]> {
  const { Items = [], LastEvaluatedKey } = await client.send(new ScanCommand({ TableName: recordTable }));
  expect(LastEvaluatedKey).toBeUndefined();
  return Items.filter(
    ({ type }) => !['Idempotency', 'Statistics', 'InitialLoad'].includes(type as string),
  ).sort((one, other) => (`${one.PK} ${one.SK}` < `${other.PK} ${other.SK}` ? -1 : 1));
}

/** Registers Bundles one after another as the API does, and counts the people as the stream's function does. */
async function registerAll(region: Region, store: TestStore, bundles: readonly object[]): Promise<string[]> {
  const newPersonId = countedPersons();
  const fates: string[] = [];
  for (const [index, bundle] of bundles.entries()) {
    const submitted = await submitBundle(region, feed, {
      bundle,
      body: String(index),
      requestId: String(index),
      newPersonId,
    });
    if (!submitted.ok) throw new Error(`refused: ${submitted.code}`);
    const own = submitted.value.entries.map(({ fate }) => fate);
    fates.push(...own);
    await countPeople(store, own.filter((fate) => fate === 'person-created').length);
    store.advance(61_000);
  }
  return fates;
}

describe('the initial load', () => {
  test('makes the very items that ordinary registration makes', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.nat(1_000_000), async (seed) => {
        const bundles = makeBundles(seed, 20);
        const ordinary = await openRegion();
        // The initial load's own audit entry takes the first id.
        ordinary.store.newId();
        for (const fate of await registerAll(ordinary.region, ordinary.store, bundles)) seen.add(fate);

        const initial = await openRegion();
        const opened = await openInitialLoad(initial.region, feed, dataDir, countedPersons());
        if (!opened.ok) throw new Error(opened.reason);
        for (const bundle of bundles) {
          expect(await opened.load.client.post('', bundle, '')).toMatchObject({ status: 200 });
          initial.store.advance(61_000);
        }
        await opened.load.finish();
        expect(await contentsOf(initial.store)).toEqual(await contentsOf(ordinary.store));
      }),
      { numRuns: 4 },
    );
    expect([...seen].sort()).toEqual(
      expect.arrayContaining(['person-created', 'person-linked', 'person-updated', 'quarantined']),
    );
  });

  test('interrupted at any write, it goes on and ends as if it had not been', async () => {
    const bundles = makeBundles(7, 25);
    const whole = await openRegion();
    const first = await openInitialLoad(whole.region, feed, dataDir, countedPersons());
    if (!first.ok) throw new Error(first.reason);
    for (const bundle of bundles) await first.load.client.post('', bundle, '');
    await first.load.finish();
    const personsOf = (items: unknown[]) =>
      items.filter((item) => (item as { type: string }).type === 'Person').length;
    const expected = await contentsOf(whole.store);

    const broken = await openRegion();
    let writesLeft = 0;
    const failing: DynamoDBDocumentClient = Object.create(broken.store.client, {
      send: {
        value: async (command: GetCommand) => {
          if (command instanceof BatchWriteCommand) writesLeft -= 1;
          if (writesLeft < 0) throw new Error('the worker ended');
          return broken.store.client.send(command);
        },
      },
    });
    const region = { ...broken.region, store: { ...broken.store, client: failing } };
    let done = 0;
    for (const allowed of [0, 3, 5, 9, 20, 1000]) {
      writesLeft = allowed;
      try {
        // What is redone may be interrupted again.
        const opened = await openInitialLoad(region, feed, dataDir);
        if (!opened.ok) throw new Error(opened.reason);
        for (; done < bundles.length; done += 1) await opened.load.client.post('', bundles[done] ?? {}, '');
        await opened.load.finish();
        break;
      } catch (error) {
        expect(error).toMatchObject({ message: 'the worker ended' });
      }
    }
    expect(done).toBe(bundles.length);
    const ended = await contentsOf(broken.store);
    expect(ended.map((item) => (item as { type: string }).type).sort()).toEqual(
      expected.map((item) => (item as { type: string }).type).sort(),
    );
    expect(personsOf(ended)).toBe(personsOf(expected));
    expect(await readdir(path.join(dataDir, 'loads'))).toEqual([]);
  });

  test('refuses an index that holds anybody, another load, and who may not write', async () => {
    const { region } = await openRegion();
    const [bundle = {}] = makeBundles(1, 5);
    const opened = await openInitialLoad(region, feed, dataDir);
    if (!opened.ok) throw new Error(opened.reason);
    await opened.load.client.post('', bundle, '');
    const elsewhere = path.join(dataDir, 'elsewhere');
    expect(await openInitialLoad(region, feed, elsewhere)).toEqual({ ok: false, reason: 'index-not-empty' });
    await opened.load.finish();
    expect(await openInitialLoad(region, feed, dataDir)).toEqual({ ok: false, reason: 'index-not-empty' });

    const used = await openRegion();
    await registerAll(used.region, used.store, [bundle]);
    expect(await openInitialLoad(used.region, feed, dataDir)).toEqual({
      ok: false,
      reason: 'index-not-empty',
    });
    const clinician = { ...feed, role: 'clinician' as const };
    expect(await openInitialLoad(used.region, clinician, dataDir)).toEqual({
      ok: false,
      reason: 'not-allowed',
    });
  });

  test('a refused transaction is answered as the API answers it', async () => {
    const { region } = await openRegion();
    const opened = await openInitialLoad(region, feed, dataDir);
    if (!opened.ok) throw new Error(opened.reason);
    const answer = await opened.load.client.post('', { resourceType: 'Bundle', type: 'history' }, '');
    expect(answer).toMatchObject({
      status: 400,
      body: {
        resourceType: 'OperationOutcome',
        issue: [{ diagnostics: expect.stringContaining('Bundle.type') }],
      },
    });
  });
});
