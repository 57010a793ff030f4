import fc from 'fast-check';
import levenshtein from 'fast-levenshtein';
import { describe, expect, test } from 'vitest';
import { isAlike, isOneEdit, jaroWinkler } from '../../../../functions/domain/matching/text-distance.ts';

// Few letters, so that texts are often near each other.
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 });

describe('one edit', () => {
  test.each([
    ['a wrong letter', 'smith', 'smyth', true],
    ['a wrong first letter', 'smith', 'xmith', true],
    ['a wrong last letter', 'smith', 'smitz', true],
    ['a missing letter', 'smith', 'smth', true],
    ['one too many', 'smith', 'smitth', true],
    ['one before', 'smith', 'asmith', true],
    ['neighbours exchanged', 'smith', 'simth', true],
    ['letters exchanged that are no neighbours', 'abcd', 'dbca', false],
    ['two wrong letters', 'smith', 'smxxh', false],
    ['no difference', 'smith', 'smith', false],
    ['two missing', 'smith', 'smi', false],
    ['two empty texts', '', '', false],
    ['one letter and none', 'a', '', true],
  ])('%s', (_, first, second, expected) => {
    expect(isOneEdit(first, second)).toBe(expected);
    expect(isOneEdit(second, first)).toBe(expected);
  });

  test('is Levenshtein’s distance of one, or two neighbours exchanged', () => {
    fc.assert(
      fc.property(text, text, (first, second) => {
        const exchanges = Array.from({ length: Math.max(0, first.length - 1) }, (_, at) => {
          const [one, other] = [first[at], first[at + 1]];
          return `${first.slice(0, at)}${other}${one}${first.slice(at + 2)}`;
        });
        const isExchange = first !== second && exchanges.includes(second);
        expect(isOneEdit(first, second)).toBe(levenshtein.get(first, second) === 1 || isExchange);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('Jaro–Winkler similarity', () => {
  // Winkler's own examples (1990, table 2).
  test.each([
    ['martha', 'marhta', 0.9611],
    ['dwayne', 'duane', 0.84],
    ['dixon', 'dicksonx', 0.8133],
    ['jones', 'johnson', 0.8324],
    ['abc', 'xyz', 0],
    ['abc', '', 0],
    ['', '', 1],
  ])('of %s and %s is %d', (first, second, expected) => {
    expect(jaroWinkler(first, second)).toBeCloseTo(expected, 4);
  });

  test('is symmetric, and 1 of equal texts alone', () => {
    fc.assert(
      fc.property(text, text, (first, second) => {
        const similarity = jaroWinkler(first, second);
        expect(jaroWinkler(second, first)).toBeCloseTo(similarity, 12);
        expect(similarity === 1).toBe(first === second);
        expect(similarity).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });

  test('is the same when only asked whether it is enough', () => {
    fc.assert(
      fc.property(text, text, fc.constantFrom(0.5, 0.7, 0.8, 0.9, 0.95, 1), (first, second, least) => {
        expect(isAlike(first, second, least)).toBe(jaroWinkler(first, second) >= least);
      }),
      { numRuns: 5000 },
    );
  });
});
