import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldName } from '../../../../functions/domain/matching/fold-name.ts';
import {
  hasWildcard,
  isSought,
  soughtText,
  textSimilarity,
} from '../../../../functions/domain/search/sought-text.ts';
import { sought } from './people.ts';

describe('soughtText', () => {
  it.each([
    ['Smith', ['smith']],
    ['  SMITH-Jones ', ['smith jones']],
    ["O'Neil", ['oneil']],
    ['Zoë', ['zoe']],
    ['Sm*', ['sm', '']],
    ['Sm*t*', ['sm', 't', '']],
    ['S\u200bmi\u200eth', ['smith']],
    ['ＳＭＩＴＨ', ['smith']],
  ])('%s', (text, parts) => {
    expect(soughtText(text)?.parts).toEqual(parts);
    expect(hasWildcard(sought(text))).toBe(text.includes('*'));
  });

  it.each(['', ' ', '*', '**', '*mith', '-', '🙂', '\u200b', "'"])('%j seeks nothing', (text) => {
    expect(soughtText(text)).toBeUndefined();
  });
});

describe('isSought', () => {
  it.each([
    ['smith', 'smith', true],
    ['smith', 'smiths', false],
    ['smith jones', 'smithjones', true],
    ['sm*', 'smith', true],
    ['sm*', 'sm', true],
    ['sm*', 's', false],
    ['sm*th', 'smith', true],
    ['sm*th', 'smyth jones', false],
    ['sm*t*', 'smythe', true],
    ['sm*t*', 'smyre', false],
    ['ab*b', 'ab', false],
    ['ab*ba', 'aba', false],
    ['ab*b*b', 'abbb', true],
    ['ab*b*b', 'abb', false],
  ])('%s for %s', (text, stored, expected) => {
    expect(isSought(sought(text), stored)).toBe(expected);
  });

  it('finds every text by its own beginning', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{3,12}$/), fc.nat({ max: 9 }), (text, length) => {
        expect(isSought(sought(`${text.slice(0, 2 + length)}*`), text)).toBe(true);
      }),
    );
  });
});

describe('textSimilarity', () => {
  it.each([
    ['smith', 'SMITH', 1],
    ['zoe', 'Zoë', 1],
    ['ATTSÖN', 'attisón', 0.9667],
    ['ATTSÖN', 'attison', 0.8944],
    ['smythe', 'Smith', 0.8578],
    ['me*', 'Meek', 0.7778],
    ['sm*', 'sm', 0.9111],
  ])('%s and %s', (text, stored, expected) => {
    expect(textSimilarity(sought(text), stored)).toBeCloseTo(expected, 4);
  });

  it('is 1 exactly when nothing but case, accents, spaces and punctuation differ', () => {
    const name = fc.constantFrom(
      'Zoë',
      'zoe',
      'ZOË',
      'O’Neil',
      "O'Neil",
      'ONeil',
      'Ann-Marie',
      'Ann Marie',
      'Anna',
    );
    fc.assert(
      fc.property(name, name, (first, second) => {
        const isSame = foldName(first).replaceAll(' ', '') === foldName(second).replaceAll(' ', '');
        expect(textSimilarity(sought(first), second) === 1).toBe(isSame);
      }),
    );
  });
});
