import { describe, expect, it } from 'vitest';
import type { Demographics } from '../../../../functions/domain/identity/demographics.ts';
import { normalisePostcode } from '../../../../functions/domain/identity/postcode.ts';
import { blockingKeys, searchKeys } from '../../../../functions/domain/matching/blocking-keys.ts';
import { comparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import { rankCandidates } from '../../../../functions/domain/matching/rank-candidates.ts';

/** Somebody, as a message or a search describes them. */
interface Described {
  readonly family?: string;
  readonly given?: string;
  readonly formerly?: { readonly family: string; readonly given: string };
  readonly birthDate?: string;
  readonly postcode?: string;
  readonly gender?: 'male' | 'female';
  readonly phone?: string;
  readonly practice?: string;
}

function demographicsOf(one: Described): Demographics {
  const postcode = one.postcode === undefined ? undefined : normalisePostcode(one.postcode);
  return {
    names: [
      { ...(one.family !== undefined && { family: one.family }), given: one.given?.split(' ') ?? [] },
      ...(one.formerly
        ? [{ family: one.formerly.family, given: [one.formerly.given], historic: true as const }]
        : []),
    ],
    deceased: false,
    restricted: false,
    ...(one.birthDate && { birthDate: one.birthDate }),
    ...(postcode && { postcode }),
    ...(one.gender && { gender: one.gender }),
    ...(one.phone && { phones: [one.phone] }),
    ...(one.practice && { generalPractitioner: one.practice }),
  };
}

/** What a region of 1.2 million people answers to the query, if it holds these records: only who shares a block is looked at. */
function ask(query: Described, people: Readonly<Record<string, Described>>) {
  const asked = comparisonFields(demographicsOf(query));
  const { first, second } = asked
    .map(searchKeys)
    .reduce((all, one) => ({ first: [...all.first, ...one.first], second: [...all.second, ...one.second] }));
  const read = [...first, ...second];
  const records = Object.entries(people).flatMap(([personId, one]) => {
    const variants = comparisonFields(demographicsOf(one));
    const isFound = variants
      .flatMap(blockingKeys)
      .some((key) =>
        read.some(
          ({ kind, prefix = '', value }) =>
            key.kind === kind && key.value === value && key.order.startsWith(prefix),
        ),
      );
    return isFound ? variants.map((fields) => ({ personId, fields })) : [];
  });
  return rankCandidates(asked, records, { people: 1_200_000 }, false);
}

const joseph: Described = {
  family: 'Attwater',
  given: 'Joseph Michael',
  birthDate: '1948-03-19',
  gender: 'male',
  postcode: 'DN19 7UD',
};

describe('a search as PDS knows it finds its person for certain', () => {
  it.each<[string, Described, Described?]>([
    ['as recorded', joseph],
    ['with given and family name exchanged', { ...joseph, family: 'Joseph', given: 'Attwater' }],
    ['by a short form of the given name', { ...joseph, given: 'Joe' }],
    ['by the given name with one vowel wrong', { ...joseph, given: 'Josaph' }],
    ['by one given name of two', { ...joseph, given: 'Joseph' }],
    ['by the given names the other way round', { ...joseph, given: 'Michael Joseph' }],
    ['by initials', { ...joseph, given: 'J M' }],
    ['with a mistyped postcode', { ...joseph, postcode: 'DN19 7UF' }],
    ['with a postcode that is too long', { ...joseph, postcode: 'DN19 77UD' }],
    ['with ZZ99 for a postcode', { ...joseph, postcode: 'ZZ99 3WZ' }],
    ['with another GP practice', { ...joseph, practice: 'Y90002' }, { ...joseph, practice: 'Y90001' }],
    ['with accents that the record lacks', { ...joseph, family: 'Àttwâter', given: 'Jôseph' }],
    ['without accents that the record has', joseph, { ...joseph, family: 'Àttwâter', given: 'Jôseph' }],
    [
      'by a former given name',
      { ...joseph, given: 'Josephine' },
      { ...joseph, formerly: { family: 'Attwater', given: 'Josephine' } },
    ],
    [
      'by a maiden name',
      { ...joseph, family: 'Quelch' },
      { ...joseph, formerly: { family: 'Quelch', given: 'Joseph' } },
    ],
    [
      'by telephone with country code and a moved house',
      { ...joseph, postcode: 'M1 1AE', phone: '+44 7700 900123' },
      { ...joseph, phone: '07700 900123' },
    ],
  ])('%s', (_name, query, record = joseph) => {
    expect(ask(query, { joseph: record })).toMatchObject({
      outcome: 'unique',
      candidates: [{ personId: 'joseph', grade: 'certain' }],
    });
  });
});

describe('what the Master Person Service cannot do', () => {
  it('finds a person without NHS number in spite of a wrong digit in the birth date', () => {
    for (const birthDate of ['1948-03-18', '1948-08-19', '1949-03-19', '1984-03-19', '1948-19-03'])
      expect(ask({ ...joseph, birthDate }, { joseph }).outcome, birthDate).toBe('unique');
  });

  it('finds a person without birth date, and one without gender', () => {
    const { birthDate: _, ...undated } = joseph;
    expect(ask(undated, { joseph }).outcome).toBe('unique');
    const { gender: __, ...rest } = joseph;
    expect(ask(rest, { joseph }).outcome).toBe('unique');
  });

  it('takes Zöe and Zoe for one name, not for two that are alike by four fifths', () => {
    const plain = ask({ ...joseph, given: 'Zoe' }, { a: { ...joseph, given: 'Zoe' } });
    const accented = ask({ ...joseph, given: 'Zöe' }, { a: { ...joseph, given: 'Zoe' } });
    expect(accented.candidates[0]?.score).toBe(plain.candidates[0]?.score);
  });

  it('is certain of a rare name where it is not of a common one', () => {
    const { postcode: _, gender: __, ...known } = joseph;
    const common = { ...known, family: 'Smith', given: 'John', birthDate: '1948-03-19' };
    const slip = { birthDate: '1948-03-18' };
    expect(ask({ ...known, ...slip }, { a: known }).outcome).toBe('unique');
    expect(ask({ ...common, ...slip }, { a: common }).outcome).toBe('unproven');
  });

  it('chooses between two candidates by what tells them apart, however close their sums lie', () => {
    const elsewhere = { ...joseph, given: 'Joan', gender: 'female' as const };
    expect(ask(joseph, { joseph, joan: elsewhere })).toMatchObject({
      outcome: 'unique',
      candidates: [{ personId: 'joseph' }, { personId: 'joan' }],
    });
    // Nothing tells these apart: five points of difference or none.
    expect(ask(joseph, { joseph, other: joseph }).outcome).toBe('ambiguous');
  });
});

describe('people who share almost everything', () => {
  const child: Described = {
    family: 'Oduya',
    given: 'Temi',
    birthDate: '2026-02-11',
    gender: 'female',
    postcode: 'E14 7LB',
  };

  it.each<[string, Described, Described]>([
    ['twins', { ...child, given: 'Tola' }, child],
    ['triplets of whom one has a name', { ...child, given: 'Triplet Two' }, child],
    ['triplets of whom none has', { ...child, given: 'Triplet One' }, { ...child, given: 'Triplet Two' }],
    [
      '"Twin One" and the other twin’s record',
      { ...child, given: 'Twin One' },
      { ...child, given: 'Twin 2' },
    ],
    ['"Baby" and a named child', { ...child, given: 'Baby' }, child],
    ['"Baby of" their mother, twice', { ...child, given: 'Baby of Ada' }, { ...child, given: 'Baby of Ada' }],
    ['brothers called by names one letter apart', { ...joseph, given: 'Tim' }, { ...joseph, given: 'Jim' }],
    ['a father and a son of one name', { ...joseph, birthDate: '1975-10-02' }, joseph],
    ['a mother and a daughter of one name', { ...child, birthDate: '1991-06-30' }, child],
    ['husband and wife', { ...joseph, given: 'Ada', gender: 'female', birthDate: '1950-07-21' }, joseph],
  ])('%s are never taken for one', (_name, query, record) => {
    expect(ask(query, { record }).outcome).not.toBe('unique');
  });

  it('and who marries is still who they were', () => {
    expect(
      ask(
        { ...child, family: 'Quelch', birthDate: '1991-06-30' },
        { record: { ...child, birthDate: '1991-06-30' } },
      ).outcome,
    ).toBe('unique');
  });
});
