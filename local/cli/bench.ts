import { readFile } from 'node:fs/promises';
import type { RegionPolicy } from '../../functions/domain/access/region-policy.ts';
import {
  type MatchPolicy,
  matchPolicy,
  matchPolicySchema,
} from '../../functions/domain/matching/match-policy.ts';
import { loadRegions } from '../../lib/config/load-regions.ts';
import { type ColumnMap, parseColumnMap } from '../csv/column-map.ts';
import { CsvProblem, type PersonRow } from '../csv/read-people.ts';
import { dedupeFigures } from '../measure/dedupe-figures.ts';
import { type MeasuredRegion, openFreshRegion, openRegionInMemory } from '../measure/fresh-region.ts';
import { matchFigures } from '../measure/match-figures.ts';
import { measureDedupe } from '../measure/measure-dedupe.ts';
import { loadIndex, runQueries } from '../measure/measure-match.ts';
import { readRows } from '../measure/read-rows.ts';
import { trainOnRows } from '../measure/train-on-rows.ts';
import { type Command, type CommandInput, type Outcome, textOption } from './command.ts';
import { formatTable } from './format-table.ts';
import { startProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

type Figures = Readonly<Record<string, number | string | null>>;

/** `towpath train` trains with the same one unless told. */
const trainingSeed = 1;

/** Region whose rules hold while measuring. */
const measuredRegion = 'london';

/** `towpath bench`: measures matching on files whose truth is known, in a region of its own that is thrown away. */
export const benchCommand: Command = {
  name: 'bench',
  summary: 'measure matching on files whose truth is known',
  usage:
    '(match --index A.csv --queries B.csv [--train | --policy FILE] | dedupe --input F.csv) [--map THEIRS=OURS,…]',
  options: {
    index: { type: 'string', about: 'match: CSV of the records to load' },
    queries: { type: 'string', about: 'match: CSV of the records to seek, one query each' },
    input: {
      type: 'string',
      about: 'dedupe: CSV of the records to bring together, in its order, with a late pass after the last',
    },
    train: {
      type: 'boolean',
      about: 'match: train on the index, whose truth is not looked at, and show both policies',
    },
    policy: {
      type: 'string',
      about:
        'match: a policy file (of towpath train, or with guards switched off) to seek with, beside the shipped one',
    },
    map: {
      type: 'string',
      about:
        'other column names: rec_id=id,surname=family. Who a row truly is: column person, else N of an id rec-N-…',
    },
  },
  takesPaths: true,
  async run(input): Promise<Outcome> {
    const [measurement, ...rest] = input.positionals;
    const measure = rest.length === 0 ? measurements.get(measurement ?? '') : undefined;
    if (!measure)
      return { kind: 'wrong-usage', message: `name one measurement: ${[...measurements.keys()].join(', ')}` };
    const map = textOption(input.options, 'map');
    const columns = map === undefined ? undefined : parseColumnMap(map);
    if (columns?.ok === false) return { kind: 'wrong-usage', message: columns.reason };
    try {
      return await measure(input, columns?.map ?? new Map());
    } catch (error) {
      if (error instanceof CsvProblem) return { kind: 'failed', message: error.message };
      throw error;
    }
  },
};

const measurements = new Map([
  ['match', benchMatch],
  ['dedupe', benchDedupe],
]);

async function benchMatch({ options, terminal }: CommandInput, map: ColumnMap): Promise<Outcome> {
  const [indexFile, queryFile] = [textOption(options, 'index'), textOption(options, 'queries')];
  if (indexFile === undefined || queryFile === undefined)
    return { kind: 'wrong-usage', message: 'bench match takes --index and --queries' };
  const policyFile = textOption(options, 'policy');
  const other = policyFile === undefined ? undefined : await readPolicy(policyFile);
  if (policyFile !== undefined && !other)
    return { kind: 'failed', message: `${policyFile} is no match policy` };
  const index = await readRows(indexFile, map);
  const queries = await readRows(queryFile, map);
  return describe(
    await inRegion(openFreshRegion, async (region) => {
      const loaded = await showing(terminal, 'Loading records', index, (rows, onProgress) =>
        loadIndex(region, rows, onProgress),
      );
      const { writeUnitsPerRecord } = loaded;
      const ask = async (policy: MatchPolicy): Promise<Figures> => {
        const asked = { ...region, matchPolicy: policy };
        const judged = await showing(
          terminal,
          `Seeking people by ${policy.version}`,
          queries,
          (rows, onProgress) => runQueries(asked, loaded, rows, onProgress),
        );
        return { ...matchFigures(judged), writeUnitsPerRecord, policy: policy.version };
      };
      const shipped = await ask(matchPolicy);
      if (other) return { shipped, other: await ask(other) };
      if (options.train !== true) return { shipped };
      return { shipped, trained: await ask(trainOnRows(index, trainingSeed).policy) };
    }),
  );
}

async function readPolicy(file: string): Promise<MatchPolicy | undefined> {
  try {
    return matchPolicySchema.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

async function benchDedupe({ options, terminal }: CommandInput, map: ColumnMap): Promise<Outcome> {
  const file = textOption(options, 'input');
  if (file === undefined) return { kind: 'wrong-usage', message: 'bench dedupe takes --input' };
  const rows = await readRows(file, map);
  return describe(
    await inRegion(openRegionInMemory, async (region) => {
      const judged = await showing(terminal, 'Registering records', rows, (all, onProgress) =>
        measureDedupe(region, all, onProgress),
      );
      return { shipped: { ...dedupeFigures(judged), policy: matchPolicy.version } };
    }),
  );
}

async function inRegion<Measured extends MeasuredRegion, T>(
  open: (policy: RegionPolicy) => Measured | Promise<Measured>,
  measure: (region: Measured) => Promise<T>,
): Promise<T> {
  const config = (await loadRegions()).get(measuredRegion);
  if (!config) throw new Error(`there is no region ${measuredRegion}`);
  const region = await open(config.policy);
  try {
    return await measure(region);
  } finally {
    await region.close();
  }
}

async function showing<T>(
  terminal: Terminal,
  label: string,
  rows: readonly PersonRow[],
  work: (rows: readonly PersonRow[], onProgress: (done: number) => void) => Promise<T>,
): Promise<T> {
  const progress = startProgress(terminal, `${label}:`, rows.length);
  try {
    return await work(rows, progress.show);
  } finally {
    progress.finish();
  }
}

/** The figures by the shipped policy, and by a trained or another one beside them. */
function describe(measured: {
  readonly shipped: Figures;
  readonly trained?: Figures;
  readonly other?: Figures;
}): Outcome {
  const shipped = rounded(measured.shipped);
  const trained = measured.trained && rounded(measured.trained);
  const other = measured.other && rounded(measured.other);
  const beside = trained ?? other;
  const text = formatTable(
    Object.entries(shipped).map(([name, value]) => [
      name,
      String(value ?? '–'),
      ...(beside ? [String(beside[name] ?? '–')] : []),
    ]),
  );
  return { kind: 'done', text, json: { ...shipped, ...(trained && { trained }), ...(other && { other }) } };
}

/** Six digits after the point: one pair of a million. */
function rounded(figures: Figures): Figures {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [
      name,
      typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value,
    ]),
  );
}
