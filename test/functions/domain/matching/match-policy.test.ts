import { describe, expect, it } from 'vitest';
import { matchPolicy, matchPolicySchema } from '../../../../functions/domain/matching/match-policy.ts';

type Change = (policy: ReturnType<typeof copy>) => void;
// biome-ignore lint/suspicious/noExplicitAny: what is wrong with a policy is mostly its type.
const copy = (): any => structuredClone(matchPolicy);
const changed = (change: Change) => {
  const policy = copy();
  change(policy);
  return matchPolicySchema.safeParse(policy).success;
};

describe('matchPolicySchema', () => {
  it('takes the shipped policy, and learns nothing from it that is not there', () => {
    expect(matchPolicySchema.parse(matchPolicy)).toEqual(matchPolicy);
  });

  it.each<[string, Change]>([
    ['no version', (policy) => delete policy.version],
    ['a version that is no word', (policy) => (policy.version = 'Version 2')],
    ['a version that begins with a dot', (policy) => (policy.version = '.2')],
    ['a version that ends with a space', (policy) => (policy.version = 'v2 ')],
    ['an empty version', (policy) => (policy.version = '')],
    ['a setting that nobody reads', (policy) => (policy.luck = 1)],
    ['an unknown part of the prior', (policy) => (policy.prior.luck = 1)],
    ['an unknown threshold', (policy) => (policy.thresholds.likely = 0.8)],
    ['an unknown limit', (policy) => (policy.blocking.luck = 1)],
    ['an unknown weight', (policy) => (policy.weights.luck = 1)],
    ['an unknown field', (policy) => (policy.fields.shoeSize = { levels: {} })],
    ['an unknown level', (policy) => (policy.fields.gender.levels.maybe = policy.fields.gender.levels.agree)],
    ['an unknown rate', (policy) => (policy.fields.gender.levels.agree.friend = 0.5)],
    ['an unknown guard', (policy) => (policy.guards.luck = true)],
    ['a guard that is missing', (policy) => delete policy.guards['given-name-differs']],
    ['a coverage of nobody', (policy) => (policy.prior.coverage = 0)],
    ['a coverage of everybody', (policy) => (policy.prior.coverage = 1)],
    ['an index of half a person', (policy) => (policy.prior.peopleAtLeast = 0.5)],
    ['an index of nobody', (policy) => (policy.prior.peopleAtLeast = 0)],
    ['a household of nobody else', (policy) => (policy.prior.householdOthers = 0)],
    ['a probability above one', (policy) => (policy.thresholds.certain = 1.01)],
    ['a probability of nothing', (policy) => (policy.thresholds.possible = 0)],
    ['a block of nobody', (policy) => (policy.blocking.blockLimit = 0)],
    ['half a candidate', (policy) => (policy.blocking.blockLimit = 1.5)],
    ['nobody looked up', (policy) => (policy.blocking.resolvedLimit = 0)],
    ['a reward for exchanged names', (policy) => (policy.weights.swapped = 1)],
    ['a reward for old names', (policy) => (policy.weights.historic = 1)],
    ['rarity that counts for more than it is', (policy) => (policy.weights.nearFrequency = 1.1)],
    ['rarity that counts against', (policy) => (policy.weights.nearFrequency = -0.1)],
    [
      'a rate of nothing, which no evidence could outweigh',
      (policy) => (policy.fields.phone.levels.exact.stranger = 0),
    ],
    ['a rate above one', (policy) => (policy.fields.phone.levels.exact.person = 1.2)],
    ['a level without rates', (policy) => delete policy.fields.family.levels.typo],
    ['names without frequencies', (policy) => delete policy.fields.given.frequencies],
    ['a frequency of nothing', (policy) => (policy.fields.given.frequencies.perMillion.john = 0)],
    ['nobody with an unlisted name', (policy) => (policy.fields.family.frequencies.unlisted = 0)],
    ['a mean frequency of nothing', (policy) => (policy.fields.family.frequencies.mean = 0)],
    ['an unknown setting of frequencies', (policy) => (policy.fields.family.frequencies.luck = 1)],
  ])('refuses %s', (_name, change) => {
    expect(changed(change)).toBe(false);
  });

  it.each<[string, Change]>([
    ['a version with dots and dashes', (policy) => (policy.version = '2.1-london')],
    ['a guard switched off', (policy) => (policy.guards['names-alone'] = false)],
    [
      'no price for exchanged or old names',
      (policy) => Object.assign(policy.weights, { swapped: 0, historic: 0 }),
    ],
    ['rarity that counts in full, or not at all', (policy) => (policy.weights.nearFrequency = 0)],
    ['rarity in full', (policy) => (policy.weights.nearFrequency = 1)],
    ['a rate of one', (policy) => (policy.fields.phone.levels.exact.person = 1)],
    ['a new name', (policy) => (policy.fields.given.frequencies.perMillion.zikora = 12.5)],
  ])('takes %s', (_name, change) => {
    expect(changed(change)).toBe(true);
  });
});

describe('matchPolicy', () => {
  it('takes an exact agreement to be likelier for one person than by chance or in the household', () => {
    for (const [field, { levels }] of Object.entries(matchPolicy.fields))
      for (const [level, { household, person, stranger }] of Object.entries(levels))
        if ((level === 'exact' || level === 'agree') && field !== 'addressLine') {
          expect(stranger, field).toBeLessThan(person);
          expect(household, field).toBeLessThanOrEqual(person * 1.1);
        }
  });

  it('takes each disagreement to be likelier for strangers than for one person', () => {
    for (const [field, { levels }] of Object.entries(matchPolicy.fields)) {
      const { person, stranger } =
        (levels as Record<string, { person: number; stranger: number }>).disagree ?? {};
      expect(person, field).toBeLessThan(stranger ?? 0);
    }
  });

  it('orders its thresholds', () => {
    const { certain, namesAlone, possible, probable } = matchPolicy.thresholds;
    expect([possible, probable, certain, namesAlone]).toEqual(
      [possible, probable, certain, namesAlone].toSorted((one, other) => one - other),
    );
  });

  it('holds levels of whole dates, postcodes and family names that add up to one', () => {
    const { birthDate, family, postcode } = matchPolicy.fields;
    const sum = (rates: readonly number[]) => rates.reduce((total, rate) => total + rate, 0);
    const { 'partial-disagree': _, 'year-month': __, 'year-only': ___, ...whole } = birthDate.levels;
    const {
      'first-of-january': ____,
      'january-year-digit': _____,
      'january-year': ______,
      ...telling
    } = whole;
    const { initial: _______, ...spelt } = family.levels;
    for (const levels of [telling, postcode.levels, spelt])
      for (const world of ['person', 'stranger'] as const)
        expect(sum(Object.values(levels).map((rates) => rates[world]))).toBeCloseTo(1, 1);
  });
});
