// How matching does on people like the United Kingdom's, twins, fathers and sons and households among them, where the truth
// is known: `node bench/match-population.ts [PEOPLE]` (default 100,000) prints tables, then the same figures as JSON.
// Nine people in ten are in the index; a query is one more record of somebody, careless and without NHS number. The blocks
// stand in memory; keys, weighing and guards are those of `$match`.
import { blockingKeys, type SearchKey, searchKeys } from '../functions/domain/matching/blocking-keys.ts';
import type { ComparisonFields } from '../functions/domain/matching/comparison-fields.ts';
import { matchPolicy } from '../functions/domain/matching/match-policy.ts';
import { rankCandidates } from '../functions/domain/matching/rank-candidates.ts';
import { tooFewFields } from '../functions/domain/matching/too-few-fields.ts';
import { seededRandom } from '../local/demo/random.ts';
import { makeFields } from './people/fields.ts';
import { type MadePerson, makePopulation } from './people/population.ts';
import { usualCarelessness } from './people/records.ts';

const seed = 20_261_121;
const people = Number(process.argv[2] ?? 100_000);
const queriesAsked = 20_000;
const carelessness = { ...usualCarelessness, numbered: 0, slip: 0.05, missing: 0.08 };

interface Held {
  readonly person: MadePerson;
  readonly fields: ComparisonFields;
}

const random = seededRandom(seed);
const population = [...makePopulation({ seed, people })];
const index: Held[] = [];
const absent: MadePerson[] = [];
for (const person of population)
  if (random() < 0.9) index.push({ person, fields: makeFields(person, random, carelessness) });
  else absent.push(person);

const blocks = new Map<string, { order: string; held: Held }[]>();
for (const held of index)
  for (const { kind, order, value } of blockingKeys(held.fields)) {
    const block = blocks.get(`${kind} ${value}`) ?? [];
    block.push({ order, held });
    blocks.set(`${kind} ${value}`, block);
  }

/** Those of one household who were born on the same day are twins; those of one name, father and son or mother and daughter. */
const households = new Map<string, MadePerson[]>();
for (const person of population) {
  const home = `${person.postcode} ${person.addressLine}`;
  households.set(home, [...(households.get(home) ?? []), person]);
}
const relativesOf = ({ addressLine, postcode }: MadePerson) =>
  households.get(`${postcode} ${addressLine}`) ?? [];
const isTwin = (person: MadePerson) =>
  relativesOf(person).some((other) => other !== person && other.birthDate === person.birthDate);
const isNamesake = (person: MadePerson) =>
  relativesOf(person).some(
    (other) => other !== person && other.given === person.given && other.family === person.family,
  );

interface Answer {
  readonly person: MadePerson;
  readonly indexed: boolean;
  readonly certain: 'right' | 'wrong' | 'none';
  readonly score: number;
  readonly isRight: boolean;
}

function read(key: SearchKey): { found: Held[]; truncated: boolean } {
  const { blockLimit } = matchPolicy.blocking;
  const block = blocks.get(`${key.kind} ${key.value}`) ?? [];
  const part = (prefix = '') => block.filter(({ order }) => order.startsWith(prefix)).map(({ held }) => held);
  const whole = part(key.prefix);
  if (whole.length <= blockLimit) return { found: whole, truncated: false };
  const found = key.narrow === undefined ? whole : part(key.narrow);
  return { found: found.slice(0, blockLimit), truncated: found.length > blockLimit };
}

function ask(person: MadePerson, indexed: boolean): Answer {
  const fields = makeFields(person, random, carelessness);
  if (tooFewFields(fields)) return { person, indexed, certain: 'none', score: 0, isRight: false };
  const { first, second } = searchKeys(fields);
  const pages = [...first, ...second].map(read);
  const found = new Set(pages.flatMap((page) => page.found));
  const records = [...found].map(({ fields: other, person: { id } }) => ({ personId: id, fields: other }));
  const truncated = pages.some((page) => page.truncated);
  const [leader] = rankCandidates([fields], records, { people: index.length }, truncated).candidates;
  const isRight = leader?.personId === person.id;
  const isCertain = leader?.grade === 'certain';
  return {
    person,
    indexed,
    isRight,
    score: leader?.score ?? 0,
    certain: isCertain ? (isRight ? 'right' : 'wrong') : 'none',
  };
}

const pick = <T>(list: readonly T[], count: number): T[] =>
  Array.from({ length: Math.min(count, list.length) }, () => list[Math.floor(random() * list.length)] as T);
const answers = [
  ...pick(index, queriesAsked * 0.9).map(({ person }) => ask(person, true)),
  ...pick(absent, queriesAsked * 0.1).map((person) => ask(person, false)),
];
// Twins and namesakes are few, so all of them are asked for beside.
const relatives = [
  ...index.map(({ person }) => ({ person, indexed: true })),
  ...absent.map((person) => ({ person, indexed: false })),
].filter(({ person }) => isTwin(person) || isNamesake(person));
const answersOfRelatives = relatives.map(({ indexed, person }) => ask(person, indexed));

const share = (part: number, whole: number) => (whole === 0 ? null : Number((part / whole).toFixed(5)));
function figures(of: readonly Answer[]) {
  const indexed = of.filter((answer) => answer.indexed);
  const certain = of.filter((answer) => answer.certain !== 'none');
  const missing = of.filter((answer) => !answer.indexed);
  return {
    queries: of.length,
    recall: share(indexed.filter((answer) => answer.certain === 'right').length, indexed.length),
    precision: share(certain.filter((answer) => answer.certain === 'right').length, certain.length),
    wrong: certain.filter((answer) => answer.certain === 'wrong').length,
    wrongWhenAbsent: share(missing.filter((answer) => answer.certain !== 'none').length, missing.length),
  };
}

const groups: Record<string, ReturnType<typeof figures>> = {
  'everybody, as they come': figures(answers),
  'all twins': figures(answersOfRelatives.filter(({ person }) => isTwin(person))),
  'all of one name at home': figures(answersOfRelatives.filter(({ person }) => isNamesake(person))),
};
for (const heritage of new Set(population.map((person) => person.heritage)))
  groups[`names of ${heritage} origin`] = figures(
    answers.filter(({ person }) => person.heritage === heritage),
  );

const edges = [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1.01];
const calibration = edges.slice(1).flatMap((to, position) => {
  const from = edges[position] ?? 0;
  const within = answers.filter(({ score }) => score >= from && score < to);
  if (within.length === 0) return [];
  const mean = within.reduce((sum, { score }) => sum + score, 0) / within.length;
  const right = within.filter(({ isRight }) => isRight).length;
  return [
    {
      from,
      to: Math.min(to, 1),
      answers: within.length,
      said: share(mean, 1),
      right: share(right, within.length),
    },
  ];
});

console.error(
  `Policy ${matchPolicy.version}, ${index.length} people indexed, ${answers.length} queries, seed ${seed}`,
);
console.table(groups);
console.table(calibration);
console.log(JSON.stringify({ policy: matchPolicy.version, people: index.length, groups, calibration }));
