import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockingKeys,
  blockingKinds,
  familyOfDay,
  familyOfDecade,
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

const plain = (fields: ComparisonFields) =>
  blockingKeys(fields).map(({ kind, order, value }) => `${kind}: ${value} (${order})`);

describe('blockingKeys', () => {
  it('files a person under sounds, dates and places, the most telling part in the order', () => {
    expect(plain({ ...john, given: ['aurelia'], addressLine: '12 high street' })).toEqual([
      'name-date: SM0 1970-03-04 (as)',
      'name-date: ARL 1970-03-04 (as)',
      'postcode: LS1 4AB (1970)',
      'family-date: sm 1970-03-04 ()',
      'family-decade: smith 197 ()',
      'address: 12 H (1970-03-04)',
      'name-year: SM0 a 1970 (03)',
      'name-day: SM0 a 03-04 (LS1)',
      'name-place: SM0 a (LS1)',
      'name-year: ARL s 1970 (03)',
      'name-day: ARL s 03-04 (LS1)',
      'name-place: ARL s (LS1)',
    ]);
  });

  it('leaves out what is not known', () => {
    expect(plain({ given: [] })).toEqual([]);
    expect(plain({ given: [], family: 'smith' })).toEqual([]);
    expect(plain({ given: [], postcode: 'LS1 4AB' })).toEqual(['postcode: LS1 4AB ()']);
    expect(plain({ given: [], family: 'smith', birthDate: '1970' })).toEqual([]);
    expect(plain({ given: ['aurelia', 'b'], family: 'smith', birthDate: '1970' })).toEqual([
      'name-year: SM0 a 1970 ()',
      'name-place: SM0 a ()',
      'name-year: ARL s 1970 ()',
      'name-place: ARL s ()',
    ]);
    expect(plain({ given: [], addressLine: '12 high street' })).toEqual(['address: 12 H ()']);
    expect(plain({ given: ['aurelia'], birthDate: '1970-03-04' })).toEqual(['name-date: ARL 1970-03-04 (a)']);
    expect(plain({ given: ['aurelia'], family: 'smith', birthDate: '1970-03' })).toEqual([
      'name-year: SM0 a 1970 (03)',
      'name-place: SM0 a ()',
      'name-year: ARL s 1970 (03)',
      'name-place: ARL s ()',
    ]);
  });

  it('reads O as 0 and I as 1, as people type them', () => {
    expect(plain({ given: [], postcode: 'OX1 1IO' })).toEqual(plain({ given: [], postcode: '0XI 110' }));
  });

  it('takes the digits of another country’s postcode for a place, an outward code alone for none', () => {
    expect(plain({ given: [], postcode: '2119' })).toEqual(['postcode: 2119 ()']);
    expect(plain({ given: [], postcode: 'LS1' })).toEqual([]);
  });

  it.each<[string, string | undefined]>([
    ['12 high street', '12 H'],
    ['flat 3 12 high street', '12 H'],
    ['flat 3 12a high street leeds', '12a H'],
    ['12 the high street', '12 0'],
    // No house, no street, or too little of one.
    ['high street', undefined],
    ['12', undefined],
    ['12 st', undefined],
  ])('files the address %s under %s', (addressLine, expected) => {
    const found = blockingKeys({ given: [], addressLine }).filter(({ kind }) => kind === 'address');
    expect(found.map(({ value }) => value)).toEqual(expected === undefined ? [] : [expected]);
  });

  it('files a nickname under what it stands for, and an initial under itself', () => {
    const places = (given: string) =>
      blockingKeys({ given: [given], family: 'smith' }).map(({ value }) => value);
    expect(places('bill')).toEqual(['SM0 b', 'SM0 w', 'ALM s']);
    expect(places('b')).toEqual(['SM0 b']);
  });

  it('keeps two words of each name, and eighteen keys of an unusual record', () => {
    const long: ComparisonFields = {
      ...john,
      family: 'smith jones okafor',
      given: ['ann', 'beth', 'charlotte'],
    };
    const values = blockingKeys(long)
      .map(({ value }) => value)
      .join(' ');
    expect(values).toContain('SM0');
    expect(values).toContain('JNS');
    expect(values).not.toMatch(/AKFR|XRLT/);
    expect(blockingKeys(long)).toHaveLength(18);
  });

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

  it('reads whole blocks first, and says which part is worth most if they are too large', () => {
    expect(searchKeys({ ...john, given: ['aurelia'], addressLine: '12 high street' })).toEqual({
      first: [
        { kind: 'postcode', value: 'LS1 4AB', narrow: '1970' },
        { kind: 'name-date', value: 'SM0 1970-03-04', narrow: 'as' },
        { kind: 'name-date', value: 'ARL 1970-03-04', narrow: 'as' },
      ],
      second: [
        { kind: 'address', value: '12 H', narrow: '1970-03-04' },
        { kind: 'name-year', value: 'SM0 a 1970', narrow: '03' },
        { kind: 'name-year', value: 'ARL s 1970', narrow: '03' },
        { kind: 'name-place', value: 'SM0 a', prefix: 'LS1' },
        { kind: 'name-place', value: 'ARL s', prefix: 'LS1' },
        { kind: 'name-day', value: 'SM0 a 03-04', narrow: 'LS1' },
      ],
    });
  });

  it('narrows by nothing that is not known', () => {
    expect(searchKeys({ given: [], postcode: 'LS1 4AB', addressLine: '12 high street' })).toStrictEqual({
      first: [{ kind: 'postcode', value: 'LS1 4AB' }],
      second: [{ kind: 'address', value: '12 H' }],
    });
    expect(searchKeys({ given: ['aurelia'], family: 'smith', birthDate: '1970' })).toStrictEqual({
      first: [],
      second: [
        { kind: 'name-year', value: 'SM0 a 1970' },
        { kind: 'name-year', value: 'ARL s 1970' },
        { kind: 'name-place', value: 'SM0 a' },
        { kind: 'name-place', value: 'ARL s' },
      ],
    });
    expect(
      searchKeys({ given: ['aurelia'], family: 'smith', birthDate: '1970-03-04' }).second,
    ).toContainEqual({
      kind: 'name-day',
      value: 'SM0 a 03-04',
    });
    expect(searchKeys({ given: ['aurelia'], family: 'smith', postcode: 'LS1 4AB' }).second).toStrictEqual([
      { kind: 'name-place', value: 'SM0 a', narrow: 'LS1' },
      { kind: 'name-place', value: 'ARL s', narrow: 'LS1' },
    ]);
    expect(searchKeys({ given: [] })).toStrictEqual({ first: [], second: [] });
    expect(searchKeys({ given: [], postcode: 'LS1' })).toStrictEqual({ first: [], second: [] });
  });

  it('reads of a crowded block a part that holds whoever agrees with the query on it', () => {
    fc.assert(
      fc.property(someFields, (fields) => {
        const held = blockingKeys(fields);
        const { first, second } = searchKeys(fields);
        for (const { kind, narrow, prefix, value } of [...first, ...second]) {
          const own = held.find((key) => key.kind === kind && key.value === value);
          if (own === undefined) continue;
          expect(own.order.startsWith(prefix ?? '')).toBe(true);
          expect(own.order.startsWith(narrow ?? '')).toBe(true);
        }
      }),
    );
  });

  it('asks for no block twice', () => {
    fc.assert(
      fc.property(someFields, (fields) => {
        const { first, second } = searchKeys(fields);
        const names = [...first, ...second].map(({ kind, value }) => `${kind} ${value}`);
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });
});

describe('the keys of GET /Patient', () => {
  it('need two letters of the family name, or the name and a decade', () => {
    expect(familyOfDay('de souza', '1970-03-04')).toEqual({
      kind: 'family-date',
      value: 'de 1970-03-04',
      order: '',
    });
    expect(familyOfDay('o neil', '1970-03-04').value).toBe('on 1970-03-04');
    expect(familyOfDecade('de souza', '197')).toEqual({
      kind: 'family-decade',
      value: 'desouza 197',
      order: '',
    });
  });

  it('are among those under which a record stands', () => {
    fc.assert(
      fc.property(someFields, (fields) => {
        const { birthDate, family } = fields;
        const kinds = blockingKeys(fields).map(({ kind }) => kind);
        const isWhole = family !== undefined && birthDate?.length === 10;
        expect(kinds.includes('family-date')).toBe(isWhole);
        if (family === undefined || birthDate === undefined || !isWhole) return;
        expect(blockingKeys(fields)).toContainEqual(familyOfDay(family, birthDate));
        expect(blockingKeys(fields)).toContainEqual(familyOfDecade(family, birthDate.slice(0, 3)));
      }),
    );
  });
});
