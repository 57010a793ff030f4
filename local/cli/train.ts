import { writeFile } from 'node:fs/promises';
import { matchPolicy } from '../../functions/domain/matching/match-policy.ts';
import { parseColumnMap } from '../csv/column-map.ts';
import { CsvProblem } from '../csv/read-people.ts';
import { frequencyChanges, type LevelChange, levelChanges } from '../measure/policy-changes.ts';
import { readRows } from '../measure/read-rows.ts';
import { trainOnRows } from '../measure/train-on-rows.ts';
import { type Command, type Outcome, textOption } from './command.ts';
import { formatTable } from './format-table.ts';

/** Names shown to people; `--json` lists all. */
const shownNames = 12;

/** `towpath train`: learns a match policy from records of which nobody has said whose they are. */
export const trainCommand: Command = {
  name: 'train',
  summary: 'learn the weights of matching from unlabelled records',
  usage: '--input F.csv [--seed N] [--out policy.json] [--map THEIRS=OURS,…]',
  options: {
    input: { type: 'string', about: 'CSV of records; a column `person` is not looked at' },
    seed: { type: 'string', about: 'whole number; the same file and seed give the same policy (default 1)' },
    out: { type: 'string', about: 'where to write the whole policy (default: only show what changed)' },
    map: { type: 'string', about: 'other column names: rec_id=id,surname=family' },
  },
  async run({ options, terminal }): Promise<Outcome> {
    const file = textOption(options, 'input');
    if (file === undefined) return { kind: 'wrong-usage', message: 'train takes --input' };
    const seed = Number(textOption(options, 'seed') ?? '1');
    if (!Number.isSafeInteger(seed) || seed < 0)
      return { kind: 'wrong-usage', message: '--seed takes a whole number from 0' };
    const map = textOption(options, 'map');
    const columns = map === undefined ? undefined : parseColumnMap(map);
    if (columns?.ok === false) return { kind: 'wrong-usage', message: columns.reason };
    try {
      const rows = await readRows(file, columns?.map ?? new Map());
      terminal.err(`Training on ${rows.length} records …`);
      const { policy, ...evidence } = trainOnRows(rows, seed);
      const out = textOption(options, 'out');
      if (out !== undefined) await writeFile(out, `${JSON.stringify(policy, null, 2)}\n`);
      const levels = levelChanges(matchPolicy, policy);
      const names = frequencyChanges(matchPolicy, policy);
      const json = { policy: policy.version, from: matchPolicy.version, seed, ...evidence, levels, names };
      const text = [
        `${policy.version}, trained from ${matchPolicy.version} with seed ${seed}${out ? `: ${out}` : ''}`,
        formatTable(Object.entries(evidence).map(([name, value]) => [name, String(Math.round(value))])),
        '',
        formatTable([
          ['FIELD', 'LEVEL', 'ONE PERSON', '', 'STRANGERS', '', 'BITS', ''],
          ...levels.map(describeLevel),
        ]),
        '',
        formatTable([
          ['NAME', '', 'PER MILLION', ''],
          ...names
            .slice(0, shownNames)
            .map(({ after, before, field, name }) => [name, field, String(before), `→ ${after}`]),
        ]),
        `${names.length} names changed (--json lists all)`,
      ].join('\n');
      return { kind: 'done', text, json };
    } catch (error) {
      if (error instanceof CsvProblem) return { kind: 'failed', message: error.message };
      throw error;
    }
  },
};

function describeLevel({ field, level, person, stranger, weight }: LevelChange): string[] {
  const share = (value: number) => value.toPrecision(3);
  const bits = (value: number) => value.toFixed(2);
  return [
    field,
    level,
    share(person.before),
    `→ ${share(person.after)}`,
    share(stranger.before),
    `→ ${share(stranger.after)}`,
    bits(weight.before),
    `→ ${bits(weight.after)}`,
  ];
}
