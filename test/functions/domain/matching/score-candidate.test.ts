import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import { matchPolicy } from '../../../../functions/domain/matching/match-policy.ts';
import { scoreCandidate } from '../../../../functions/domain/matching/score-candidate.ts';
import { anyText, john, someFields, without } from './fields.ts';

const rowOf = (query: ComparisonFields, candidate: ComparisonFields, field: string) =>
  scoreCandidate(query, candidate).fields.find((row) => row.field === field);
const outcomeOf = (query: ComparisonFields, candidate: ComparisonFields, field: string) =>
  rowOf(query, candidate, field)?.outcome;

const family = (one: string): ComparisonFields => ({ given: [], family: one });
const given = (...names: string[]): ComparisonFields => ({ given: names });
const bits = (one: ComparisonFields, other: ComparisonFields) => scoreCandidate(one, other).bits;

describe('scoreCandidate', () => {
  it('gives one row a field that add up to the bits', () => {
    fc.assert(
      fc.property(someFields, someFields, (query, candidate) => {
        const { bits: total, fields } = scoreCandidate(query, candidate);
        expect(total).toBeCloseTo(
          fields.reduce((sum, { weight }) => sum + weight, 0),
          9,
        );
        expect(fields.slice(0, 9).map(({ field }) => field)).toEqual([
          'family',
          'given',
          'birthDate',
          'postcode',
          'addressLine',
          'gender',
          'phone',
          'email',
          'practice',
        ]);
      }),
    );
  });

  it('weighs each field as log2 of how much likelier its level is for one person than for two strangers', () => {
    const complete: ComparisonFields = {
      ...john,
      addressLine: '12 high street',
      phone: '7700900123',
      email: 'john@example.com',
      practice: 'T9C01',
    };
    const { fields } = scoreCandidate(complete, { ...complete, birthDate: '1970-03-05', practice: 'T9C02' });
    const { birthDate, gender, practice } = matchPolicy.fields;
    const weightOf = ({ person, stranger }: { person: number; stranger: number }) =>
      Math.log2(person / stranger);
    expect(fields).toContainEqual({
      field: 'birthDate',
      outcome: 'one-digit',
      weight: weightOf(birthDate.levels['one-digit']),
    });
    expect(fields).toContainEqual({
      field: 'gender',
      outcome: 'agree',
      weight: weightOf(gender.levels.agree),
    });
    expect(fields).toContainEqual({
      field: 'practice',
      outcome: 'disagree',
      weight: weightOf(practice.levels.disagree),
    });
    expect(fields.map(({ outcome }) => outcome)).toEqual([
      'exact',
      'exact',
      'one-digit',
      'exact',
      'exact-same-postcode',
      'agree',
      'exact',
      'exact',
      'disagree',
    ]);
  });

  it('does not depend on who asks and who answers', () => {
    fc.assert(
      fc.property(someFields, someFields, fc.boolean(), (first, second, historic) => {
        const old: ComparisonFields = historic ? { ...first, historic: true } : first;
        const one = scoreCandidate(old, second);
        const other = scoreCandidate(second, old);
        expect(one.bits).toBeCloseTo(other.bits, 9);
        expect(one.household).toBeCloseTo(other.household, 9);
        expect(one.fields.map(({ outcome }) => outcome)).toEqual(other.fields.map(({ outcome }) => outcome));
      }),
    );
  });

  it('never scores lower for a field that agrees than for the same field left out', () => {
    const some = fc.constantFrom('family', 'given', 'birthDate', 'gender', 'postcode');
    fc.assert(
      fc.property(someFields, someFields, some, (query, candidate, field) => {
        fc.pre(query[field] !== undefined && (field !== 'given' || query.given.length > 0));
        const agreeing = { ...candidate, [field]: query[field] };
        const left = scoreCandidate(without(query, field), agreeing).bits;
        expect(scoreCandidate(query, agreeing).bits).toBeGreaterThanOrEqual(left - 1e-9);
      }),
    );
  });

  it.each<[string, string, readonly string[]]>([
    // From the best agreement of the value to none, a step at a time.
    ['family', 'thompson', ['thompson', 'thomson', 'kaur']],
    ['family', 'zachariasen', ['zachariasen', 'zachariasne', 'zakariassen', 'kaur']],
    ['family', 'jones', ['jones', 'smith jones', 'j', 'kaur']],
    ['given', 'elizabeth', ['elizabeth', 'beth', 'mary']],
    ['given', 'elizabeth', ['elizabeth', 'elisabet', 'e', 'mary']],
    ['given', 'john', ['john', 'jack', 'j', 'mary']],
    ['given', 'daniel', ['daniel', 'danie', 'danielle', 'mary']],
    [
      'birthDate',
      '1970-03-04',
      ['1970-03-04', '1970-04-03', '1970-03-05', '1970-03-21', '1970-11-21', '1988-12-25'],
    ],
    ['birthDate', '1970-03-04', ['1970-03-04', '1970-03', '1970', '1971']],
    ['postcode', 'LS1 4AB', ['LS1 4AB', 'LS1 4AD', 'LS1 4XY', 'LS1 5XY', 'LS17 7DF', 'M1 1AE']],
    ['gender', 'male', ['male', 'female']],
    ['phone', '7700900123', ['7700900123', '7700900124', '7700900999']],
    ['email', 'ann@example.com', ['ann@example.com', 'anne@example.com', 'bob@example.com']],
    ['practice', 'T9C01', ['T9C01', 'T9C02']],
  ])('weighs a better agreement of %s %s higher than a worse one', (field, value, others) => {
    const fields = (text: string) =>
      ({ given: [], [field]: field === 'given' ? [text] : text }) as ComparisonFields;
    const weights = others.map((other) => bits(fields(value), fields(other)));
    expect(weights).toEqual(weights.toSorted((one, other) => other - one));
    expect(new Set(weights).size).toBe(weights.length);
    expect(weights.at(-1)).toBeLessThan(0);
    expect(weights[0]).toBeGreaterThan(0);
  });

  it('gives nothing for what is missing', () => {
    const { bits: total, fields, household } = scoreCandidate({ given: [] }, john);
    expect(total).toBe(0);
    expect(household).toBe(1);
    expect(fields.every(({ outcome, weight }) => outcome === 'missing' && weight === 0)).toBe(true);
  });

  it('takes off a little for a name that is no longer in use, whoever gives it', () => {
    const old: ComparisonFields = { ...john, historic: true };
    const price = bits(john, john) + matchPolicy.weights.historic;
    for (const [one, other] of [
      [john, old],
      [old, john],
      [old, old],
    ] as const) {
      expect(bits(one, other)).toBeCloseTo(price, 9);
      expect(rowOf(one, other, 'history')).toEqual({
        field: 'history',
        outcome: 'historic',
        weight: matchPolicy.weights.historic,
      });
    }
    expect(rowOf(john, john, 'history')).toBeUndefined();
  });

  it('takes "other" against male or female as unknown, not as a contradiction', () => {
    expect(outcomeOf({ ...john, gender: 'other' }, john, 'gender')).toBe('missing');
    expect(outcomeOf({ ...john, gender: 'female' }, john, 'gender')).toBe('disagree');
  });

  it('says that a child was not named yet, on either side', () => {
    const baby: ComparisonFields = { ...without(john, 'given'), unnamed: true };
    expect(outcomeOf(baby, john, 'given')).toBe('unnamed');
    expect(outcomeOf(john, baby, 'given')).toBe('unnamed');
    expect(outcomeOf(baby, baby, 'given')).toBe('unnamed');
    expect(outcomeOf(without(john, 'given'), john, 'given')).toBe('missing');
    expect(rowOf(baby, john, 'given')?.weight).toBe(0);
  });

  it('survives names that are no words and names of any length', () => {
    const text = anyText(40);
    fc.assert(
      fc.property(text, text, (one, other) => {
        const { bits: total } = scoreCandidate(
          { given: [one], family: one },
          { given: [other], family: other },
        );
        expect(Number.isFinite(total)).toBe(true);
      }),
    );
  });
});

