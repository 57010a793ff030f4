import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ColumnMap } from '../../csv/column-map.ts';
import { readPeople } from '../../csv/read-people.ts';
import { patientOfRow } from './patient-of-row.ts';
import type { Rejection, ResourceItem } from './resource-item.ts';
import { type UnpackedFile, unpackLine } from './unpack-file.ts';

/** One row of a file of people: the Patient of it, or why there is none. */
export type FeedRow =
  | { readonly row: number; readonly item: ResourceItem }
  | { readonly row: number; readonly rejection: Rejection };

/** How rows are read. */
export interface RowReading {
  readonly map: ColumnMap;
  /** The user vouches that the NHS numbers of CSV files are traced (status 01). */
  readonly areNumbersVerified: boolean;
  /** Takes what a line of NDJSON holds that is not one Patient. */
  readonly onOther: (unpacked: UnpackedFile) => void;
}

/** True for a file that is read row by row, however long it is. */
export function isRowFile(file: string): boolean {
  return ['.csv', '.ndjson', '.jsonl'].includes(path.extname(file).toLowerCase());
}

/** The rows of a CSV or NDJSON file, in order, without holding the file in memory. */
export function readFeedRows(file: string, reading: RowReading): AsyncIterable<FeedRow> {
  return path.extname(file).toLowerCase() === '.csv' ? readCsv(file, reading) : readLines(file, reading);
}

async function* readCsv(file: string, reading: RowReading): AsyncGenerator<FeedRow, void, undefined> {
  const unread: FeedRow[] = [];
  const rejected = (row: number, reason: string): FeedRow => ({
    row,
    rejection: { file, resource: `row ${row}`, reason },
  });
  const people = readPeople(file, {
    map: reading.map,
    reject: (row, reason) => unread.push(rejected(row, reason)),
  });
  for await (const person of people) {
    yield* unread.splice(0);
    const { row, id, nhsNumber } = person;
    const made = patientOfRow(person, reading.areNumbersVerified);
    if (!made.ok) yield rejected(row, made.reason);
    else
      yield {
        row,
        item: {
          file,
          label: `row ${row}`,
          resourceType: 'Patient',
          id,
          resource: made.patient,
          patientId: id,
          ...(nhsNumber !== undefined && { nhsNumber: nhsNumber.replaceAll(/[ -]/g, '') }),
        },
      };
  }
  yield* unread;
}

async function* readLines(file: string, { onOther }: RowReading): AsyncGenerator<FeedRow, void, undefined> {
  let row = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    row += 1;
    if (line.trim() === '') continue;
    const unpacked = unpackLine(file, line, row);
    const [item] = unpacked.items;
    const [rejection] = unpacked.rejected;
    if (unpacked.items.length === 1 && item?.resourceType === 'Patient' && !rejection) yield { row, item };
    else if (unpacked.items.length === 0 && rejection && !unpacked.medications) yield { row, rejection };
    else onOther(unpacked);
  }
}
