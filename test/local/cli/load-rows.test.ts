import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { joinRanges, openJournal } from '../../../local/cli/feed/load-journal.ts';
import { loadRowFiles, type RowLoad } from '../../../local/cli/feed/load-rows.ts';
import { addTallies, emptyTally, summarise, tallyOf } from '../../../local/cli/feed/load-summary.ts';
import { patientOfRow } from '../../../local/cli/feed/patient-of-row.ts';
import type { UnpackedFile } from '../../../local/cli/feed/unpack-file.ts';
import { RegionUnreachable, regionClient, waitMilliseconds } from '../../../local/cli/region-client.ts';
import { parseColumnMap } from '../../../local/csv/column-map.ts';
import { testNhsNumber } from '../../support/people.ts';

let dataDir: string;
let server: Server | undefined;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'towpath-load-'));
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  await rm(dataDir, { recursive: true, force: true });
});

interface SentPatient {
  readonly id: string;
  readonly name?: readonly { readonly family?: string }[];
}

/** A region that takes every Patient, counts what is under way, and can refuse or fail. */
async function fakeRegion(answer: (call: number, patients: readonly SentPatient[]) => number = () => 200) {
  const taken: SentPatient[] = [];
  let calls = 0;
  let underWay = 0;
  let mostUnderWay = 0;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      underWay += 1;
      mostUnderWay = Math.max(mostUnderWay, underWay);
      const { entry } = JSON.parse(Buffer.concat(chunks).toString()) as {
        entry: { resource: SentPatient }[];
      };
      const patients = entry.map(({ resource }) => resource);
      calls += 1;
      const status = answer(calls, patients);
      setImmediate(() => {
        underWay -= 1;
        if (status === 0) return request.socket.destroy();
        if (status === 200) taken.push(...patients);
        const coding = [
          { system: 'https://towpath.example/fhir/CodeSystem/entry-fate', code: 'person-created' },
        ];
        const fate = { response: { outcome: { issue: [{ details: { coding } }] } } };
        response.writeHead(status, status === 429 ? { 'Retry-After': '0' } : {});
        response.end(JSON.stringify({ resourceType: 'Bundle', entry: patients.map(() => fate) }));
      });
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    client: regionClient(`http://127.0.0.1:${port}`),
    taken,
    calls: () => calls,
    mostUnderWay: () => mostUnderWay,
  };
}

