import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseColumnMap } from '../../../local/csv/column-map.ts';
import { CsvProblem, type PersonRow, readPeople } from '../../../local/csv/read-people.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'towpath-csv-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(content: string | Buffer, map = '') {
  const file = path.join(folder, 'people.csv');
  await writeFile(file, content);
  const parsed = parseColumnMap(map);
  const rejected: string[] = [];
  const people: PersonRow[] = [];
  for await (const person of readPeople(file, {
    ...(parsed.ok && { map: parsed.map }),
    reject: (row, reason) => rejected.push(`${row} ${reason}`),
  }))
    people.push(person);
  return { people, rejected };
}

describe('reading people', () => {
  test('takes the columns it knows, as typed, and leaves missing values out', async () => {
    const { people } = await read(
      'id,person,given,family,birthDate,postcode,gender,indexed,shoeSize\n' +
        'a1,p1,Anna Maria,O\u2019Neill,1971-03-09,e2 8aa,female,true,5\n' +
        'a2,p2,,Khan,19710309,,,FALSE,\n',
    );
    expect(people).toEqual([
      {
        row: 2,
        id: 'a1',
        person: 'p1',
        given: 'Anna Maria',
        family: 'O\u2019Neill',
        birthDate: '1971-03-09',
        postcode: 'e2 8aa',
        gender: 'female',
        indexed: true,
      },
      { row: 3, id: 'a2', person: 'p2', family: 'Khan', birthDate: '1971-03-09', indexed: false },
    ]);
  });

  test('reads a byte order mark, CRLF, quotes, line breaks in quotes and blank lines', async () => {
    const { people, rejected } = await read(
      '\uFEFFid,family,addressLine\r\n1,"Smith, ""Jack""","1 High St\r\nFlat 2"\r\n\r\n2,O"Brien,\r\n',
    );
    expect(rejected).toEqual([]);
    expect(people).toEqual([
      { row: 2, id: '1', family: 'Smith, "Jack"', addressLine: '1 High St\r\nFlat 2' },
      { row: 4, id: '2', family: 'O"Brien' },
    ]);
  });

  test('trims headers and values, maps other names, and joins several columns into one', async () => {
    const { people } = await read(
      'rec_id, surname, street_number, address_1, date_of_birth\nrec-7-org, green, 7, wallaby place, 19560409\n',
      'rec_id=id,Surname=family,street_number=addressLine,address_1=addressLine,date_of_birth=birthDate',
    );
    expect(people).toEqual([
      {
        row: 2,
        id: 'rec-7-org',
        family: 'green',
        addressLine: '7 wallaby place',
        birthDate: '1956-04-09',
      },
    ]);
  });

  test('a mapped column stands before one that has our name', async () => {
    const { people } = await read('id,family,maiden\n1,Now,Before\n', 'maiden=family');
    expect(people).toEqual([{ row: 2, id: '1', family: 'Before' }]);
  });

  test.each([
    ['a short row', 'id,family\n1\n2,Khan\n', '2 has 1 values where the header has 2'],
    ['a long row', 'id,family\n1,A,B\n2,Khan\n', '2 has 3 values where the header has 2'],
    ['no id', 'id,family\n,Jones\n2,Khan\n', '2 has no id'],
    ['an odd flag', 'id,indexed\n1,perhaps\n2,true\n', '2 has neither true nor false in the column indexed'],
    ['Latin-1', Buffer.from('id,family\n1,Andr\xe9\n2,Khan\n', 'latin1'), '2 holds bytes that are no UTF-8'],
  ])('%s costs that row only, and its values are not repeated', async (_name, content, reason) => {
    const { people, rejected } = await read(content);
    expect(rejected).toEqual([reason]);
    expect(people.map(({ id }) => id)).toEqual(['2']);
  });

  test.each([
    ['an empty file', '', /no header/],
    ['no id column', 'family;given\nA;B\n', /no column id/],
    ['two equal columns', 'id,family,Family\n1,a,b\n', /two columns family/],
    ['a quotation mark never closed', `id,family\n1,"Smith\n${'2,Jones\n'.repeat(20_000)}`, /row 2/],
    ['text after a closing mark', 'id,family\n1,"Smith"Jones"x,y\n2,"Jo', /row \d cannot be read/],
  ])('%s is said', async (_name, content, message) => {
    const problem = await read(content).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(CsvProblem);
    expect((problem as CsvProblem).message).toMatch(message);
    expect((problem as CsvProblem).message).not.toContain('Smith');
  });

  test('a mapped column that is not there, and a file that is not there, are said', async () => {
    await expect(read('id,family\n1,a\n', 'surname=family')).rejects.toThrow('there is no column surname');
    const missing = readPeople(path.join(folder, 'no-such.csv'));
    await expect(missing.next()).rejects.toThrow('ENOENT');
  });

  test('without a place for rejected rows the first one ends the reading', async () => {
    const file = path.join(folder, 'strict.csv');
    await writeFile(file, 'id,family\n,Jones\n');
    await expect(readPeople(file).next()).rejects.toThrow('row 2 has no id');
  });

  test('whatever was written by RFC 4180 is read back', async () => {
    const text = fc
      .string({ unit: 'binary', maxLength: 30 })
      .map((value) => value.trim())
      .filter((value) => value !== '' && !value.includes('\uFFFD') && !/[\uFEFF\0]/.test(value));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (families) => {
        const quoted = families.map((family, index) => `${index},"${family.replaceAll('"', '""')}"`);
        const { people } = await read(`id,family\n${quoted.join('\n')}\n`);
        expect(people.map(({ family }) => family)).toEqual(families);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the column map', () => {
  test.each(['', 'a', 'a=', '=id', 'a=b', 'a=id=b', 'a=id,A=family'])('refuses %j', (text) => {
    expect(parseColumnMap(text)).toMatchObject({ ok: false });
  });
});
