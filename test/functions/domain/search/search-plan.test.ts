import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockingKeys } from '../../../../functions/domain/matching/blocking-keys.ts';
import { comparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import { planSearch } from '../../../../functions/domain/search/search-plan.ts';
import { searchFor } from './people.ts';

type Sought = Parameters<typeof searchFor>[0];

const day = '1968-05-17';

/** The kinds of the blocks that are read, or why none is. */
function planOf(sought: Sought): string {
  const plan = planSearch(searchFor(sought));
  if (plan.by === 'blocks') return [...new Set(plan.blocks.map(({ kind }) => kind))].join(' ');
  return plan.by === 'nothing' ? plan.reason : plan.by;
}

describe('the minimum of a search', () => {
  const postcode = 'DN158JY';
  it.each<[string, Sought, boolean]>([
    ['nothing', {}, false],
    ['a family name', { family: 'Marsh' }, false],
    ['a birth date', { birthDate: day }, false],
    ['family name and birth date', { family: 'Marsh', birthDate: day }, true],
    ['given name and birth date', { given: 'Toby', birthDate: day }, false],
    ['names, gender and postcode', { family: 'Marsh', given: 'Toby', gender: 'male', postcode }, false],
    ['fuzzy family name and birth date', { fuzzy: true, family: 'Marsh', birthDate: day }, false],
    ['fuzzy names and birth date', { fuzzy: true, family: 'Marsh', given: 'Toby', birthDate: day }, true],
    [
      'fuzzy family name, birth date, gender and postcode',
      { fuzzy: true, family: 'Marsh', birthDate: day, gender: 'male', postcode },
      true,
    ],
    [
      'fuzzy given name, birth date, gender and postcode',
      { fuzzy: true, given: 'Toby', birthDate: day, gender: 'male', postcode },
      true,
    ],
    [
      'fuzzy given name, birth date and postcode',
      { fuzzy: true, given: 'Toby', birthDate: day, postcode },
      false,
    ],
    [
      'fuzzy birth date, gender and postcode',
      { fuzzy: true, birthDate: day, gender: 'male', postcode },
      false,
    ],
  ])('%s', (_, sought, isEnough) => {
    expect(planOf(sought) !== 'too-few').toBe(isEnough);
  });

  it('is an NHS number alone', () => {
    expect(planSearch({ ...searchFor({}), nhsNumber: '9990000018' as never })).toEqual({ by: 'nhs-number' });
  });
});

describe('the blocks of a search', () => {
  const marsh = { family: 'Marsh', birthDate: day } as const;
  const year = { from: '1968-01-01', to: '1968-12-31' };
  it.each<[string, Sought, string]>([
    ['one day', marsh, 'family-date'],
    ['one day with all else', { ...marsh, given: 'Toby', postcode: 'DN158JY' }, 'family-date'],
    ['a wildcard', { ...marsh, family: 'Ma*' }, 'family-date'],
    ['eight days', { ...marsh, birthDate: { from: '1968-02-25', to: '1968-03-03' } }, 'family-date'],
    ['nine days', { ...marsh, birthDate: { from: '1968-02-25', to: '1968-03-04' } }, 'family-decade'],
    ['a year', { ...marsh, birthDate: year }, 'family-decade'],
    ['a year with a postcode', { ...marsh, birthDate: year, postcode: 'DN158JY' }, 'postcode'],
    ['eight decades', { ...marsh, birthDate: { from: '1920-01-01', to: '1999-12-31' } }, 'family-decade'],
    ['an open beginning', { ...marsh, birthDate: { to: '1979-12-31' } }, 'family-decade'],
    ['nine decades', { ...marsh, birthDate: { to: '1980-01-01' } }, 'range-too-wide'],
    [
      'nine decades with a given name',
      { ...marsh, given: 'Toby', birthDate: { to: '1980-01-01' } },
      'name-place',
    ],
    ['a year with a wildcard', { ...marsh, family: 'Ma*', birthDate: year }, 'range-too-wide'],
    [
      'a year with a wildcard and a postcode',
      { ...marsh, family: 'Ma*', birthDate: year, postcode: 'DN158JY' },
      'postcode',
    ],
    ['names, fuzzily', { ...marsh, given: 'Toby', fuzzy: true }, 'name-date'],
    [
      'names and postcode, fuzzily',
      { ...marsh, given: 'Toby', fuzzy: true, postcode: 'DN158JY' },
      'name-date postcode',
    ],
    ['a year, fuzzily', { ...marsh, given: 'Toby', fuzzy: true, birthDate: year }, 'name-place'],
  ])('by %s', (_, sought, kinds) => {
    expect(planOf(sought)).toBe(kinds);
  });

  it('are no more than eight', () => {
    const words = fc.array(fc.constantFrom('Bill', 'Ted', 'Beth', 'Mary Ann', 'de la', 'Smith-Jones', 'Ó'), {
      minLength: 1,
      maxLength: 4,
    });
    const days = fc.constantFrom(
      { from: day, to: day },
      { from: day, to: '1968-05-20' },
      year,
      { to: '1999-01-01' },
      { from: '1960-01-01' },
    );
    fc.assert(
      fc.property(words, words, days, fc.boolean(), (family, given, birthDate, fuzzy) => {
        const plan = planSearch(
          searchFor({
            fuzzy,
            family: family.join(' '),
            given: given.join(' '),
            birthDate,
            postcode: 'DN158JY',
          }),
        );
        if (plan.by === 'blocks') {
          expect(plan.blocks.length).toBeGreaterThan(0);
          expect(plan.blocks.length).toBeLessThanOrEqual(8);
        }
      }),
    );
  });

  it('hold the person whose data is sought', () => {
    const name = fc.constantFrom(
      'Toby',
      'Tobias',
      'José',
      'Mary-Ann',
      "O'Neil",
      'Li',
      'Smith Jones',
      'Żaneta',
    );
    const birthDate = fc.constantFrom(
      { from: day, to: day },
      { from: '1968-05-15', to: '1968-05-18' },
      year,
      { to: '1969-01-01' },
    );
    fc.assert(
      fc.property(name, name, birthDate, fc.boolean(), (family, given, range, fuzzy) => {
        const plan = planSearch(searchFor({ fuzzy, family, given, birthDate: range }));
        const own = comparisonFields({
          names: [{ family, given: [given] }],
          birthDate: day,
          deceased: false,
          restricted: false,
        }).flatMap(blockingKeys);
        expect(plan.by).toBe('blocks');
        if (plan.by === 'blocks')
          expect(
            plan.blocks.some(({ kind, value }) =>
              own.some((key) => key.kind === kind && key.value === value),
            ),
          ).toBe(true);
      }),
    );
  });
});
