import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  lastResort,
  type PatientSearch,
  type SearchProfile,
} from '../../../../functions/domain/search/patient-search.ts';
import { scoreSearch } from '../../../../functions/domain/search/search-score.ts';
import { profileOf, searchFor } from './people.ts';

const day = '1968-05-17';

/** Four decimals, as the answer shows it; undefined for no answer. */
function scoreOf(search: PatientSearch, profile: SearchProfile): number | undefined {
  const score = scoreSearch(search, profile);
  return score === undefined ? undefined : Math.round(score * 10_000) / 10_000;
}

describe('scores that PDS publishes', () => {
  it('come out the same for a wildcard in the family name, with a practice', () => {
    const meek = profileOf({ names: [['Meek', 'Rowan']] }, { birthDate: day, generalPractitioner: 'Y90001' });
    const search = searchFor({ family: 'Me*', birthDate: day, generalPractitioner: 'Y90001' });
    expect(scoreOf(search, meek)).toBe(0.9259);
  });

  it('come out the same for a wildcard in the postcode', () => {
    const smith = profileOf(
      { names: [['Smith', 'Rowan']], postcodes: ['DN174AA'] },
      { birthDate: day, gender: 'male' },
    );
    const search = searchFor({ family: 'Smith', birthDate: day, gender: 'male', postcode: 'DN17*' });
    expect(scoreOf(search, smith)).toBe(0.965);
  });

  const range = { from: '1968-05-15' };
  const others = { birthDate: day, gender: 'male' } as const;
  const smythe = searchFor({
    fuzzy: true,
    family: 'Smythe',
    given: 'Mat',
    gender: 'male',
    birthDate: range,
    postcode: 'DN174AA',
  });
  const sam = profileOf({ names: [['Smith', 'Sam', 'Matt']], postcodes: ['DN174AA'] }, others);
  const dave = profileOf({ names: [['Smith', 'Dave', 'Matt']], postcodes: ['DN174AA'] }, others);

  it('come out the same for homophones and a middle name, and in the same order (0.8827, 0.8716)', () => {
    expect(scoreOf(smythe, sam)).toBe(0.8827);
    expect(scoreOf(smythe, dave)).toBe(0.8771);
  });

  it('keep their order for letters with and without accents (0.9317, 0.9077)', () => {
    const search = searchFor({ fuzzy: true, family: 'ATTSÖN', given: 'PÀULINÉ', birthDate: day });
    const accented = profileOf({ names: [['attisón', 'Pauline']] }, { birthDate: day });
    const plain = profileOf({ names: [['attison', 'Pauline', 'Mary']] }, { birthDate: day });
    expect(scoreOf(search, accented)).toBe(0.9889);
    expect(scoreOf(search, plain)).toBe(0.9648);
  });

  it('rise with an agreeing phone or email, and more with both (0.9124, 0.9542)', () => {
    const jayne = profileOf(
      { names: [['Smyth', 'Jayne']], phones: ['1632960000'], emails: ['jayne@example.test'] },
      { birthDate: day },
    );
    const names = { fuzzy: true, family: 'Smith', given: 'Jane', birthDate: day } as const;
    const score = (more: object) => scoreOf(searchFor({ ...names, ...more }), jayne) ?? 0;
    const [phone, email] = [{ phone: '1632960000' }, { email: 'jayne@example.test' }];
    expect(score(phone)).toBeGreaterThan(score({}));
    expect(score(email)).toBe(score(phone));
    expect(score({ ...phone, ...email })).toBeGreaterThan(score(phone));
    expect(score({ ...phone, ...email })).toBeLessThan(1);
  });
});

const toby = profileOf(
  {
    names: [['Marchbank', 'Toby', 'James']],
    formerNames: [['Fairlie', 'Austin']],
    postcodes: ['DN158JY'],
    formerPostcodes: ['LS14AB'],
    phones: ['7700900123'],
    formerPhones: ['1132496000'],
    emails: ['toby@example.test'],
    formerEmails: ['old@example.test'],
  },
  { birthDate: day, gender: 'male', generalPractitioner: 'Y90001', deathDate: '2024-02-07' },
);

