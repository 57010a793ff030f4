import { describe, expect, it } from 'vitest';
import { type MatchPolicy, matchPolicy } from '../../../../functions/domain/matching/match-policy.ts';
import {
  householdRatio,
  levelWeight,
  relativesOdds,
} from '../../../../functions/domain/matching/weigh-level.ts';

describe('levelWeight', () => {
  it('is what the policy in hand says, not what another one said before', () => {
    const trained: MatchPolicy = structuredClone(matchPolicy);
    trained.fields.gender.levels.agree = { person: 1, stranger: 0.25, household: 0.5 };
    const shipped = levelWeight(matchPolicy, 'gender', 'agree');
    expect(levelWeight(trained, 'gender', 'agree')).toBe(2);
    expect(levelWeight(matchPolicy, 'gender', 'agree')).toBe(shipped);
    expect(householdRatio(trained, 'gender', 'agree', undefined)).toBe(0.5);
  });

  it.each(['maybe', 'constructor', 'missing'])('knows no level %s, and says so', (level) => {
    expect(() => levelWeight(matchPolicy, 'gender', level)).toThrow(
      `the match policy has no level ${level} of gender`,
    );
  });
});

describe('householdRatio', () => {
  it('tells nothing by the gender of a relative of the same given name', () => {
    const { household, person } = matchPolicy.fields.gender.levels.disagree;
    for (const given of ['exact', 'nickname', 'typo'])
      expect(householdRatio(matchPolicy, 'gender', 'disagree', given)).toBe(1);
    for (const given of ['disagree', 'similar', 'missing', undefined])
      expect(householdRatio(matchPolicy, 'gender', 'disagree', given)).toBeCloseTo(household / person, 12);
  });

  it('leaves all other fields as they are, whatever the given name', () => {
    const { household, person } = matchPolicy.fields.birthDate.levels.exact;
    expect(householdRatio(matchPolicy, 'birthDate', 'exact', 'exact')).toBeCloseTo(household / person, 12);
  });
});

describe('relativesOdds', () => {
  it('counts the others of the household who stand in no record', () => {
    const { householdOthers, relativesNotIndexed } = matchPolicy.prior;
    expect(relativesOdds(matchPolicy, 1000, 0.02)).toBeCloseTo(20 * householdOthers * relativesNotIndexed, 9);
    expect(relativesOdds(matchPolicy, 0, 0.02)).toBe(0);
  });
});
