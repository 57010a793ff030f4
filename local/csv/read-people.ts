import { createReadStream } from 'node:fs';
import { CsvError, parse } from 'csv-parse';
import { type ColumnMap, columnNamed, foldHeader, type PeopleColumn } from './column-map.ts';

/** One row of a file of people, as typed. */
export interface PersonRow {
  /** As a spreadsheet counts it: the header is row 1. */
  readonly row: number;
  readonly id: string;
  /** The truth of a data set: for measuring only. */
  readonly person?: string;
  /** Whether the person of a query is in the index: for measuring only. */
  readonly indexed?: boolean;
  readonly given?: string;
  readonly family?: string;
  /** `YYYYMMDD` becomes `YYYY-MM-DD`; any other text stays as it is. */
  readonly birthDate?: string;
  readonly postcode?: string;
  readonly gender?: string;
  readonly nhsNumber?: string;
  /** NHS number status indicator code, `01` (verified) to `08`. */
  readonly nhsNumberStatus?: string;
  readonly phone?: string;
  readonly email?: string;
  readonly addressLine?: string;
}

/** A file that cannot be read as people; the message holds no value of a row. */
export class CsvProblem extends Error {
  override readonly name = 'CsvProblem';
}

/** No record of a person is longer: a quotation mark that is never closed must not take the rest of the file into memory. */
const maximumRowCharacters = 100_000;

/**
 * Reads people from a CSV file (RFC 4180, UTF-8, with or without a byte order mark) row by row. A row that cannot be read
 * goes to `reject`; without it, and for what is wrong with the file as a whole, the reader throws {@link CsvProblem}.
 */
export async function* readPeople(
  path: string,
  options: { readonly map?: ColumnMap; readonly reject?: (row: number, reason: string) => void } = {},
): AsyncGenerator<PersonRow, void, undefined> {
  let row = 0;
  const reject =
    options.reject ??
    ((at: number, reason: string) => {
      throw new CsvProblem(`row ${at} ${reason}`);
    });
  let columns: readonly (PeopleColumn | undefined)[] | undefined;
  try {
    for await (const values of readRows(path)) {
      row += 1;
      if (values.every((value) => value === '')) continue;
      if (columns === undefined) {
        columns = readHeader(values, options.map ?? new Map());
        continue;
      }
      const read = readRow(row, values, columns);
      if (read.ok) yield read.person;
      else reject(row, read.reason);
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    // The parser's own message quotes the text at which it stopped.
    throw new CsvProblem(`row ${row + 1} cannot be read: a quotation mark is out of place or never closed`);
  }
  if (columns === undefined) throw new CsvProblem('the file has no header row');
}

async function* readRows(path: string): AsyncGenerator<string[], void, undefined> {
  const file = createReadStream(path);
  const rows = parse({
    bom: true,
    trim: true,
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: maximumRowCharacters,
  });
  // `pipe` alone would leave a file that cannot be opened unreported, and the reader waiting.
  file.on('error', (error) => rows.destroy(error));
  try {
    yield* file.pipe(rows) as AsyncIterable<string[]>;
  } finally {
    file.destroy();
  }
}

/** What each column of the file is to us; undefined for those that we do not take. */
function readHeader(headers: readonly string[], map: ColumnMap): readonly (PeopleColumn | undefined)[] {
  const folded = headers.map(foldHeader);
  for (const theirs of map.keys())
    if (!folded.includes(theirs)) throw new CsvProblem(`there is no column ${theirs} to map`);
  const mapped = new Set(map.values());
  const columns = folded.map((header) => {
    const named = columnNamed(header);
    return map.get(header) ?? (named !== undefined && !mapped.has(named) ? named : undefined);
  });
  if (!columns.includes('id'))
    throw new CsvProblem('there is no column id; name one with --map theirs=id (is the separator a comma?)');
  for (const [index, header] of folded.entries())
    if (columns[index] !== undefined && folded.indexOf(header) !== index)
      throw new CsvProblem(`there are two columns ${header}`);
  return columns;
}

function readRow(
  row: number,
  values: readonly string[],
  columns: readonly (PeopleColumn | undefined)[],
): { readonly ok: true; readonly person: PersonRow } | { readonly ok: false; readonly reason: string } {
  if (values.length !== columns.length)
    return { ok: false, reason: `has ${values.length} values where the header has ${columns.length}` };
  const texts: Partial<Record<PeopleColumn, string>> = {};
  for (const [index, column] of columns.entries()) {
    const value = (values[index] ?? '').trim();
    if (column === undefined || value === '') continue;
    if (value.includes('\uFFFD')) return { ok: false, reason: 'holds bytes that are no UTF-8' };
    const before = texts[column];
    texts[column] = before === undefined ? value : `${before} ${value}`;
  }
  const { birthDate, id, indexed, ...rest } = texts;
  if (id === undefined) return { ok: false, reason: 'has no id' };
  if (indexed !== undefined && !/^(true|false|1|0)$/i.test(indexed))
    return { ok: false, reason: 'has neither true nor false in the column indexed' };
  return {
    ok: true,
    person: {
      row,
      id,
      ...rest,
      ...(birthDate !== undefined && {
        birthDate: birthDate.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3'),
      }),
      ...(indexed !== undefined && { indexed: /^(true|1)$/i.test(indexed) }),
    },
  };
}