async function writeRows(name: string, lines: readonly string[]): Promise<string> {
  const file = path.join(dataDir, name);
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

function loadOf(client: RowLoad['client'], changes: Partial<RowLoad> = {}): RowLoad {
  return {
    dataDir,
    organisation: 'T9A',
    reading: { map: new Map(), areNumbersVerified: false, onOther: () => {} },
    client,
    token: async () => 'token',
    parallel: 3,
    signal: new AbortController().signal,
    onProgress: () => {},
    ...changes,
  };
}

const manyRows = ['id,family', ...Array.from({ length: 95 }, (_, index) => `r${index},Lock${index}`)];
const allIds = manyRows.slice(1).map((line) => line.split(',')[0]);

describe('loading rows', () => {
  test('sends each row once, and tells of refused ones by number and without their values', async () => {
    const region = await fakeRegion();
    const file = await writeRows('a.csv', [
      'id,family,birthDate,gender',
      'a,One,1971-03-09,F',
      'b_b,Two,,',
      'c,Three,1971-02-30,',
      'd,Four,,purple',
      'e,Five',
      'f,Six,1999,1',
    ]);
    const { complete, tally } = await loadRowFiles([file], loadOf(region.client));
    expect(complete).toBe(true);
    expect(region.taken.map(({ id }) => id).sort()).toEqual(['a', 'f']);
    expect(summarise({ organisation: 'T9A', files: 1 }, tally)).toMatchObject({
      accepted: 2,
      personsCreated: 2,
      resumed: 0,
      rejectedCount: 4,
    });
    expect(tally.rejected.map(({ resource, reason }) => `${resource}: ${reason}`).sort()).toEqual([
      'row 3: its id is no FHIR id (letters, digits, hyphens and dots, at most 64)',
      'row 4: its birthDate is no real date written YYYY-MM-DD, YYYYMMDD, YYYY-MM or YYYY',
      'row 5: its gender is none of male, female, other, unknown, nor a code for one of them',
      'row 6: has 2 values where the header has 4',
    ]);
    expect(JSON.stringify(tally)).not.toMatch(/purple|Two|b_b|1971/);
  });

  test('keeps no more transactions under way than allowed, and ten rows in each', async () => {
    const region = await fakeRegion();
    await loadRowFiles([await writeRows('a.csv', manyRows)], loadOf(region.client));
    expect(region.calls()).toBe(10);
    expect(region.mostUnderWay()).toBeGreaterThan(1);
    expect(region.mostUnderWay()).toBeLessThanOrEqual(3);
  });

  test('sends rows of one local id one after another, in the order of the file', async () => {
    const region = await fakeRegion();
    const lines = Array.from({ length: 60 }, (_, index) => `same,Lock${index}`);
    await loadRowFiles([await writeRows('a.csv', ['id,family', ...lines])], loadOf(region.client));
    expect(region.taken.map(({ name }) => name?.[0]?.family)).toEqual(
      lines.map((line) => line.split(',')[1]),
    );
    expect(region.mostUnderWay()).toBe(1);
  });

  test('waits and repeats while the region throttles or is unavailable', async () => {
    const region = await fakeRegion((call) => (call % 3 === 1 ? 429 : 200));
    const { complete } = await loadRowFiles([await writeRows('a.csv', manyRows)], loadOf(region.client));
    expect(complete).toBe(true);
    expect(region.taken.map(({ id }) => id).sort()).toEqual([...allIds].sort());
  });

  test('interrupted at any point, it goes on there and sends nothing twice', async () => {
    const region = await fakeRegion();
    const file = await writeRows('a.csv', [...manyRows, 'no id_,x']);
    let runs = 0;
    for (const stopAfter of [1, 1, 1, Number.POSITIVE_INFINITY]) {
      const interruption = new AbortController();
      let answers = 0;
      const result = await loadRowFiles(
        [file],
        loadOf(region.client, {
          parallel: 2,
          signal: interruption.signal,
          onProgress: () => {
            answers += 1;
            if (answers >= stopAfter) interruption.abort();
          },
        }),
      );
      runs += 1;
      expect(result.complete).toBe(stopAfter === Number.POSITIVE_INFINITY);
      if (!result.complete) continue;
      expect(result.tally).toMatchObject({ fates: { 'person-created': 95 }, rejectedCount: 1 });
      expect(result.earlier.fates['person-created']).toBeGreaterThanOrEqual(30);
    }
    expect(runs).toBe(4);
    expect(region.taken.map(({ id }) => id).sort()).toEqual([...allIds].sort());
    expect(await readdir(path.join(dataDir, 'loads'))).toEqual([]);
  });

  test('a region that goes away ends the load; the next run sends the rest', async () => {
    let isAway = true;
    const region = await fakeRegion((call) => (isAway && call > 4 ? 0 : 200));
    const file = await writeRows('a.csv', manyRows);
    const first = await loadRowFiles([file], loadOf(region.client));
    expect(first.complete).toBe(false);
    expect(first.failure).toBeInstanceOf(RegionUnreachable);
    isAway = false;
    const second = await loadRowFiles([file], loadOf(region.client));
    expect(second.complete).toBe(true);
    expect(second.tally.fates).toEqual({ 'person-created': 95 });
    expect(region.taken.map(({ id }) => id).sort()).toEqual([...allIds].sort());
  });

  test('a changed file, another sender or another reading is another load', async () => {
    const region = await fakeRegion();
    const load = async (lines: readonly string[], changes: Partial<RowLoad> = {}) => {
      const interruption = new AbortController();
      const file = await writeRows('a.csv', lines);
      const signal = interruption.signal;
      const stopped = { signal, onProgress: () => interruption.abort() };
      return (await loadRowFiles([file], loadOf(region.client, { ...stopped, ...changes }))).earlier;
    };
    await load(manyRows);
    expect(await load([...manyRows, 'z,z'])).toEqual(emptyTally);
    expect(await load(manyRows, { organisation: 'T9B' })).toEqual(emptyTally);
    const map = parseColumnMap('family=given');
    expect(map.ok).toBe(true);
    const reading = { map: map.ok ? map.map : new Map(), areNumbersVerified: false, onOther: () => {} };
    expect(await load(manyRows, { reading })).toEqual(emptyTally);
    expect(await load(manyRows)).not.toEqual(emptyTally);
  });

  test('NDJSON gives its Patients; every other line is set aside', async () => {
    const region = await fakeRegion();
    const others: UnpackedFile[] = [];
    const condition = { resourceType: 'Condition', id: 'c1', subject: { reference: 'Patient/p1' } };
    const file = await writeRows('a.ndjson', [
      '{"resourceType":"Patient","id":"p1"}',
      JSON.stringify(condition),
      'not json',
      '',
      '{"resourceType":"Patient","id":"p2"}',
      '{"resourceType":"Medication","id":"m1"}',
    ]);
    const reading = {
      map: new Map(),
      areNumbersVerified: false,
      onOther: (one: UnpackedFile) => others.push(one),
    };
    const { tally } = await loadRowFiles([file], loadOf(region.client, { reading }));
    expect(region.taken.map(({ id }) => id)).toEqual(['p1', 'p2']);
    expect(others.flatMap(({ items }) => items.map(({ id }) => id))).toEqual(['c1']);
    expect(others.flatMap(({ medications }) => [...(medications?.keys() ?? [])])).toEqual(['Medication/m1']);
    expect(tally.rejected).toEqual([{ file, resource: 'file (line 3)', reason: 'is not JSON' }]);
  });
});

describe('the journal', () => {
  test('a line that a crash cut short costs only itself', async () => {
    const folder = path.join(dataDir, 'loads');
    const accepted = { ...emptyTally, fates: { unchanged: 5 } };
    const first = await openJournal(folder, ['x']);
    first.note({ from: 2, to: 6 }, accepted);
    await first.close();
    const [name = ''] = await readdir(folder);
    await writeFile(path.join(folder, name), '\n{"rows":[{"from":7,"to":9}],"tal', { flag: 'a' });
    const second = await openJournal(folder, ['x']);
    expect([1, 2, 6, 7].map((row) => second.isDone(row))).toEqual([false, true, true, false]);
    second.note({ from: 7, to: 9 }, accepted);
    await second.close();
    const third = await openJournal(folder, ['x']);
    expect([7, 9, 10].map((row) => third.isDone(row))).toEqual([true, true, false]);
    expect(third.earlier.fates).toEqual({ unchanged: 10 });
    await third.finish();
  });

  test('joined ranges hold the same rows, in order and apart', () => {
    const range = fc.tuple(fc.nat(50), fc.nat(5)).map(([from, length]) => ({ from, to: from + length }));
    fc.assert(
      fc.property(fc.array(range), (ranges) => {
        const rowsOf = (some: readonly { from: number; to: number }[]) =>
          new Set(
            some.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, at) => from + at)),
          );
        const joined = joinRanges(ranges);
        expect([...rowsOf(joined)].sort()).toEqual([...rowsOf(ranges)].sort());
        for (const [index, { from }] of joined.entries())
          expect(from).toBeGreaterThan((joined[index - 1]?.to ?? -2) + 1);
      }),
    );
  });
});