type Sought = Parameters<typeof searchFor>[0];
const whole = { family: 'Marchbank', given: 'Toby', birthDate: day } as const;

describe('a plain search', () => {
  it.each<[string, Sought]>([
    ['family name and birth date', { given: '' }],
    ['case and accents apart', { family: 'MÄRCHBANK', given: 'TÓBY' }],
    ['spaces in the name', { family: 'March-Bank' }],
    ['a given name', {}],
    ['all given names', { given: 'Toby James' }],
    ['the gender', { gender: 'male' }],
    ['the postcode', { postcode: 'DN158JY' }],
    ['the practice', { generalPractitioner: 'Y90001' }],
    ['phone and email', { phone: '7700900123', email: 'toby@example.test' }],
    ['a range of birth dates', { birthDate: { from: '1968-01-01', to: '1968-12-31' } }],
    ['an open range', { birthDate: { to: '1970-01-01' } }],
    ['the death date', { deathDate: { from: '2024-02-01', to: '2024-02-29' } }],
  ])('finds exactly by %s', (_, more) => {
    const { given, ...others } = { ...whole, ...more };
    const search = searchFor({ ...others, ...(given && { given }) });
    expect(scoreSearch(search, toby)).toBe(1);
    expect(scoreSearch({ ...search, exactOnly: true }, toby)).toBe(1);
  });

  it.each<[string, Sought]>([
    ['the family name', { family: 'Ma*' }],
    ['the middle of the family name', { family: 'Mar*b*' }],
    ['the given name', { given: 'To*' }],
    ['the postcode', { postcode: 'DN15*' }],
  ])('finds by a wildcard in %s, never exactly', (_, more) => {
    const search = searchFor({ ...whole, ...more });
    const score = scoreSearch(search, toby);
    expect(score).toBeGreaterThan(0.7);
    expect(score).toBeLessThan(1);
    expect(scoreSearch({ ...search, exactOnly: true }, toby)).toBeUndefined();
  });

  it.each<[string, Sought]>([
    ['a homophone', { family: 'Marchbanke' }],
    ['exchanged names', { family: 'Toby', given: 'Marchbank' }],
    ['a middle name as the first', { given: 'James' }],
    ['a wildcard for a middle name', { given: 'Jam*' }],
    ['an initial', { given: 'T' }],
    ['another day', { birthDate: '1968-05-18' }],
    ['another gender', { gender: 'other' }],
    ['the outward half of the postcode', { postcode: 'DN15' }],
    ['a mistyped postcode', { postcode: 'DN188JY' }],
    ['another practice', { generalPractitioner: 'Y90002' }],
    ['a mistyped phone', { phone: '7700900124' }],
    ['another email', { email: 'tobias@example.test' }],
    ['another death date', { deathDate: { from: '2024-02-08' } }],
  ])('does not find by %s', (_, more) => {
    expect(scoreSearch(searchFor({ ...whole, ...more }), toby)).toBeUndefined();
  });

  it.each<[string, Sought]>([
    ['family name', { family: 'Fairlie' }],
    ['given name', { given: 'Austin' }],
    ['postcode', { postcode: 'LS14AB' }],
    ['phone', { phone: '1132496000' }],
    ['email', { email: 'old@example.test' }],
  ])('finds by a former %s only when history is asked for', (_, more) => {
    expect(scoreSearch(searchFor({ ...whole, ...more }), toby)).toBeUndefined();
    expect(scoreSearch(searchFor({ ...whole, ...more, history: true }), toby)).toBe(1);
  });
});

