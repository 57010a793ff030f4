import type { ColumnMap } from '../csv/column-map.ts';
import { CsvProblem, type PersonRow, readPeople } from '../csv/read-people.ts';

/** Every row of a file of people; what is wrong with the file comes as a {@link CsvProblem} that names it. */
export async function readRows(file: string, map: ColumnMap): Promise<PersonRow[]> {
  const rows: PersonRow[] = [];
  try {
    for await (const row of readPeople(file, { map })) rows.push(row);
  } catch (error) {
    if (error instanceof CsvProblem) throw new CsvProblem(`${file}: ${error.message}`);
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES')
      throw new CsvProblem(`${file} cannot be read (${code}): check the path`);
    throw error;
  }
  return rows;
}
