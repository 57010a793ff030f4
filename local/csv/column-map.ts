/** The columns of a file of people. `person` is the truth of a data set and is never shown to the matcher. */
export const peopleColumns = [
  'id',
  'person',
  'indexed',
  'given',
  'family',
  'birthDate',
  'postcode',
  'gender',
  'nhsNumber',
  'nhsNumberStatus',
  'phone',
  'email',
  'addressLine',
] as const;

/** One of {@link peopleColumns}. */
export type PeopleColumn = (typeof peopleColumns)[number];

/** Which column of a file is which of ours: the file's name, folded, to ours. */
export type ColumnMap = ReadonlyMap<string, PeopleColumn>;

/** A header as it is compared: without surrounding space, in small letters. */
export function foldHeader(text: string): string {
  return text.trim().toLowerCase();
}

const byFoldedName = new Map(peopleColumns.map((name) => [foldHeader(name), name]));

/** Our column of that name; undefined when we have none. */
export function columnNamed(header: string): PeopleColumn | undefined {
  return byFoldedName.get(foldHeader(header));
}

/** Reads `--map rec_id=id,surname=family`: theirs=ours, several theirs for one of ours being joined by a space. */
export function parseColumnMap(
  text: string,
): { readonly ok: true; readonly map: ColumnMap } | { readonly ok: false; readonly reason: string } {
  const map = new Map<string, PeopleColumn>();
  for (const pair of text.split(',')) {
    const [theirs = '', ours = '', ...rest] = pair.split('=');
    const column = columnNamed(ours);
    if (foldHeader(theirs) === '' || rest.length > 0 || column === undefined)
      return {
        ok: false,
        reason: `--map takes theirs=ours pairs; ours is one of ${peopleColumns.join(', ')}`,
      };
    if (map.has(foldHeader(theirs)))
      return { ok: false, reason: `--map names the column ${theirs.trim()} twice` };
    map.set(foldHeader(theirs), column);
  }
  return { ok: true, map };
}
