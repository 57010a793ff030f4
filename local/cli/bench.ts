import { matchPolicy } from '../../functions/domain/matching/match-policy.ts';
import { loadRegions } from '../../lib/config/load-regions.ts';
import { parseColumnMap } from '../csv/column-map.ts';
import { CsvProblem, type PersonRow, readPeople } from '../csv/read-people.ts';
import { openFreshRegion } from '../measure/fresh-region.ts';
import { matchFigures } from '../measure/match-figures.ts';
import { loadIndex, runQueries } from '../measure/measure-match.ts';
import { type Command, type CommandInput, type Outcome, textOption } from './command.ts';
import { startProgress } from './progress.ts';

/** `towpath bench match`: measures the matching on files whose truth is known. */
export const benchCommand: Command = {
  name: 'bench',
  summary: 'measure matching on files whose truth is known',
  usage: 'match --index A.csv --queries B.csv [--map theirs=ours,…]',
  options: {
    index: { type: 'string', about: 'CSV of the people to load, one record each' },
    queries: {
      type: 'string',
      about: 'CSV of the people to seek; `person` (or the N of an id rec-N-…) is the truth',
    },
    map: { type: 'string', about: 'other column names: rec_id=id,surname=family' },
  },
  takesPaths: true,
  async run(input): Promise<Outcome> {
    const [measure] = input.positionals;
    try {
      if (measure === 'match' && input.positionals.length === 1) return await benchMatch(input);
    } catch (error) {
      if (error instanceof CsvProblem) return { kind: 'failed', message: error.message };
      throw error;
    }
    return { kind: 'wrong-usage', message: 'name a measurement: match' };
  },
};

async function benchMatch({ options, terminal }: CommandInput): Promise<Outcome> {
  const [indexFile, queryFile] = [textOption(options, 'index'), textOption(options, 'queries')];
  if (indexFile === undefined || queryFile === undefined)
    return { kind: 'wrong-usage', message: 'bench match takes --index and --queries' };
  const map = parseColumnMap(textOption(options, 'map') ?? '');
  if (textOption(options, 'map') !== undefined && !map.ok)
    return { kind: 'wrong-usage', message: map.reason };
  const columns = map.ok ? { map: map.map } : {};
  const index = await readAll(indexFile, columns);
  const queries = await readAll(queryFile, columns);
  const region = await openFreshRegion(await measuredPolicy());
  try {
    const loading = startProgress(terminal, 'Loading records', index.length);
    const loaded = await loadIndex(region, index, loading.show);
    loading.finish();
    const asking = startProgress(terminal, 'Asking', queries.length);
    const judged = await runQueries(region, loaded, queries, asking.show);
    asking.finish();
    const figures = {
      ...matchFigures(judged),
      writeUnitsPerRecord: loaded.writeUnitsPerRecord,
      policy: matchPolicy.version,
    };
    return { kind: 'done', text: JSON.stringify(figures, null, 2), json: figures };
  } finally {
    await region.close();
  }
}

async function readAll(
  file: string,
  columns: NonNullable<Parameters<typeof readPeople>[1]>,
): Promise<PersonRow[]> {
  try {
    const rows: PersonRow[] = [];
    for await (const row of readPeople(file, columns)) rows.push(row);
    return rows;
  } catch (error) {
    if (error instanceof CsvProblem) throw new CsvProblem(`${file}: ${error.message}`);
    throw error;
  }
}

async function measuredPolicy() {
  const region = (await loadRegions()).get('london');
  if (!region) throw new Error('there is no region london');
  return region.policy;
}