describe('a fuzzy search', () => {
  it.each<[string, Sought]>([
    ['exchanged names', { family: 'Toby', given: 'Marchbank' }],
    ['a homophone of the family name', { family: 'Marchbanck' }],
    ['a homophone of the given name', { given: 'Tobey' }],
    ['a slip in the family name', { family: 'Marchbonk' }],
    ['one part of a double name', { family: 'Smith-Marchbank' }],
    ['a former family name', { family: 'Fairly' }],
    ['a former given name', { given: 'Austin' }],
    ['a nickname', { given: 'Tobias' }],
    ['an initial', { given: 'T' }],
    ['initials behind the name', { given: 'Toby J' }],
    ['a wrong middle name', { given: 'Toby Peter' }],
    ['the middle name alone', { given: 'James' }],
    ['given names in another order', { given: 'James Toby' }],
    ['given names written as one', { given: 'Tobyjames' }],
    ['a mistyped postcode', { postcode: 'DN188JY' }],
    ['an overlong postcode', { postcode: 'DN15258JY' }],
    ['O for 0 in the postcode', { postcode: 'DNI58JY' }],
    ['a former postcode', { postcode: 'LS14AB' }],
    ['a practice that was left', { generalPractitioner: 'Y90002' }],
    ['another death date', { deathDate: { to: '2020-01-01' } }],
    ['a phone with one wrong digit', { phone: '7700900124' }],
    ['a former phone', { phone: '1132496000' }],
    ['a gender that says nothing', { gender: 'unknown' }],
  ])('finds by %s', (_, more) => {
    expect(scoreSearch(searchFor({ ...whole, ...more, fuzzy: true }), toby)).toBeGreaterThan(0.5);
  });

  it.each<[string, Sought]>([
    ['another day', { birthDate: '1968-05-18' }],
    ['another family name', { family: 'Okonkwo' }],
    ['another given name', { given: 'Peter' }],
    ['two names of which one is somebody else’s', { given: 'Peter James' }],
    ['the other gender', { gender: 'female' }],
    ['a postcode elsewhere', { postcode: 'E28AA' }],
    ['half of a postcode', { postcode: 'DN15' }],
    ['a phone with two wrong digits', { phone: '7700900145' }],
    ['a mistyped email', { email: 'tobi@example.test' }],
  ])('does not find by %s', (_, more) => {
    expect(scoreSearch(searchFor({ ...whole, ...more, fuzzy: true }), toby)).toBeUndefined();
  });

  it('finds by a gender that another record gives, or gave', () => {
    const twice = { ...toby, genders: { current: ['male'], historic: ['female'] } } as const;
    const search = searchFor({ ...whole, gender: 'female' });
    expect(scoreSearch({ ...search, fuzzy: true }, twice)).toBe(1);
    expect(scoreSearch(search, twice)).toBeUndefined();
  });

  it('finds by another family name as the last resort alone, never by another given name', () => {
    const all = { ...whole, fuzzy: true, gender: 'male', postcode: 'DN158JY' } as const;
    const married = searchFor({ ...all, family: 'Okonkwo' });
    expect(scoreSearch(married, toby)).toBeUndefined();
    expect(scoreSearch(lastResort(married) ?? married, toby)).toBe(0.8);
    const twin = searchFor({ ...all, given: 'Peter' });
    expect(scoreSearch(lastResort(twin) ?? twin, toby)).toBeUndefined();
  });

  it.each<[string, Sought]>([
    ['is not fuzzy', { fuzzy: false }],
    ['has no gender', { gender: undefined as never }],
    ['has no postcode', { postcode: undefined as never }],
  ])('has no last resort when it %s', (_, more) => {
    const all = { ...whole, fuzzy: true, gender: 'male', postcode: 'DN158JY' } as const;
    expect(lastResort(searchFor(all))).toEqual({ ...searchFor(all), anyFamily: true });
    expect(lastResort(searchFor({ ...all, ...more }))).toBeUndefined();
  });

  it('scores exchanged names below names in their places', () => {
    const exchanged = scoreSearch(
      searchFor({ fuzzy: true, family: 'Toby', given: 'Marchbank', birthDate: day }),
      toby,
    );
    expect(exchanged).toBeCloseTo((0.95 * 2 + 1) / 3, 10);
  });

  it('lowers the score for another practice, less where none is known', () => {
    const search = searchFor({ ...whole, fuzzy: true, generalPractitioner: 'Y90002' });
    const { generalPractitioner: _, ...unregistered } = toby;
    expect(scoreSearch(search, toby)).toBe(0.75);
    expect(scoreSearch(search, unregistered)).toBe(0.875);
  });
});