describe('a row as a Patient', () => {
  const row = { row: 2, id: 'a', nhsNumber: testNhsNumber(3) };
  const statusOf = (status: string | undefined, areNumbersVerified: boolean) => {
    const made = patientOfRow({ ...row, ...(status && { nhsNumberStatus: status }) }, areNumbersVerified);
    return /"code":"(\d\d)"/.exec(JSON.stringify(made))?.[1];
  };

  test('a number is a claim unless the row or the user says that it is traced', () => {
    expect(statusOf(undefined, false)).toBeUndefined();
    expect(statusOf(undefined, true)).toBe('01');
    expect(statusOf('1', false)).toBe('01');
    expect(statusOf('03', true)).toBe('03');
    expect(patientOfRow({ ...row, nhsNumberStatus: '09' }, true)).toMatchObject({ ok: false });
  });

  test('carries all that the row says', () => {
    const made = patientOfRow(
      {
        ...row,
        given: 'Anna  Maria',
        family: 'Lock',
        birthDate: '1971-03-09',
        postcode: 'E2 8AA',
        addressLine: '1 High Street',
        gender: '2',
        phone: '07700 900123',
        email: 'a@mail.example',
      },
      true,
    );
    expect(made).toMatchObject({
      ok: true,
      patient: {
        id: 'a',
        name: [{ family: 'Lock', given: ['Anna', 'Maria'] }],
        gender: 'female',
        birthDate: '1971-03-09',
        telecom: [
          { system: 'phone', value: '07700 900123' },
          { system: 'email', value: 'a@mail.example' },
        ],
        address: [{ line: ['1 High Street'], postalCode: 'E2 8AA' }],
      },
    });
  });
});