describe('the rarity of names', () => {
  const { family: families, given: givens } = matchPolicy.fields;
  const perMillion = (field: typeof families, name: string) =>
    field.frequencies.perMillion[name] ?? Number.NaN;

  it('adds log2 of how much rarer an agreeing name is than the mean, and says so', () => {
    const { person, stranger } = families.levels.exact;
    const rarity = Math.log2(families.frequencies.mean / perMillion(families, 'smith'));
    const row = rowOf(family('smith'), family('smith'), 'family');
    expect(row?.termFrequency).toBeCloseTo(rarity, 9);
    expect(row?.weight).toBeCloseTo(Math.log2(person / stranger) + rarity, 9);
  });

  it('takes a name that is not listed, or called like a property of every object, for a rare one', () => {
    const rarity = Math.log2(families.frequencies.mean / families.frequencies.unlisted);
    for (const name of ['zachariasen', 'constructor', 'tostring'])
      expect(rowOf(family(name), family(name), 'family')?.termFrequency).toBeCloseTo(rarity, 9);
  });

  it('counts half for a near agreement, and the commoner of the two names', () => {
    const rarity = Math.log2(givens.frequencies.mean / perMillion(givens as typeof families, 'john'));
    const half = matchPolicy.weights.nearFrequency * rarity;
    expect(rowOf(given('john'), given('jack'), 'given')?.termFrequency).toBeCloseTo(half, 9);
    expect(rowOf(given('jack'), given('john'), 'given')?.termFrequency).toBeCloseTo(half, 9);
  });

  it.each([
    ['nickname', 'zechariah', 'zach'],
    ['typo', 'zikoranna', 'zikorana'],
    ['close', 'christopher', 'christofer'],
    ['sound', 'philomena', 'filomena'],
    ['similar', 'aleksander', 'alexander'],
  ])('counts half for a given name that agrees as %s', (level, one, other) => {
    const commoner = Math.max(
      ...[one, other].map((name) => givens.frequencies.perMillion[name] ?? givens.frequencies.unlisted),
    );
    const row = rowOf(given(one), given(other), 'given');
    expect(row?.outcome).toBe(level);
    expect(row?.termFrequency).toBeCloseTo(
      matchPolicy.weights.nearFrequency * Math.log2(givens.frequencies.mean / commoner),
      9,
    );
  });

  it('counts for nothing where names agree in part or not at all', () => {
    for (const other of ['s', 'smith kaur', 'okafor'])
      expect(rowOf(family('smith'), family(other), 'family')).not.toHaveProperty('termFrequency');
    expect(rowOf(given('john'), given('paul', 'john'), 'given')).not.toHaveProperty('termFrequency');
  });

  it('never lifts a near agreement of common names above the exact one', () => {
    const common = Object.keys(givens.frequencies.perMillion).filter(
      (name) => perMillion(givens as typeof families, name) > givens.frequencies.mean,
    );
    expect(common.length).toBeGreaterThan(5);
    for (const name of common) {
      const exact = bits(given(name), given(name));
      for (const near of [`${name.slice(0, -1)}q`, `${name}q`])
        expect(bits(given(name), given(near)), `${name} ${near}`).toBeLessThanOrEqual(exact - 0.5 + 1e-9);
    }
  });

  it('counts a rare name for more than a common one, exact or nearly so', () => {
    expect(bits(family('zachariasen'), family('zachariasen'))).toBeGreaterThan(
      bits(family('smith'), family('smith')) + 4,
    );
    expect(bits(family('zachariasen'), family('zachariasne'))).toBeGreaterThan(
      bits(family('smith'), family('smiht')),
    );
  });

  it('looks at the first given name alone', () => {
    expect(bits(given('john', 'zikoranachidimma'), given('john', 'paul'))).toBeCloseTo(
      bits(given('john'), given('john')),
      9,
    );
  });
});