describe('what never finds anybody', () => {
  const nowhere = profileOf({ names: [['Orton', 'Ben']], postcodes: ['ZZ993VZ'] }, { birthDate: day });
  const ben = { family: 'Orton', given: 'Ben', birthDate: day } as const;

  it.each([
    ['sought plainly', { postcode: 'ZZ993VZ' }],
    ['sought fuzzily', { postcode: 'ZZ993VZ', fuzzy: true }],
    ['sought by its beginning', { postcode: 'ZZ9*' }],
    ['held where a real postcode is sought', { postcode: 'ZZ983VZ', fuzzy: true }],
  ])('a placeholder postcode, %s', (_, more) => {
    expect(scoreSearch(searchFor(ben), nowhere)).toBe(1);
    expect(scoreSearch(searchFor({ ...ben, ...more }), nowhere)).toBeUndefined();
  });

  it('a partial birth date', () => {
    const partial = { ...nowhere, birthDate: '1968-05' };
    expect(
      scoreSearch(searchFor({ ...ben, birthDate: { from: '1960-01-01', to: '1970-01-01' } }), partial),
    ).toBeUndefined();
  });

  it.each([
    ['postcode', { postcode: 'DN158JY' }],
    ['practice', { generalPractitioner: 'Y90001' }],
    ['phone', { phone: '7700900123' }],
    ['email', { email: 'toby@example.test' }],
  ])('a restricted person by %s, though the rest fits', (_, more) => {
    const restricted = { ...toby, restricted: true };
    expect(scoreSearch(searchFor(whole), restricted)).toBe(1);
    for (const fuzzy of [false, true])
      expect(scoreSearch(searchFor({ ...whole, ...more, fuzzy }), restricted)).toBeUndefined();
  });
});

describe('any search', () => {
  const name = fc.constantFrom(
    'Toby',
    'Tobias',
    'José',
    'Mary-Ann',
    "O'Neil",
    'Li',
    'Żaneta',
    '李',
    'T',
    'Smith',
  );
  const person = fc.record({ family: name, given: fc.array(name, { minLength: 1, maxLength: 3 }) });
  const profile = ({ family, given }: { family: string; given: readonly string[] }) =>
    profileOf({ names: [[family, ...given]], postcodes: ['DN158JY'] }, { birthDate: day, gender: 'female' });

  it('finds a person exactly by their own data, plainly and fuzzily', () => {
    fc.assert(
      fc.property(person, fc.boolean(), (known, fuzzy) => {
        const own = searchFor({
          fuzzy,
          family: known.family,
          given: known.given.join(' '),
          birthDate: day,
          gender: 'female',
          postcode: 'DN158JY',
        });
        expect(scoreSearch(own, profile(known))).toBe(1);
      }),
    );
  });

  it('scores above 0 and up to 1, and fuzzily finds whoever it finds plainly', () => {
    fc.assert(
      fc.property(person, person, (asked, known) => {
        const plain = searchFor({ family: asked.family, given: asked.given.join(' '), birthDate: day });
        const scores = [plain, { ...plain, fuzzy: true }].map((search) =>
          scoreSearch(search, profile(known)),
        );
        for (const score of scores) if (score !== undefined) expect(score > 0 && score <= 1).toBe(true);
        if (scores[0] !== undefined) expect(scores[1]).toBeDefined();
      }),
    );
  });
});