describe('waiting', () => {
  test('what the region asks for is waited out, and callers spread', () => {
    expect(waitMilliseconds(1, '2', () => 0)).toBe(2000);
    expect(waitMilliseconds(1, '2', () => 1)).toBe(2100);
    expect(waitMilliseconds(1, null, () => 0.5)).toBe(50);
    expect(waitMilliseconds(60, null, () => 1)).toBe(2000);
    expect(waitMilliseconds(1, 'Wed, 21 Oct 2026 07:28:00 GMT', () => 0)).toBe(0);
  });
});

test('what a person has to look at is counted as queued, and what is not served is listed with its reason', () => {
  const answered = (fate: string, ...remarks: string[]) => {
    const item = { file: 'a.csv', label: 'row 2', resourceType: 'Patient', id: 'a', resource: {} };
    return { item, kind: 'accepted', fate, remarks } as const;
  };
  const tally = tallyOf([
    answered('person-created', 'possible-duplicate'),
    answered('person-linked'),
    answered('quarantined', 'nhs-number-not-verified'),
    answered('quarantined', 'nhs-number-of-another-person'),
    answered('set-aside', 'overlay'),
  ]);
  expect(summarise({ organisation: 'T9A', files: 1 }, tally)).toMatchObject({
    accepted: 5,
    personsCreated: 1,
    linked: 1,
    quarantined: 2,
    setAside: 1,
    queuedForReview: 3,
  });
  expect(tally.quarantine.map(({ reason }) => reason)).toEqual([
    'its NHS number is not marked as verified',
    'its NHS number belongs to somebody with other demographics',
    'it looks like somebody else than the record it is for',
  ]);
});

test('a long list of refused rows is counted in full and listed in part', () => {
  const rejected = Array.from({ length: 20_000 }, (_, index) => ({
    file: 'a.csv',
    resource: `row ${index}`,
    reason: 'has no id',
  }));
  const tally = addTallies(addTallies(emptyTally, tallyOf([], rejected)), tallyOf([], rejected));
  const summary = summarise({ organisation: 'T9A', files: 1 }, tally);
  expect(summary.rejectedCount).toBe(40_000);
  expect(summary.rejected).toHaveLength(10_000);
});
