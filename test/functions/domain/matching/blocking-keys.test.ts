import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockingKeys,
  blockingKinds,
  searchKeys,
} from '../../../../functions/domain/matching/blocking-keys.ts';
import type { ComparisonFields } from '../../../../functions/domain/matching/comparison-fields.ts';
import { tooFewFields } from '../../../../functions/domain/matching/too-few-fields.ts';
import { john, someFields, without } from './fields.ts';

function meet(query: ComparisonFields, record: ComparisonFields): boolean {
  const held = blockingKeys(record);
  const { first, second } = searchKeys(query);
  return [...first, ...second].some(({ kind, prefix = '', value }) =>
    held.some((key) => key.kind === kind && key.value === value && key.order.startsWith(prefix)),
  );
}

describe('blockingKeys', () => {
  it.each<[string, ComparisonFields]>([
    ['nothing', john],
    ['a mistyped family name', { ...john, family: 'smiht' }],
    ['another family name', { ...john, family: 'okafor' }],
    ['a family name that sounds alike', { ...john, family: 'smyth' }],
    ['a nickname', { ...john, given: ['jack'] }],
    ['another given name', { ...john, given: ['peter'] }],
    ['both names wrong', { ...john, given: ['peter'], family: 'okafor' }],
    ['exchanged names', { ...john, given: ['smith'], family: 'john' }],
    ['a wrong day', { ...john, birthDate: '1970-03-14' }],
    ['a wrong year', { ...john, birthDate: '1971-03-04' }],
    ['day and month exchanged', { ...john, birthDate: '1970-04-03' }],
    ['a wrong day and no postcode', without({ ...john, birthDate: '1970-03-14' }, 'postcode')],
    ['a wrong year and no postcode', without({ ...john, birthDate: '1971-03-04' }, 'postcode')],
    [
      'day and month exchanged, exchanged names and no postcode',
      without({ ...john, given: ['smith'], family: 'john', birthDate: '1970-04-03' }, 'postcode'),
    ],
    ['a wrong postcode', { ...john, postcode: 'M1 1AE' }],
    ['no postcode', without(john, 'postcode')],
    ['no birth date', without(john, 'birthDate')],
    ['no gender', without(john, 'gender')],
    ['names and gender only', without(john, 'birthDate', 'postcode')],
    ['no birth date and a mistyped inward postcode', without({ ...john, postcode: 'LS1 4AD' }, 'birthDate')],
  ])('finds a person despite %s', (_error, query) => {
    expect(meet(query, john)).toBe(true);
  });

  it('finds either part of a double-barrelled name and either given name', () => {
    const record = { ...john, family: 'smith jones', given: ['john', 'paul'] };
    expect(meet(without({ ...john, family: 'jones', given: [] }, 'postcode'), record)).toBe(true);
    expect(meet(without({ ...john, family: 'kaur', given: ['paul'] }, 'postcode'), record)).toBe(true);
  });

  it('does not bring people together who only share a birth date or a common name', () => {
    expect(meet({ given: ['mary'], family: 'okafor', birthDate: john.birthDate ?? '' }, john)).toBe(false);
    expect(meet({ given: ['john'], family: 'smith', birthDate: '1988-12-25' }, john)).toBe(false);
  });

  it('writes few keys, of known kinds, each once, without a placeholder for what is missing', () => {
    fc.assert(
      fc.property(someFields, (fields) => {
        const keys = blockingKeys(fields);
        expect(keys.length).toBeLessThanOrEqual(18);
        expect(new Set(keys.map(({ kind, value }) => `${kind} ${value}`)).size).toBe(keys.length);
        for (const { kind, value } of keys) {
          expect(blockingKinds).toContain(kind);
          expect(value).not.toMatch(/undefined|^ | $/);
        }
      }),
    );
  });

  it('costs a person with one family and one given name no more than eleven keys', () => {
    expect(blockingKeys({ ...john, given: ['aurelia'] })).toHaveLength(11);
  });

  it('always brings a record to itself, if the search gives enough', () => {
    fc.assert(fc.property(someFields, (fields) => tooFewFields(fields) || meet(fields, fields)));
  });

  it('reads nine blocks at most, and three first for a person with one family and one given name', () => {
    expect(searchKeys({ ...john, given: ['aurelia'] }).first.map(({ kind }) => kind)).toEqual([
      'postcode',
      'name-date',
      'name-date',
    ]);
    fc.assert(
      fc.property(someFields, (fields) => {
        const { first, second } = searchKeys(fields);
        expect(first.length).toBeLessThanOrEqual(4);
        expect(first.length + second.length).toBeLessThanOrEqual(9);
      }),
    );
  });

  it('reads of a name only those who live where the query says, if a birth date finds who moved', () => {
    const places = ({ second }: ReturnType<typeof searchKeys>) =>
      second.filter(({ kind }) => kind === 'name-place').map(({ narrow, prefix }) => ({ narrow, prefix }));
    expect(new Set(places(searchKeys(john)).map(({ prefix }) => prefix))).toEqual(new Set(['LS1']));
    expect(new Set(places(searchKeys(without(john, 'birthDate'))).map(({ narrow }) => narrow))).toEqual(
      new Set(['LS1']),
    );
    expect(places(searchKeys(without(john, 'postcode')))).toEqual([]);
  });
});

describe('tooFewFields', () => {
  it.each<[string, ComparisonFields]>([
    ['family and birth date', { family: 'smith', given: [], birthDate: '1970-03-04' }],
    ['family, given and gender', { family: 'smith', given: ['john'], gender: 'male' }],
    [
      'birth date, gender and postcode',
      { given: [], birthDate: '1970-03-04', gender: 'male', postcode: 'LS1 4AB' },
    ],
    ['given, family and year of birth', { family: 'smith', given: ['john'], birthDate: '1970' }],
    ['given name and birth date', { given: ['john'], birthDate: '1970-03-04' }],
    ['names and gender only', { family: 'smith', given: ['john'], gender: 'male' }],
  ])('takes %s', (_name, fields) => {
    expect(tooFewFields(fields)).toBe(false);
  });

  it.each<[string, ComparisonFields]>([
    ['nothing', { given: [] }],
    ['a family name', { family: 'smith', given: [] }],
    ['both names', { family: 'smith', given: ['john'] }],
    ['postcode and birth date', { given: [], birthDate: '1970-03-04', postcode: 'LS1 4AB' }],
    ['family and year of birth, which leads nowhere', { family: 'smith', given: [], birthDate: '1970' }],
    [
      'family, gender and an outward postcode, which lead nowhere',
      { family: 'smith', given: [], gender: 'male', postcode: 'LS1' },
    ],
  ])('refuses %s', (_name, fields) => {
    expect(tooFewFields(fields)).toBe(true);
  });
});