describe('exchanged names', () => {
  const { swapped } = matchPolicy.weights;
  const exchanged = { ...john, family: 'john', given: ['smith'] };

  it('are found in each other’s place, at the policy’s price', () => {
    expect(rowOf(exchanged, john, 'order')).toEqual({ field: 'order', outcome: 'swapped', weight: swapped });
    expect(outcomeOf(exchanged, john, 'family')).toBe('exact');
    expect(outcomeOf(exchanged, john, 'given')).toBe('exact');
    expect(rowOf(john, john, 'order')).toBeUndefined();
  });

  it('are found where only one of the two was given', () => {
    expect(outcomeOf(given('smith'), john, 'family')).toBe('exact');
    expect(outcomeOf(family('john'), john, 'given')).toBe('exact');
  });

  it('are found though one of them is mistyped or a nickname', () => {
    expect(outcomeOf({ ...exchanged, given: ['smiht'] }, john, 'order')).toBe('swapped');
    expect(outcomeOf({ ...exchanged, family: 'jack' }, john, 'order')).toBe('swapped');
  });

  it('are looked for only where one of them begins as the other does: most pairs end there', () => {
    const william: ComparisonFields = { given: ['william'], family: 'smith' };
    expect(outcomeOf({ given: ['smith'], family: 'bill' }, william, 'order')).toBe('swapped');
    expect(outcomeOf({ given: ['zmith'], family: 'willam' }, william, 'order')).toBe('swapped');
    expect(rowOf({ given: ['zmith'], family: 'bill' }, william, 'order')).toBeUndefined();
  });

  it('weigh as the less telling reading does: whose names stand the wrong way round is unknown', () => {
    const one: ComparisonFields = { given: ['smith'], family: 'john' };
    const other: ComparisonFields = { given: ['john'], family: 'smith' };
    const exchangedBits = bits(one, other);
    expect(exchangedBits).toBeCloseTo(Math.min(bits(other, other), bits(one, one)) + swapped, 9);
    expect(bits(other, one)).toBeCloseTo(exchangedBits, 9);
  });

  it('are not looked for where the names agree as they stand, or better so', () => {
    const thomas: ComparisonFields = { given: ['thomas'], family: 'thomas' };
    expect(rowOf(thomas, thomas, 'order')).toBeUndefined();
    // James Thomas and Thomas James, in one family: better exchanged than as they stand.
    expect(
      outcomeOf({ given: ['james'], family: 'thomas' }, { given: ['thomas'], family: 'james' }, 'order'),
    ).toBe('swapped');
    // Both family names begin as a given name does, and nothing is gained.
    expect(
      rowOf({ given: ['sally'], family: 'jones' }, { given: ['jane'], family: 'smith' }, 'order'),
    ).toBeUndefined();
    expect(
      rowOf({ given: ['jane'], family: 'smith' }, { given: ['jane'], family: 'smiht' }, 'order'),
    ).toBeUndefined();
  });
});

