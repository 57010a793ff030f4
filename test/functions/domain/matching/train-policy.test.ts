import { describe, expect, test } from 'vitest';
import type { ComparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import {
  LevelCounts,
  levelTable,
  ratesOfPolicy,
  withRates,
} from '../../../../functions/domain/matching/level-rates.ts';
import { matchPolicy, matchPolicySchema } from '../../../../functions/domain/matching/match-policy.ts';
import { learnFrequencies } from '../../../../functions/domain/matching/name-frequencies.ts';
import { trainPolicy } from '../../../../functions/domain/matching/train-policy.ts';
import {
  likelyPairs,
  observePair,
  passes,
  randomPairs,
} from '../../../../functions/domain/matching/training-pairs.ts';
import { seededRandom } from '../../../../local/demo/random.ts';

const table = levelTable(matchPolicy);

/** How often a clerk errs, each field of each record. */
interface Errors {
  readonly family: number;
  readonly birthDate: number;
  readonly moved: number;
  readonly gender: number;
}

/** Records of made-up people of whom nobody is like another by more than chance; each person has `copies` records. */
function makeRecords(people: number, copies: number, errors: Errors, seed = 7): ComparisonFields[] {
  const random = seededRandom(seed);
  const letter = () =>
    'bcdfghklmnprstvw'.charAt(Math.floor(random() * 16)) + 'aeiou'.charAt(Math.floor(random() * 5));
  const word = () => Array.from({ length: 4 }, letter).join('');
  const two = (most: number) => String(2 + Math.floor(random() * (most - 1))).padStart(2, '0');
  const postcode = () =>
    `${word().slice(0, 2).toUpperCase()}${two(9).slice(1)} ${two(9).slice(1)}${word().slice(0, 2).toUpperCase()}`;
  const families = Array.from({ length: 400 }, word);
  const givens = Array.from({ length: 60 }, word);
  const one = (from: readonly string[]) => from[Math.floor(random() * from.length)] as string;
  return Array.from({ length: people }, () => ({
    family: one(families),
    given: one(givens),
    birthDate: `${1930 + Math.floor(random() * 80)}-${two(12)}-${two(28)}`,
    postcode: postcode(),
    gender: random() < 0.5 ? ('male' as const) : ('female' as const),
  })).flatMap((person) =>
    Array.from({ length: copies }, (): ComparisonFields => {
      const { birthDate, family, gender, given } = person;
      const other = gender === 'male' ? 'female' : 'male';
      return {
        family: random() < errors.family ? `x${family.slice(1)}` : family,
        given: [given],
        birthDate:
          random() < errors.birthDate
            ? `${birthDate.slice(0, 3)}${(Number(birthDate[3]) + 5) % 10}${birthDate.slice(4)}`
            : birthDate,
        postcode: random() < errors.moved ? postcode() : person.postcode,
        gender: random() < errors.gender ? other : gender,
      };
    }),
  );
}

const errors: Errors = { family: 0.1, birthDate: 0.15, moved: 0.2, gender: 0.1 };
const small = { randomPairs: 20_000, likelyPairs: 20_000 };

describe('training on records of which nobody says whose they are', () => {
  const records = makeRecords(3000, 2, errors);
  const train = (seed: number) => trainPolicy(records, matchPolicy, { random: seededRandom(seed), ...small });
  const trained = train(1);
  const { fields } = trained.policy;

  test('finds the pairs of one person', () => {
    // Each pass finds them where its own field has no error on either side; by place, and by date, and by name.
    const found = 3000 * (0.81 + 0.72 + 0.64);
    expect(trained.expectedMatches).toBeGreaterThan(0.97 * found);
    expect(trained.expectedMatches).toBeLessThan(1.03 * found);
    expect(trained).toMatchObject({ records: 6000, randomPairs: 20_000 });
  });

  test.each([
    ['family', 'exact', 0.9 ** 2 + 0.1 ** 2],
    ['family', 'typo', 2 * 0.1 * 0.9],
    ['birthDate', 'exact', 0.85 ** 2 + 0.15 ** 2],
    ['birthDate', 'one-digit', 2 * 0.15 * 0.85],
    ['postcode', 'exact', 0.8 ** 2],
    ['gender', 'disagree', 2 * 0.1 * 0.9],
  ] as const)('learns how often one person’s %s has the level %s', (field, level, share) => {
    const levels: Readonly<Record<string, { person: number }>> = fields[field].levels;
    const before: Readonly<Record<string, { person: number }>> = matchPolicy.fields[field].levels;
    // Two hundred pairs of the policy before still speak in it.
    expect(levels[level]?.person).toBeGreaterThan(share - 0.03);
    expect(levels[level]?.person).toBeLessThan(share + 0.03);
    expect(Math.abs((levels[level]?.person ?? 0) - share)).toBeLessThan(
      Math.abs((before[level]?.person ?? 0) - share),
    );
  });

  test('learns chance agreement, drawn towards what was known', () => {
    // One given name in 60, as 20,000 pairs against 200,000 of the policy before can tell.
    const { exact } = fields.given.levels;
    const expected = (20_000 / 60 + 200_000 * matchPolicy.fields.given.levels.exact.stranger) / 220_000;
    expect(exact.stranger).toBeGreaterThan(0.93 * expected);
    expect(exact.stranger).toBeLessThan(1.07 * expected);
    expect(fields.given.frequencies.mean).toBeCloseTo(
      (matchPolicy.fields.given.frequencies.mean * exact.stranger) /
        matchPolicy.fields.given.levels.exact.stranger,
      -2,
    );
  });

  test('pairs of one person among those at random do not pass for chance', () => {
    // Of 40 records in 4 people, one pair in five is one person's.
    const few = makeRecords(4, 10, { family: 0, birthDate: 0, moved: 0, gender: 0 });
    const { policy } = trainPolicy(few, matchPolicy, { random: seededRandom(1), ...small });
    expect(policy.fields.postcode.levels.exact.stranger).toBeLessThan(
      2 * matchPolicy.fields.postcode.levels.exact.stranger,
    );
    expect(policy.fields.birthDate.levels.exact.stranger).toBeLessThan(
      2 * matchPolicy.fields.birthDate.levels.exact.stranger,
    );
  });

  test('the same records and seed give the same policy, another seed about the same', () => {
    expect(train(1)).toEqual(trained);
    const other = train(2).policy.fields.family.levels.exact.person;
    expect(Math.abs(other - fields.family.levels.exact.person)).toBeLessThan(0.01);
  });

  test('keeps what the records do not show: other fields, unseen levels, households, thresholds', () => {
    const { phone, practice } = fields;
    expect({ phone, practice }).toEqual({
      phone: matchPolicy.fields.phone,
      practice: matchPolicy.fields.practice,
    });
    expect(fields.family.levels.part).toEqual(matchPolicy.fields.family.levels.part);
    expect(fields.given.levels.exact.household).toBe(matchPolicy.fields.given.levels.exact.household);
    const { fields: _, ...rest } = trained.policy;
    const { fields: __, ...before } = matchPolicy;
    expect(rest).toEqual(before);
  });

  test('gives a policy that holds to the schema', () => {
    expect(matchPolicySchema.parse(trained.policy)).toEqual(trained.policy);
  });

  test('people of whom each has one record teach nothing about errors', () => {
    const single = makeRecords(2000, 1, errors);
    const { expectedMatches, policy } = trainPolicy(single, matchPolicy, {
      random: seededRandom(1),
      ...small,
    });
    expect(expectedMatches).toBeLessThan(5);
    expect(policy.fields.family.levels.typo.person).toBeCloseTo(
      matchPolicy.fields.family.levels.typo.person,
      2,
    );
    expect(policy.fields.birthDate.levels.exact.person).toBeCloseTo(
      matchPolicy.fields.birthDate.levels.exact.person,
      2,
    );
  });

  test.each([0, 1])('%i records change no rate', (count) => {
    const { policy, ...evidence } = trainPolicy(records.slice(0, count), matchPolicy, {
      random: seededRandom(1),
    });
    expect(evidence).toMatchObject({ records: count, randomPairs: 0, likelyPairs: 0, expectedMatches: 0 });
    expect(policy.fields.birthDate).toEqual(matchPolicy.fields.birthDate);
    expect(policy.fields.family.levels).toEqual(matchPolicy.fields.family.levels);
  });
});

describe('pairs for training', () => {
  const records = makeRecords(50, 1, errors);

  test('at random are never of one record with itself, and reach every record', () => {
    const pairs = [...randomPairs(records, 2000, seededRandom(3))];
    // Fifty records are 1,225 pairs: more would be the same ones again.
    expect(pairs).toHaveLength(1225);
    expect([...randomPairs(records, 30, seededRandom(3))]).toHaveLength(30);
    expect([...randomPairs([], 30, seededRandom(3))]).toEqual([]);
    expect(pairs.every(([one, other]) => one !== other)).toBe(true);
    expect(new Set(pairs.flat()).size).toBe(50);
  });

  test('by a key are all pairs of a group, once, and a hundred of a large one', () => {
    const keyOf = ({ given: [name] }: ComparisonFields) => name;
    const of = (name: string, count: number) => Array.from({ length: count }, () => ({ given: [name] }));
    const pairs = likelyPairs(
      [...of('ada', 3), ...of('ben', 14), ...of('cy', 15), { given: [] }],
      keyOf,
      1000,
      seededRandom(3),
    );
    const count = (name: string) => pairs.filter(([one]) => one.given[0] === name).length;
    expect([count('ada'), count('ben'), count('cy')]).toEqual([3, 91, 100]);
    expect(pairs.every(([one, other]) => one.given[0] === other.given[0] && one !== other)).toBe(true);
    expect(likelyPairs(of('ada', 14), keyOf, 10, seededRandom(3))).toHaveLength(10);
  });

  test.each([
    ['both names', { family: 'quay', given: ['ada'] }, 'quay|ada', undefined, undefined],
    ['one name alone', { family: 'quay', given: [] }, undefined, undefined, undefined],
    ['a whole birth date', { given: [], birthDate: '1980-02-03' }, undefined, '1980-02-03', undefined],
    ['a year', { given: [], birthDate: '1980' }, undefined, undefined, undefined],
    ['a postcode', { given: [], postcode: 'AB1 2CD' }, undefined, undefined, 'AB1 2CD'],
  ])('the keys of %s', (_, fields, ...keys) => {
    expect(passes.map(({ keyOf }) => keyOf(fields))).toEqual(keys);
  });

  const observe = (
    first: ComparisonFields,
    second: ComparisonFields,
    agreed: Parameters<typeof observePair>[3] = [],
  ) => {
    const { adjustment, observations } = observePair([first, second], matchPolicy, table, agreed);
    const levels = observations.map(({ circumstance, level }) => {
      const found = table.levels[level];
      const isHome = found?.circumstance === circumstance;
      return `${found?.field} ${found?.level}${isHome ? '' : ' elsewhere'}`;
    });
    return { adjustment, levels };
  };

  test.each<[string, ComparisonFields, ComparisonFields, string[]]>([
    ['an initial that agrees', { given: ['a'] }, { given: ['ada'] }, ['given initial']],
    ['an initial that does not', { given: ['b'] }, { given: ['ada'] }, ['given disagree elsewhere']],
    ['a family initial', { family: 'q', given: [] }, { family: 'quay', given: [] }, ['family initial']],
    [
      'whole dates',
      { given: [], birthDate: '1980-02-03' },
      { given: [], birthDate: '1961-07-08' },
      ['birthDate disagree'],
    ],
    [
      'a year alone',
      { given: [], birthDate: '1980' },
      { given: [], birthDate: '1980-02-03' },
      ['birthDate year-only'],
    ],
    [
      'a year that differs',
      { given: [], birthDate: '1981' },
      { given: [], birthDate: '1980-02-03' },
      ['birthDate partial-disagree elsewhere'],
    ],
    [
      'a year and month',
      { given: [], birthDate: '1980-02' },
      { given: [], birthDate: '1980-02-03' },
      ['birthDate year-month'],
    ],
    [
      'two first days of a year',
      { given: [], birthDate: '1980-01-01' },
      { given: [], birthDate: '1980-01-01' },
      ['birthDate first-of-january'],
    ],
    [
      'of two different years',
      { given: [], birthDate: '1980-01-01' },
      { given: [], birthDate: '1962-01-01' },
      ['birthDate disagree elsewhere'],
    ],
    [
      'one first day',
      { given: [], birthDate: '1980-01-01' },
      { given: [], birthDate: '1980-07-28' },
      ['birthDate january-year'],
    ],
    [
      'a street in one postcode',
      { given: [], addressLine: '1 high street', postcode: 'AB1 2CD' },
      { given: [], addressLine: '1 high street', postcode: 'AB1 2CD' },
      ['postcode exact', 'addressLine exact-same-postcode'],
    ],
    [
      'a street in no postcode',
      { given: [], addressLine: '1 high street' },
      { given: [], addressLine: '99 mill lane' },
      ['addressLine disagree'],
    ],
  ])('count %s where it belongs', (_, first, second, levels) => {
    expect(observe(first, second).levels).toEqual(levels);
  });

  test('leave out what the pass has brought together, with its rarity', () => {
    const record = { family: 'quay', given: ['ada'], gender: 'female' } as const;
    expect(observe(record, record, ['family', 'given'])).toEqual({ adjustment: 0, levels: ['gender agree'] });
    expect(observe(record, record).adjustment).not.toBe(0);
  });

  test('names exchanged weigh, but are no evidence of how names are mistyped', () => {
    const { adjustment, levels } = observe(
      { family: 'quaymore', given: ['ada'] },
      { family: 'ada', given: ['quaymore'] },
    );
    expect(levels).toEqual([]);
    expect(adjustment).toBeGreaterThan(0);
  });
});

describe('rates from counts', () => {
  const level = (name: string) => table.numberOf('gender', name);
  const circumstance = table.circumstanceOf('gender', 'whole');
  const before = ratesOfPolicy(table, matchPolicy);

  test('are shares, drawn towards what was known by so many pairs', () => {
    const counts = new LevelCounts(table);
    counts.add({ level: level('agree'), circumstance }, 70);
    counts.add({ level: level('disagree'), circumstance }, 30);
    const rates = counts.rates(before.stranger, 100);
    expect(rates[level('agree')]).toBeCloseTo((70 + 50) / 200);
    expect(rates[level('disagree')]).toBeCloseTo((30 + 50) / 200);
    expect(counts.seen(level('agree'))).toBe(70);
    expect(counts.seen(table.numberOf('phone', 'exact'))).toBe(0);
  });

  test('of a field that was never compared stay', () => {
    const exact = table.numberOf('phone', 'exact');
    expect(new LevelCounts(table).rates(before.person, 100)[exact]).toBeCloseTo(before.person[exact] ?? 0);
  });

  test('stand in the policy with four digits', () => {
    const person = before.person.map((rate) => rate / 3);
    const policy = withRates(matchPolicy, table, { ...before, person });
    expect(policy.fields.gender.levels.agree.person).toBe(
      Number((matchPolicy.fields.gender.levels.agree.person / 3).toPrecision(4)),
    );
    expect(policy.fields.gender.levels.agree.stranger).toBe(matchPolicy.fields.gender.levels.agree.stranger);
    expect(policy.fields.family.frequencies).toEqual(matchPolicy.fields.family.frequencies);
  });

  test('a level that the policy does not have is a defect', () => {
    expect(() => table.numberOf('gender', 'perhaps')).toThrow('no level perhaps of gender');
  });
});

describe('frequencies of names', () => {
  const before = { unlisted: 40, mean: 1000, perMillion: { quay: 2000, lock: 500 } };
  const times = (name: string, count: number) => Array.from({ length: count }, () => name);

  test('are shares, drawn towards what was known by five thousand records', () => {
    const names = [...times('quay', 100), ...times('weir', 5), ...times('pound', 4), ...times('gate', 4891)];
    const learned = learnFrequencies(names, before);
    expect(learned.quay).toBe(Math.round(((100 + 10) / 10_000) * 1e6));
    expect(learned.lock).toBe(Math.round((2.5 / 10_000) * 1e6));
    expect(learned.weir).toBe(Math.round(((5 + 0.2) / 10_000) * 1e6));
    expect(learned).not.toHaveProperty('pound');
  });

  test('of no names stay', () => {
    expect(learnFrequencies([], before)).toEqual(before.perMillion);
  });

  test('names that objects have anyway are names like others', () => {
    expect(learnFrequencies(times('constructor', 5000), before).constructor).toBe(500_020);
  });

  test('are never nothing', () => {
    const rare = { ...before, perMillion: { lock: 1 } };
    expect(learnFrequencies(times('gate', 1_000_000), rare).lock).toBe(1);
  });
});
