import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import { isSettled } from '../../../../functions/domain/matching/is-settled.ts';
import { rankCandidates } from '../../../../functions/domain/matching/rank-candidates.ts';
import { john, someFields, without } from './fields.ts';

const people = 1_200_000;
const rank = (query: ComparisonFields, found: readonly ComparisonFields[], truncated = false) =>
  rankCandidates(
    [query],
    found.map((fields, index) => ({ personId: `p${index}`, fields })),
    { people },
    truncated,
  );
const settled = (query: ComparisonFields, found: readonly ComparisonFields[], truncated = false) =>
  isSettled(query, rank(query, found, truncated));

describe('isSettled', () => {
  it('ends a search that has found somebody of whom names, birth date and postcode agree', () => {
    expect(settled(john, [john])).toBe(true);
    expect(settled(without(john, 'gender'), [john])).toBe(true);
    expect(settled(john, [john, { ...john, given: ['mary'], birthDate: '1972-08-30' }])).toBe(true);
  });

  it('goes on while nobody is certain', () => {
    expect(settled(john, [])).toBe(false);
    expect(settled({ ...john, given: ['james'] }, [john])).toBe(false);
    expect(settled(john, [john, john])).toBe(false);
  });

  it('goes on when a block was cut, whoever was found', () => {
    expect(settled(john, [john], true)).toBe(false);
  });

  it.each<[string, ComparisonFields]>([
    ['a nearly right birth date', { ...john, birthDate: '1970-03-05' }],
    ['a nearly right postcode', { ...john, postcode: 'LS1 4AD' }],
    ['another postcode', { ...john, postcode: 'M1 1AE' }],
    ['no postcode', without(john, 'postcode')],
    ['no birth date', without(john, 'birthDate')],
    ['a first of January', { ...john, birthDate: '1970-01-01' }],
  ])('goes on after a certain answer with %s, where somebody unseen might fit better', (_name, query) => {
    const candidate = query.birthDate?.endsWith('-01-01') ? query : john;
    expect(rank(query, [candidate]).outcome).toBe('unique');
    expect(settled(query, [candidate])).toBe(false);
  });

  it('does not count for the one found what the unseen may have too', () => {
    const contacts = { phone: '7700900123', email: 'john@example.com', practice: 'T9C01' };
    const moved = { ...john, ...contacts, postcode: 'M1 1AE' };
    expect(settled({ ...john, ...contacts }, [moved])).toBe(false);
    expect(settled({ ...john, ...contacts }, [{ ...john, ...contacts }])).toBe(true);
  });

  it('never ends a search that somebody unseen could still change', () => {
    const own = fc.constantFrom<Pick<ComparisonFields, 'family' | 'given'>>(
      { family: 'smith', given: ['john'] },
      { family: 'okafor', given: ['zikoranachidimma'] },
      { given: ['john'] },
      { family: 'okafor', given: [] },
    );
    const date = fc.constantFrom('1970-03-04', '1970-11-12', '1970-01-01', '1970-03', '1970');
    const otherDate = fc.constantFrom(
      '1970-03-05',
      '1970-04-03',
      '1970-12-11',
      '1970-03',
      '1970-11',
      '1970',
      undefined,
    );
    const otherPostcode = fc.constantFrom('LS1 4AD', 'LS11 4AB', 'LS1 4XY', 'LS1', undefined);
    fc.assert(
      fc.property(
        own,
        date,
        otherDate,
        otherPostcode,
        someFields,
        fc.boolean(),
        (names, birthDate, late, place, spelt, alike) => {
          const asked: ComparisonFields = { ...john, ...without(names), birthDate };
          if (!settled(asked, [asked])) return;
          // Whoever stands under one of the names on that day, or at that postcode, was read in the first round.
          const unseen = {
            ...asked,
            ...(!alike && without(spelt, 'birthDate', 'postcode')),
            ...(late && { birthDate: late }),
            ...(place && { postcode: place }),
          };
          const lacking = [...(late ? [] : ['birthDate' as const]), ...(place ? [] : ['postcode' as const])];
          const { candidates, outcome } = rank(asked, [asked, without(unseen, ...lacking)]);
          expect(outcome).toBe('unique');
          expect(candidates[0]?.personId).toBe('p0');
        },
      ),
    );
  });
});
