import type { Caller } from '../../functions/domain/access/caller.ts';
import { matchPolicy } from '../../functions/domain/matching/match-policy.ts';
import { type MatchQuery, readMatchParameters } from '../../functions/formats/fhir/match-parameters.ts';
import type { MatchAnswer } from '../../functions/usecases/match-patient.ts';
import { matchPatient } from '../../functions/usecases/match-patient.ts';
import type { PersonRow } from '../csv/read-people.ts';
import { describeRow, impossibleBirthDate } from './describe-row.ts';
import type { FreshRegion } from './fresh-region.ts';
import type { JudgedQuery } from './match-figures.ts';
import { askerOf, openRegister } from './register-people.ts';
import { truePerson } from './truth.ts';

/** Says how far the work is. */
export type OnProgress = (done: number) => void;

/** An index that was loaded: who is who in the region. */
export interface LoadedIndex {
  readonly records: number;
  /** The true person behind each of the region's persons: that of the record that made the person. */
  readonly truthOf: ReadonlyMap<string, string | undefined>;
  readonly people: ReadonlySet<string | undefined>;
  readonly writeUnitsPerRecord: number;
}

/** Registers the rows of the index through ordinary registration. */
export async function loadIndex(
  region: FreshRegion,
  rows: readonly PersonRow[],
  onProgress: OnProgress,
): Promise<LoadedIndex> {
  const register = openRegister(region);
  const truthOf = new Map<string, string | undefined>();
  region.meter.lap();
  for (const [done, row] of rows.entries()) {
    const { personId } = await register.add(row);
    if (personId !== undefined && !truthOf.has(personId)) truthOf.set(personId, truePerson(row));
    onProgress(done + 1);
  }
  const { writeUnits } = region.meter.lap();
  await register.count();
  const people = new Set(rows.map(truePerson));
  return { records: rows.length, truthOf, people, writeUnitsPerRecord: writeUnits / rows.length };
}

/** Asks the region for each row, as `$match` does with its defaults, one after the other, and judges the answers. */
export async function runQueries(
  region: FreshRegion,
  index: LoadedIndex,
  rows: readonly PersonRow[],
  onProgress: OnProgress,
): Promise<JudgedQuery[]> {
  const caller = askerOf(region);
  const judged: JudgedQuery[] = [];
  for (const [done, row] of rows.entries()) {
    judged.push(await runQuery(region, caller, index, row));
    onProgress(done + 1);
  }
  return judged;
}

/** Who comes first although too unlikely to be shown: `$match` names nobody then, a ranking does. */
async function likeliest(
  region: FreshRegion,
  caller: Caller,
  query: MatchQuery,
): Promise<string | undefined> {
  const policy = region.matchPolicy ?? matchPolicy;
  const thresholds = { ...policy.thresholds, possible: Number.MIN_VALUE };
  const asked = { ...region, matchPolicy: { ...policy, thresholds } };
  const result = await matchPatient(asked, caller, { ...query, count: 1 });
  return result.ok ? result.value.matches[0]?.person.personId : undefined;
}

/** A row as `$match` would read it, with its defaults. */
export function readQuery(row: PersonRow): MatchQuery {
  const read = readMatchParameters({
    resourceType: 'Parameters',
    parameter: [{ name: 'resource', resource: describeRow(row) }],
  });
  if (!read.ok) throw new Error(`row ${row.row} is no query: ${read.issues.join(', ')}`);
  // FHIR refuses such a date; a file holds it, and matching compares it as it was typed.
  const typed = impossibleBirthDate(row);
  const { demographics, ...query } = read.query;
  return { ...query, demographics: { ...demographics, ...(typed !== undefined && { birthDate: typed }) } };
}

async function runQuery(
  region: FreshRegion,
  caller: Caller,
  index: LoadedIndex,
  row: PersonRow,
): Promise<JudgedQuery> {
  const query = readQuery(row);
  region.meter.lap();
  const start = performance.now();
  const result = await matchPatient(region, caller, query);
  const milliseconds = performance.now() - start;
  const { calls, queriedItems, readUnits } = region.meter.lap();
  // A query with too few fields is answered with an error: nobody is found.
  const answer: MatchAnswer = result.ok ? result.value : { outcome: 'none', truncated: false, matches: [] };
  const sought = truePerson(row);
  const isSought = (personId: string | undefined) =>
    personId !== undefined && sought !== undefined && index.truthOf.get(personId) === sought;
  const certain = answer.matches.filter(({ grade }) => grade === 'certain');
  return {
    indexed: row.indexed ?? (sought !== undefined && index.people.has(sought)),
    complete: [row.given, row.family, row.birthDate, row.postcode, row.gender].every(
      (value) => value !== undefined,
    ),
    certain: certain.length === 0 ? 'none' : isSought(certain[0]?.person.personId) ? 'right' : 'wrong',
    rankedFirst: isSought(answer.matches[0]?.person.personId ?? (await likeliest(region, caller, query))),
    review: certain.length === 0 && answer.matches.length > 0,
    milliseconds,
    readUnits,
    calls,
    candidates: queriedItems,
  };
}
