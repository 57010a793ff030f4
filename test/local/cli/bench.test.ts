import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matchPolicy, matchPolicySchema } from '../../../functions/domain/matching/match-policy.ts';
import { commands } from '../../../local/cli/commands.ts';
import { runCommandLine } from '../../../local/cli/main.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'towpath-bench-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, ...lines: readonly string[]): Promise<string> {
  const place = path.join(folder, name);
  await writeFile(place, `${lines.join('\n')}\n`);
  return place;
}

async function run(...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommandLine(commands, args, {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    isInteractive: false,
    bold: (text) => text,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

async function figures(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, err, out } = await run(...args, '--json');
  expect({ code, err }).toMatchObject({ code: 0 });
  return JSON.parse(out);
}

const header = 'id,person,given,family,birthDate,postcode,gender';
const people = [
  'A-1,A,Perpetua,Quillfeather,1961-04-17,TW9 3QX,female',
  'B-1,B,Barnaby,Ostrowhurst,1948-11-02,HP2 7ZD,male',
  'C-1,C,Ignatius,Wetherspane,1983-07-29,CB4 1YY,male',
  'D-1,D,Rosalind,Thackerby,1975-02-08,LS6 2HN,female',
];

describe('bench match', () => {
  test('prints what the contract names, judged by the truth', async () => {
    const index = await file('index.csv', header, ...people);
    const queries = await file(
      'queries.csv',
      `${header},indexed`,
      'A-2,A,Perpetua,Quillfeather,1961-04-17,TW9 3QX,female,true',
      'B-2,B,Barnaby,Ostrowhurst,1948-11-02,,male,true',
      // Nobody of this name is there: neither ranked first nor found.
      'C-2,C,Zebedee,Marlinspike,1983-07-29,,male,true',
      'E-1,E,Cordelia,Brackenshaw,1990-12-12,EX4 4QJ,female,false',
      // Too little to search with.
      'D-2,D,,,,,female,true',
    );
    const found = await figures('bench', 'match', '--index', index, '--queries', queries);
    expect(found).toMatchObject({
      queries: 5,
      recall: 0.5,
      recallComplete: 1,
      precision: 1,
      wrongWhenAbsent: 0,
      rank1: 0.5,
      rank1Complete: 1,
      policy: matchPolicy.version,
    });
    for (const name of [
      'reviewShare',
      'p50Ms',
      'p95Ms',
      'candidatesPerQuery',
      'readUnitsPerQuery',
      'writeUnitsPerRecord',
    ])
      expect(found[name]).toBeTypeOf('number');
    expect(found.writeUnitsPerRecord).toBeLessThanOrEqual(30);
    expect(found.readUnitsPerQuery).toBeLessThanOrEqual(20);
  });

  test('without the column indexed, a person of the index is indexed; the truth is never matched with', async () => {
    const index = await file('truth-index.csv', header, ...people);
    const queries = await file(
      'truth-queries.csv',
      header,
      // The same person id, and nothing else in common: only a matcher that sees the truth would find her.
      'A-2,A,Willoughby,Fernsby,1932-09-21,NR3 1JU,male',
      'F-1,F,Leopold,Greystoke,1966-06-16,SA1 8PP,male',
    );
    expect(await figures('bench', 'match', '--index', index, '--queries', queries)).toMatchObject({
      recall: 0,
      precision: null,
      wrongWhenAbsent: 0,
      rank1: 0,
    });
  });

  test('FEBRL files: columns are mapped, the person is the number of the id, compact and impossible dates are taken', async () => {
    const febrl = 'rec_id, given_name, surname, postcode, date_of_birth';
    const index = await file(
      'febrl-a.csv',
      febrl,
      'rec-1-org, perpetua, quillfeather, 4223, 19610417',
      'rec-2-org, barnaby, ostrowhurst, 3212, 19481102',
    );
    const queries = await file(
      'febrl-b.csv',
      febrl,
      'rec-1-dup-0, perpetua, quillfeather, 4223, 19610417',
      'rec-2-dup-0, barnaby, ostrowhurst, 3212, 19481172',
    );
    const map = 'rec_id=id,given_name=given,surname=family,date_of_birth=birthDate';
    expect(
      await figures('bench', 'match', '--index', index, '--queries', queries, '--map', map),
    ).toMatchObject({ recall: 1, recallComplete: null, wrongWhenAbsent: null });
  });

  test('--train shows a policy trained on the index beside the shipped one', async () => {
    const index = await file('train-index.csv', header, ...people);
    const found = await figures('bench', 'match', '--index', index, '--queries', index, '--train');
    expect(found).toMatchObject({ recall: 1, policy: matchPolicy.version });
    expect(found.trained).toMatchObject({
      queries: 4,
      policy: expect.stringMatching(/^.*\.trained-[0-9a-f]{8}$/),
    });
  });

  test('people read a table', async () => {
    const index = await file('table.csv', header, ...people);
    const { out } = await run('bench', 'match', '--index', index, '--queries', index);
    expect(out).toMatch(/^recall +1$/m);
    expect(out).toMatch(/^wrongWhenAbsent +–$/m);
  });
});

describe('bench dedupe', () => {
  test('prints pairwise figures of the automatic links', async () => {
    const input = await file(
      'dedupe.csv',
      header,
      ...people,
      'A-2,A,Perpetua,Quillfeather,1961-04-17,TW9 3QX,female',
      // A twin: same name, day and house; never linked by the machine.
      'G-1,G,Philippa,Quillfeather,1961-04-17,TW9 3QX,female',
      // The same person, of whom too little is said to link it.
      'B-2,B,B,,1948,,male',
      // A date that no calendar has.
      'C-2,C,Ignatius,Wetherspane,1983-07-79,CB4 1YY,male',
    );
    expect(await figures('bench', 'dedupe', '--input', input)).toMatchObject({
      records: 8,
      persons: 6,
      precision: 1,
      recall: 0.666667,
      f1: 0.8,
      queued: expect.any(Number),
      policy: matchPolicy.version,
    });
  });
});

describe('train', () => {
  test('the same file and seed give the same policy, written where --out says', async () => {
    const input = await file('train.csv', header, ...people);
    const out = path.join(folder, 'policy.json');
    const first = await figures('train', '--input', input, '--seed', '7', '--out', out);
    expect(first).toMatchObject({ from: matchPolicy.version, seed: 7, records: 4 });
    const written = matchPolicySchema.parse(JSON.parse(await readFile(out, 'utf8')));
    expect(written.version).toBe(first.policy);
    expect(await figures('train', '--input', input, '--seed', '7')).toEqual(first);
  });

  test('says what changed', async () => {
    const name = (index: number) => `Q${'abcdefghijklmnopqrstuvwxyz'.charAt(index % 26)}uill${index}`;
    const rows = Array.from(
      { length: 400 },
      (_, index) => `X-${index},X,Perpetua,${name(index)},1961-04-17,TW9 3QX,female`,
    );
    const input = await file('changed.csv', header, ...rows);
    const { code, out } = await run('train', '--input', input);
    expect(code).toBe(0);
    expect(out).toContain(`trained from ${matchPolicy.version} with seed 1`);
    expect(out).toMatch(/^gender +agree .* → /m);
    expect(out).toMatch(/^perpetua +given +\d+ +→ \d{5}$/m);
    expect(out).toMatch(/names changed/);
  });

  test('a handful of records changes next to nothing', async () => {
    const input = await file('handful.csv', header, ...people);
    expect(await figures('train', '--input', input)).toMatchObject({ randomPairs: 6, levels: [], names: [] });
  });
});

describe('bad input', () => {
  test.each([
    ['a file that is not there', ['bench', 'dedupe', '--input', 'nowhere.csv'], 1, 'cannot be read'],
    ['a folder', ['train', '--input', '.'], 1, 'cannot be read'],
    ['two measurements', ['bench', 'match', 'dedupe'], 2, 'name one measurement'],
    ['no queries', ['bench', 'match', '--index', 'a.csv'], 2, '--queries'],
    ['no input', ['bench', 'dedupe'], 2, '--input'],
    ['no input to train on', ['train'], 2, '--input'],
    ['a seed that is no number', ['train', '--input', 'a.csv', '--seed', 'x'], 2, '--seed'],
    ['a map that is none', ['bench', 'dedupe', '--input', 'a.csv', '--map', 'x'], 2, '--map'],
    ['a map that is none, training', ['train', '--input', 'a.csv', '--map', 'x=y'], 2, '--map'],
  ])('%s ends with a reason', async (_, args, status, reason) => {
    const { code, err } = await run(...args);
    expect(code).toBe(status);
    expect(err).toContain(reason);
  });

  test('a file without ids is named, with the reason, and no value of it', async () => {
    const input = await file('no-id.csv', 'given,family', 'Perpetua,Quillfeather');
    const { code, err } = await run('bench', 'dedupe', '--input', input);
    expect(code).toBe(1);
    expect(err).toContain('no-id.csv: there is no column id');
    expect(err).not.toContain('Quillfeather');
  });
});