describe('the household', () => {
  const household = (one: ComparisonFields, other: ComparisonFields) => scoreCandidate(one, other).household;
  const { birthDate, family: families, gender, given: givens, postcode } = matchPolicy.fields;
  const ratio = ({ household: relative, person }: { household: number; person: number }) => relative / person;

  it('is the product over all fields of how much likelier the level is for a relative than for the person', () => {
    expect(household(john, { ...john, given: ['mary'], gender: 'female' })).toBeCloseTo(
      ratio(families.levels.exact) *
        ratio(givens.levels.disagree) *
        ratio(birthDate.levels.exact) *
        ratio(postcode.levels.exact) *
        ratio(gender.levels.disagree),
      12,
    );
  });

  it('learns nothing from the gender of a relative of the same given name', () => {
    for (const name of ['john', 'jack', 'johm'])
      expect(household({ ...john, given: [name] }, { ...john, gender: 'female' })).toBeCloseTo(
        household(without({ ...john, given: [name] }, 'gender'), john),
        12,
      );
    expect(household({ ...john, given: ['mary'] }, { ...john, gender: 'female' })).not.toBeCloseTo(
      household(without({ ...john, given: ['mary'] }, 'gender'), john),
      3,
    );
  });

  it('is less likely the more tells the person from a relative', () => {
    expect(household(john, john)).toBeLessThan(household({ ...john, given: ['james'] }, john));
    expect(household(john, john)).toBeLessThan(household({ ...john, birthDate: '1944-11-20' }, john));
  });
});
