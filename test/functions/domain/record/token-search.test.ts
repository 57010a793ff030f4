import { describe, expect, it } from 'vitest';
import { meetsTokens, parseTokens } from '../../../../functions/domain/record/token-search.ts';

const snomed = 'http://snomed.info/sct';
const asthma = {
  code: { coding: [{ system: snomed, code: '195967001' }, { code: 'local' }], text: 'Asthma' },
  category: [{ coding: [{ system: 'c', code: 'problem-list-item' }] }],
};

describe('a token', () => {
  it.each([
    ['195967001', [{ code: '195967001' }]],
    ['s|1', [{ system: 's', code: '1' }]],
    ['|1', [{ system: '', code: '1' }]],
    ['s|', [{ system: 's' }]],
    ['s|1,2', [{ system: 's', code: '1' }, { code: '2' }]],
    ['', undefined],
    ['|', undefined],
    ['a|b|c', undefined],
    ['1,', undefined],
  ])('%j is read as %j', (text, tokens) => {
    expect(parseTokens(text)).toEqual(tokens);
  });

  it.each([
    ['195967001', 'code', true],
    [`${snomed}|195967001`, 'code', true],
    ['http://loinc.org|195967001', 'code', false],
    ['|195967001', 'code', false],
    ['|local', 'code', true],
    [`${snomed}|`, 'code', true],
    ['http://loinc.org|', 'code', false],
    ['x,local', 'code', true],
    ['problem-list-item', 'category', true],
    ['problem-list-item', 'code', false],
    ['Asthma', 'code', false],
  ])('%s in %s: %s', (text, element, met) => {
    expect(meetsTokens(asthma, { elements: [element], anyOf: parseTokens(text) ?? [] })).toBe(met);
  });

  it('finds nothing in what is no code', () => {
    for (const code of [undefined, null, 'text', 7, [null], { coding: 'x' }])
      expect(meetsTokens({ code }, { elements: ['code'], anyOf: [{ code: 'x' }] })).toBe(false);
  });
});
